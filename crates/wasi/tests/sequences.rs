//! Whole sequences of calls, as programs make them: what one call leaves is what the next one finds.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail so")]

mod support;

use amphi_wasi::{Access, Call, Config, Content, Context, Errno, Preopen, Tree};
use support::{Guest, Outside, config, with_library};

const CREAT: u64 = Guest::CREAT;
const DIRECTORY: u64 = Guest::DIRECTORY;
const READ: u64 = Guest::READ;
const WRITE: u64 = Guest::WRITE;

fn library() -> Config {
    let mut config = with_library();
    config.tree.insert_file("lib/python313.zip", Content::from(vec![7; 100_000])).unwrap();
    config.tree.insert_file("work/main.py", Content::from("print(1)\n")).unwrap();
    config
}

#[test]
fn a_c_library_finds_its_preopens() {
    let mut guest = Guest::new(library(), 65_536);
    let mut names = Vec::new();
    for fd in 3.. {
        match guest.dispatch(Call::FdPrestatGet, &[fd, 0]) {
            amphi_wasi::Flow::Done(Errno::Success) => {
                let len = guest.memory.u32_at(4);
                guest.check("name", Call::FdPrestatDirName, &[fd, 64, u64::from(len)], Errno::Success);
                names.push(String::from_utf8(guest.memory.slice(64, len as usize).to_vec()).unwrap());
            }
            flow => {
                assert_eq!(flow, amphi_wasi::Flow::Done(Errno::Badf), "the end of the preopens");
                break;
            }
        }
    }
    assert_eq!(names, ["/work", "/lib"]);
    // wasi-libc asks for what the preopen lets be inherited, apart from what the mode leaves out.
    guest.check("fdstat", Call::FdFdstatGet, &[4, 0], Errno::Success);
    let inheriting = guest.memory.u64_at(16);
    let (at, len) = guest.path("python313.zip");
    let rights = inheriting & !(WRITE | 1 | 1 << 8 | 1 << 22);
    guest.check("open", Call::PathOpen, &[4, 1, at, len, 0, rights, inheriting, 0, 0], Errno::Success);
    assert_eq!(guest.memory.u32_at(0), 5);
    assert_eq!(guest.read(5, 50_000).unwrap(), vec![7; 50_000]);
    assert_eq!(guest.read(5, 100_000).unwrap().len(), 50_000);
    assert_eq!(guest.read(5, 1).unwrap(), b"");
}

#[test]
fn an_open_file_outlives_its_names() {
    let mut guest = Guest::new(config(), 64);
    assert_eq!(guest.open("a", CREAT, READ | WRITE), Ok(4));
    assert_eq!(guest.write(4, b"kept"), Errno::Success);
    let (ino, ..) = guest.stat(4);
    assert_eq!(guest.rename(3, "a", "b"), Errno::Success);
    assert_eq!(guest.open("b", 0, READ), Ok(5));
    assert_eq!(guest.stat(5), (ino, 1, 4), "the inode moved with its name");
    assert_eq!(guest.on_path(Call::PathUnlinkFile, 3, "b"), Errno::Success);
    assert_eq!(guest.stat(5), (ino, 0, 4), "no name is left");
    assert_eq!(guest.read(5, 10).unwrap(), b"kept");
    assert_eq!(guest.write(4, b" on"), Errno::Success);
    assert_eq!(guest.read(5, 10).unwrap(), b" on");
    guest.check("close one", Call::FdClose, &[4], Errno::Success);
    assert_eq!(guest.stat(5), (ino, 0, 7));
    guest.check("close both", Call::FdClose, &[5], Errno::Success);
    assert_eq!(guest.open("c", CREAT, WRITE), Ok(5));
    assert_ne!(guest.stat(5).0, ino, "a number is not used again");
}

#[test]
fn a_file_replaced_while_open_is_still_the_old_one() {
    let mut guest = Guest::new(library(), 64);
    assert_eq!(guest.open("main.py", 0, READ), Ok(5));
    assert_eq!(guest.open("main.py.tmp", CREAT, WRITE), Ok(6));
    assert_eq!(guest.write(6, b"print(2)\n"), Errno::Success);
    assert_eq!(guest.rename(3, "main.py.tmp", "main.py"), Errno::Success);
    assert_eq!(guest.read(5, 99).unwrap(), b"print(1)\n");
    assert_eq!(guest.content("work/main.py"), b"print(2)\n");
}

#[test]
fn a_removed_directory_is_empty_and_takes_nothing() {
    let mut guest = Guest::new(config(), 64);
    assert_eq!(guest.on_path(Call::PathCreateDirectory, 3, "d"), Errno::Success);
    assert_eq!(guest.open("d", DIRECTORY, READ), Ok(4));
    assert_eq!(guest.on_path(Call::PathRemoveDirectory, 3, "d"), Errno::Success);
    assert_eq!(guest.stat(4).1, 0);
    assert_eq!(guest.open_at(4, "new", CREAT, WRITE), Err(Errno::Noent));
    assert_eq!(guest.on_path(Call::PathCreateDirectory, 4, "new"), Errno::Noent);
    assert_eq!(guest.open_at(4, "..", 0, READ), Err(Errno::Perm));
    assert_eq!(guest.list(4, 512), [".", ".."]);
    // Its place may be taken by another directory, which the descriptor must not see.
    assert_eq!(guest.on_path(Call::PathCreateDirectory, 3, "e"), Errno::Success);
    assert_eq!(guest.list(4, 512), [".", ".."]);
    guest.check("close", Call::FdClose, &[4], Errno::Success);
}

#[test]
fn directories_move_with_what_is_in_them() {
    let mut guest = Guest::new(config(), 64);
    for path in ["a", "a/b", "x"] {
        assert_eq!(guest.on_path(Call::PathCreateDirectory, 3, path), Errno::Success);
    }
    assert_eq!(guest.open("a/b", DIRECTORY, READ), Ok(4));
    assert_eq!(guest.open_at(4, "f", CREAT, WRITE), Ok(5));
    assert_eq!(guest.rename(3, "a", "x/moved"), Errno::Success);
    assert_eq!(guest.open_at(4, "g", CREAT, WRITE), Ok(6));
    assert_eq!(guest.open("x/moved/b/../b/g", 0, READ), Ok(7), "`..` is where it lies now");
    let left: Vec<String> = guest.context.tree().files_under("work").map(|file| file.path).collect();
    assert_eq!(left, ["x/moved/b/f", "x/moved/b/g"]);
    assert_eq!(guest.open("x", DIRECTORY, READ), Ok(8));
    assert_eq!(guest.stat(8).1, 3, "its name, its `.` and the `..` of one directory");
}

#[test]
fn a_large_directory_lists_each_name_once() {
    let mut config = config();
    for index in 0..10_000 {
        config.tree.insert_file(&format!("work/many/{index:05}"), Content::from("")).unwrap();
    }
    let mut guest = Guest::new(config, 64);
    assert_eq!(guest.open("many", DIRECTORY, READ), Ok(4));
    for buffer in [64, 4096, 65_536] {
        let names = guest.list(4, buffer);
        assert_eq!(names.len(), 10_002);
        assert!(names.windows(2).all(|pair| pair[0] < pair[1]), "in order");
    }
}

#[test]
fn what_a_run_changed_is_told() {
    let mut config = library();
    for (path, text) in [("same", "s"), ("written", "w"), ("gone", "g"), ("moved", "m"), ("dir/in", "i")] {
        config.tree.insert_file(&format!("work/{path}"), Content::from(text)).unwrap();
    }
    let mut guest = Guest::new(config, 64);
    assert_eq!(guest.open("written", 0, WRITE), Ok(5));
    assert_eq!(guest.write(5, b"W!"), Errno::Success);
    assert_eq!(guest.open("new", CREAT, WRITE), Ok(6));
    assert_eq!(guest.on_path(Call::PathUnlinkFile, 3, "gone"), Errno::Success);
    assert_eq!(guest.rename(3, "moved", "here"), Errno::Success);
    assert_eq!(guest.rename(3, "dir", "folder"), Errno::Success);

    let tree = guest.context.tree();
    let changed = |dir: &str| -> Vec<(String, Vec<u8>)> {
        let files = tree.files_under(dir).filter(|file| file.changed);
        files.map(|file| (file.path.clone(), file.bytes().into_owned())).collect()
    };
    let expected = [("folder/in", "i"), ("here", "m"), ("new", ""), ("written", "W!")];
    assert_eq!(changed("/work"), expected.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())));
    assert_eq!(changed("lib"), []);
    assert_eq!(tree.removed_under("work").collect::<Vec<_>>(), ["dir/in", "gone", "moved"]);
    assert_eq!(tree.removed_under("/work/dir").collect::<Vec<_>>(), ["in"]);
    assert_eq!(tree.files_under("work").filter(|file| !file.changed).count(), 2);
}

#[test]
fn shared_content_is_one_for_all_guests() {
    let mut tree = Tree::new(0);
    let content = Content::from(vec![1; 1 << 20]);
    tree.insert_file("work/shared", content.clone()).unwrap();
    let mut first = Guest::new(Config { tree: tree.clone(), ..config() }, 64);
    let second = Guest::new(Config { tree, ..config() }, 64);
    assert_eq!(first.open("shared", 0, WRITE), Ok(4));
    assert_eq!(first.write(4, b"mine"), Errno::Success);
    assert_eq!(&first.content("work/shared")[..5], b"mine\x01");
    let other = second.context.tree().read("work/shared").unwrap();
    assert!(std::ptr::eq(&*other, content.bytes()), "lent, not copied");
}

#[test]
fn appending_costs_linear_time_and_reads_back() {
    let mut guest = Guest::new(config(), 64);
    assert_eq!(guest.open_with("log", CREAT, READ | WRITE, Guest::APPEND), Ok(4));
    let line = [b'x'; 100];
    for _ in 0..20_000 {
        assert_eq!(guest.write(4, &line), Errno::Success);
    }
    assert_eq!(guest.stat(4).2, 2_000_000);
    assert!(guest.content("work/log").iter().all(|byte| *byte == b'x'));
}

#[test]
fn a_preopen_is_made_or_refused() {
    let mut config = config();
    config.tree.insert_file("file", Content::from("")).unwrap();
    let preopen = |dir: &str| Preopen { guest: "/x".to_owned(), dir: dir.to_owned(), access: Access::ReadWrite };
    config.preopens.push(preopen("made/on/the/way"));
    assert!(Context::new(config.clone(), Outside::default()).is_ok());
    config.preopens.push(preopen("file/x"));
    let refused = Context::new(config, Outside::default()).map(drop);
    assert!(refused.is_err_and(|error| error.to_string().contains("file/x")));
}

/// Any call with any arguments gives an errno, a wait or a stop, and writes no byte outside what it was told.
#[test]
fn hostile_arguments_do_no_harm() {
    let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    let interesting = [
        0,
        1,
        2,
        3,
        4,
        5,
        8,
        12,
        16,
        48,
        64,
        255,
        256,
        1000,
        4088,
        4095,
        4096,
        4097,
        65_535,
        65_536,
        0x7FFF_FFFF,
        0x8000_0000,
        0xFFFF_FFF8,
        0xFFFF_FFFF,
        i64::MAX as u64,
        1 << 63,
        u64::MAX,
    ];
    for round in 0..200 {
        let mut guest = Guest::new(library(), 4096);
        for at in (0..4096).step_by(8) {
            let value = if random() % 2 == 0 { random() } else { random() % 4096 };
            guest.put(at, &value.to_le_bytes());
        }
        if round % 2 == 0 {
            let (at, len) = guest.path("main.py\0a/../b");
            guest.put(8, &[u32::try_from(at).unwrap(), u32::try_from(len).unwrap()].map(u32::to_le_bytes).concat());
        }
        for _ in 0..500 {
            let pick = |number: u64, from: usize| usize::try_from(number % from as u64).unwrap();
            let call = Call::ALL[pick(random(), Call::ALL.len())];
            let args: Vec<u64> = call.params().iter().map(|_| interesting[pick(random(), interesting.len())]).collect();
            let _ = guest.dispatch(call, &args);
        }
    }
}
