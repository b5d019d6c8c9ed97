//! What stands before the door of a run that is watched: it lets calls fail that are to fail, and records them all.
//! Both WASIs have the same one. It must never know who serves a call.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::errno::Errno;
use crate::fault::{Fault, Faults};
use crate::memory::Memory;
use crate::table::Call;
use crate::trace::{Answer, HostCall, Line, Names, Recorder, entries};

/// Watches the calls of one run. Clones watch the same run: each of its guests has one, and no two calls of guests are
/// under way at once.
#[derive(Debug, Clone)]
pub struct Gate {
    watch: Arc<Mutex<Watch>>,
    /// Whose calls pass here; none for the program's own guest.
    guest: Option<Arc<str>>,
    /// Which of the locators is its own.
    place: usize,
}

/// Finds out which line of its program a guest is in, by looking at its memory.
pub trait Locate: Send {
    /// The line, if there is one to tell.
    fn line(&mut self, memory: &dyn Memory) -> Option<Line<&str>>;
}

/// Makes a [`Locate`] for one guest.
pub type MakeLocate = fn() -> Box<dyn Locate>;

/// A [`Gate`] that is open for one call.
#[derive(Debug)]
pub struct Passing<'a> {
    watch: MutexGuard<'a, Watch>,
    guest: Option<&'a str>,
    place: usize,
}

/// What all guests of a run share.
struct Watch {
    faults: Faults,
    recorder: Option<Recorder>,
    /// What descriptors stand for, where a fault asks for paths.
    paths: Option<Paths>,
    /// The call between [`enter`](Gate::enter) and [`leave`](Gate::leave).
    under_way: Option<Call>,
    /// Makes locators, where lines are asked for.
    locates: Option<MakeLocate>,
    /// One for each guest.
    locators: Vec<Box<dyn Locate>>,
}

/// Follows the descriptors of a run by recording each call for itself.
#[derive(Debug)]
struct Paths {
    names: Names,
    recorder: Recorder,
}

impl Gate {
    /// Fails what `faults` say, and records with `recorder`; none if there is nothing to do. Only calls of the program's
    /// own guest fail.
    #[must_use]
    pub fn new(faults: Vec<Fault>, recorder: Option<Recorder>) -> Option<Self> {
        let faults = Faults::new(faults);
        let paths = faults.want_paths().then(Paths::default);
        let watches = recorder.is_some() || !faults.is_empty();
        let watch = Watch { faults, recorder, paths, under_way: None, locates: None, locators: Vec::new() };
        watches.then(|| Self { watch: Arc::new(Mutex::new(watch)), guest: None, place: 0 })
    }

    /// Records with each call the line of the guest's program that made it. Before any guest is added.
    #[must_use]
    pub fn locating(self, make: MakeLocate) -> Self {
        {
            let mut watch = self.lock();
            watch.locates = Some(make);
            watch.locators = vec![make()];
        }
        self
    }

    /// The gate of another guest of the same run, whose calls are recorded under this name.
    #[must_use]
    pub fn of_guest(&self, name: &str) -> Self {
        let mut watch = self.lock();
        let place = watch.locators.len();
        let locator = watch.locates.map(|make| make());
        watch.locators.extend(locator);
        Self { watch: self.watch.clone(), guest: Some(name.into()), place }
    }

    /// Opens it for one call, or for its beginning and once more for its end: nobody else's passes while it is open.
    pub fn open(&self) -> Passing<'_> {
        Passing { watch: lock(&self.watch), guest: self.guest.as_deref(), place: self.place }
    }

    /// A call between guest and host is over; `memory` is the guest's.
    pub fn host_call<M: Memory>(&mut self, memory: &M, call: HostCall<'_>) {
        let Watch { recorder, locators, .. } = &mut *lock(&self.watch);
        if let Some(recorder) = recorder {
            let line = locators.get_mut(self.place).and_then(|locator| locator.line(memory));
            recorder.host_call_of(self.guest.as_deref(), line, call);
        }
    }

    /// The guest is idle: all that is recorded is handed on.
    pub fn hand_on(&mut self) {
        if let Some(recorder) = &mut self.lock().recorder {
            recorder.flush();
        }
    }

    /// The run is over: all that is recorded is handed on.
    pub fn finish(&mut self, now_ns: u64) {
        if let Some(recorder) = &mut self.lock().recorder {
            recorder.finish(now_ns);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Watch> {
        lock(&self.watch)
    }
}

impl Passing<'_> {
    /// A call begins, or goes on after a wait: then nothing happens. Another call gives up the one that waits. `args` are
    /// its raw arguments; `now_ns` looks at the run's clock, if calls are recorded, and gives nothing for a call that is
    /// not timed. What it gives the guest gets, and the call is not made.
    pub fn enter<M: Memory>(
        &mut self,
        memory: &M,
        call: Call,
        args: &[u64],
        now_ns: impl FnOnce() -> Option<u64>,
    ) -> Option<Errno> {
        let Self { watch, guest, place } = self;
        if watch.under_way.replace(call) == Some(call) {
            return None;
        }
        let mut begin_ns = None;
        let Watch { recorder, locators, .. } = &mut **watch;
        if let Some(recorder) = recorder {
            begin_ns = now_ns();
            let line = locators.get_mut(*place).and_then(|locator| locator.line(memory));
            recorder.begin_in(*guest, line, memory, call, args, begin_ns);
        }
        if guest.is_some() || watch.faults.is_empty() {
            return None;
        }
        let Watch { faults, paths, .. } = &mut **watch;
        let fault = match paths {
            Some(paths) => paths.next(faults, memory, call, args),
            None => faults.next(call, None),
        };
        if let Some(errno) = fault {
            watch.ended(*guest, memory, args, Answer::Fault(errno), || begin_ns);
        }
        fault
    }

    /// The call under way ended with this number, or with the run; `args` are those it began with, and `now_ns` looks at
    /// the run's clock, if the call is timed.
    pub fn leave<M: Memory + ?Sized>(
        &mut self,
        memory: &M,
        args: &[u64],
        errno: Option<Errno>,
        now_ns: impl FnOnce() -> u64,
    ) {
        let answer = errno.map_or(Answer::Ended, Answer::Errno);
        self.watch.ended(self.guest, memory, args, answer, || Some(now_ns()));
    }

    /// The call under way will take its time: it is timed, and what came before it is handed on.
    pub fn waits(&mut self, now_ns: u64) {
        if let Some(recorder) = &mut self.watch.recorder {
            recorder.waits(now_ns);
            recorder.flush();
        }
    }
}

fn lock(watch: &Mutex<Watch>) -> MutexGuard<'_, Watch> {
    watch.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Watch {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Watch")
            .field("faults", &self.faults)
            .field("recorder", &self.recorder)
            .finish_non_exhaustive()
    }
}

impl Watch {
    fn ended<M: Memory + ?Sized>(
        &mut self,
        guest: Option<&str>,
        memory: &M,
        args: &[u64],
        answer: Answer,
        now_ns: impl FnOnce() -> Option<u64>,
    ) {
        let Some(call) = self.under_way.take() else { return };
        if let Some(recorder) = &mut self.recorder {
            let end_ns = if recorder.is_timed() { now_ns() } else { None };
            recorder.end(memory, call, args, answer, end_ns);
        }
        if let (None, Some(paths)) = (guest, &mut self.paths) {
            paths.follow(memory, call, args, answer);
        }
    }
}

impl Default for Paths {
    fn default() -> Self {
        Self { names: Names::default(), recorder: Recorder::keeping(0) }
    }
}

impl Paths {
    fn next<M: Memory + ?Sized>(&mut self, faults: &mut Faults, memory: &M, call: Call, args: &[u64]) -> Option<Errno> {
        // Read as if it had ended, for the paths it was given.
        self.recorder.begin(memory, call, args, None);
        self.recorder.end(memory, call, args, Answer::Ended, None);
        let given = self.recorder.take();
        self.recorder.begin(memory, call, args, None);
        // A call that was given up has ended with this one's beginning, and comes before it.
        entries(&given).last().and_then(|entry| faults.next(call, Some((&entry, &self.names))))
    }

    fn follow<M: Memory + ?Sized>(&mut self, memory: &M, call: Call, args: &[u64], answer: Answer) {
        self.recorder.end(memory, call, args, answer, None);
        for entry in entries(&self.recorder.take()) {
            self.names.follow(&entry);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail so")]
mod tests {
    use std::sync::mpsc;

    use super::Gate;
    use crate::trace::{Answer, Recorder, What, entries};
    use crate::{Call, Errno, SliceMemory};

    #[test]
    fn a_call_that_is_given_up_ends_with_the_next() {
        let (sender, records) = mpsc::channel();
        let recorder = Recorder::new(0, 0, move |batch| sender.send(batch.to_vec()).unwrap());
        let faults = vec!["path_open=missing:IO".parse().unwrap()];
        let mut gate = Gate::new(faults, Some(recorder)).unwrap();
        let memory = SliceMemory::new(&mut []);
        for (call, waits) in [(Call::FdRead, true), (Call::FdRead, true), (Call::SchedYield, false)] {
            assert_eq!(gate.open().enter(&memory, call, &[0; 4], || None), None);
            if waits { gate.open().waits(1) } else { gate.open().leave(&memory, &[0; 4], Some(Errno::Success), || 1) }
        }
        assert_eq!(gate.open().enter(&memory, Call::FdRead, &[0; 4], || None), None);
        gate.open().waits(5);
        gate.finish(7);
        let records: Vec<u8> = records.try_iter().flatten().collect();
        let told: Vec<_> = entries(&records)
            .map(|entry| match entry.what {
                What::Wasi { call, answer, .. } => (call, answer, entry.begin_ns, entry.duration_ns),
                What::Host { .. } => unreachable!("no host function was called"),
            })
            .collect();
        let success = Answer::Errno(Errno::Success);
        assert_eq!(
            told,
            [
                // It began to wait at 1, and nobody knows when it was given up.
                (Call::FdRead, Answer::Ended, 1, None),
                (Call::SchedYield, success, 1, None),
                (Call::FdRead, Answer::Ended, 5, Some(2)),
            ]
        );
    }
}
