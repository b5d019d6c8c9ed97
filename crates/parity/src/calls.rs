//! The first call that two runs make otherwise. Owns what is shown around it; what counts as the same is
//! [`Normal`]'s to say.

use std::collections::VecDeque;

use amphi_wasi::trace::{Entry, Names, Normal, entries};

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
    entries: Box<dyn Iterator<Item = Entry> + 'a>,
    names: Names,
    normal: Normal,
    before: VecDeque<(u64, String)>,
}

impl<'a> Reading<'a> {
    fn new(records: &'a [u8]) -> Self {
        Self {
            entries: Box::new(entries(records)),
            names: Names::default(),
            normal: Normal::default(),
            before: VecDeque::new(),
        }
    }

    /// The next call: how it is compared, and how it is shown.
    fn next(&mut self) -> Option<(String, (u64, String))> {
        let entry = self.entries.next()?;
        let shown = entry.line(&self.names, false);
        self.names.follow(&entry);
        Some((self.normal.line(&entry), (entry.number, shown)))
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

/// The first call of two runs that differs.
pub(crate) fn first_difference(expected: &[u8], found: &[u8]) -> Option<Calls> {
    let (mut expected, mut found) = (Reading::new(expected), Reading::new(found));
    loop {
        match (expected.next(), found.next()) {
            (None, None) => return None,
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
