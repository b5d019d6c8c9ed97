//! Host functions on wasmtime: the import module `amphi:host@1` for guests, and host modules that are wasm themselves.
//! It must never know WASI or a program's files.

mod build;
mod crossing;
mod imports;
mod javascript;
mod module;
mod renew;
mod typed;

pub(crate) use build::Hosts;
pub(crate) use crossing::{Entries, Native};
pub(crate) use imports::add_to_linker;
pub(crate) use javascript::world;
pub(crate) use module::Instance;
pub(crate) use renew::Renewer;
pub use renew::{Renewal, Renewals};
pub(crate) use typed::{instantiable, link};

use amphi_core::abi::{GuestMemory, OutOfBounds};

/// A guest's memory as core sees it.
struct Bytes<'a>(&'a mut [u8]);

impl GuestMemory for Bytes<'_> {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn read(&self, at: u32, out: &mut [u8]) -> Result<(), OutOfBounds> {
        let from = self.0.get(at as usize..).and_then(|bytes| bytes.get(..out.len())).ok_or(OutOfBounds)?;
        out.copy_from_slice(from);
        Ok(())
    }

    fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), OutOfBounds> {
        let to = self.0.get_mut(at as usize..).and_then(|memory| memory.get_mut(..bytes.len())).ok_or(OutOfBounds)?;
        to.copy_from_slice(bytes);
        Ok(())
    }
}
