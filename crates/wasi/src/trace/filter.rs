//! Which calls a reader wants to see. Owns the little language of filters.

use std::fmt;
use std::str::FromStr;

use super::entry::{Entry, What};
use super::glob::Glob;
use super::names::Names;
use super::value::Value;
use crate::errno::Errno;
use crate::table::Call;

/// Which calls to show: terms with commas between them. Terms of one kind are alternatives, each kind must hold, and a
/// term after `!` must not.
///
/// | term | the calls |
/// | --- | --- |
/// | `fd_read`, `path_*` | of that name |
/// | `host` | of host functions; `demo.*` by name |
/// | `error` | that failed; `error=NOENT` so |
/// | `path=*.txt` | about such a path, by name or by descriptor |
/// | `fd=3` | about that descriptor |
/// | `guest=demo` | of the guest of that host module; `guest=` of the program's own |
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter(Vec<Term>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    not: bool,
    wants: Wants,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Wants {
    Name(Glob),
    Host,
    Failed,
    Errno(Errno),
    Path(Glob),
    Fd(u32),
    Guest(Glob),
}

/// Why a filter cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError(String);

impl fmt::Display for FilterError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for FilterError {}

impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        text.split(',').map(str::trim).filter(|term| !term.is_empty()).map(term).collect::<Result<_, _>>().map(Self)
    }
}

fn term(text: &str) -> Result<Term, FilterError> {
    let (not, text) = text.strip_prefix('!').map_or((false, text), |rest| (true, rest));
    let wants = match text.split_once('=') {
        None if text == "host" => Wants::Host,
        None if text == "error" => Wants::Failed,
        None => Wants::Name(name(text)?),
        Some(("error", errno)) => Wants::Errno(errno_named(errno)?),
        Some(("path", path)) => Wants::Path(Glob::new(path)),
        Some(("fd", fd)) => {
            Wants::Fd(fd.parse().map_err(|_| FilterError(format!("{text}: a descriptor is a number, as in fd=3")))?)
        }
        Some(("guest", guest)) => Wants::Guest(Glob::new(guest)),
        Some((key, _)) => {
            return Err(FilterError(format!("{text}: there is no {key}=…; there are error=, path=, fd= and guest=")));
        }
    };
    Ok(Term { not, wants })
}

/// A pattern for names, which must fit a call unless it can be a host function's.
fn name(text: &str) -> Result<Glob, FilterError> {
    let glob = Glob::new(text);
    if text.contains('.') || Call::ALL.iter().any(|call| glob.fits(call.name())) {
        return Ok(glob);
    }
    Err(FilterError(format!("{text}: there is no such call of WASI, and a host function is named module.function")))
}

/// The error number of that name.
pub(crate) fn errno_named(text: &str) -> Result<Errno, FilterError> {
    let wanted = text.to_ascii_uppercase();
    let plain = wanted.strip_prefix('E').filter(|_| !wanted.starts_with("EX")).unwrap_or(&wanted);
    Errno::ALL
        .iter()
        .copied()
        .find(|errno| errno.name() == wanted || errno.name() == plain)
        .ok_or_else(|| FilterError(format!("{text}: there is no such error number; NOENT, ACCES and NOSPC are some")))
}

impl Filter {
    /// Whether a call is to be shown. `names` is what the descriptors stood for before it.
    #[must_use]
    pub fn shows(&self, entry: &Entry, names: &Names) -> bool {
        let mut groups = [None; 5];
        for Term { not, wants } in &self.0 {
            let holds = wants.hold(entry, names);
            if *not {
                if holds {
                    return false;
                }
            } else if let Some(group) = groups.get_mut(wants.group()) {
                *group = Some(group.unwrap_or(false) || holds);
            }
        }
        groups.iter().all(|group| group.unwrap_or(true))
    }
}

impl Wants {
    /// Terms of the same group are alternatives.
    fn group(&self) -> usize {
        match self {
            Self::Name(_) | Self::Host => 0,
            Self::Failed | Self::Errno(_) => 1,
            Self::Path(_) => 2,
            Self::Fd(_) => 3,
            Self::Guest(_) => 4,
        }
    }

    fn hold(&self, entry: &Entry, names: &Names) -> bool {
        match self {
            Self::Name(glob) => glob.fits(entry.name()),
            Self::Host => matches!(entry.what, What::Host { .. }),
            Self::Failed => entry.failed(),
            Self::Errno(errno) => entry.errno() == Some(*errno),
            Self::Path(glob) => names.paths(entry).iter().any(|path| glob.fits_path(path)),
            Self::Fd(fd) => entry.args().iter().chain(entry.results()).any(|arg| arg.value == Value::Fd(*fd)),
            Self::Guest(glob) => glob.fits(entry.guest.as_deref().unwrap_or_default()),
        }
    }
}
