//! Owns the JSON form of a traced call, for other programs.
//!
//! An object with `dropped` alone says how many calls are missing there; a run that makes more than can be kept drops some.
//! Every other has `number`, `time_ns`, `duration_ns` (null for a call that was not timed), and `guest` if it is not the
//! program's own that made the call, `file` and `line` where that is recorded. A call of WASI has `call`, `args`, and either `result`, `errno` (with `fault` where it was asked for) or `ended`; `paths` are whole paths it is
//! about. A host function has `host`, `args` as text, and `reply` or `error`. Bytes are `text` where they are UTF-8, else
//! `base64`, beside their `length`.

use amphi_wasi::Errno;
use amphi_wasi::trace::{Answer, Arg, Entry, Names, Reply, Value as Traced, What, When};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// The object for calls that are missing.
pub(crate) fn dropped(count: u64) -> Value {
    json!({ "dropped": count })
}

/// The object of one call.
pub(crate) fn entry(entry: &Entry, names: &Names) -> Value {
    let mut object = Map::new();
    let mut put = |key: &str, value: Value| drop(object.insert(key.to_owned(), value));
    put("number", entry.number.into());
    put("time_ns", entry.begin_ns.into());
    put("duration_ns", entry.duration_ns.into());
    if let Some(guest) = &entry.guest {
        put("guest", json!(guest));
    }
    if let Some(line) = &entry.line {
        put("file", json!(line.file));
        put("line", line.number.into());
    }
    match &entry.what {
        What::Host { function, args, reply } => {
            put("host", json!(function));
            put("args", json!(args));
            match reply {
                Reply::Value(value) => put("reply", json!(value)),
                Reply::Error(error) => put("error", json!(error)),
            }
        }
        What::Wasi { call, args, results, answer } => {
            put("call", call.name().into());
            put("args", arguments(args));
            let paths = names.paths(entry);
            if !paths.is_empty() {
                put("paths", json!(paths));
            }
            match answer {
                Answer::Errno(Errno::Success) => put("result", arguments(results)),
                Answer::Errno(errno) => put("errno", errno.name().into()),
                Answer::Fault(errno) => {
                    put("errno", errno.name().into());
                    put("fault", true.into());
                }
                Answer::Ended => put("ended", true.into()),
            }
        }
    }
    Value::Object(object)
}

fn arguments(args: &[Arg]) -> Value {
    args.iter().map(|arg| (arg.name.to_owned(), value(arg.name, &arg.value))).collect::<Map<_, _>>().into()
}

fn value(name: &str, value: &Traced) -> Value {
    match value {
        Traced::Number(number) | Traced::Room(number) | Traced::Time(number) => json!(number),
        Traced::Signed(number) => json!(number),
        Traced::Fd(fd) => json!(fd),
        Traced::Word(word) => json!(word),
        Traced::Address(at) => json!(at),
        Traced::Prestat(length) => json!({ "name_length": length }),
        Traced::Flags { set, rest: 0 } => json!(set),
        Traced::Flags { set, rest } => {
            let unknown = format!("{rest:#x}");
            json!(set.iter().copied().chain([unknown.as_str()]).collect::<Vec<_>>())
        }
        Traced::Bytes { shown, .. } if name.ends_with("path") => json!(String::from_utf8_lossy(shown)),
        Traced::Bytes { shown, whole } => match std::str::from_utf8(shown) {
            Ok(text) => json!({ "text": text, "length": whole }),
            Err(_) => json!({ "base64": STANDARD.encode(shown), "length": whole }),
        },
        Traced::Texts(texts) => texts.iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect(),
        Traced::FileStat(stat) => json!({
            "device": stat.device, "inode": stat.inode, "type": stat.file_type, "links": stat.links, "size": stat.size,
            "accessed_ns": stat.accessed, "modified_ns": stat.modified, "changed_ns": stat.changed,
        }),
        Traced::FdStat(stat) => json!({
            "type": stat.file_type, "flags": stat.flags, "rights": stat.rights, "inheriting": stat.inheriting,
        }),
        Traced::Listing(entries) => entries
            .iter()
            .map(|entry| {
                json!({
                    "name": String::from_utf8_lossy(&entry.name), "type": entry.file_type, "inode": entry.inode,
                    "next": entry.next,
                })
            })
            .collect(),
        Traced::Subscriptions(all) => all
            .iter()
            .map(|one| match &one.when {
                When::Clock { clock, timeout, absolute } => {
                    json!({ "clock": clock, "timeout_ns": timeout, "absolute": absolute })
                }
                When::Read(fd) => json!({ "read": fd }),
                When::Write(fd) => json!({ "write": fd }),
                When::Unknown(kind) => json!({ "unknown": kind }),
            })
            .collect(),
        Traced::Events(all) => all
            .iter()
            .map(|event| json!({ "kind": event.kind, "errno": event.errno.name(), "hangup": event.hangup }))
            .collect(),
    }
}
