//! Runs every example in `wasmtime` and in `shim` through the library, and holds the outcomes against each other, the
//! files they leave behind included. The command's own tests in `examples.rs` know only what a process prints.
#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod common;

use std::fs;
use std::path::Path;

use amphi_core::{Body, Guest, Program, manifest};

fn program(folder: &Path) -> Program {
    let name = folder.file_name().unwrap().to_string_lossy().into_owned();
    let files = common::files(folder);
    let text = fs::read_to_string(folder.join("amphi.toml")).unwrap();
    manifest::parse("amphi.toml", &text, &name, &files).unwrap()
}

/// A file system uses the inode of a file that is gone for the next, and lists a folder in an order of its own, by as many
/// calls as that takes.
const TEMPORARY: &str = r#"
import os

for number in range(3):
    os.mkdir(f"folder{number}")
    with open(f"folder{number}/file", "w+") as file:
        os.remove(file.name)
        print(os.fstat(file.fileno()).st_nlink, os.listdir(f"folder{number}"))
    os.rmdir(f"folder{number}")
names = [f"{number:x}" * (number % 60 + 1) for number in range(400)]
for name in names:
    open(name, "w").close()
assert set(os.listdir(".")) >= set(names)
for name in names:
    os.remove(name)
    with open("next", "w") as file:
        os.fstat(file.fileno())
    os.remove("next")
for old, new in [("missing", "n" * 256), ("n" * 256, "missing"), ("missing", "new")]:
    try:
        os.rename(old, new)
    except OSError as error:
        print(error.errno)
"#;

#[test]
fn what_only_looks_different_is_alike() {
    let [mut wasmtime, mut shim] = common::habitats(amphi_python::artifact().unwrap());
    let program = amphi_parity::watched(&Program::script("main.py", TEMPORARY));
    let runs = vec![amphi_parity::run(&program, &mut wasmtime), amphi_parity::run(&program, &mut shim)];
    let compared = amphi_parity::Compared::new(&program, runs);
    assert!(compared.is_alike(), "{}", amphi_parity::text(&compared));
}

/// What a program sees of the machine: clocks, random numbers, inodes, times, the order of a listing.
const STEADY: &str = r#"
import colorsys, os, random, tempfile, time

with tempfile.TemporaryDirectory(dir=".") as folder:
    for name in "cab":
        open(os.path.join(folder, name), "w").close()
    print(sorted(os.listdir(folder)) == os.listdir(folder), folder)
numbers = []
for name in "uvw":
    # A file system may give the number of what was removed to what is made next.
    with open(name, "w") as file:
        numbers.append(os.stat(name).st_ino)
        os.remove(name)
        numbers.append(os.fstat(file.fileno()).st_ino)
    os.mkdir(name)
    numbers.append(os.stat(name).st_ino)
    os.rmdir(name)
    open("old", "w").close()
    open("new", "w").close()
    numbers += [os.stat("old").st_ino, os.stat("new").st_ino]
    os.replace("old", "new")
    numbers.append(os.stat("new").st_ino)
print("numbers", *map(sorted(set(numbers)).index, numbers))
for path in [".", "main.py", "/lib", *(f"/lib/{name}" for name in os.listdir("/lib"))]:
    print(path, os.stat(path))
print(time.time(), time.monotonic(), random.random(), os.urandom(4))
"#;

#[test]
fn deterministic_runs_are_the_same_to_the_byte() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("main.py"), STEADY).unwrap();
    for habitat in ["wasmtime", "shim", "chromium"] {
        let told = || {
            let args = ["trace", "--json", "--deterministic", "--habitat", habitat, "main.py"];
            let output = common::command(folder.path(), &args).output().unwrap();
            let (trace, said) = (String::from_utf8(output.stderr).unwrap(), String::from_utf8(output.stdout).unwrap());
            // The first run on a machine tells that it compiles Python.
            let trace: String = trace.split_inclusive('\n').filter(|line| !line.starts_with("amphi: ")).collect();
            assert!(output.status.success() && said.contains("True"), "{habitat}: {said}");
            assert!(said.contains("\nnumbers 0 0 1 2 3 2 4 4 5 6 2 6 7 7 8 9 6 9\n"), "{habitat}: {said}");
            (said, trace)
        };
        let (one, other) = (told(), told());
        assert_eq!(one.0, other.0, "{habitat}");
        let differing = one.1.lines().zip(other.1.lines()).find(|(one, other)| one != other);
        assert_eq!(differing, None, "{habitat}");
        assert_eq!(one.1.len(), other.1.len(), "{habitat}");
    }
}

/// A limit on files is an errno of the call that met it; a run that fails of it ends as that limit's.
#[test]
fn limits_on_files_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = "[limits]\nfile_bytes = \"64KiB\"\nfiles = 20\ndescriptors = 12\n";
    fs::write(folder.path().join("amphi.toml"), manifest).unwrap();
    let bytes = "open('a', 'wb').write(bytes(1 << 20))";
    let files = "[os.mkdir(str(n)) for n in range(30)]";
    let descriptors = "held = [os.open('main.py', os.O_RDONLY) for n in range(30)]";
    let caught = format!("\ntry:\n    {descriptors}\nexcept OSError as error:\n    print(error.errno)");
    for (habitat, script, code, told) in [
        ("shim", bytes, 119, "limit of size of all files, 64 KiB"),
        ("shim", files, 118, "limit of number of files, 20"),
        ("shim", descriptors, 116, "limit of open descriptors, 12"),
        ("wasmtime", descriptors, 116, "limit of open descriptors, 12"),
        ("chromium", bytes, 119, "limit of size of all files, 64 KiB"),
        ("shim", caught.as_str(), 0, ""),
        ("wasmtime", caught.as_str(), 0, ""),
    ] {
        fs::write(folder.path().join("main.py"), format!("import os\n{script}\n")).unwrap();
        let output = common::command(folder.path(), &["run", ".", "--habitat", habitat]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{habitat}: {script}: {said}");
        assert!(said.contains(told), "{habitat}: {script}: {said}");
    }
}

#[test]
fn the_native_habitats_leave_the_same() {
    let [mut wasmtime, mut shim] = common::habitats(amphi_python::artifact().unwrap());
    let mut changed = 0;
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")).unwrap() {
        let folder = entry.unwrap().path();
        // Programs in Rust have no manifest.
        if !folder.join("amphi.toml").is_file() {
            continue;
        }
        let program = amphi_parity::watched(&program(&folder));
        // What runs in the machine's own Python needs a command that was built for it; what has to be compiled or linked
        // first is the command's to make, too.
        let extended = matches!(&program.guest, Guest::Python { extended: Some(_), .. });
        if extended || program.hosts.iter().any(|host| matches!(host.body, Body::NativePython(_) | Body::Go(_))) {
            continue;
        }
        let runs = vec![amphi_parity::run(&program, &mut wasmtime), amphi_parity::run(&program, &mut shim)];
        let compared = amphi_parity::Compared::new(&program, runs);
        assert!(compared.is_alike(), "{}", amphi_parity::text(&compared));
        assert!(compared.runs.iter().all(|run| run.calls > 10), "{}: no calls were recorded", folder.display());
        let left = |run: &amphi_parity::Run| run.outcome.as_ref().map_or(0, |outcome| outcome.files.len());
        changed += compared.runs.iter().map(left).sum::<usize>();
    }
    assert!(changed > 0, "no example left a file behind, so nothing was compared");
}
