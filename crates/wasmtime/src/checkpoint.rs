//! Owns taking a run that serves back to the moment when its program had run, in the memory that it has. It must never
//! know what the program is.
//!
//! A guest's state is its memory and its world. Memory is kept and put back; a world cannot be, so it is made anew, which
//! no guest can tell whose calls left nothing in it. Every other run is taken back by starting another.

mod memory;

pub(crate) use memory::{Pristine, Saved};

use crate::run::Running;
use crate::sandbox::{Linked, Sandbox};
use crate::start::Start;
use crate::{Error, Interrupt};

impl Sandbox {
    /// Keeps what a run that [serves](Running::serve) is now, so that [`Self::restore`] takes microseconds and not
    /// another run of its program. Says whether it could: not where its program has left something behind (output,
    /// changed files, open descriptors, things that it and the host hold of each other, numbers that it drew from
    /// `random`), nor for a run that is watched or deterministic, nor where host modules have state of their own.
    pub fn checkpoint(&self, running: &mut Running) -> bool {
        if let Some(pristine) = self.pristine() {
            running.save(pristine);
        }
        running.saved.is_some()
    }

    /// Takes a run back to where its program had run, ready to be called, with the streams, the limits and the host
    /// modules of `start`. In its memory if it has a [checkpoint](Self::checkpoint), by another run of its program
    /// otherwise. Its program is the same, so arguments, environment and files of `start` have to be its own.
    ///
    /// # Errors
    /// As [`Self::start`]; [`Error::NotServing`] where the program, run once more, failed.
    pub fn restore(&self, running: Running, start: Start) -> Result<Running, Error> {
        match self.take_back(running, start)? {
            Ok(running) => Ok(running),
            Err(start) => self.serving(start, &|_| ()),
        }
    }

    /// The same where it can be done in the run's memory; gives `start` back otherwise.
    pub(crate) fn take_back(&self, mut running: Running, start: Start) -> Result<Result<Running, Start>, Error> {
        let kept = running.saved.take().filter(|_| start.is_plain() && !running.is_over()).zip(self.pristine());
        // What is wrong with its host modules is told by a run that begins.
        let registry = self.hosts.registry(start.registered.0.clone()).ok().filter(|registry| running.knows(registry));
        let (Some((saved, pristine)), Some(registry)) = (kept, registry) else { return Ok(Err(start)) };
        running.put_back(self, (&saved, pristine), registry, start)?;
        running.saved = Some(saved);
        Ok(Ok(running))
    }

    /// A run whose program has run; `told` gets to know how it can be interrupted before.
    pub(crate) fn serving(&self, start: Start, told: &dyn Fn(Interrupt)) -> Result<Running, Error> {
        let mut running = self.start(start)?;
        told(running.interrupt());
        match running.serve() {
            Ok(0) => Ok(running),
            Ok(code) => Err(Error::NotServing(format!("its script ended with exit code {code}"))),
            Err(error) => Err(Error::NotServing(error.to_string())),
        }
    }

    fn pristine(&self) -> Option<&Pristine> {
        let pristine = self.pristine.get_or_init(|| {
            let module = match &self.linked {
                Linked::Wasmtime(modules) => modules.program.module(),
                Linked::Shim(modules) => modules.program.module(),
            };
            if self.hosts.have_state() { None } else { Pristine::of(module) }
        });
        pristine.as_ref()
    }
}
