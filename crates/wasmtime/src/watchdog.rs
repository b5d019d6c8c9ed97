//! Owns the one thread that wakes runs when their wall limit passes. It starts with the first limit and then stays.
//! It must never know why a run ends: it only nudges.

use crate::control::Control;
use std::collections::BTreeMap;
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
    started: bool,
}

static WATCH: Watch =
    Watch { due: Mutex::new(Due { runs: BTreeMap::new(), next: 0, started: false }), changed: Condvar::new() };

/// Nudges `control` when `deadline` has passed, unless its run is over by then.
pub(crate) fn watch(deadline: Instant, control: &Arc<Control>) {
    let mut due = WATCH.lock();
    let key = (deadline, due.next);
    due.next = due.next.wrapping_add(1);
    let first = due.runs.first_key_value().is_none_or(|(first, _)| key < *first);
    due.runs.insert(key, Arc::downgrade(control));
    if !due.started {
        // Without a thread the limit still holds in every wait and host call.
        due.started = std::thread::Builder::new().name("amphi-watchdog".to_owned()).spawn(|| WATCH.run()).is_ok();
    } else if first {
        WATCH.changed.notify_one();
    }
}

impl Watch {
    fn lock(&self) -> MutexGuard<'_, Due> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        let mut due = self.lock();
        loop {
            let now = Instant::now();
            // Runs that ended early leave dead entries; they go here too, before the wait is chosen.
            due.runs.retain(|_, control| control.strong_count() > 0);
            while let Some(entry) = due.runs.first_entry() {
                if entry.key().0 > now {
                    break;
                }
                if let Some(control) = entry.remove().upgrade() {
                    control.nudge();
                }
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
