//! `proc_*` and `sched_yield`: the program itself.

use crate::context::Context;
use crate::errno::{Errno, Result};
use crate::flow::{Halt, Stop};
use crate::memory::Memory;
use crate::platform::Platform;
use crate::types::Signal;

impl<P: Platform> Context<P> {
    /// Ends the run with any code; what codes a habitat can show is its own affair.
    pub(crate) fn proc_exit<M: Memory + ?Sized>(&mut self, _: &mut M, code: u32) -> Result<(), Halt> {
        Err(Halt::Stop(Stop::Exit(code)))
    }

    /// # Errors
    /// `NOTSUP`: always.
    pub(crate) fn proc_raise<M: Memory + ?Sized>(&mut self, _: &mut M, _: Signal) -> Result<()> {
        Err(Errno::Notsup)
    }

    /// Never fails.
    pub(crate) fn sched_yield<M: Memory + ?Sized>(&mut self, _: &mut M) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::support::{Guest, config};
    use crate::{Call, Errno, Flow, Stop};

    #[test]
    fn programs_end_with_their_code() {
        for code in [0, 1, 125, 126, u32::MAX] {
            let mut guest = Guest::new(config(), 64);
            assert_eq!(guest.dispatch(Call::ProcExit, &[u64::from(code)]), Flow::Stop(Stop::Exit(code)));
        }
    }

    #[test]
    fn signals_are_not_supported_and_yielding_is_nothing() {
        let mut guest = Guest::new(config(), 64);
        for (name, call, args, expected) in [
            ("interrupt", Call::ProcRaise, vec![2], Errno::Notsup),
            ("no such signal", Call::ProcRaise, vec![31], Errno::Inval),
            ("beyond a byte", Call::ProcRaise, vec![256], Errno::Overflow),
            ("yield", Call::SchedYield, vec![], Errno::Success),
            ("too many arguments", Call::SchedYield, vec![1], Errno::Inval),
            ("too few arguments", Call::ProcExit, vec![], Errno::Inval),
        ] {
            guest.check(name, call, &args, expected);
        }
    }
}
