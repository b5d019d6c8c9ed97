//! A tree of files, directories and symbolic links, and one path in it, followed and not followed, opened and looked at.
//! What the guest finds is what a plain model of Linux's rules finds, with the same error number; nothing outside the
//! preopen is ever reached or changed; and every loop ends.
#![no_main]

use std::collections::BTreeMap;

use amphi_fuzz::{Input, Outside};
use amphi_wasi::{Access, Call, Config, Content, Context, Errno, Flow, Preopen, SliceMemory, Tree};
use libfuzzer_sys::fuzz_target;

/// The directory the guest may use; the others lie beside it.
const HOME: &str = "home";
const NAMES: &[&str] = &["a", "b", "c", "é", "outside", "home"];
const PARTS: &[&str] = &["a", "b", "c", "é", "outside", "home", "..", ".", "", "a\0", "..."];
/// Where a path and the attributes of a file lie in memory.
const PATH: u32 = 128;
const STAT: u32 = 64;

fuzz_target!(|data: &[u8]| {
    let mut input = Input::new(data);
    let (tree, home) = planted(&mut input);
    let mut guest = Guest::new(tree);
    let outside = guest.outside();

    // From the preopen, or from a directory under it, which no path may leave either.
    let directories = home.directories();
    let base = directories[usize::from(input.byte()) % directories.len()].clone();
    let fd = if base.is_empty() { 3 } else { guest.open(3, &base, 0, DIRECTORY).expect("it is there") };
    let node = home.at(&base);
    let path = path(&mut input);
    for follow in [true, false] {
        let (found, wanted) = (guest.stat(fd, &path, follow), node.look(&path, follow));
        guest.compare(fd, &path, node, &outside, found, &wanted);
        for oflags in [0, DIRECTORY] {
            let wanted = node.resolve(&path, follow).and_then(|place| match node.at(&place) {
                Node::Link(_) => Err(Errno::Loop),
                Node::File(_) if oflags == DIRECTORY => Err(Errno::Notdir),
                _ => Ok(place),
            });
            let opened = guest.open(fd, &path, u64::from(follow), oflags);
            let found = opened.map(|opened| guest.stat_of(opened));
            guest.compare(fd, &path, node, &outside, found, &wanted);
        }
    }
    guest.change(&mut input, fd, &path);
    assert_eq!(guest.outside(), outside, "something outside was changed");
});

const DIRECTORY: u64 = 2;

/// What is at a place, with sizes that tell files apart.
#[derive(Debug)]
enum Node {
    Directory(BTreeMap<String, Node>),
    File(u64),
    Link(String),
}

impl Node {
    fn at(&self, place: &str) -> &Node {
        place.split('/').filter(|name| !name.is_empty()).fold(self, |at, name| match at {
            Node::Directory(entries) => &entries[name],
            _ => panic!("{place} leads through {at:?}"),
        })
    }

    fn get(&self, place: &[String], name: &str) -> Option<&Node> {
        match self.at(&place.join("/")) {
            Node::Directory(entries) => entries.get(name),
            _ => None,
        }
    }

    /// The paths of all directories, the empty one of this first.
    fn directories(&self) -> Vec<String> {
        let mut all = vec![String::new()];
        let mut next = 0;
        while let Some(path) = all.get(next).cloned() {
            if let Node::Directory(entries) = self.at(&path) {
                let inner = entries.iter().filter(|(_, node)| matches!(node, Node::Directory(_)));
                all.extend(inner.map(|(name, _)| format!("{path}/{name}").trim_start_matches('/').to_owned()));
            }
            next += 1;
        }
        all
    }

    /// The model: where a path under this directory leads. What is still to do is a stack of names; a link puts its own
    /// on it, and a slash at an end is one more name, an empty one, for which there must be a directory.
    fn resolve(&self, path: &str, follow: bool) -> Result<String, Errno> {
        if path.len() > 4095 {
            return Err(Errno::Nametoolong);
        } else if path.is_empty() {
            return Err(Errno::Noent);
        } else if path.contains('\0') {
            return Err(Errno::Inval);
        }
        let (mut place, mut links) = (Vec::new(), 0);
        let mut todo = names(path)?;
        while let Some(name) = todo.pop() {
            match name.as_str() {
                "" | "." => continue,
                ".." => {
                    place.pop().ok_or(Errno::Perm)?;
                    continue;
                }
                long if long.len() > 255 => return Err(Errno::Nametoolong),
                _ => {}
            }
            match self.get(&place, &name).ok_or(Errno::Noent)? {
                Node::File(_) if !todo.is_empty() => return Err(Errno::Notdir),
                Node::Link(target) if follow || !todo.is_empty() => {
                    links += 1;
                    if links > 40 {
                        return Err(Errno::Loop);
                    }
                    todo.extend(names(target)?);
                }
                _ => place.push(name),
            }
        }
        Ok(place.join("/"))
    }

    /// The model of `path_filestat_get`: without following, a lone name with slashes and dots after it is that name.
    fn look(&self, path: &str, follow: bool) -> Result<String, Errno> {
        let mut parts = path.split('/');
        let first = parts.next().filter(|name| !matches!(*name, "" | "." | "..") && path.contains('/'));
        let lone = first.filter(|_| !follow && parts.all(|part| matches!(part, "" | ".")));
        self.resolve(lone.unwrap_or(path), follow)
    }
}

/// The names of a path, the first on top.
fn names(path: &str) -> Result<Vec<String>, Errno> {
    if path.starts_with('/') { Err(Errno::Perm) } else { Ok(path.rsplit('/').map(str::to_owned).collect()) }
}

/// A tree that the input describes, and what it should hold under [`HOME`].
fn planted(input: &mut Input<'_>) -> (Tree, Node) {
    let mut tree = Tree::new(0);
    let mut home = Node::Directory(BTreeMap::new());
    tree.insert_file("outside/secret", Content::from("secret")).expect("a new name");
    tree.insert_file("secret", Content::from("secret")).expect("a new name");
    for number in 0..u64::from(input.below(32)) {
        let directories = home.directories();
        let directory = &directories[usize::from(input.byte()) % directories.len()];
        let name = input.pick(NAMES);
        let mut at = &mut home;
        for name in directory.split('/').filter(|name| !name.is_empty()) {
            let Node::Directory(entries) = at else { unreachable!("a directory") };
            at = entries.get_mut(name).expect("it is there");
        }
        let Node::Directory(entries) = at else { unreachable!("a directory") };
        if entries.contains_key(name) {
            continue;
        }
        let path = format!("{HOME}/{directory}/{name}");
        let node = match input.below(3) {
            0 => Node::Directory(BTreeMap::new()),
            1 => Node::File(number),
            _ => Node::Link(self::path(input)),
        };
        let made = match &node {
            Node::Directory(_) => tree.insert_directory(&path),
            Node::File(size) => tree.insert_file(&path, vec![b'x'; usize::try_from(*size).expect("small")].into()),
            Node::Link(target) => tree.insert_symlink(&path, target),
        };
        match made {
            Ok(()) => drop(entries.insert(name.to_owned(), node)),
            Err(errno) => {
                assert!(matches!(&node, Node::Link(target) if target.is_empty() || target.contains('\0')), "{errno}")
            }
        }
    }
    (tree, home)
}

/// A path: parts with slashes between them, sometimes far too many.
fn path(input: &mut Input<'_>) -> String {
    let shape = input.byte();
    let parts: Vec<&str> = (0..shape % 8).map(|_| input.pick(PARTS)).collect();
    let path = parts.join("/");
    match shape / 8 {
        0 => format!("/{path}"),
        1 => path.repeat(usize::from(input.byte())),
        2 => format!("{}{path}", "./".repeat(16 * usize::from(input.byte()))),
        3 => format!("{path}{}", "x".repeat(usize::from(input.byte()) + 3)),
        _ => path,
    }
}

struct Guest {
    context: Context<Outside>,
    memory: Vec<u8>,
}

impl Guest {
    fn new(tree: Tree) -> Self {
        let preopen = |dir: &str, access| Preopen { guest: format!("/{dir}"), dir: dir.to_owned(), access };
        // The second is for the target itself: it sees the whole tree.
        let preopens = vec![preopen(HOME, Access::ReadWrite), preopen("", Access::ReadOnly)];
        let context = Context::new(Config { tree, preopens, ..Config::default() }, Outside::default());
        Self { context: context.expect("valid"), memory: vec![0; 16 << 10] }
    }

    fn call(&mut self, call: Call, args: &[u64]) -> Result<(), Errno> {
        match self.context.dispatch(&mut SliceMemory::new(&mut self.memory), call, args) {
            Flow::Done(Errno::Success) => Ok(()),
            Flow::Done(errno) => Err(errno),
            flow => panic!("{}: {flow:?}", call.name()),
        }
    }

    fn put(&mut self, path: &str) -> (u64, u64) {
        let at = PATH as usize;
        self.memory[at..at + path.len()].copy_from_slice(path.as_bytes());
        (u64::from(PATH), path.len() as u64)
    }

    fn open(&mut self, fd: u64, path: &str, follow: u64, oflags: u64) -> Result<u64, Errno> {
        let (at, len) = self.put(path);
        self.call(Call::PathOpen, &[fd, follow, at, len, oflags, 1 << 1, 0, 0, 0])?;
        Ok(u64::from(u32::from_le_bytes([self.memory[0], self.memory[1], self.memory[2], self.memory[3]])))
    }

    /// The attributes of what was opened; it is closed.
    fn stat_of(&mut self, fd: u64) -> Vec<u8> {
        self.call(Call::FdFilestatGet, &[fd, STAT.into()]).expect("it is open");
        self.call(Call::FdClose, &[fd]).expect("it is open");
        self.attributes()
    }

    fn stat(&mut self, fd: u64, path: &str, follow: bool) -> Result<Vec<u8>, Errno> {
        let (at, len) = self.put(path);
        self.call(Call::PathFilestatGet, &[fd, follow.into(), at, len, STAT.into()])?;
        Ok(self.attributes())
    }

    fn attributes(&self) -> Vec<u8> {
        self.memory[STAT as usize..STAT as usize + 64].to_vec()
    }

    /// What was found is what the model found.
    fn compare(
        &mut self,
        fd: u64,
        path: &str,
        base: &Node,
        outside: &[Vec<u8>],
        found: Result<Vec<u8>, Errno>,
        wanted: &Result<String, Errno>,
    ) {
        match (&found, wanted) {
            (Ok(found), Ok(place)) => {
                let plain = if place.is_empty() { "." } else { place };
                assert_eq!(self.stat(fd, plain, false).as_ref(), Ok(found), "{path:?} should be {place:?}");
                let (kind, size) = match base.at(place) {
                    Node::Directory(_) => (3, 4096),
                    Node::File(size) => (4, *size),
                    Node::Link(target) => (7, target.len() as u64),
                };
                assert_eq!((found[16], &found[32..40]), (kind, &size.to_le_bytes()[..]), "{path:?}");
                assert!(!outside.contains(found), "{path:?} leads out");
            }
            _ => assert_eq!(found.as_ref().err(), wanted.as_ref().err(), "{path:?}: {found:?}, not {wanted:?}"),
        }
    }

    /// The attributes of everything that is not in the preopen; the inode's number is among them.
    fn outside(&mut self) -> Vec<Vec<u8>> {
        [".", "secret", "outside", "outside/secret"].map(|path| self.stat(4, path, false).expect("it is there")).into()
    }

    /// One change through the path; whether it succeeds does not matter.
    fn change(&mut self, input: &mut Input<'_>, fd: u64, path: &str) {
        let (at, len) = self.put(path);
        let call = input.pick(&[
            Call::PathOpen,
            Call::PathCreateDirectory,
            Call::PathUnlinkFile,
            Call::PathRemoveDirectory,
            Call::PathRename,
            Call::PathLink,
            Call::PathSymlink,
            Call::PathFilestatSetTimes,
        ]);
        let _ = match call {
            Call::PathOpen => {
                let oflags = u64::from(input.below(16));
                self.call(call, &[fd, u64::from(input.below(2)), at, len, oflags, 1 << 6, 0, 0, 0])
            }
            Call::PathRename => self.call(call, &[fd, at, len, 3, at, len]),
            Call::PathLink => self.call(call, &[fd, 0, at, len, 3, at, len]),
            Call::PathSymlink => self.call(call, &[at, len, fd, at, len]),
            Call::PathFilestatSetTimes => self.call(call, &[fd, u64::from(input.below(2)), at, len, 1, 2, 5]),
            _ => self.call(call, &[fd, at, len]),
        };
    }
}
