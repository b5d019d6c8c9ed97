//! A guest for tests: memory, a platform that does what it is told, and shorthands for calls. Shared by the tests beside
//! the code and those in `tests/`.
#![allow(dead_code, reason = "not every test binary needs all of it")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail so")]

use amphi_wasi::{
    Access, Call, Clock, Config, Context, Errno, Flow, Input, Memory, Platform, Preopen, Refused, Result, Stream,
};

/// Where the test's clocks start.
pub(crate) const REALTIME: u64 = 1_700_000_000_123_456_789;
pub(crate) const MONOTONIC: u64 = 42_000;

/// One preopen, `/work`, descriptor 3; it may be written.
pub(crate) fn config() -> Config {
    let preopen = Preopen { guest: "/work".to_owned(), dir: "work".to_owned(), access: Access::ReadWrite };
    Config { preopens: vec![preopen], ..Config::default() }
}

/// A second preopen, `/lib`, descriptor 4; it is read-only.
pub(crate) fn with_library() -> Config {
    let mut config = config();
    let preopen = Preopen { guest: "/lib".to_owned(), dir: "lib".to_owned(), access: Access::ReadOnly };
    config.preopens.push(preopen);
    config
}

/// Memory that can be filled and compared.
#[derive(Debug)]
pub(crate) struct Bytes {
    bytes: Vec<u8>,
    filled: u8,
}

impl Bytes {
    pub(crate) fn new(size: usize) -> Self {
        Self { bytes: vec![0; size], filled: 0 }
    }

    pub(crate) fn fill(&mut self, byte: u8) {
        self.filled = byte;
        self.bytes.fill(byte);
    }

    #[track_caller]
    pub(crate) fn expect(&self, name: &str, at: u64, expected: &[u8]) {
        let at = usize::try_from(at).unwrap();
        assert!(
            &self.bytes[at..at + expected.len()] == expected,
            "{name}: at {at}: {:?}",
            self.slice(at, expected.len())
        );
    }

    /// The byte at `at` is `byte`, if memory goes so far.
    #[track_caller]
    pub(crate) fn expect_end(&self, name: &str, at: u64, byte: u8) {
        if let Some(found) = self.bytes.get(usize::try_from(at).unwrap()) {
            assert_eq!(*found, byte, "{name}: at {at}");
        }
    }

    /// Nothing was written since [`fill`](Self::fill).
    #[track_caller]
    pub(crate) fn expect_untouched(&self, name: &str) {
        assert!(self.bytes.iter().all(|byte| *byte == self.filled), "{name}: memory was written");
    }

    pub(crate) fn slice(&self, at: usize, len: usize) -> &[u8] {
        &self.bytes[at..at + len]
    }

    pub(crate) fn u32_at(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.slice(at, 4).try_into().unwrap())
    }

    pub(crate) fn u64_at(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.slice(at, 8).try_into().unwrap())
    }
}

impl Memory for Bytes {
    fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read(&self, at: u32, out: &mut [u8]) -> Result<()> {
        let at = at as usize;
        out.copy_from_slice(self.bytes.get(at..at + out.len()).ok_or(Errno::Fault)?);
        Ok(())
    }

    fn write(&mut self, at: u32, bytes: &[u8]) -> Result<()> {
        let at = at as usize;
        self.bytes.get_mut(at..at + bytes.len()).ok_or(Errno::Fault)?.copy_from_slice(bytes);
        Ok(())
    }
}

/// A world outside that does what a test tells it.
#[derive(Debug, Default)]
pub(crate) struct Outside {
    passed: u64,
    input: Vec<u8>,
    ended: bool,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    terminal: bool,
    refused: Option<Refused>,
}

impl Outside {
    pub(crate) fn type_in(&mut self, text: &str) {
        self.input.extend_from_slice(text.as_bytes());
    }

    pub(crate) fn end_input(&mut self) {
        self.ended = true;
    }

    pub(crate) fn pass(&mut self, ns: u64) {
        self.passed += ns;
    }

    pub(crate) fn set_terminal(&mut self, terminal: bool) {
        self.terminal = terminal;
    }

    pub(crate) fn refuse(&mut self, refused: Refused) {
        self.refused = Some(refused);
    }

    pub(crate) fn written(&self, stream: Stream) -> &[u8] {
        if stream == Stream::Stdout { &self.stdout } else { &self.stderr }
    }
}

impl Platform for Outside {
    fn realtime_ns(&self) -> u64 {
        REALTIME + self.passed
    }

    fn monotonic_ns(&self) -> u64 {
        MONOTONIC + self.passed
    }

    fn resolution_ns(&self, _: Clock) -> u64 {
        1
    }

    fn random(&mut self, out: &mut [u8]) {
        assert!(out.len() <= 65_536, "a browser gives no more");
        out.fill(0x52);
    }

    fn read_stdin(&mut self, out: &mut [u8]) -> Input {
        assert!(!out.is_empty());
        let count = self.input.len().min(out.len());
        if count == 0 {
            return if self.ended { Input::End } else { Input::Empty };
        }
        out[..count].copy_from_slice(&self.input[..count]);
        self.input.drain(..count);
        Input::Bytes(count)
    }

    fn stdin_ready(&self) -> bool {
        self.ended || !self.input.is_empty()
    }

    fn write(&mut self, stream: Stream, bytes: &[u8]) -> Result<(), Refused> {
        if let Some(refused) = self.refused {
            return Err(refused);
        }
        let out = if stream == Stream::Stdout { &mut self.stdout } else { &mut self.stderr };
        out.extend_from_slice(bytes);
        Ok(())
    }

    fn is_terminal(&self, _: Stream) -> bool {
        self.terminal
    }
}

/// A context with memory. `memory` is the test's; shorthands use one of their own.
#[derive(Debug)]
pub(crate) struct Guest {
    pub(crate) context: Context<Outside>,
    pub(crate) memory: Bytes,
    own: Bytes,
}

impl Guest {
    pub(crate) const CREAT: u64 = 1;
    pub(crate) const DIRECTORY: u64 = 2;
    pub(crate) const EXCL: u64 = 4;
    pub(crate) const TRUNC: u64 = 8;
    pub(crate) const READ: u64 = 1 << 1;
    pub(crate) const WRITE: u64 = 1 << 6;
    pub(crate) const APPEND: u64 = 1;

    pub(crate) fn new(config: Config, size: usize) -> Self {
        let context = Context::new(config, Outside::default()).unwrap();
        Self { context, memory: Bytes::new(size), own: Bytes::new(1 << 17) }
    }

    pub(crate) fn dispatch(&mut self, call: Call, args: &[u64]) -> Flow {
        self.context.dispatch(&mut self.memory, call, args)
    }

    /// The call ends with that errno.
    #[track_caller]
    pub(crate) fn check(&mut self, name: &str, call: Call, args: &[u64], expected: Errno) {
        assert_eq!(self.dispatch(call, args), Flow::Done(expected), "{name}: {}{args:?}", call.name());
    }

    pub(crate) fn put(&mut self, at: u64, bytes: &[u8]) {
        Memory::write(&mut self.memory, u32::try_from(at).unwrap(), bytes).unwrap();
    }

    /// Puts a list of buffers at `at`.
    pub(crate) fn iovecs(&mut self, at: u64, buffers: &[(u32, u32)]) {
        let bytes: Vec<u8> =
            buffers.iter().flat_map(|(at, len)| [at.to_le_bytes(), len.to_le_bytes()].concat()).collect();
        self.put(at, &bytes);
    }

    /// Puts a path in the upper half of memory: address and length.
    pub(crate) fn path(&mut self, path: &str) -> (u64, u64) {
        let at = self.memory.size() / 2;
        self.put(at, path.as_bytes());
        (at, path.len() as u64)
    }

    /// Puts a path in the last quarter of memory: address and length.
    pub(crate) fn other_path(&mut self, path: &str) -> (u64, u64) {
        let at = self.memory.size() / 4 * 3;
        self.put(at, path.as_bytes());
        (at, path.len() as u64)
    }

    /// A call with memory of its own.
    fn own(&mut self, call: Call, args: &[u64]) -> Errno {
        match self.context.dispatch(&mut self.own, call, args) {
            Flow::Done(errno) => errno,
            flow => panic!("{}: {flow:?}", call.name()),
        }
    }

    pub(crate) fn open(&mut self, path: &str, oflags: u64, rights: u64) -> Result<u32> {
        self.open_from(3, path, oflags, rights, 0)
    }

    pub(crate) fn open_with(&mut self, path: &str, oflags: u64, rights: u64, fd_flags: u64) -> Result<u32> {
        self.open_from(3, path, oflags, rights, fd_flags)
    }

    pub(crate) fn open_at(&mut self, fd: u64, path: &str, oflags: u64, rights: u64) -> Result<u32> {
        self.open_from(fd, path, oflags, rights, 0)
    }

    fn open_from(&mut self, fd: u64, path: &str, oflags: u64, rights: u64, fd_flags: u64) -> Result<u32> {
        Memory::write(&mut self.own, 64, path.as_bytes()).unwrap();
        match self.own(Call::PathOpen, &[fd, 1, 64, path.len() as u64, oflags, rights, 0, fd_flags, 0]) {
            Errno::Success => Ok(self.own.u32_at(0)),
            errno => Err(errno),
        }
    }

    /// Writes all at the descriptor's offset.
    pub(crate) fn write(&mut self, fd: u64, bytes: &[u8]) -> Errno {
        let len = u32::try_from(bytes.len()).unwrap();
        Memory::write(&mut self.own, 64, bytes).unwrap();
        Memory::write(&mut self.own, 0, &[64_u32.to_le_bytes(), len.to_le_bytes()].concat()).unwrap();
        self.own(Call::FdWrite, &[fd, 0, 1, 16])
    }

    /// Reads at most `len` bytes at the descriptor's offset.
    pub(crate) fn read(&mut self, fd: u64, len: u32) -> Result<Vec<u8>> {
        Memory::write(&mut self.own, 0, &[64_u32.to_le_bytes(), len.to_le_bytes()].concat()).unwrap();
        match self.own(Call::FdRead, &[fd, 0, 1, 16]) {
            Errno::Success => Ok(self.own.slice(64, self.own.u32_at(16) as usize).to_vec()),
            errno => Err(errno),
        }
    }

    #[track_caller]
    pub(crate) fn tell(&mut self, fd: u64) -> u64 {
        assert_eq!(self.own(Call::FdTell, &[fd, 0]), Errno::Success);
        self.own.u64_at(0)
    }

    /// A call that takes a descriptor and a path first.
    pub(crate) fn on_path(&mut self, call: Call, fd: u64, path: &str) -> Errno {
        Memory::write(&mut self.own, 64, path.as_bytes()).unwrap();
        self.own(call, &[fd, 64, path.len() as u64])
    }

    /// `path_rename` within one directory.
    pub(crate) fn rename(&mut self, fd: u64, old: &str, new: &str) -> Errno {
        Memory::write(&mut self.own, 64, old.as_bytes()).unwrap();
        Memory::write(&mut self.own, 8192, new.as_bytes()).unwrap();
        self.own(Call::PathRename, &[fd, 64, old.len() as u64, fd, 8192, new.len() as u64])
    }

    /// `fd_filestat_get`: inode number, links, size.
    #[track_caller]
    pub(crate) fn stat(&mut self, fd: u64) -> (u64, u64, u64) {
        assert_eq!(self.own(Call::FdFilestatGet, &[fd, 64]), Errno::Success);
        (self.own.u64_at(64 + 8), self.own.u64_at(64 + 24), self.own.u64_at(64 + 32))
    }

    /// The whole listing of a directory, buffer by buffer of that size.
    pub(crate) fn list(&mut self, fd: u64, buffer: u32) -> Vec<String> {
        let (mut names, mut cookie) = (Vec::new(), 0);
        loop {
            assert_eq!(self.own(Call::FdReaddir, &[fd, 64, u64::from(buffer), cookie, 0]), Errno::Success);
            let used = self.own.u32_at(0);
            let more = entries(&self.own, 64, used);
            cookie += more.len() as u64;
            assert!(used < buffer || !more.is_empty(), "the buffer is too small for one entry");
            names.extend(more);
            if used < buffer {
                return names;
            }
        }
    }

    pub(crate) fn content(&self, path: &str) -> Vec<u8> {
        self.context.tree().read(path).unwrap().into_owned()
    }

    /// The names of the directory entries that lie whole in `len` bytes at `at`.
    pub(crate) fn entries(&self, at: u64, len: u32) -> Vec<String> {
        entries(&self.memory, usize::try_from(at).unwrap(), len)
    }
}

fn entries(memory: &Bytes, at: usize, len: u32) -> Vec<String> {
    let (mut names, mut at, end) = (Vec::new(), at, at + len as usize);
    while at + 24 <= end {
        let name_end = at + 24 + memory.u32_at(at + 16) as usize;
        if name_end > end {
            break;
        }
        names.push(String::from_utf8(memory.slice(at + 24, name_end - at - 24).to_vec()).unwrap());
        at = name_end;
    }
    names
}
