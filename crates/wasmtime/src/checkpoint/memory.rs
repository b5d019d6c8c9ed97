//! Owns what a guest's memory was at one moment, and how it becomes that again. It must never know a guest.
//!
//! Memory is compared with that of an instance that never ran. Natively most of it is a mapping that is shared until it
//! is written to, and only what was written to is looked at, where the system tells what that is.

use std::collections::BTreeMap;
use std::ops::Range;
use wasmtime::{Linker, Memory, Module, Store};

/// Bytes that are compared and kept together. No system has smaller pages.
const UNIT: usize = 4096;

/// Bytes in a page of wasm.
const PAGE: u64 = 64 << 10;

/// The memory of a module's instance that never ran.
pub(crate) struct Pristine {
    store: Store<()>,
    memory: Memory,
}

/// What a memory was.
#[derive(Debug)]
pub(crate) struct Saved {
    length: usize,
    /// Where it was not as at the start.
    changed: BTreeMap<usize, Box<[u8]>>,
}

impl Pristine {
    /// None where the module runs as soon as it is instantiated, or has no memory.
    pub(crate) fn of(module: &Module) -> Option<Self> {
        let mut linker = Linker::new(module.engine());
        linker.define_unknown_imports_as_traps(module).ok()?;
        let mut store = Store::new(module.engine(), ());
        let instance = linker.instantiate(&mut store, module).ok()?;
        let memory = instance.get_memory(&mut store, "memory")?;
        Some(Self { store, memory })
    }

    /// What a memory has there at the start.
    fn unit(&self, at: Range<usize>) -> &[u8] {
        static ZEROS: [u8; UNIT] = [0; UNIT];
        self.memory.data(&self.store).get(at).unwrap_or(&ZEROS)
    }
}

impl Saved {
    /// Keeps what the memory of an instance is now.
    pub(crate) fn of(memory: &[u8], pristine: &Pristine) -> Self {
        let mut changed = BTreeMap::new();
        for unit in written::units(memory) {
            if let Some(now) = memory.get(range(unit)).filter(|now| *now != pristine.unit(range(unit))) {
                changed.insert(unit, now.into());
            }
        }
        Self { length: memory.len(), changed }
    }

    /// How long the memory was, in pages of wasm.
    pub(crate) fn pages(&self) -> u64 {
        self.length as u64 / PAGE
    }

    /// Makes the memory what it was. What it has grown since stays, and is empty.
    pub(crate) fn put_back(&self, memory: &mut [u8], pristine: &Pristine) {
        for unit in written::units(memory) {
            let before = match self.changed.get(&unit) {
                Some(changed) => changed,
                None => pristine.unit(range(unit)),
            };
            if let Some(now) = memory.get_mut(range(unit)).filter(|now| **now != *before) {
                now.copy_from_slice(before);
            }
        }
    }
}

fn range(unit: usize) -> Range<usize> {
    unit * UNIT..(unit + 1) * UNIT
}

/// Which units of a memory may have been written to.
#[cfg(target_os = "linux")]
mod written {
    use super::UNIT;
    use std::fs::File;
    use std::io;
    use std::os::unix::fs::FileExt as _;
    use std::sync::OnceLock;

    /// Set in the record of a page of this process that is not the file's own any more; that it is in memory, or was.
    const FILE: u64 = 1 << 61;
    const SOMEWHERE: u64 = 1 << 62 | 1 << 63;

    pub(super) fn units(memory: &[u8]) -> Vec<usize> {
        told(memory).unwrap_or_else(|_| (0..memory.len() / UNIT).collect())
    }

    /// What the kernel tells: eight bytes for each page, see its documentation of `pagemap`.
    fn told(memory: &[u8]) -> io::Result<Vec<usize>> {
        static PAGEMAP: OnceLock<Option<File>> = OnceLock::new();
        let file = PAGEMAP.get_or_init(|| File::open("/proc/self/pagemap").ok());
        let file = file.as_ref().ok_or(io::ErrorKind::Unsupported)?;
        let page = rustix::param::page_size();
        let mut records = vec![0; memory.len().div_ceil(page) * 8];
        file.read_exact_at(&mut records, (memory.as_ptr().addr() / page * 8) as u64)?;
        let written = records.as_chunks().0.iter().enumerate().filter(|(_, record)| {
            let record = u64::from_le_bytes(**record);
            record & SOMEWHERE != 0 && record & FILE == 0
        });
        let units = page / UNIT;
        Ok(written.flat_map(|(at, _)| at * units..(at + 1) * units).collect())
    }
}

/// Which units of a memory may have been written to: nobody tells.
#[cfg(not(target_os = "linux"))]
mod written {
    use super::UNIT;

    pub(super) fn units(memory: &[u8]) -> std::ops::Range<usize> {
        0..memory.len() / UNIT
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use wasmtime::{Engine, Instance};

    /// Two pages, data in the first and at the second's end.
    const MODULE: &str =
        r#"(module (memory (export "memory") 2) (data (i32.const 10) "hello") (data (i32.const 131068) "last"))"#;

    proptest! {
        #[test]
        fn memory_becomes_what_it_was(
            before in prop::collection::vec((0..131_072_usize, any::<u8>()), 0..40),
            after in prop::collection::vec((0..196_608_usize, any::<u8>()), 0..40),
        ) {
            let engine = Engine::new(&crate::engine::config()).unwrap();
            let module = Module::new(&engine, wat::parse_str(MODULE).unwrap()).unwrap();
            let pristine = Pristine::of(&module).unwrap();
            let mut store = Store::new(&engine, ());
            let instance = Instance::new(&mut store, &module, &[]).unwrap();
            let memory = instance.get_memory(&mut store, "memory").unwrap();
            let write = |store: &mut Store<()>, at: usize, byte| memory.data_mut(store)[at] = byte;
            for (at, byte) in before {
                write(&mut store, at, byte);
            }
            let was = memory.data(&store).to_vec();
            let saved = Saved::of(&was, &pristine);
            let told = Saved::of(memory.data(&store), &pristine);
            prop_assert_eq!(&saved.changed, &told.changed, "what the system tells is what there is");
            for _ in 0..2 {
                memory.grow(&mut store, 1).unwrap();
                for (at, byte) in &after {
                    write(&mut store, *at, *byte);
                }
                told.put_back(memory.data_mut(&mut store), &pristine);
                let (now, grown) = memory.data(&store).split_at(was.len());
                prop_assert!(now == was && grown.iter().all(|byte| *byte == 0));
            }
        }
    }
}
