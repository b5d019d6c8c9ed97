//! `proc_*` and `sched_yield`: the program itself.

use crate::check::{Cases, check};
use crate::wasi;
use amphi_wasi::Errno::Notsup;
use amphi_wasi::types::Signal;

pub(crate) fn proc_exit() -> Cases {
    // Who started this program sees whether the code arrives.
    wasi::proc_exit(42);
    check!("a program does not go on after its end", false);
    Ok(())
}

pub(crate) fn proc_raise() -> Cases {
    check!("no signal", wasi::proc_raise(Signal(0)), Err(Notsup));
    check!("an interrupt", wasi::proc_raise(Signal(2)), Err(Notsup));
    check!("the last signal", wasi::proc_raise(Signal(30)), Err(Notsup));
    Ok(())
}

pub(crate) fn sched_yield() -> Cases {
    check!(wasi::sched_yield(), Ok(()));
    check!("again", wasi::sched_yield(), Ok(()));
    Ok(())
}
