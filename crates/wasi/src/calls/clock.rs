//! `clock_*`: the two clocks the platform has.

use crate::context::Context;
use crate::errno::{Errno, Result};
use crate::memory::{Memory, MemoryExt};
use crate::platform::Platform;
use crate::types::Clock;

impl<P: Platform> Context<P> {
    /// # Errors
    /// `BADF`: a processor clock, as wasmtime has it. `FAULT`: `resolution` is outside memory.
    pub(crate) fn clock_res_get<M: Memory + ?Sized>(
        &mut self,
        memory: &mut M,
        id: Clock,
        resolution: u32,
    ) -> Result<()> {
        let step = match id {
            Clock::Realtime | Clock::Monotonic => self.platform.resolution_ns(id),
            Clock::ProcessCpu | Clock::ThreadCpu => return Err(Errno::Badf),
        };
        memory.write_u64(resolution, step)
    }

    /// # Errors
    /// `BADF`: a processor clock, as wasmtime has it. `FAULT`: `time` is outside memory.
    pub(crate) fn clock_time_get<M: Memory + ?Sized>(
        &mut self,
        memory: &mut M,
        id: Clock,
        _precision: u64,
        time: u32,
    ) -> Result<()> {
        let now = match id {
            Clock::Realtime => self.platform.look(Platform::realtime_ns),
            Clock::Monotonic => self.platform.look(Platform::monotonic_ns),
            Clock::ProcessCpu | Clock::ThreadCpu => return Err(Errno::Badf),
        };
        memory.write_u64(time, now)
    }
}

#[cfg(test)]
mod tests {
    use crate::support::{Guest, MONOTONIC, REALTIME, config};
    use crate::{Call, Errno};

    #[test]
    fn clocks_are_read_and_others_refused() {
        for (name, clock, out, expected) in [
            ("realtime", 0, 8, Ok(REALTIME)),
            ("monotonic", 1, 8, Ok(MONOTONIC)),
            ("last valid address", 1, 56, Ok(MONOTONIC)),
            ("one past the end", 1, 64, Err(Errno::Fault)),
            ("not aligned", 1, 4, Err(Errno::Fault)),
            ("process clock", 2, 8, Err(Errno::Badf)),
            ("thread clock", 3, 8, Err(Errno::Badf)),
            ("unknown clock", 9, 8, Err(Errno::Inval)),
        ] {
            for call in [Call::ClockTimeGet, Call::ClockResGet] {
                let mut guest = Guest::new(config(), 64);
                guest.memory.fill(0xAA);
                let args = if call == Call::ClockTimeGet { vec![clock, 0, out] } else { vec![clock, out] };
                guest.check(name, call, &args, expected.err().unwrap_or(Errno::Success));
                match expected {
                    Ok(time) => {
                        let value = if call == Call::ClockTimeGet { time } else { 1 };
                        guest.memory.expect(name, out, &value.to_le_bytes());
                    }
                    Err(_) => guest.memory.expect_untouched(name),
                }
            }
        }
    }
}
