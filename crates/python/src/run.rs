//! Runs the programs of the build: output to a log, the latest line to the caller, the tail of the log in the error.
//! Must never know what the programs do.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;

/// How many lines of a failed program's output the error shows.
const TAIL: usize = 25;

/// The variables of the user's that reach the build. Everything else (CFLAGS, PYTHONPATH, LANG …) would change what
/// comes out.
const KEPT: &[&str] = &["HOME", "PATH", "TMPDIR", "SYSTEMROOT"];

/// A program to run.
#[derive(Debug, Clone)]
pub(crate) struct Command {
    pub(crate) program: PathBuf,
    pub(crate) args: Vec<String>,
    pub(crate) folder: PathBuf,
    pub(crate) env: Vec<(String, String)>,
    /// What of the user's environment it sees.
    pub(crate) surroundings: Surroundings,
    /// What it has as its input, though there is nothing to read in it: it stays open as long as the program lives.
    pub(crate) held: Option<Arc<File>>,
}

/// What of the user's environment a program sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Surroundings {
    /// Only what it cannot do without, so that the result is the same everywhere.
    Clean,
    /// All of it: a program that fetches needs the user's proxies.
    Whole,
}

/// A program that did not end well.
#[derive(Debug, thiserror::Error)]
#[error("{what} failed: {why}{}\nThe whole log: {}", Indented(tail), log.display())]
pub struct Failed {
    /// The command line, or what was being done.
    pub what: String,
    /// How it ended, or why it did not start.
    pub why: String,
    /// Its last lines.
    pub tail: Vec<String>,
    /// Where all its output is.
    pub log: PathBuf,
}

/// What a program said, below a line that tells of it.
pub(crate) struct Indented<'a>(pub(crate) &'a [String]);

impl std::fmt::Display for Indented<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|line| write!(f, "\n    {line}"))
    }
}

impl Command {
    pub(crate) fn new(program: impl Into<PathBuf>, folder: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            folder: folder.into(),
            env: Vec::new(),
            surroundings: Surroundings::Clean,
            held: None,
        }
    }

    pub(crate) fn args<A: Into<String>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    pub(crate) fn surroundings(mut self, surroundings: Surroundings) -> Self {
        self.surroundings = surroundings;
        self
    }

    /// Runs it to its end, appending its output to `log`.
    ///
    /// # Errors
    /// It could not be started, its output could not be kept, or it ended with another code than 0.
    pub(crate) fn run(&self, log: &Path, mut line: impl FnMut(&str)) -> Result<(), Failed> {
        let mut tail = Vec::new();
        let ended = self.run_logged(log, |text| {
            if tail.len() == TAIL {
                tail.remove(0);
            }
            tail.push(text.to_owned());
            line(text);
        });
        let why = match ended {
            Ok(status) if status.success() => return Ok(()),
            Ok(status) => format!("it ended with {status}"),
            Err(error) => error.to_string(),
        };
        Err(Failed { what: self.shown(), why, tail, log: log.to_owned() })
    }

    fn run_logged(&self, log: &Path, mut line: impl FnMut(&str)) -> io::Result<process::ExitStatus> {
        let mut log = File::options().create(true).append(true).open(log)?;
        writeln!(log, "$ {}", self.shown())?;
        // One pipe for both streams keeps errors between the lines they belong to.
        let (reader, writer) = io::pipe()?;
        let mut command = process::Command::new(&self.program);
        if self.surroundings == Surroundings::Clean {
            command.env_clear().envs(KEPT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        }
        command.args(&self.args).envs(self.env.iter().map(|(name, value)| (name, value))).current_dir(&self.folder);
        command.stdin(match &self.held {
            Some(file) => process::Stdio::from(file.try_clone()?),
            None => process::Stdio::null(),
        });
        command.stdout(writer.try_clone()?).stderr(writer);
        let mut child = command.spawn()?;
        // The command holds the writing ends; until they are closed the reader would never see the end.
        drop(command);
        let copied = copy_lines(BufReader::new(reader), &mut log, &mut line);
        if copied.is_err() {
            // With the log gone (a full disk) the build can't go on, and the program would block on its full pipe.
            child.kill()?;
        }
        let status = child.wait()?;
        copied.map(|()| status)
    }

    /// The command line in one piece, for people.
    fn shown(&self) -> String {
        let program = self.program.display().to_string();
        std::iter::once(program.as_str()).chain(self.args.iter().map(String::as_str)).collect::<Vec<_>>().join(" ")
    }
}

fn copy_lines(mut from: impl BufRead, log: &mut impl Write, line: &mut impl FnMut(&str)) -> io::Result<()> {
    let mut bytes = Vec::new();
    while from.read_until(b'\n', &mut bytes)? > 0 {
        log.write_all(&bytes)?;
        let text = String::from_utf8_lossy(&bytes);
        // Programs that draw a progress bar rewrite their line; what stands last is what they show.
        let text = text.trim_end().rsplit('\r').next().unwrap_or_default();
        if !text.is_empty() {
            line(text);
        }
        bytes.clear();
    }
    Ok(())
}

/// What a program prints on stdout, first line only, or `None` where it can't be run: for version lines.
pub(crate) fn first_line(program: &Path, args: &[&str]) -> Option<String> {
    let output = process::Command::new(program).args(args).stdin(process::Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    output.status.success().then(|| text.lines().next().unwrap_or_default().trim().to_owned())
}

/// Finds a program by name on PATH.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&path).map(|folder| folder.join(&file)).find(|path| is_program(path))
}

/// Whether there is a file that this system would run.
pub(crate) fn is_program(path: &Path) -> bool {
    let Ok(metadata) = fs::metadata(path) else { return false };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        metadata.is_file() && metadata.permissions().mode() & 0o111 != 0
    }
    #[cfg(not(unix))]
    metadata.is_file()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str, folder: &Path) -> Command {
        Command::new("sh", folder).args(["-c", script])
    }

    #[test]
    fn output_goes_to_the_log_and_its_lines_to_the_caller() {
        let root = tempfile::tempdir().unwrap();
        let log = root.path().join("log");
        let mut lines = Vec::new();
        shell("echo one; printf 'a\\rtwo\\n' >&2; printf three", root.path())
            .run(&log, |line| lines.push(line.to_owned()))
            .unwrap();
        assert_eq!(lines, ["one", "two", "three"]);
        assert!(fs::read_to_string(&log).unwrap().ends_with("one\na\rtwo\nthree"));
    }

    #[test]
    fn a_failure_shows_the_end_of_the_output_and_where_the_rest_is() {
        let root = tempfile::tempdir().unwrap();
        let log = root.path().join("log");
        let failed = shell("seq 1 100; exit 3", root.path()).run(&log, |_| {}).unwrap_err();
        assert_eq!(failed.tail.len(), TAIL);
        let text = failed.to_string();
        assert!(
            text.contains("exit status: 3") && text.contains("\n    100\n") && !text.contains("\n    50\n"),
            "{text}"
        );
        assert!(text.ends_with(&format!("The whole log: {}", log.display())), "{text}");
    }

    #[test]
    fn a_program_that_is_missing_is_named() {
        let root = tempfile::tempdir().unwrap();
        let failed =
            Command::new("amphi-no-such-program", root.path()).run(&root.path().join("log"), |_| {}).unwrap_err();
        assert!(failed.to_string().starts_with("amphi-no-such-program failed: "), "{failed}");
    }

    #[test]
    fn a_clean_run_sees_nothing_of_the_users_settings() {
        let root = tempfile::tempdir().unwrap();
        let count = |surroundings| {
            let mut lines = 0;
            // Cargo itself sets variables for its tests, so there is something to hide.
            shell("env | grep -c CARGO; true", root.path())
                .surroundings(surroundings)
                .run(&root.path().join("log"), |line| lines = line.parse().unwrap())
                .unwrap();
            lines
        };
        assert_eq!(count(Surroundings::Clean), 0);
        assert!(count(Surroundings::Whole) > 0);
    }
}
