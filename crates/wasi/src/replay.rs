//! The descriptors and files of a guest as they were at one of its calls: its calls are made again, in a world of their
//! own, out of what the trace kept of them. Owns which calls these are; must never know how a call is served.

use crate::context::{Config, ConfigError, Context};
use crate::descriptor::{Access, Descriptor};
use crate::errno::{Errno, Result};
use crate::flow::Flow;
use crate::kind::Kind;
use crate::memory::Memory;
use crate::platform::{Input, Platform, Refused, Stream};
use crate::table::Call;
use crate::trace::{Answer, RawCall};
use crate::tree::{FileBytes, InodeId, Tree};

/// Makes the calls of a run again, one after the other.
///
/// Of what was written a trace keeps the first bytes; the rest is zeros here, so sizes are right and contents are not.
#[derive(Debug)]
pub struct Replay {
    context: Context<Nowhere>,
    /// The guest's name of each preopen, and its directory in the tree.
    preopens: Vec<(String, String)>,
    lost: Option<u64>,
}

/// An open descriptor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenFd {
    /// Its number.
    pub number: u32,
    /// What it stands for.
    pub stands: Stands,
}

/// What a descriptor stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stands {
    /// A standard stream.
    Stream(Stream),
    /// An open file.
    File {
        /// As the guest knows it; none for one without a name.
        path: Option<String>,
        /// Where the next byte is read or written.
        offset: u64,
        /// Bytes in it.
        size: u64,
        /// Whether it may be read, written, and is only written at its end.
        read: bool,
        /// See `read`.
        write: bool,
        /// See `read`.
        append: bool,
    },
    /// An open directory.
    Directory {
        /// As the guest knows it; none for one that was removed.
        path: Option<String>,
        /// Whether the guest was given it.
        preopen: bool,
        /// Whether what is under it may be changed.
        writable: bool,
    },
}

impl Replay {
    /// Begins with what the guest began with.
    ///
    /// # Errors
    /// Those of [`Context::new`].
    pub fn new(config: Config) -> std::result::Result<Self, ConfigError> {
        let preopens = config.preopens.iter().map(|preopen| (preopen.guest.clone(), preopen.dir.clone())).collect();
        Ok(Self { context: Context::new(config, Nowhere)?, preopens, lost: None })
    }

    /// Makes the call of a record again, which has its length in front, if it moved anything: one of the program's own
    /// guest that succeeded.
    pub fn follow(&mut self, record: &[u8]) {
        // Most calls move nothing, and need not be read.
        let call = record.get(4).and_then(|call| Call::ALL.get(usize::from(*call)));
        let Some(raw) = call.filter(|call| moves(**call)).and_then(|_| RawCall::of(record)) else { return };
        if raw.guest || raw.answer != Answer::Errno(Errno::Success) {
            return;
        }
        let (mut stage, args) = Stage::of(&raw);
        let done = self.context.dispatch(&mut stage, raw.call, args.get(..raw.call.params().len()).unwrap_or_default());
        let opened = raw.call.params().iter().position(|param| param.kind == Kind::FdOut);
        let as_then = opened.and_then(|param| raw.kept(param, true)).is_none_or(|then| stage.given == then.bytes);
        if self.lost.is_none() && (done != Flow::Done(Errno::Success) || !as_then) {
            self.lost = Some(raw.number);
        }
    }

    /// The number of the first call that came out otherwise than then: from it on what is told may not be as it was.
    #[must_use]
    pub fn lost(&self) -> Option<u64> {
        self.lost
    }

    /// The files as they are by now.
    #[must_use]
    pub fn tree(&self) -> &Tree {
        self.context.tree()
    }

    /// The descriptors that are open, in the order of their numbers.
    #[must_use]
    pub fn descriptors(&self) -> Vec<OpenFd> {
        described(&self.context, &self.preopens)
    }
}

fn described<P>(context: &Context<P>, preopens: &[(String, String)]) -> Vec<OpenFd> {
    // As the guest knows it.
    let wanted: Vec<InodeId> = context.descriptors.inodes().collect();
    let named: Vec<_> = preopens.iter().map(|(guest, dir)| (guest, context.tree.paths_under(dir, &wanted))).collect();
    let path = |inode: InodeId| {
        named.iter().find_map(|(guest, paths)| {
            let path = paths.get(&inode)?;
            Some(if path.is_empty() { (*guest).clone() } else { format!("{}/{path}", guest.trim_end_matches('/')) })
        })
    };
    let stands = |descriptor: &Descriptor| match descriptor {
        Descriptor::Stdin => Stands::Stream(Stream::Stdin),
        Descriptor::Output(stream) => Stands::Stream(*stream),
        Descriptor::File(file) => Stands::File {
            path: path(file.inode),
            offset: file.offset,
            size: context.tree.file(file.inode).map_or(0, FileBytes::len),
            read: file.read,
            write: file.write,
            append: file.append,
        },
        Descriptor::Directory(directory) => Stands::Directory {
            path: directory.preopen.as_deref().map(str::to_owned).or_else(|| path(directory.inode)),
            preopen: directory.preopen.is_some(),
            writable: directory.access == Access::ReadWrite,
        },
    };
    let open = context.descriptors.open();
    open.map(|(number, descriptor)| OpenFd { number, stands: stands(descriptor) }).collect()
}

/// Whether a call changes descriptors or files.
fn moves(call: Call) -> bool {
    matches!(
        call,
        Call::FdClose
            | Call::FdFdstatSetFlags
            | Call::FdFilestatSetSize
            | Call::FdPwrite
            | Call::FdRead
            | Call::FdRenumber
            | Call::FdSeek
            | Call::FdWrite
            | Call::PathCreateDirectory
            | Call::PathLink
            | Call::PathOpen
            | Call::PathRemoveDirectory
            | Call::PathRename
            | Call::PathSymlink
            | Call::PathUnlinkFile
    )
}

/// A memory with what one call needs in it: the rest of four gigabytes is zeros, and keeps only one result.
#[derive(Debug, Default)]
struct Stage {
    parts: Vec<(u32, Vec<u8>)>,
    /// What was written at [`OUT`](Self::OUT).
    given: Vec<u8>,
}

impl Stage {
    /// Where results go.
    const OUT: u32 = 8;
    /// Where the list of buffers is.
    const LIST: u32 = 16;
    /// Where the bytes of a buffer are; as many as a buffer can have follow.
    const BUFFER: u32 = 1 << 30;
    /// Where paths are, each in its part.
    const PATHS: u32 = 1 << 16;

    /// The memory and the arguments that a call is made with.
    fn of(raw: &RawCall<'_>) -> (Self, [u64; Call::MAX_PARAMS]) {
        let (mut stage, mut args) = (Self::default(), raw.args);
        let (mut buffers, mut path) = (None, Self::PATHS);
        for (index, param) in raw.call.params().iter().enumerate() {
            let Some(arg) = args.get_mut(index) else { break };
            match param.kind {
                Kind::Path => {
                    stage.parts.push((path, raw.kept(index, false).map_or(&[][..], |kept| kept.bytes).to_vec()));
                    *arg = path.into();
                    path += Self::PATHS;
                }
                Kind::Ciovecs | Kind::Iovecs => {
                    let reads = param.kind == Kind::Iovecs;
                    let kept = raw.kept(index, reads);
                    let whole = kept.map_or(0, |kept| u32::try_from(kept.whole).unwrap_or(u32::MAX));
                    let list = [Self::BUFFER.to_le_bytes(), whole.min(Self::BUFFER).to_le_bytes()].concat();
                    stage.parts.push((Self::LIST, list));
                    if let Some(kept) = kept.filter(|_| !reads) {
                        stage.parts.push((Self::BUFFER, kept.bytes.to_vec()));
                    }
                    *arg = Self::LIST.into();
                    buffers = Some(index);
                }
                Kind::Size if buffers.is_some_and(|list| list + 1 == index) => *arg = 1,
                Kind::SizeOut | Kind::FdOut | Kind::FileSizeOut => *arg = Self::OUT.into(),
                _ => {}
            }
        }
        (stage, args)
    }
}

impl Memory for Stage {
    fn size(&self) -> u64 {
        1 << 32
    }

    fn read(&self, at: u32, out: &mut [u8]) -> Result<()> {
        out.fill(0);
        for (start, bytes) in &self.parts {
            if let Some(from) = at.checked_sub(*start).and_then(|skip| bytes.get(skip as usize..)) {
                out.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
            }
        }
        Ok(())
    }

    fn write(&mut self, at: u32, bytes: &[u8]) -> Result<()> {
        if at == Self::OUT {
            self.given = bytes.to_vec();
        }
        Ok(())
    }
}

/// No world outside: nobody writes, nothing is read.
#[derive(Debug)]
struct Nowhere;

impl Platform for Nowhere {
    fn realtime_ns(&self) -> u64 {
        0
    }

    fn monotonic_ns(&self) -> u64 {
        0
    }

    fn random(&mut self, _: &mut [u8]) {}

    fn read_stdin(&mut self, _: &mut [u8]) -> Input {
        Input::End
    }

    fn stdin_ready(&self) -> bool {
        true
    }

    fn write(&mut self, _: Stream, _: &[u8]) -> std::result::Result<(), Refused> {
        Ok(())
    }

    fn is_terminal(&self, _: Stream) -> bool {
        false
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail so")]
mod tests {
    use std::sync::mpsc;

    use super::{Replay, described};
    use crate::support::{Guest, config};
    use crate::trace::{Recorder, records};
    use crate::{Call, Config, Content, Errno, Flow, Gate, TreeNode};

    fn with_a_file() -> Config {
        let mut config = config();
        config.tree.insert_file("work/a", Content::from("alpha, and a little more")).unwrap();
        config
    }

    /// Numbers that are the same in every run.
    struct Chance(u64);

    impl Chance {
        fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            all[usize::try_from(self.0 >> 33).unwrap() % all.len()]
        }
    }

    /// One call on few names, so that they meet.
    fn act(guest: &mut Guest, chance: &mut Chance) {
        const PATHS: &[&str] = &["a", "b", "d", "d/a", "d/e", "l", "l/../a", "."];
        let fd = chance.one_of(&[3, 4, 5, 6, 7]);
        let (path, other) = (chance.one_of(PATHS), chance.one_of(PATHS));
        match chance.one_of(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]) {
            0..=2 => {
                let (flags, append) = (chance.one_of(&[0, 1, 2, 5, 8, 9]), chance.one_of(&[0, 1]));
                let rights = chance.one_of(&[Guest::READ, Guest::WRITE, Guest::READ | Guest::WRITE]);
                let _ = guest.open_with(path, flags, rights, append);
            }
            3 => drop(guest.write(fd, b"some text that is longer than what is kept")),
            4 => drop(guest.read(fd, 7)),
            5 => drop(guest.dispatch(Call::FdClose, &[chance.one_of(&[4, 5, 6, 7])])),
            6 => drop(guest.on_path(Call::PathCreateDirectory, 3, path)),
            7 => drop(guest.on_path(chance.one_of(&[Call::PathUnlinkFile, Call::PathRemoveDirectory]), 3, path)),
            8 => drop(guest.rename(3, path, other)),
            9 => drop(guest.dispatch(Call::FdSeek, &[fd, chance.one_of(&[0, 3, 400]), chance.one_of(&[0, 1, 2]), 64])),
            10 => drop(guest.dispatch(Call::FdRenumber, &[fd, chance.one_of(&[4, 5])])),
            11 => drop(guest.dispatch(Call::FdFilestatSetSize, &[fd, chance.one_of(&[0, 9, 70_000])])),
            _ => {
                let ((at, len), (new, new_len)) = (guest.path(path), guest.other_path(other));
                let _ = match chance.one_of(&[true, false]) {
                    true => guest.dispatch(Call::PathLink, &[3, 0, at, len, 3, new, new_len]),
                    false => guest.dispatch(Call::PathSymlink, &[at, len, 3, new, new_len]),
                };
            }
        }
    }

    #[test]
    fn a_run_that_is_made_again_is_as_it_was_after_each_call() {
        let preopens = [("/work".to_owned(), "work".to_owned())];
        for seed in 0..150 {
            let (mut guest, mut chance) = (Guest::new(with_a_file(), 8192), Chance(seed));
            let (sender, batches) = mpsc::channel();
            let recorder = Recorder::new(4, 0, move |batch| sender.send(batch.to_vec()).unwrap());
            guest.context.watch(Gate::new(Vec::new(), Some(recorder)));
            let mut replay = Replay::new(with_a_file()).unwrap();
            for step in 0..60 {
                act(&mut guest, &mut chance);
                for batch in batches.try_iter() {
                    records(&batch).for_each(|record| replay.follow(record));
                }
                let then = described(&guest.context, &preopens);
                assert_eq!(replay.descriptors(), then, "seed {seed}, step {step}");
                let nodes = |tree: &crate::Tree| tree.nodes_under("work").collect::<Vec<TreeNode>>();
                assert_eq!(nodes(replay.tree()), nodes(guest.context.tree()), "seed {seed}, step {step}");
                assert_eq!(replay.lost(), None, "seed {seed}, step {step}");
            }
        }
    }

    #[test]
    fn another_world_is_told() {
        let (sender, batches) = mpsc::channel();
        let mut guest = Guest::new(with_a_file(), 8192);
        let recorder = Recorder::new(4, 0, move |batch| sender.send(batch.to_vec()).unwrap());
        guest.context.watch(Gate::new(Vec::new(), Some(recorder)));
        guest.check("", Call::ArgsSizesGet, &[0, 8], Errno::Success);
        assert_eq!(guest.open("a", 0, Guest::READ), Ok(4));
        assert_eq!(guest.dispatch(Call::FdClose, &[9]), Flow::Done(Errno::Badf));
        // There is no such file.
        let mut replay = Replay::new(config()).unwrap();
        for batch in batches.try_iter() {
            records(&batch).for_each(|record| replay.follow(record));
            for cut in 0..batch.len() {
                replay.follow(&batch[..cut]);
            }
        }
        assert_eq!(replay.lost(), Some(1));
    }
}
