//! One run: the guest's calls come in here, and here it is decided whether the run goes on, waits or ends.
//!
//! It must never know what a call means.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use amphi_core::abi::{AbiCall, HostCalls, Served, Step, TypedImport};
use amphi_core::protocol::Waiting;
use amphi_core::{Exit, GuestId, HostError, Limit, MAX_FLAT_PARAMS, Turns};
use amphi_wasi::{Call, Context, Flow, Gate, Stop, Wait};

use super::clock::Clock;
use super::crossing::Worker;
use super::inbox::Inbox;
use super::library;
use super::memory::GuestMemory;
use super::output::Output;
use super::platform::WorkerPlatform;
use super::promise;
use super::renewal;
use crate::message::ToPage;

thread_local! {
    /// The run under way. A worker has one at a time.
    static RUN: RefCell<Option<Run>> = const { RefCell::new(None) };
}

/// How a call ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// The guest gets this number.
    Number(i32),
    /// The guest is suspended, then the call is made again.
    Wait,
    /// The guest is unwound.
    Stop,
}

/// One guest of a run.
pub(super) struct Guest {
    pub(super) context: Context<WorkerPlatform>,
    /// The most bytes that its memory may have.
    pub(super) memory_bytes: u64,
    /// Why it can be entered no more, while the run goes on.
    pub(super) ended: Option<String>,
}

/// What a run needs while its guests run.
pub(super) struct Run {
    pub(super) guests: Turns<Guest>,
    pub(super) hosts: HostCalls,
    /// The host functions that guests import by name, by the numbers that `glue.js` knows them by.
    pub(super) typed: Vec<Rc<TypedImport>>,
    pub(super) waiting: Waiting,
    /// Whether a call of a host function can suspend the program's guest.
    pub(super) opens: bool,
    pub(super) inbox: Rc<Inbox>,
    pub(super) output: Rc<RefCell<Output>>,
    pub(super) clock: Clock,
    /// When the wall time is used up, in milliseconds of the performance clock.
    pub(super) deadline_ms: f64,
    /// True when the guest asks for signals itself; one that does not is ended by the first.
    pub(super) asks_for_signals: bool,
    /// Until when the suspended guest waits.
    pub(super) until_ms: f64,
    /// How the run ended, once that is decided.
    pub(super) exit: Option<Exit>,
    /// True since the page was told that the guest waits for input.
    pub(super) told_waiting: bool,
    /// Calls of host functions into the guest that are under way: below them JavaScript is on the stack, and nothing can
    /// be suspended.
    pub(super) nested: u32,
    /// What guests of host modules have of the world, for those that are made while it goes on.
    pub(super) beside: (WorkerPlatform, Option<Gate>),
}

/// Begins a run.
pub(super) fn begin(run: Run) {
    RUN.set(Some(run));
}

/// Ends the run: gives back what it left.
pub(super) fn end() -> Option<Run> {
    RUN.take()
}

/// Serves a WASI call.
pub(super) fn wasi(call: Call, args: &[u64]) -> Answer {
    // Without a run there is no guest; one that was kept and called anyway is unwound.
    with(|run| run.wasi(call, args)).unwrap_or(Answer::Stop)
}

/// Serves a host call. While a host function runs nothing of the run is borrowed: it may call back into the guest.
pub(super) fn host(call: AbiCall, args: &[i32]) -> Answer {
    if let Some(answer) = promise::again() {
        return answer;
    }
    if call.finds_module() {
        look_for_letter(false);
        if renewal::is_due()
            && let Some(answer) = renewal::take_places()
        {
            return answer;
        }
    }
    if call == AbiCall::Interrupt {
        look_for_letter(true);
    }
    serve(call, args)
}

/// The same, with the host modules that there are.
pub(super) fn serve(call: AbiCall, args: &[i32]) -> Answer {
    let mut step = None;
    let answer = with(|run| match call {
        AbiCall::Interrupt => run.interrupt(),
        call => {
            step = Some(run.hosts.begin(run.guests.id(), &mut GuestMemory, call, args));
            Answer::Number(0)
        }
    })
    .unwrap_or(Answer::Stop);
    match step {
        None => answer,
        Some(Step::Done(number)) => Answer::Number(number),
        Some(Step::Invoke(invocation)) => match invocation.begin(&mut Worker, &mut promise::is_begun) {
            Served::Answered(number) => answered(number),
            Served::Open(call) => promise::suspend(Box::new(|given| answered(call.finish(&mut Worker, given)))),
        },
    }
}

/// A host function has answered. The guest may have ended in what it called: then it goes on nowhere.
fn answered(number: i32) -> Answer {
    with(|run| run.exit.is_none()).filter(|goes_on| *goes_on).map_or(Answer::Stop, |_| Answer::Number(number))
}

/// Tells whoever reads the run's standard error.
pub(super) fn say(message: &str) {
    let line = format!("amphi: {message}\n");
    // What the limit of output cuts off, the run's end tells.
    let _ = with(|run| run.output.borrow_mut().write(true, line.as_bytes(), run.clock.now_ms()));
}

/// Takes the host modules that the page left in shared memory, if there may be some: input was read, or it `looks`.
pub(super) fn look_for_letter(looks: bool) {
    let letter = with(|run| run.inbox.letter(looks)).flatten();
    if let Some(letter) = letter {
        renewal::came(&letter);
    }
}

/// Has the program's guest call functions of JavaScript straight. A run that is watched sees every call.
pub(super) fn go_straight() {
    with(|run| {
        if run.opens && run.beside.1.is_none() && !renewal::is_due() {
            super::javascript::go_straight(run.hosts.registry(), run.inbox.control());
        }
    });
}

thread_local! {
    /// Where `glue.js` puts the parameters of a typed call, and takes its result.
    static CORE: Cell<[u64; MAX_FLAT_PARAMS]> = const { Cell::new([0; MAX_FLAT_PARAMS]) };
}

/// Where a typed call has its parameters and its result, as raw bits.
pub(super) fn typed_core() -> *mut u64 {
    CORE.with(|core| core.as_ptr().cast())
}

/// Serves a call of a host function that a guest imports by name.
pub(super) fn typed(number: u32) -> Answer {
    if let Some(answer) = promise::again() {
        return answer;
    }
    let found = with(|run| Some((Rc::clone(run.typed.get(number as usize)?), run.guests.id())));
    let Some((import, guest)) = found.flatten() else { return Answer::Stop };
    look_for_letter(true);
    if renewal::is_due()
        && let Some(answer) = renewal::take_places()
    {
        return answer;
    }
    let mut core = CORE.get();
    match import.begin(&mut Worker, guest, &mut core, &mut promise::is_begun) {
        Ok(Some(open)) => promise::suspend(Box::new(move |given| {
            let finished = import.finish(open, &mut Worker, given, &mut core);
            typed_answered(finished, core)
        })),
        called => typed_answered(called.map(drop), core),
    }
}

/// A host function that was imported by name has answered.
fn typed_answered(called: Result<(), HostError>, core: [u64; MAX_FLAT_PARAMS]) -> Answer {
    CORE.set(core);
    let answer = with(|run| match called {
        _ if run.exit.is_some() => Answer::Stop,
        Ok(()) => Answer::Number(0),
        // A core wasm import has no way to answer with an error.
        Err(error) => {
            let why = format!("a host function failed: {error}");
            match run.guests.id() {
                GuestId::PROGRAM => run.exit = Some(Exit::Trap(why)),
                _ => run.guests.now_mut().ended = Some(format!("the host function trapped: {why}")),
            }
            Answer::Stop
        }
    });
    answer.unwrap_or(Answer::Stop)
}

/// Acts on the run under way, if there is one.
pub(super) fn with<T>(act: impl FnOnce(&mut Run) -> T) -> Option<T> {
    RUN.with_borrow_mut(|run| run.as_mut().map(act))
}

/// Until when the suspended guest waits.
pub(super) fn wait_until_ms() -> f64 {
    RUN.with_borrow(|run| run.as_ref().map_or(0.0, |run| run.until_ms))
}

/// The inbox of the run under way, for a message that came.
pub(super) fn inbox() -> Option<Rc<Inbox>> {
    RUN.with_borrow(|run| run.as_ref().map(|run| Rc::clone(&run.inbox)))
}

impl Run {
    fn wasi(&mut self, call: Call, args: &[u64]) -> Answer {
        if self.memory_is_used_up() {
            return self.stop(Exit::Limit(Limit::Memory));
        }
        // What the shared memory's counter was before the call looked for what it waits for.
        let mut ticket = None;
        loop {
            match self.guests.now_mut().context.dispatch(&mut GuestMemory, call, args) {
                Flow::Done(errno) => {
                    if let Some(why) = library::failure() {
                        super::post(&ToPage::Failed(why));
                        return self.stop(Exit::Interrupted);
                    }
                    self.told_waiting = false;
                    return Answer::Number(errno.raw());
                }
                Flow::Stop(Stop::Exit(code)) => return self.stop(Exit::Code(code)),
                Flow::Stop(Stop::Output) => return self.stop(Exit::Limit(Limit::Output)),
                Flow::Stop(Stop::Interrupted) => return self.stop(Exit::Interrupted),
                Flow::Wait(wait) => {
                    if let Some(answer) = self.wait(wait, &mut ticket) {
                        return answer;
                    }
                }
            }
        }
    }

    /// The guests make no more calls.
    pub(super) fn finish(&mut self) {
        let context = &mut self.guests.now_mut().context;
        let now_ns = context.seen_ns();
        if let Some(gate) = context.gate_mut() {
            gate.finish(now_ns);
        }
    }

    /// Waits, after which the call is dispatched again; or says what the guest gets instead.
    fn wait(&mut self, wait: Wait, ticket: &mut Option<u32>) -> Option<Answer> {
        if self.inbox.pending_signal() != 0 {
            if !self.asks_for_signals {
                return Some(self.stop(Exit::Interrupted));
            }
            // The call ends with INTR, and the guest then asks which signal it was.
            self.guests.now_mut().context.interrupt();
            return None;
        }
        let now = self.clock.now_ms();
        if now >= self.deadline_ms {
            return Some(self.stop(Exit::Limit(Limit::Wall)));
        }
        let (wants_input, until_ms) = match wait {
            Wait::Stdin => (true, f64::INFINITY),
            Wait::Until { monotonic_ns } => (false, milliseconds(monotonic_ns)),
            Wait::StdinUntil { monotonic_ns } => (true, milliseconds(monotonic_ns)),
        };
        let until_ms = until_ms.min(self.deadline_ms);
        match self.way_to_wait() {
            Waiting::Shared => {
                let Some(control) = self.inbox.control() else { return Some(self.stop(Exit::Interrupted)) };
                // First a ticket, then another look: what comes in between is then not slept through.
                let Some(seen) = ticket.take() else {
                    *ticket = Some(control.ticket());
                    return None;
                };
                let control = control.clone();
                self.tell_waiting(wants_input, now);
                control.wait(seen, until_ms - now);
                None
            }
            Waiting::Jspi => {
                self.tell_waiting(wants_input, now);
                self.until_ms = until_ms;
                Some(Answer::Wait)
            }
            Waiting::None => {
                self.output.borrow_mut().send(now);
                if until_ms == f64::INFINITY {
                    // Input is given in advance where nothing can be waited for, so this is below a host function.
                    let why = "input cannot be waited for in a call from the host: this browser cannot suspend there";
                    return Some(self.stop(Exit::Trap(why.to_owned())));
                }
                while self.clock.now_ms() < until_ms {
                    std::hint::spin_loop();
                }
                None
            }
        }
    }

    /// How this call can wait: below a host function JavaScript is on the stack, which is not suspended.
    fn way_to_wait(&self) -> Waiting {
        match self.waiting {
            Waiting::Jspi if self.nested > 0 && self.inbox.control().is_some() => Waiting::Shared,
            Waiting::Jspi if self.nested > 0 => Waiting::None,
            waiting => waiting,
        }
    }

    /// Serves the guest's question for a signal, which comes often: here a run that never waits is kept in its limits.
    fn interrupt(&mut self) -> Answer {
        let now = self.clock.now_ms();
        self.output.borrow_mut().send_old(now);
        if now >= self.deadline_ms {
            return self.stop(Exit::Limit(Limit::Wall));
        }
        if self.memory_is_used_up() {
            return self.stop(Exit::Limit(Limit::Memory));
        }
        Answer::Number(self.inbox.take_signal().cast_signed())
    }

    fn tell_waiting(&mut self, wants_input: bool, now: f64) {
        self.output.borrow_mut().send(now);
        if wants_input && !self.told_waiting {
            self.told_waiting = true;
            super::post(&ToPage::Waiting);
        }
    }

    fn memory_is_used_up(&self) -> bool {
        // Python asks before it grows, others do not, and the engine lets them: a limit that was passed is found here.
        amphi_wasi::Memory::size(&GuestMemory) > self.guests.now().memory_bytes
    }

    fn stop(&mut self, exit: Exit) -> Answer {
        self.ended(exit);
        Answer::Stop
    }

    /// The guest whose turn it is has ended: with the program's own the run ends, and with whatever ends a run.
    pub(super) fn ended(&mut self, exit: Exit) {
        let why = if self.guests.id() == GuestId::PROGRAM { None } else { exit.of_host_guest() };
        match why {
            None => self.exit = Some(exit),
            why => self.guests.now_mut().ended = why,
        }
    }
}

/// The limit of the run that WASI met.
pub(super) fn core_limit(limit: amphi_wasi::Limit) -> Limit {
    match limit {
        amphi_wasi::Limit::Files => Limit::Files,
        amphi_wasi::Limit::FileBytes => Limit::FileBytes,
        amphi_wasi::Limit::Descriptors => Limit::Descriptors,
    }
}

#[expect(clippy::cast_precision_loss, reason = "nanoseconds since the worker began fit a float for 100 days")]
fn milliseconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e6
}
