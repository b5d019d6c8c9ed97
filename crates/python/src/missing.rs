//! The table of standard modules that python.wasm lacks, with the reasons. The page docs/python.md shows it, which a test
//! here checks; what the built interpreter really lacks is checked where it can be run (native/tests/missing_modules.rs).
//! Must never list a module that can be imported.

/// A public standard module of CPython that cannot be imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MissingModule {
    /// Its name.
    pub name: &'static str,
    /// Why, in a plain sentence.
    pub why: &'static str,
}

const LOADING: &str = "WASI has no dlopen: a guest cannot load machine code while it runs.";
const TERMINAL: &str = "WASI has no control of terminals: a guest sees streams of bytes.";
const CONTROL: &str = "WASI has neither ioctl nor file locks, and does not duplicate descriptors.";
const USERS: &str = "WASI has neither users nor groups.";
const MAPPING: &str = "WASI does not map files into memory, and a guest shares no memory.";
const RESOURCES: &str = "WASI neither limits nor measures a process; amphi's limits do, from outside.";
const SOCKETS: &str = "WASI preview1 opens no connections that could be encrypted; OpenSSL is not built in.";
const LOG: &str = "WASI has no system log.";
const WINDOWS: &str = "It draws in windows, and a sandbox has none.";
const INSTALLS: &str = "It installs packages, which a sandbox does not do; mount them and set PYTHONPATH.";
const PROCESSES: &str = "WASI has one process: nothing can be started, and nothing shares its memory.";
const OTHER: &str = "It speaks to Windows, and is missing on every other system too.";

/// Every missing module, by name.
pub const MISSING: &[MissingModule] = &[
    MissingModule { name: "ctypes", why: LOADING },
    MissingModule { name: "curses", why: TERMINAL },
    MissingModule { name: "ensurepip", why: INSTALLS },
    MissingModule { name: "fcntl", why: CONTROL },
    MissingModule { name: "grp", why: USERS },
    MissingModule { name: "idlelib", why: WINDOWS },
    MissingModule { name: "mmap", why: MAPPING },
    MissingModule { name: "msvcrt", why: OTHER },
    MissingModule { name: "multiprocessing", why: PROCESSES },
    MissingModule { name: "nt", why: OTHER },
    MissingModule { name: "pty", why: TERMINAL },
    MissingModule { name: "pwd", why: USERS },
    MissingModule { name: "readline", why: TERMINAL },
    MissingModule { name: "resource", why: RESOURCES },
    MissingModule { name: "ssl", why: SOCKETS },
    MissingModule { name: "syslog", why: LOG },
    MissingModule { name: "termios", why: TERMINAL },
    MissingModule { name: "tkinter", why: WINDOWS },
    MissingModule { name: "tty", why: TERMINAL },
    MissingModule { name: "turtle", why: WINDOWS },
    MissingModule { name: "turtledemo", why: WINDOWS },
    MissingModule { name: "venv", why: INSTALLS },
    MissingModule { name: "winreg", why: OTHER },
    MissingModule { name: "winsound", why: OTHER },
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    #[test]
    fn the_table_is_sorted() {
        assert!(MISSING.is_sorted_by(|a, b| a.name < b.name));
    }

    /// `BLESS=1` writes the table into the page.
    #[test]
    fn the_page_shows_the_table() {
        const BEGIN: &str = "<!-- from crates/python/src/missing.rs; BLESS=1 cargo test -p amphi-python -->\n";
        const END: &str = "<!-- end -->\n";
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/python.md");
        let page = fs::read_to_string(&path).unwrap();
        let (before, rest) = page.split_once(BEGIN).unwrap();
        let (_, after) = rest.split_once(END).unwrap();
        let rows: String = MISSING.iter().map(|module| format!("| `{}` | {} |\n", module.name, module.why)).collect();
        let expected = format!("{before}{BEGIN}| module | why |\n| --- | --- |\n{rows}{END}{after}");
        if std::env::var_os("BLESS").is_some() {
            fs::write(&path, &expected).unwrap();
        }
        assert!(
            page == expected || std::env::var_os("BLESS").is_some(),
            "docs/python.md is behind missing.rs: BLESS=1 renews it"
        );
    }
}
