//! Owns how a run's thread waits: one bell for a run, rung by whatever may end a wait (input, an interrupt, the end).
//! It must never know what is waited for.

use crate::sync::lock;
use std::future::poll_fn;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Instant;

/// A condition variable that futures can wait on too.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    wakers: Mutex<Vec<Waker>>,
    changed: Condvar,
}

impl Bell {
    /// Wakes everybody who waits, to look again. Call it after the change, and hold no lock that a `done` takes.
    pub(crate) fn ring(&self) {
        let mut wakers = self.lock();
        wakers.drain(..).for_each(Waker::wake);
        self.changed.notify_all();
    }

    /// Blocks this thread until `done` gives something or `deadline` passes; `None` then.
    pub(crate) fn wait<T>(&self, deadline: Option<Instant>, mut done: impl FnMut() -> Option<T>) -> Option<T> {
        let mut guard = self.lock();
        loop {
            // Looking under the lock means that no ring between the look and the wait is lost.
            if let Some(found) = done() {
                return Some(found);
            }
            guard = match deadline {
                None => self.changed.wait(guard).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())?;
                    self.changed.wait_timeout(guard, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    /// The same for a future, without a deadline.
    pub(crate) async fn waited<T>(&self, mut done: impl FnMut() -> Option<T>) -> T {
        poll_fn(|context| {
            let mut wakers = self.lock();
            match done() {
                Some(found) => Poll::Ready(found),
                None => {
                    if !wakers.iter().any(|waker| waker.will_wake(context.waker())) {
                        wakers.push(context.waker().clone());
                    }
                    Poll::Pending
                }
            }
        })
        .await
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Waker>> {
        lock(&self.wakers)
    }
}

#[cfg(test)]
mod tests {
    use super::Bell;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::{Duration, Instant};

    #[test]
    fn a_ring_ends_a_wait() {
        let bell = Arc::new(Bell::default());
        let flag = Arc::new(AtomicBool::new(false));
        let ringer = std::thread::spawn({
            let (bell, flag) = (bell.clone(), flag.clone());
            move || {
                flag.store(true, Ordering::Release);
                bell.ring();
            }
        });
        assert_eq!(bell.wait(None, || flag.load(Ordering::Acquire).then_some(7)), Some(7));
        ringer.join().unwrap();
    }

    #[test]
    fn a_deadline_ends_a_wait() {
        let start = Instant::now();
        assert_eq!(Bell::default().wait::<()>(Some(start + Duration::from_millis(20)), || None), None);
        assert!(start.elapsed() >= Duration::from_millis(20));
    }
}
