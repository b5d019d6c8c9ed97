//! The run that the page shows: started, fed, stopped, and told about through signals.
//!
//! It must never know how anything looks.

use amphi_browser::page::{Event, Habitat, Run};
use amphi_core::habitat::OutputStream;
use amphi_core::protocol::Waiting;
use amphi_core::{ChangedFile, Exit, ExportCall, Function, Limits, Prepared, PreparedHost, Reply, Stdin, Trace};
use leptos::prelude::*;

use crate::calls::Calls;
use crate::clock::{mark_time, now_ms};
use crate::mark::{self, Mark};
use crate::output::Screen;
use crate::state::{Kind, RunState, Verdict};
use crate::transcript::Stream;

/// The page's one run; a handle that copies share.
#[derive(Clone, Copy)]
pub struct Runner {
    habitat: StoredValue<Habitat, LocalStorage>,
    screen: StoredValue<Screen, LocalStorage>,
    run: StoredValue<Option<Run>, LocalStorage>,
    /// How many runs there were: what one of the past still tells is for nobody.
    count: StoredValue<u32>,
    /// Whether what it leaves is of the program that is shown.
    is_own: StoredValue<bool>,
    /// The name of the program that runs, and the host modules that it has.
    program: StoredValue<String>,
    hosts: StoredValue<Vec<PreparedHost>>,
    /// Whether they were edited since it got them.
    pub edited: RwSignal<bool>,
    /// What the script exports, while it can be called.
    pub exports: RwSignal<Vec<Function>>,
    /// The function that was called last, and what came of it.
    pub reply: RwSignal<Option<(String, Reply)>>,
    /// The function that is called.
    called: StoredValue<String>,
    /// Where an exception that ended the run was raised.
    pub raised: RwSignal<Vec<Mark>>,
    /// The ends of what was written to standard output and error.
    stdout: StoredValue<Vec<u8>>,
    stderr: StoredValue<Vec<u8>>,
    /// The files that the last run changed.
    pub changed: RwSignal<Vec<ChangedFile>>,
    /// What the program left, once it has run.
    pub left: RwSignal<Option<Left>>,
    /// Where the run is.
    pub state: RwSignal<RunState>,
    /// What is to be said about it.
    pub verdict: RwSignal<Verdict>,
    /// Input given in advance, where a guest cannot wait for it.
    pub given: RwSignal<String>,
    /// The calls that it made.
    pub calls: Calls,
    /// Bytes of memory that it has, as far as is known while it runs.
    pub memory: RwSignal<f64>,
}

/// What a program left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// Which run of the page it was.
    pub run: u32,
    /// How it ended.
    pub exit: Exit,
    /// The end of what it wrote to standard output.
    pub stdout: String,
}

/// What is told of each call: enough bytes to read a line of text.
const TOLD: Trace = Trace { shown: 256, batch: 1 << 16, lines: true };

impl Runner {
    /// Runs in this habitat and writes to this screen.
    #[must_use]
    pub fn new(habitat: Habitat, screen: Screen) -> Self {
        let verdict = RwSignal::new(Verdict::plain(Kind::Busy, "Python is loading…"));
        let runner = Self {
            habitat: StoredValue::new_local(habitat.clone()),
            screen: StoredValue::new_local(screen),
            run: StoredValue::new_local(None),
            count: StoredValue::default(),
            is_own: StoredValue::new(true),
            program: StoredValue::default(),
            hosts: StoredValue::default(),
            edited: RwSignal::default(),
            exports: RwSignal::default(),
            reply: RwSignal::default(),
            called: StoredValue::default(),
            raised: RwSignal::default(),
            stdout: StoredValue::default(),
            stderr: StoredValue::default(),
            changed: RwSignal::default(),
            left: RwSignal::default(),
            state: RwSignal::default(),
            verdict,
            given: RwSignal::default(),
            calls: Calls::default(),
            memory: RwSignal::default(),
        };
        habitat.when_ready(move |ready| {
            mark_time("amphi:ready");
            match ready {
                // A run that was started before that has its own words by now.
                Ok(()) if runner.state.get_untracked() == RunState::Idle => {
                    verdict.set(Verdict::plain(Kind::Plain, "Ready."))
                }
                Ok(()) => {}
                Err(why) => verdict.set(Verdict::plain(Kind::Bad, why)),
            }
        });
        runner
    }

    /// How guests wait here.
    #[must_use]
    pub fn waiting(&self) -> Waiting {
        self.habitat.with_value(Habitat::waiting)
    }

    /// Runs a program, unless a run is under way. One that only waits to be called ends with its worker.
    pub fn start(&self, mut prepared: Prepared) {
        if !self.state.get_untracked().is_free() {
            return;
        }
        mark_time("amphi:run");
        self.screen.with_value(Screen::clear);
        if prepared.program.stdin == Stdin::Inherit && self.waiting() == Waiting::None {
            prepared.program.stdin = Stdin::Bytes(self.given.get_untracked().into());
        }
        prepared.program.watch.trace = Some(TOLD);
        self.calls.begin(prepared.program.clone());
        self.memory.set(0.0);
        self.program.set_value(prepared.program.name.clone());
        self.hosts.set_value(prepared.hosts.clone());
        self.edited.set(false);
        self.state.set(RunState::Running);
        self.verdict.set(Verdict::plain(Kind::Busy, "Running…"));
        self.reply.set(None);
        self.raised.set(Vec::new());
        self.stdout.set_value(Vec::new());
        self.stderr.set_value(Vec::new());
        self.left.set(None);
        self.changed.set(Vec::new());
        self.is_own.set_value(true);
        let (runner, limits, began) = (*self, prepared.program.limits.clone(), now_ms());
        let number = self.count.get_value() + 1;
        self.count.set_value(number);
        let told = move |event| {
            if runner.count.get_value() == number {
                runner.told(event, &limits, began);
            }
        };
        let run = self.habitat.with_value(|habitat| habitat.start(&prepared, true, true, told));
        self.run.set_value(Some(run));
    }

    /// The host modules of this program, as it is now, that are others in the run under way, if that is one of it.
    fn changed(&self, prepared: &Prepared) -> Vec<PreparedHost> {
        let runs = self.state.get_untracked() != RunState::Idle && self.waiting() != Waiting::None;
        if !runs || self.program.with_value(|name| *name != prepared.program.name) {
            return Vec::new();
        }
        let is_other = |host: &&PreparedHost| {
            self.hosts.with_value(|own| own.iter().any(|own| own.name == host.name && own != *host))
        };
        prepared.hosts.iter().filter(is_other).cloned().collect()
    }

    /// Notes whether the run under way could have other host modules than it has.
    pub fn compare(&self, prepared: &Prepared) {
        self.edited.set(!self.changed(prepared).is_empty());
    }

    /// Has the run under way use the host modules as they are now from its next call on.
    pub fn renew(&self, prepared: &Prepared) {
        let changed = self.changed(prepared);
        self.edited.set(false);
        if changed.is_empty() {
            return;
        }
        let names = changed.iter().map(|host| host.name.as_str()).collect::<Vec<_>>().join(", ");
        self.with_run(|run| run.renew(&changed));
        self.hosts.update_value(|own| {
            for host in own {
                if let Some(new) = changed.iter().find(|new| new.name == host.name) {
                    *host = new.clone();
                }
            }
        });
        let state = match self.state.get_untracked() {
            RunState::Waiting => "Waiting for input… ",
            RunState::Running | RunState::Stopping => "Running… ",
            RunState::Serving | RunState::Idle => "",
        };
        self.verdict.set(Verdict::plain(Kind::Busy, format!("{state}The next call of {names} is the new one.")));
    }

    /// Says why a program was not run; a mistake itself is shown beside the text it is in.
    pub fn refuse(&self, why: &str) {
        if self.state.get_untracked().is_free() {
            self.screen.with_value(Screen::clear);
            self.verdict.set(Verdict::plain(Kind::Bad, why));
        }
    }

    fn told(&self, event: Event, limits: &Limits, began: f64) {
        match event {
            Event::Trace { records, memory } => {
                self.memory.set(memory);
                self.calls.push(records);
            }
            Event::Output(stream, bytes) => {
                let stream = match stream {
                    OutputStream::Stdout => {
                        self.stdout.update_value(|kept| keep_end(kept, &bytes));
                        Stream::Stdout
                    }
                    OutputStream::Stderr => {
                        self.stderr.update_value(|kept| keep_end(kept, &bytes));
                        Stream::Stderr
                    }
                };
                self.screen.with_value(|screen| screen.write(stream, bytes));
            }
            Event::WantsInput => {
                if self.state.get_untracked() == RunState::Running {
                    self.state.set(RunState::Waiting);
                    self.verdict.set(Verdict::plain(Kind::Busy, "Waiting for input…"));
                }
            }
            Event::Serves(exports) => {
                self.leaves(Exit::Code(0));
                let count = exports.functions.len();
                // Forms whose functions are as before keep what was typed.
                self.exports.set(exports.functions);
                let functions = if count == 1 { "its function" } else { "its functions" };
                self.serves(Verdict::plain(
                    Kind::Good,
                    format!("Finished, exit code 0; {functions} can be called below."),
                ));
            }
            Event::Reply(reply) => {
                let called = self.called.get_value();
                self.leaves(Exit::Code(0));
                let (kind, ended) =
                    if reply.is_ok() { (Kind::Good, "returned") } else { (Kind::Bad, "raised an error") };
                self.reply.set(Some((called.clone(), reply)));
                self.serves(Verdict::plain(kind, format!("{called}() {ended}.")));
            }
            Event::Finished { outcome, killed } => {
                if outcome.exit == Exit::Code(1) {
                    let stderr = self.stderr.with_value(|kept| String::from_utf8_lossy(kept).into_owned());
                    self.raised.set(mark::of_traceback(&stderr));
                }
                self.leaves(outcome.exit.clone());
                let verdict = Verdict::of(&outcome, limits, killed, now_ms() - began);
                if self.is_own.get_value() {
                    self.changed.set(outcome.files);
                }
                self.ended(verdict);
            }
            Event::Failed(why) => self.ended(Verdict::plain(Kind::Bad, why)),
        }
    }

    /// Another program is shown: what the run under way leaves is not of that.
    pub fn disown(&self) {
        self.is_own.set_value(false);
        self.left.set(None);
        self.changed.set(Vec::new());
    }

    /// Tells what the program has left by now.
    fn leaves(&self, exit: Exit) {
        if !self.is_own.get_value() {
            return;
        }
        let stdout = self.stdout.with_value(|kept| String::from_utf8_lossy(kept).into_owned());
        self.left.set(Some(Left { run: self.count.get_value(), exit, stdout }));
    }

    fn serves(&self, verdict: Verdict) {
        self.state.set(RunState::Serving);
        self.verdict.set(verdict);
    }

    /// Calls a function that the script exports, with arguments in WAVE.
    pub fn call(&self, name: &str, args: Vec<String>) {
        if self.state.get_untracked() == RunState::Serving {
            self.called.set_value(name.to_owned());
            self.state.set(RunState::Running);
            self.verdict.set(Verdict::plain(Kind::Busy, format!("Calling {name}()…")));
            self.with_run(|run| run.call(&ExportCall { name: name.to_owned(), args }));
        }
    }

    /// Calls the script no more.
    pub fn leave(&self) {
        if self.state.get_untracked() == RunState::Serving {
            self.with_run(Run::leave);
        }
    }

    fn ended(&self, verdict: Verdict) {
        self.run.set_value(None);
        self.exports.set(Vec::new());
        self.edited.set(false);
        let runner = *self;
        self.screen.get_value().when_shown(move || {
            runner.state.set(RunState::Idle);
            runner.verdict.set(verdict);
        });
    }

    /// Gives the guest a line.
    pub fn input(&self, line: &str) {
        // The reader sees what was typed where the guest asked for it, as on a terminal.
        self.screen.with_value(|screen| screen.write(Stream::Echo, format!("{line}\n").into_bytes()));
        self.with_run(|run| run.input(format!("{line}\n").as_bytes()));
        self.goes_on();
    }

    /// Tells the guest that no more input follows.
    pub fn end_input(&self) {
        self.with_run(Run::end_input);
        self.goes_on();
    }

    fn goes_on(&self) {
        if self.state.get_untracked() == RunState::Waiting {
            self.state.set(RunState::Running);
            self.verdict.set(Verdict::plain(Kind::Busy, "Running…"));
        }
    }

    /// Stops the run; a second time ends its worker at once.
    pub fn stop(&self) {
        match self.state.get_untracked() {
            RunState::Idle | RunState::Serving => {}
            RunState::Stopping => self.with_run(Run::end),
            RunState::Running | RunState::Waiting => {
                self.state.set(RunState::Stopping);
                self.verdict.set(Verdict::plain(Kind::Busy, "Stopping…"));
                self.with_run(Run::stop);
            }
        }
    }

    fn with_run(&self, act: impl FnOnce(&Run)) {
        // Cloned out first: what is done may end the run, which is told about here.
        if let Some(run) = self.run.get_value() {
            act(&run);
        }
    }
}

/// Adds bytes to the end of what was written, of which a traceback's length is kept.
fn keep_end(kept: &mut Vec<u8>, bytes: &[u8]) {
    const KEPT: usize = 64 << 10;
    kept.extend_from_slice(bytes);
    if kept.len() > 2 * KEPT {
        kept.drain(..kept.len() - KEPT);
    }
}
