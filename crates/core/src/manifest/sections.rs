//! The tables of a manifest: environment, mounts, host modules, limits, determinism, what is expected.

use std::collections::BTreeSet;

use toml::de::DeValue;
use toml::value::{Datetime, Offset};

use crate::bytes::Bytes;
use crate::guest::Extended;
use crate::limits::Limits;
use crate::manifest::ManifestError;
use crate::manifest::table::{Table, check_path};
use crate::names::is_python_name;
use crate::program::{Access, Body, Determinism, Expect, HostSource, LIB, Mount, WORK};
use crate::source::Source;
use crate::units::{UnitError, parse_size, parse_time};

/// `[env]`, in the order of the text.
pub(super) fn env(table: &Table<'_>) -> Result<Vec<(String, String)>, ManifestError> {
    let Some(env) = table.table("env")? else {
        return Ok(Vec::new());
    };
    let mut variables = Vec::new();
    for (key, value) in env.in_order() {
        if key.is_empty() || key.contains(['=', '\0']) {
            let message = format!("'{key}' is no name of a variable: it is empty or has a = in it");
            return Err(env.wrong(key, message));
        }
        let text = value.get_ref().as_str();
        let text = text.ok_or_else(|| env.mismatch(key, value, "a text in quotes"))?;
        if text.contains('\0') {
            return Err(env.wrong(key, format!("'{key}' has a NUL in it")));
        }
        variables.push((key.to_owned(), text.to_owned()));
    }
    Ok(variables)
}

/// `extensions`: C extension modules, each one file.
pub(super) fn extensions(table: &Table<'_>) -> Result<Option<Extended>, ManifestError> {
    let module = |(at, path): (usize, &str)| {
        check_path(path).map_err(|message| table.error(at, message))?;
        table.source("extensions", path)
    };
    let modules: Vec<Source> =
        table.list("extensions")?.unwrap_or_default().into_iter().map(module).collect::<Result<_, _>>()?;
    Ok((!modules.is_empty()).then_some(Extended { modules, wasm: None }))
}

/// `[[mount]]`.
pub(super) fn mounts(table: &Table<'_>, is_python: bool) -> Result<Vec<Mount>, ManifestError> {
    let mut mounts: Vec<Mount> = Vec::new();
    for mount in table.tables("mount")? {
        mount.known(&["host", "guest", "access"])?;
        let needed = |key| {
            let example = "[[mount]] host = \"data\" guest = \"/data\"";
            let message = format!("a mount needs '{key}': {example}");
            mount.text(key)?.ok_or_else(|| mount.wrong(key, message))
        };
        let (host, guest) = (needed("host")?, needed("guest")?);
        let inside = guest.strip_prefix('/');
        if inside.is_none_or(|inside| !inside.is_empty() && check_path(inside).is_err()) {
            let message = format!("'{guest}' should be an absolute path in the guest, like \"/data\"");
            return Err(mount.wrong("guest", message));
        }
        let taken = is_python && (guest == WORK || guest == LIB);
        if taken || mounts.iter().any(|mount| mount.guest == guest) {
            return Err(mount.wrong("guest", format!("'{guest}' is taken already")));
        }
        let access = match mount.text("access")? {
            None | Some("rw") => Access::ReadWrite,
            Some("ro") => Access::ReadOnly,
            Some(other) => {
                let message = format!("'access' should be \"ro\" or \"rw\", not \"{other}\"");
                return Err(mount.wrong("access", message));
            }
        };
        mounts.push(Mount { host: host.to_owned(), guest: guest.to_owned(), access, copy: None });
    }
    Ok(mounts)
}

/// `[host.NAME]`, in the order of the text.
pub(super) fn hosts(table: &Table<'_>) -> Result<Vec<HostSource>, ManifestError> {
    let Some(hosts) = table.table("host")? else {
        return Ok(Vec::new());
    };
    let host = |name: &str| {
        if !is_python_name(name) {
            let message =
                format!("Python cannot import '{name}': letters, digits and _ make a name, a digit cannot start it");
            return Err(hosts.wrong(name, message));
        }
        let example = || format!("a host module is a table: [host.{name}] wat = \"{name}.wat\"");
        let host = match hosts.value(name).map(|value| value.get_ref().is_table()) {
            Some(true) => hosts.table(name)?,
            _ => None,
        };
        let host = host.ok_or_else(|| hosts.wrong(name, example()))?;
        host.known(&["wit", "wat", "wasm", "go", "python", "native-python", "javascript", "mount", "limits"])?;
        host.at_most_one(&["wat", "wasm", "go", "python", "native-python", "javascript"])?;
        let wit = host.path("wit")?;
        let body = if let Some(path) = host.path("wat")? {
            Body::Wat(host.source("wat", path)?)
        } else if let Some(path) = host.path("wasm")? {
            Body::Wasm { file: path.to_owned(), bytes: host.read("wasm", path)?.into() }
        } else if let Some(path) = host.path("go")? {
            Body::Go(host.source("go", path)?)
        } else if let Some(path) = host.path("python")? {
            Body::Python(host.source("python", path)?)
        } else if let Some(path) = host.path("native-python")? {
            Body::NativePython(host.source("native-python", path)?)
        } else if let Some(path) = host.path("javascript")? {
            Body::JavaScript(host.source("javascript", path)?)
        } else {
            let message = format!(
                "[host.{name}] has no body: add python = \"FILE\", native-python = \"FILE\", javascript = \"FILE\", go = \"FILE\", wat = \"FILE\" or wasm = \"FILE\""
            );
            return Err(hosts.wrong(name, message));
        };
        let guest = !matches!(body, Body::NativePython(_) | Body::JavaScript(_));
        if let Some(key) = ["mount", "limits"].into_iter().find(|key| !guest && host.has(key)) {
            let message = format!("'{key}' is for a host module in a guest of its own, as python and wasm are");
            return Err(host.wrong(key, message));
        }
        Ok(HostSource {
            wit: wit.map(|path| host.source("wit", path)).transpose()?,
            mounts: mounts(&host, true)?,
            limits: host.has("limits").then(|| limits_of(&host, GUEST_LIMITS)).transpose()?,
            ..HostSource::new(name, body)
        })
    };
    hosts.in_order().into_iter().map(|(name, _)| host(name)).collect()
}

/// The limits that each guest of a run has for itself.
const GUEST_LIMITS: &[&str] = &["memory", "file_bytes", "files", "descriptors"];

/// `[limits]`.
pub(super) fn limits(table: &Table<'_>) -> Result<Limits, ManifestError> {
    limits_of(table, &["memory", "wall", "output", "file_bytes", "files", "descriptors", "call_depth"])
}

fn limits_of(table: &Table<'_>, known: &[&'static str]) -> Result<Limits, ManifestError> {
    let mut limits = Limits::default();
    let Some(given) = table.table("limits")? else {
        return Ok(limits);
    };
    given.known(known)?;
    for (key, limit) in [
        ("memory", &mut limits.memory_bytes),
        ("output", &mut limits.output_bytes),
        ("file_bytes", &mut limits.file_bytes),
    ] {
        if let Some(bytes) = size(&given, key)? {
            *limit = bytes;
        }
    }
    if let Some(wall) = time(&given, "wall")? {
        // Less than a millisecond is one: no time at all would end every run.
        limits.wall_ms = Some((wall / 1_000_000).max(1));
    }
    if let Some(files) = given.number("files")? {
        limits.files = files;
    }
    for (key, limit) in [("descriptors", &mut limits.descriptors), ("call_depth", &mut limits.call_depth)] {
        if let Some(number) = given.number(key)? {
            let number = u32::try_from(number);
            *limit = number.map_err(|_| given.wrong(key, format!("'{key}' is too large")))?;
        }
    }
    Ok(limits)
}

fn size(table: &Table<'_>, key: &str) -> Result<Option<u64>, ManifestError> {
    match table.value(key).map(|value| value.get_ref()) {
        Some(DeValue::String(text)) => told(table, key, parse_size(text)).map(Some),
        Some(DeValue::Integer(_)) => table.number(key),
        _ => table.typed(key, "a size like \"256 MiB\", or bytes", |_| None),
    }
}

fn time(table: &Table<'_>, key: &str) -> Result<Option<u64>, ManifestError> {
    match table.value(key).map(|value| value.get_ref()) {
        Some(DeValue::String(text)) => told(table, key, parse_time(text)).map(Some),
        _ => table.typed(key, "a time like \"10s\"", |_| None),
    }
}

fn told<T>(table: &Table<'_>, key: &str, parsed: Result<T, UnitError>) -> Result<T, ManifestError> {
    parsed.map_err(|error| table.wrong(key, format!("'{key}': {error}")))
}

/// `[determinism]`.
pub(super) fn determinism(table: &Table<'_>) -> Result<Option<Determinism>, ManifestError> {
    let Some(given) = table.table("determinism")? else {
        return Ok(None);
    };
    given.known(&["clock", "step", "seed"])?;
    let mut determinism = Determinism::default();
    let expected = "a moment like 2024-01-01T00:00:00Z, or seconds since 1970";
    let clock = given.typed("clock", expected, |value| match value {
        DeValue::Datetime(moment) => nanoseconds(moment),
        DeValue::Integer(number) => {
            u64::from_str_radix(number.as_str(), number.radix()).ok()?.checked_mul(1_000_000_000)
        }
        _ => None,
    })?;
    determinism.clock_ns = clock.unwrap_or(determinism.clock_ns);
    determinism.step_ns = time(&given, "step")?.unwrap_or(determinism.step_ns);
    determinism.seed = given.number("seed")?.unwrap_or(determinism.seed);
    Ok(Some(determinism))
}

/// Nanoseconds since 1970 of a moment with an offset, where it is not before.
fn nanoseconds(moment: &Datetime) -> Option<u64> {
    let (date, time) = (moment.date?, moment.time?);
    let offset = match moment.offset? {
        Offset::Z => 0,
        Offset::Custom { minutes } => i64::from(minutes),
    };
    // Days since 1970-01-01, with years that start in March: the leap day is then a year's last.
    let year = i64::from(date.year) - i64::from(date.month <= 2);
    let month = (i64::from(date.month) + 9) % 12;
    let day = (153 * month + 2) / 5 + i64::from(date.day) - 1;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let days = year * 365 + leap_days + day - 719_468;
    let minutes = (days * 24 + i64::from(time.hour)) * 60 + i64::from(time.minute) - offset;
    let seconds = minutes * 60 + i64::from(time.second.unwrap_or(0));
    u64::try_from(seconds).ok()?.checked_mul(1_000_000_000)?.checked_add(u64::from(time.nanosecond.unwrap_or(0)))
}

/// `[expect]`; the files it names are added to those that the guest does not see.
pub(super) fn expect(table: &Table<'_>, apart: &mut BTreeSet<String>) -> Result<Option<Expect>, ManifestError> {
    let Some(given) = table.table("expect")? else {
        return Ok(None);
    };
    given.known(&["exit", "stdout", "stderr"])?;
    let exit = given.number("exit")?.unwrap_or(0);
    let mut stream = |key| -> Result<Option<Bytes>, ManifestError> {
        let Some(value) = given.value(key) else {
            return Ok(None);
        };
        match value.get_ref() {
            DeValue::String(text) => Ok(Some(text.as_ref().into())),
            DeValue::Table(_) => {
                let file = given.table(key)?;
                let missing = || given.wrong(key, format!("'{key}' needs 'file'"));
                let file = file.ok_or_else(missing)?;
                file.known(&["file"])?;
                let path = file.path("file")?.ok_or_else(missing)?;
                apart.insert(path.to_owned());
                Ok(Some(file.read("file", path)?.into()))
            }
            _ => Err(given.mismatch(key, value, "a text in quotes or { file = \"…\" }")),
        }
    };
    Ok(Some(Expect {
        exit: u32::try_from(exit).map_err(|_| given.wrong("exit", "'exit' is too large".to_owned()))?,
        stdout: stream("stdout")?,
        stderr: stream("stderr")?,
    }))
}
