//! Owns what a guest's calls leave in its world: bytes read or written, files, open descriptors. It must never know how
//! a call is served.

use amphi_wasi::Call;

/// The standard streams are 0, 1 and 2.
const STREAMS: u32 = 3;

/// Whether a guest's world could be replaced by a fresh one, and the guest would find no difference.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Footprint {
    /// Descriptors below this one are there from the start.
    first: u32,
    /// Descriptors that the guest has open.
    open: u32,
    /// Something stays that no fresh world has.
    left: bool,
}

impl Footprint {
    /// That of a guest with so many preopened folders, which has done nothing yet.
    pub(crate) fn new(preopens: usize) -> Self {
        Self { first: STREAMS.saturating_add(u32::try_from(preopens).unwrap_or(u32::MAX)), open: 0, left: false }
    }

    /// Nothing was read from or written to a stream, nothing done to a file, and what was opened is closed.
    pub(crate) fn is_none(&self) -> bool {
        self.open == 0 && !self.left
    }

    /// A call that succeeded.
    pub(crate) fn note(&mut self, call: Call, args: &[u64]) {
        /// Creates the file, or empties it: of `oflags`, the call's fifth parameter.
        const CREATES: u64 = 1 | 1 << 3;
        let fd = args.first().map_or(u32::MAX, |fd| u32::try_from(*fd).unwrap_or(u32::MAX));
        match call {
            Call::PathOpen => {
                self.open += 1;
                self.left |= args.get(4).is_none_or(|oflags| oflags & CREATES != 0);
            }
            Call::FdClose if fd >= self.first => self.open = self.open.saturating_sub(1),
            // Where a file is read only concerns its descriptor.
            Call::FdRead | Call::FdPread | Call::FdSeek => self.left |= fd < STREAMS,
            Call::ArgsGet
            | Call::ArgsSizesGet
            | Call::EnvironGet
            | Call::EnvironSizesGet
            | Call::ClockResGet
            | Call::ClockTimeGet
            | Call::FdAdvise
            | Call::FdDatasync
            | Call::FdFdstatGet
            | Call::FdFilestatGet
            | Call::FdPrestatGet
            | Call::FdPrestatDirName
            | Call::FdReaddir
            | Call::FdSync
            | Call::FdTell
            | Call::PathFilestatGet
            | Call::PathReadlink
            | Call::PollOneoff
            | Call::RandomGet
            | Call::SchedYield => {}
            _ => self.left = true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_only_looked_at_leaves_nothing() {
        let open = |oflags: u64| (Call::PathOpen, vec![3, 0, 0, 4, oflags]);
        for (name, calls, none) in [
            ("nothing", vec![], true),
            ("clocks", vec![(Call::ClockTimeGet, vec![0, 0, 8])], true),
            ("a file read", vec![open(0), (Call::FdRead, vec![5]), (Call::FdClose, vec![5])], true),
            ("a file left open", vec![open(0)], false),
            ("a file made", vec![open(1), (Call::FdClose, vec![5])], false),
            ("a file emptied", vec![open(8), (Call::FdClose, vec![5])], false),
            ("a file written", vec![open(0), (Call::FdWrite, vec![5]), (Call::FdClose, vec![5])], false),
            ("output", vec![(Call::FdWrite, vec![1])], false),
            ("input", vec![(Call::FdRead, vec![0])], false),
            ("a preopened folder closed", vec![(Call::FdClose, vec![4])], false),
            ("one opened, another closed", vec![open(0), (Call::FdClose, vec![3])], false),
            ("a folder made", vec![(Call::PathCreateDirectory, vec![3, 0, 0])], false),
            ("a descriptor moved", vec![open(0), (Call::FdRenumber, vec![5, 3])], false),
        ] {
            let mut footprint = Footprint::new(2);
            for (call, args) in calls {
                footprint.note(call, &args);
            }
            assert_eq!(footprint.is_none(), none, "{name}");
        }
    }
}
