//! `clock_*`: two clocks that are served, and two that are not.

use crate::check::{Cases, check};
use crate::wasi;
use amphi_wasi::Errno::Badf;
use amphi_wasi::Result;
use amphi_wasi::types::Clock::{Monotonic, ProcessCpu, Realtime, ThreadCpu};

const SECOND: u64 = 1_000_000_000;

pub(crate) fn clock_res_get() -> Cases {
    // A browser's clock may be coarse, but not as coarse as a second.
    check!("the step of the time of day", (1..SECOND).contains(&wasi::clock_res_get(Realtime)?));
    check!("the step of the monotonic clock", (1..SECOND).contains(&wasi::clock_res_get(Monotonic)?));
    check!(wasi::clock_res_get(ProcessCpu), Err(Badf));
    check!(wasi::clock_res_get(ThreadCpu), Err(Badf));
    Ok(())
}

pub(crate) fn clock_time_get() -> Cases {
    let year = |year: u64| (year - 1970) * 365 * 24 * 3600 * SECOND;
    check!("the time of day", (year(2020)..year(2120)).contains(&wasi::clock_time_get(Realtime, 0)?));
    check!("any precision is taken", wasi::clock_time_get(Realtime, u64::MAX).map(drop), Ok(()));
    check!("by the monotonic clock too", wasi::clock_time_get(Monotonic, u64::MAX).map(drop), Ok(()));
    check!("the monotonic clock goes on, and never back", goes_on()?);
    check!(wasi::clock_time_get(ProcessCpu, 0), Err(Badf));
    check!(wasi::clock_time_get(ThreadCpu, 0), Err(Badf));
    Ok(())
}

/// Reads the monotonic clock until it has moved ten times, as fine or coarse as it is.
fn goes_on() -> Result<bool> {
    let mut last = wasi::clock_time_get(Monotonic, 0)?;
    let mut moves = 0;
    for _ in 0..10_000_000 {
        let now = wasi::clock_time_get(Monotonic, 0)?;
        if now < last {
            return Ok(false);
        }
        moves += u32::from(now > last);
        if moves == 10 {
            return Ok(true);
        }
        last = now;
    }
    Ok(false)
}
