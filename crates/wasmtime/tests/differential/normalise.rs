//! What may differ between two machines is taken out of memory after a call: device and inode numbers, times that were
//! not set, the size a host gives a folder, the order of a listing. It must never know which machine it is.

use amphi_wasi::Call;

use crate::generate::Step;

const DIRECTORY: u8 = 3;

/// Memory after `step`, as far as machines agree on it.
pub(crate) fn memory(step: &Step, errno: u32, mut memory: Vec<u8>) -> Vec<u8> {
    if errno != 0 {
        return memory;
    }
    match step.call {
        Call::FdFilestatGet | Call::PathFilestatGet => attributes(&mut memory, place(step, "stat")),
        Call::FdReaddir => listing(&mut memory, step),
        // Padding is what wasmtime leaves as it was and amphi zeroes.
        Call::FdFdstatGet => {
            let at = place(step, "stat");
            memory[at + 1] = 0;
            memory[at + 4..at + 8].fill(0);
        }
        // A clock's event has padding where a descriptor's has more.
        Call::PollOneoff => {
            let (at, ready) = (place(step, "events"), place(step, "ready"));
            let count = u32::from_le_bytes(memory[ready..ready + 4].try_into().unwrap()) as usize;
            for event in memory[at..at + 32 * count].chunks_mut(32) {
                event[11..16].fill(0);
                let rest = if event[10] == 0 { 16 } else { 26 };
                event[rest..].fill(0);
            }
        }
        Call::FdPrestatGet => {
            let at = place(step, "prestat");
            memory[at + 1..at + 4].fill(0);
        }
        _ => {}
    }
    memory
}

fn place(step: &Step, name: &str) -> usize {
    usize::try_from(step.arg(name)).unwrap()
}

/// `filestat`: device, inode, type and its padding, links, size, three times.
fn attributes(memory: &mut [u8], at: usize) {
    memory[at..at + 16].fill(0);
    memory[at + 17..at + 24].fill(0);
    memory[at + 40..at + 64].fill(0);
    if memory[at + 16] == DIRECTORY {
        memory[at + 24..at + 40].fill(0);
    }
}

/// `dirent`s: next, inode, length of the name, type; then the name. A whole listing becomes a sorted one of names and
/// types; of one that was cut only the length is left, since machines order names otherwise.
fn listing(memory: &mut [u8], step: &Step) {
    let (buf, len, used) = (place(step, "buf"), place(step, "buf_len"), place(step, "used"));
    let count = u32::from_le_bytes(memory[used..used + 4].try_into().unwrap()) as usize;
    let bytes = memory[buf..buf + count.min(len)].to_vec();
    memory[buf..buf + len].fill(0);
    if count == len || step.arg("cookie") != 0 {
        if step.arg("cookie") != 0 {
            memory[used..used + 4].fill(0);
        }
        return;
    }
    let mut entries = Vec::new();
    let mut rest = bytes.as_slice();
    while let Some((head, tail)) = rest.split_at_checked(24) {
        let name = u32::from_le_bytes(head[16..20].try_into().unwrap()) as usize;
        let (name, tail) = tail.split_at(name);
        entries.push([name, &[b'/', head[20]]].concat());
        rest = tail;
    }
    entries.sort();
    let sorted = entries.concat();
    memory[buf..buf + sorted.len()].copy_from_slice(&sorted);
}
