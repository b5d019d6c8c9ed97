//! Owns the one thread that calls runs when their wall limit passes. It starts with the first limit and then stays.
//! It must never know why a run ends: it only calls.

use crate::control::Control;
use crate::sync::lock;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

/// Runs by the moment their limit passes. The number tells apart two at the same moment.
struct Watch {
    due: Mutex<Due>,
    changed: Condvar,
}

struct Due {
    runs: BTreeMap<(Instant, u64), Weak<Control>>,
    next: u64,
    /// With so many entries, those of runs that are over go.
    full: usize,
    started: bool,
}

/// Entries that are kept without looking which are of runs that are over.
const FEW: usize = 64;

static WATCH: Watch = Watch {
    due: Mutex::new(Due { runs: BTreeMap::new(), next: 0, full: FEW, started: false }),
    changed: Condvar::new(),
};

/// Calls [`Control::alarm`] when `due` has passed, unless the run is over by then.
///
/// # Errors
/// The system gives no thread.
pub(crate) fn watch(due: Instant, control: &Arc<Control>) -> io::Result<()> {
    let mut state = WATCH.lock();
    let first = state.runs.first_key_value().is_none_or(|((first, _), _)| due < *first);
    state.add(due, Arc::downgrade(control));
    if !state.started {
        std::thread::Builder::new().name("amphi-watchdog".to_owned()).spawn(|| WATCH.run())?;
        state.started = true;
    } else if first {
        WATCH.changed.notify_one();
    }
    Ok(())
}

impl Due {
    fn add(&mut self, due: Instant, control: Weak<Control>) {
        let number = self.next;
        self.next = number.wrapping_add(1);
        self.runs.insert((due, number), control);
        // A pool begins thousands of runs in the time of one limit.
        if self.runs.len() >= self.full {
            self.runs.retain(|_, control| control.strong_count() > 0);
            self.full = FEW.max(2 * self.runs.len());
        }
    }
}

impl Watch {
    fn lock(&self) -> MutexGuard<'_, Due> {
        lock(&self.due)
    }

    fn run(&self) {
        let mut due = self.lock();
        loop {
            let now = Instant::now();
            // Runs that ended early leave dead entries; they go here, before the next wait is chosen.
            due.runs.retain(|_, control| control.strong_count() > 0);
            let mut called = Vec::new();
            while let Some(entry) = due.runs.first_entry().filter(|entry| entry.key().0 <= now) {
                called.extend(entry.remove().upgrade());
            }
            if !called.is_empty() {
                // A call may take its time, and may end the process.
                drop(due);
                let again: Vec<_> = called.iter().filter_map(|control| Some((control, control.alarm()?))).collect();
                due = self.lock();
                for (control, wait) in again {
                    due.add(now + wait, Arc::downgrade(control));
                }
                continue;
            }
            due = match due.runs.first_key_value() {
                None => self.changed.wait(due).unwrap_or_else(PoisonError::into_inner),
                Some(((first, _), _)) => {
                    let left = first.saturating_duration_since(now);
                    self.changed.wait_timeout(due, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BTreeMap, Due, FEW, Instant};
    use crate::Engine;
    use crate::control::Control;
    use std::sync::Arc;

    #[test]
    fn runs_that_are_over_are_forgotten() {
        let mut due = Due { runs: BTreeMap::new(), next: 0, full: FEW, started: false };
        let control = || Control::new(&Engine::new(), None, true).unwrap();
        let going = control();
        due.add(Instant::now(), Arc::downgrade(&going));
        for _ in 0..10 * FEW {
            due.add(Instant::now(), Arc::downgrade(&control()));
            assert!(due.runs.len() <= FEW);
        }
        assert!(due.runs.values().any(|control| control.strong_count() > 0));
    }
}
