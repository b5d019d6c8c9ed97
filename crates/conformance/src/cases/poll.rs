//! `poll_oneoff`: waiting for clocks and descriptors.
//!
//! Of several things that are ready, it is open which are reported at once. So what is to be reported is set against
//! an hour, which does not pass here.

use crate::check::{Cases, check};
use crate::files::{DATA, NOT_OPEN, READ_ONLY, STDERR, STDIN, STDOUT};
use crate::files::{append_to, create, open, open_in, read, write};
use crate::records::{Event, Subscription};
use crate::wasi;
use amphi_wasi::Errno::{Badf, Inval, Perm, Success};
use amphi_wasi::Result;
use amphi_wasi::types::Clock::{Monotonic, ProcessCpu, Realtime};
use amphi_wasi::types::Whence::Set;
use amphi_wasi::types::{EventRwFlags, EventType, SubclockFlags};

const MILLISECOND: u64 = 1_000_000;
const HOUR: u64 = 3_600_000 * MILLISECOND;
const RELATIVE: u16 = 0;
const ABSOLUTE: u16 = SubclockFlags::ABSTIME.bits();

pub(crate) fn poll_oneoff() -> Cases {
    clocks()?;
    streams()?;
    files()?;
    refusals()
}

/// A clock that rings after that time.
fn after(userdata: u64, timeout: u64) -> Subscription {
    Subscription::clock(userdata, Monotonic as u32, timeout, RELATIVE)
}

fn rang(userdata: u64) -> Event {
    Event { userdata, errno: Success, event_type: EventType::Clock, bytes: 0, flags: EventRwFlags::empty() }
}

/// How many bytes there are is not told: wasmtime says 1 whatever there is.
fn readable(userdata: u64) -> Event {
    Event { event_type: EventType::FdRead, bytes: 1, ..rang(userdata) }
}

fn writable(userdata: u64) -> Event {
    Event { event_type: EventType::FdWrite, ..readable(userdata) }
}

fn clocks() -> Cases {
    for clock in [Monotonic, Realtime] {
        let relative = Subscription::clock(7, clock as u32, 20 * MILLISECOND, RELATIVE);
        check!("a time", wasi::poll_oneoff(&[relative]), Ok(vec![rang(7)]));
        // A browser's clock has coarse steps.
        check!("it was waited for", (19 * MILLISECOND..HOUR / 60).contains(&waited_for(&[relative])?));
        let moment = wasi::clock_time_get(clock, 0)? + 20 * MILLISECOND;
        let absolute = Subscription::clock(u64::MAX, clock as u32, moment, ABSOLUTE);
        check!("a moment", wasi::poll_oneoff(&[absolute]), Ok(vec![rang(u64::MAX)]));
        check!("it is there", wasi::clock_time_get(clock, 0)? + MILLISECOND >= moment);
        check!("a moment that is past", wasi::poll_oneoff(&[absolute]), Ok(vec![rang(u64::MAX)]));
        let now = Subscription::clock(8, clock as u32, 0, RELATIVE);
        check!("no time at all", wasi::poll_oneoff(&[now]), Ok(vec![rang(8)]));
        check!("against an hour", wasi::poll_oneoff(&[after(1, HOUR), relative]), Ok(vec![rang(7)]));
        check!("a moment against an hour", wasi::poll_oneoff(&[absolute, after(1, HOUR)]), Ok(vec![rang(u64::MAX)]));
    }
    let three = [after(1, HOUR), after(2, MILLISECOND), after(3, HOUR)];
    check!("the shortest of three", wasi::poll_oneoff(&three), Ok(vec![rang(2)]));
    let never = after(1, u64::MAX);
    check!("a time that never comes", wasi::poll_oneoff(&[never, after(2, 0)]), Ok(vec![rang(2)]));
    check!("the shorter time was waited for", waited_for(&[after(1, HOUR), after(2, 20 * MILLISECOND)])? < HOUR / 60);
    Ok(())
}

fn streams() -> Cases {
    let hour = after(1, HOUR);
    check!("standard output", wasi::poll_oneoff(&[Subscription::write(2, STDOUT)]), Ok(vec![writable(2)]));
    check!("standard error", wasi::poll_oneoff(&[hour, Subscription::write(2, STDERR)]), Ok(vec![writable(2)]));
    let both = [Subscription::write(2, STDOUT), hour, Subscription::write(3, STDERR)];
    check!("both, in their order", wasi::poll_oneoff(&both), Ok(vec![writable(2), writable(3)]));
    let twice = [Subscription::write(2, STDOUT), Subscription::write(2, STDOUT)];
    check!("one twice", wasi::poll_oneoff(&twice), Ok(vec![writable(2), writable(2)]));

    let input = Subscription::read(4, STDIN);
    check!("standard input", wasi::poll_oneoff(&[input]), Ok(vec![readable(4)]));
    check!("against an hour", wasi::poll_oneoff(&[hour, input]), Ok(vec![readable(4)]));
    while !read(STDIN, 64)?.is_empty() {}
    check!("its end can be read too", wasi::poll_oneoff(&[hour, input]), Ok(vec![readable(4)]));
    Ok(())
}

fn files() -> Cases {
    let hour = after(1, HOUR);
    let file = create("new")?;
    let at_the_end = Event { flags: EventRwFlags::HANGUP, ..readable(5) };
    let reading = [hour, Subscription::read(5, file)];
    check!("an empty file", wasi::poll_oneoff(&reading), Ok(vec![at_the_end]));
    write(file, "text")?;
    check!("the end of a file", wasi::poll_oneoff(&reading), Ok(vec![at_the_end]));
    wasi::fd_seek(file, 1, Set)?;
    check!("the middle of a file", wasi::poll_oneoff(&reading), Ok(vec![readable(5)]));
    check!("without a clock", wasi::poll_oneoff(&[Subscription::read(5, file)]), Ok(vec![readable(5)]));
    let read_only = open_in(READ_ONLY, "a.txt")?;
    check!("what may only be read", wasi::poll_oneoff(&[Subscription::read(5, read_only)]), Ok(vec![readable(5)]));

    check!("a file for writing", wasi::poll_oneoff(&[Subscription::write(6, file)]), Ok(vec![writable(6)]));
    check!("an appending file", wasi::poll_oneoff(&[Subscription::write(6, append_to("new")?)]), Ok(vec![writable(6)]));
    // Rights that the file was opened with count for nothing here.
    check!("a file for reading", wasi::poll_oneoff(&[Subscription::write(6, open("new")?)]), Ok(vec![writable(6)]));
    check!("writing what may only be read", wasi::poll_oneoff(&[Subscription::write(6, read_only)]), Err(Perm));
    Ok(())
}

fn refusals() -> Cases {
    let hour = after(1, HOUR);
    check!("nothing to wait for", wasi::poll_oneoff(&[]), Err(Inval));
    check!("an event that is none", wasi::poll_oneoff(&[Subscription { event_type: 3, ..hour }]), Err(Inval));
    check!("a clock that is none", wasi::poll_oneoff(&[Subscription::clock(1, 4, 0, RELATIVE)]), Err(Inval));
    check!("a flag that is none", wasi::poll_oneoff(&[Subscription::clock(1, 1, 0, 2)]), Err(Inval));
    // A relative one alone is a plain sleep to wasmtime, whatever the clock; that is not checked.
    let processor = Subscription::clock(1, ProcessCpu as u32, 0, ABSOLUTE);
    check!("a clock that is not served", wasi::poll_oneoff(&[processor]), Err(Inval));
    check!("beside one that is", wasi::poll_oneoff(&[hour, processor]), Err(Inval));

    for (what, subscription) in [
        ("reading a folder", Subscription::read(1, DATA)),
        ("writing a folder", Subscription::write(1, DATA)),
        ("reading standard output", Subscription::read(1, STDOUT)),
        ("reading standard error", Subscription::read(1, STDERR)),
        ("writing standard input", Subscription::write(1, STDIN)),
    ] {
        check!(what, wasi::poll_oneoff(&[subscription]), Err(Badf));
    }
    for fd in NOT_OPEN {
        check!("reading what is not open", wasi::poll_oneoff(&[Subscription::read(1, fd)]), Err(Badf));
        check!("writing what is not open", wasi::poll_oneoff(&[Subscription::write(1, fd)]), Err(Badf));
        // One that is wrong spoils all, even those that are ready.
        let beside = [Subscription::write(1, STDOUT), Subscription::read(2, fd)];
        check!("beside what is ready", wasi::poll_oneoff(&beside), Err(Badf));
    }
    Ok(())
}

/// How long these were waited for, in nanoseconds.
fn waited_for(subscriptions: &[Subscription]) -> Result<u64> {
    let start = wasi::clock_time_get(Monotonic, 0)?;
    wasi::poll_oneoff(subscriptions)?;
    Ok(wasi::clock_time_get(Monotonic, 0)? - start)
}
