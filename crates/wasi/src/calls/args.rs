//! `args_*`: the program's arguments.

use crate::context::Context;
use crate::errno::Result;
use crate::memory::Memory;
use crate::platform::Platform;

impl<P: Platform> Context<P> {
    /// # Errors
    /// `FAULT`: one of the ranges is outside memory; nothing was written.
    pub(crate) fn args_get<M: Memory + ?Sized>(&mut self, memory: &mut M, argv: u32, argv_buf: u32) -> Result<()> {
        self.args.write(memory, argv, argv_buf)
    }

    /// # Errors
    /// `FAULT`: one of the addresses is outside memory.
    pub(crate) fn args_sizes_get<M: Memory + ?Sized>(
        &mut self,
        memory: &mut M,
        count: u32,
        buf_len: u32,
    ) -> Result<()> {
        self.args.write_sizes(memory, count, buf_len)
    }
}

#[cfg(test)]
mod tests {
    use crate::support::{Guest, config};
    use crate::{Call, Config, Errno};

    #[test]
    fn arguments_lie_one_after_the_other() {
        let args = ["p", "", "café"].map(str::to_owned).to_vec();
        for (name, argv, buf, expected) in [
            ("first", 0, 12, Errno::Success),
            ("last", 44, 56, Errno::Success),
            ("list one too far", 56, 0, Errno::Fault),
            ("strings one too far", 0, 57, Errno::Fault),
            ("list not aligned", 2, 16, Errno::Fault),
            ("top of memory", 0xFFFF_FFFC, 0, Errno::Fault),
        ] {
            let mut guest = Guest::new(Config { args: args.clone(), ..config() }, 65);
            guest.memory.fill(0xAA);
            guest.check(name, Call::ArgsGet, &[argv, buf], expected);
            if expected == Errno::Success {
                let at = u32::try_from(buf).unwrap_or_default();
                let list: Vec<u8> = [at, at + 2, at + 3].iter().flat_map(|at| at.to_le_bytes()).collect();
                guest.memory.expect(name, argv, &list);
                guest.memory.expect(name, buf, b"p\0\0caf\xC3\xA9\0");
            } else {
                guest.memory.expect_untouched(name);
            }
        }
    }

    #[test]
    fn sizes_count_bytes_of_utf8() {
        let args = ["café".to_owned()].to_vec();
        let mut guest = Guest::new(Config { args, ..config() }, 16);
        guest.check("sizes", Call::ArgsSizesGet, &[0, 8], Errno::Success);
        guest.memory.expect("sizes", 0, &[1, 0, 0, 0]);
        guest.memory.expect("sizes", 8, &[6, 0, 0, 0]);
        guest.check("outside", Call::ArgsSizesGet, &[0, 16], Errno::Fault);
    }
}
