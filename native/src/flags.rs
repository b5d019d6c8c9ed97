//! Owns CPython's own command-line flags: which there are, and where they end.
//! It must never know what a flag does; the interpreter does.

use std::ffi::OsString;

/// Flags that the interpreter takes as they are. See `python --help`.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Python's own flags")]
pub(crate) struct PythonFlags {
    /// Stay at a prompt after the program.
    #[arg(short = 'i')]
    pub(crate) inspect: bool,
    /// Do not buffer standard output and error.
    #[arg(short = 'u')]
    unbuffered: bool,
    /// Drop assertions; twice also docstrings.
    #[arg(short = 'O', action = clap::ArgAction::Count)]
    optimise: u8,
    /// Filter warnings.
    #[arg(short = 'W', value_name = "FILTER")]
    warnings: Vec<String>,
    /// Set an implementation's option.
    #[arg(short = 'X', value_name = "OPTION", allow_hyphen_values = true)]
    options: Vec<String>,
    /// Say which Python this is; twice also how it was built.
    #[arg(short = 'V', action = clap::ArgAction::Count)]
    pub(crate) version: u8,
    /// Do not write .pyc files.
    #[arg(short = 'B')]
    no_bytecode: bool,
    /// Ignore PYTHON* variables.
    #[arg(short = 'E')]
    ignore_environment: bool,
    /// Isolate from the environment and the user's folders.
    #[arg(short = 'I')]
    isolated: bool,
    /// Do not put the script's folder on the search path.
    #[arg(short = 'P')]
    safe_path: bool,
    /// Do not print the banner.
    #[arg(short = 'q')]
    quiet: bool,
    /// Do not use the user's site folder.
    #[arg(short = 's')]
    no_user_site: bool,
    /// Do not import site.
    #[arg(short = 'S')]
    no_site: bool,
    /// Tell every import.
    #[arg(short = 'v', action = clap::ArgAction::Count)]
    verbose: u8,
    /// Warn where bytes are compared with text; twice raises.
    #[arg(short = 'b', action = clap::ArgAction::Count)]
    bytes_warnings: u8,
    /// Skip the first line of the script.
    #[arg(short = 'x')]
    skip_first_line: bool,
}

/// Letters of flags without a value.
const PLAIN: &str = "iuOVBEIPqsSvbx";

/// Our options that take a value in the next argument.
const VALUED: &[&str] = &[
    "--habitat",
    "--dir",
    "--env",
    "--host",
    "--extension",
    "--memory",
    "--wall",
    "--output-limit",
    "--fault",
    "--filter",
    "--out",
    "--bytes",
];

impl PythonFlags {
    /// The flags as the interpreter takes them.
    pub(crate) fn list(&self) -> Vec<String> {
        let counted =
            |letter: char, count: u8| (count > 0).then(|| format!("-{}", letter.to_string().repeat(count.into())));
        let plain = [
            ('i', self.inspect.into()),
            ('u', self.unbuffered.into()),
            ('O', self.optimise),
            ('V', self.version),
            ('B', self.no_bytecode.into()),
            ('E', self.ignore_environment.into()),
            ('I', self.isolated.into()),
            ('P', self.safe_path.into()),
            ('q', self.quiet.into()),
            ('s', self.no_user_site.into()),
            ('S', self.no_site.into()),
            ('v', self.verbose),
            ('b', self.bytes_warnings),
            ('x', self.skip_first_line.into()),
        ];
        let plain = plain.into_iter().filter_map(|(letter, count)| counted(letter, count));
        let warnings = self.warnings.iter().map(|filter| format!("-W{filter}"));
        let options = self.options.iter().map(|option| format!("-X{option}"));
        plain.chain(warnings).chain(options).collect()
    }
}

/// The arguments of this process, with `--` after the value of `-c` or `-m`: everything behind it is the program's,
/// whatever it looks like, as CPython has it.
pub(crate) fn separated(args: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut args = args.into_iter();
    let mut out: Vec<OsString> = args.by_ref().take(2).collect();
    if out.get(1).is_none_or(|command| command != "run" && command != "trace") {
        out.extend(args);
        return out;
    }
    while let Some(arg) = args.next() {
        let text = arg.to_str().unwrap_or_default();
        let ends = match ends_with_program(text) {
            Some(End::Here) => true,
            Some(End::Next) => {
                out.push(arg.clone());
                out.extend(args.next());
                out.push("--".into());
                break;
            }
            None => false,
        };
        let valued = VALUED.contains(&text) || is_valued_cluster(text);
        let program = !text.starts_with('-') || text == "-" || text == "--";
        out.push(arg);
        if ends {
            out.push("--".into());
        }
        if ends || program {
            break;
        }
        if valued {
            out.extend(args.next());
        }
    }
    out.extend(args);
    out
}

/// Where the program that `-c` or `-m` names is written.
enum End {
    /// In the same argument: `-cpass`.
    Here,
    /// In the next one.
    Next,
}

/// Whether a cluster of flags holds `-c` or `-m`: `-c`, `-uc`, `-mjson`.
fn ends_with_program(text: &str) -> Option<End> {
    let cluster = text.strip_prefix('-')?;
    let at = cluster.find(|letter| !PLAIN.contains(letter))?;
    let rest = cluster.get(at..)?.strip_prefix(['c', 'm'])?;
    Some(if rest.is_empty() { End::Next } else { End::Here })
}

/// Whether a cluster of flags ends with one whose value is the next argument: `-W`, `-uX`.
fn is_valued_cluster(text: &str) -> bool {
    let Some(cluster) = text.strip_prefix('-') else { return false };
    let rest = cluster.trim_start_matches(|letter| PLAIN.contains(letter));
    rest == "W" || rest == "X"
}

#[cfg(test)]
mod tests {
    use super::separated;

    #[test]
    fn what_follows_a_program_is_its_own() {
        for (given, expected) in [
            ("run -c pass -u --dir x", "run -c pass -- -u --dir x"),
            ("run -uc pass -c", "run -uc pass -- -c"),
            ("run -mjson -h", "run -mjson -- -h"),
            ("run --dir -c -c pass", "run --dir -c -c pass --"),
            ("run --dir=a::/b -W -m -m json", "run --dir=a::/b -W -m -m json --"),
            ("run -Wm -m json x", "run -Wm -m json -- x"),
            ("run script.py -c x", "run script.py -c x"),
            ("run - -c x", "run - -c x"),
            ("run -i script.py -m", "run -i script.py -m"),
            ("trace --filter a -c x --json", "trace --filter a -c x -- --json"),
            ("repl -c x", "repl -c x"),
            ("run", "run"),
        ] {
            let args = std::iter::once("amphi").chain(given.split(' ')).map(Into::into);
            let found: Vec<String> =
                separated(args).into_iter().skip(1).map(|arg| arg.into_string().unwrap()).collect();
            assert_eq!(found.join(" "), expected);
        }
    }
}
