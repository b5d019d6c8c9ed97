//! The first call that two runs make otherwise. Owns what is shown around it; what counts as the same is
//! [`Normal`]'s to say.

use std::collections::VecDeque;
use std::iter::Peekable;

use amphi_wasi::Call;
use amphi_wasi::trace::{DirEntry, Entry, Names, Normal, Value, What, entries};

use crate::Run;

/// Calls that are shown before the one that differs.
const BEFORE: usize = 5;

/// The first call that differs, on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calls {
    /// The reference's side.
    pub expected: Side,
    /// The other's.
    pub found: Side,
}

/// One run around the call that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// The calls before it, each with its number.
    pub before: Vec<(u64, String)>,
    /// The call, or nothing where the run made no more.
    pub call: Option<(u64, String)>,
}

/// One run being read.
struct Reading<'a> {
    entries: Peekable<Box<dyn Iterator<Item = Entry> + 'a>>,
    names: Names,
    normal: Normal,
    before: VecDeque<(u64, String)>,
}

impl<'a> Reading<'a> {
    fn new(run: &'a Run) -> Self {
        let entries: Box<dyn Iterator<Item = Entry>> = Box::new(entries(&run.records).take(run.calls));
        Self {
            entries: entries.peekable(),
            names: Names::default(),
            normal: Normal::default(),
            before: VecDeque::new(),
        }
    }

    /// The next call: how it is compared, and how it is shown.
    fn next(&mut self) -> Option<(String, (u64, String))> {
        let mut entry = self.entries.next()?;
        let shown = (entry.number, entry.line(&self.names, false));
        while let Some(more) = self.entries.next_if(|next| goes_on(&entry, next)) {
            add(&mut entry, more);
        }
        self.names.follow(&entry);
        Some((self.normal.line(&entry), shown))
    }

    fn keep(&mut self, shown: (u64, String)) {
        if self.before.len() == BEFORE {
            self.before.pop_front();
        }
        self.before.push_back(shown);
    }

    fn side(self, call: Option<(u64, String)>) -> Side {
        Side { before: self.before.into(), call }
    }
}

/// A folder is listed by as many calls as its names need, in any order, so that where one ends says nothing: those that
/// follow each other are compared as one.
fn goes_on(listing: &Entry, next: &Entry) -> bool {
    let of = |entry: &Entry| match &entry.what {
        What::Wasi { call: Call::FdReaddir, args, .. } if !entry.failed() => args.first().map(|arg| arg.value.clone()),
        _ => None,
    };
    listing.guest == next.guest && of(next).is_some() && of(listing) == of(next)
}

/// Adds what the next call of a listing gave.
fn add(listing: &mut Entry, next: Entry) {
    let (What::Wasi { args, results, .. }, What::Wasi { args: more, results: also, .. }) =
        (&mut listing.what, next.what)
    else {
        return;
    };
    let begins = more.iter().find_map(|arg| match arg.value {
        Value::Number(cookie) if arg.name == "cookie" => Some(cookie),
        _ => None,
    });
    let more = more.into_iter().chain(also).find_map(|arg| entries_of(arg.value));
    let all = args.iter_mut().chain(results.iter_mut()).find_map(|arg| match &mut arg.value {
        Value::Listing(all) => Some(all),
        _ => None,
    });
    if let (Some(all), Some(more)) = (all, more) {
        // The last name of a call may have been cut: the next then begins with it.
        if let Some(last) = all.iter().position(|entry| Some(entry.next) == begins) {
            all.truncate(last + 1);
        }
        all.extend(more);
    }
    // How much was given is the calls' own.
    results.retain(|result| matches!(result.value, Value::Listing(_)));
}

fn entries_of(value: Value) -> Option<Vec<DirEntry>> {
    match value {
        Value::Listing(entries) => Some(entries),
        _ => None,
    }
}

/// The first call of two runs that differs.
pub(crate) fn first_difference(expected: &Run, found: &Run) -> Option<Calls> {
    let cut = [expected.cut, found.cut];
    let (mut expected, mut found) = (Reading::new(expected), Reading::new(found));
    loop {
        match (expected.next(), found.next()) {
            (None, None) => return None,
            // What was made later nobody knows.
            (None, _) if cut[0] => return None,
            (_, None) if cut[1] => return None,
            (Some((one, shown)), Some((other, also))) if one == other => {
                expected.keep(shown);
                found.keep(also);
            }
            (one, other) => {
                return Some(Calls {
                    expected: expected.side(one.map(|(_, shown)| shown)),
                    found: found.side(other.map(|(_, shown)| shown)),
                });
            }
        }
    }
}
