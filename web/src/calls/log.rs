//! The calls of the run that is shown: kept as they were recorded, decoded where somebody looks, sifted a few at a time so
//! that the page never stands still. It must never know how a call looks.

use std::ops::Range;

use amphi_wasi::trace::{Entry, Filter, Names, What, entries, records};
use amphi_wasi::{Call, Replay};

/// So many calls are kept, the first of the run: what was open at one of them is known only from those before it.
const KEPT: usize = 300_000;
/// So many bytes of their records are kept at most.
const KEPT_BYTES: usize = 96 << 20;
/// What the descriptors stood for is kept for each so-many-th call; between them it is followed anew.
const STRIDE: usize = 64;

/// What a call is about, in the order in which the timeline has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Host functions.
    Host,
    /// Standard input, output and error.
    Streams,
    /// Files and directories.
    Files,
    /// Clocks, waiting and random numbers.
    Time,
    /// Arguments, environment, the end, and what is left.
    Process,
}

impl Lane {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Host, Self::Streams, Self::Files, Self::Time, Self::Process];

    /// What a reader calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Host => "Host functions",
            Self::Streams => "Streams",
            Self::Files => "Files",
            Self::Time => "Clocks, waiting",
            Self::Process => "Start and end",
        }
    }

    fn of(entry: &Entry, names: &Names) -> Self {
        let What::Wasi { call, .. } = entry.what else { return Self::Host };
        match call {
            Call::ClockResGet | Call::ClockTimeGet | Call::PollOneoff | Call::RandomGet | Call::SchedYield => {
                Self::Time
            }
            Call::ArgsGet | Call::ArgsSizesGet | Call::EnvironGet | Call::EnvironSizesGet => Self::Process,
            Call::ProcExit | Call::ProcRaise => Self::Process,
            _ if names.paths(entry).iter().any(|path| path.starts_with("<std")) => Self::Streams,
            _ => Self::Files,
        }
    }
}

/// What the timeline needs of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Brief {
    /// When it began, in nanoseconds since the first call did.
    pub begin_ns: u64,
    /// How long it took; 0 where that is not known.
    pub took_ns: u64,
    /// What it is about.
    pub lane: Lane,
    /// Whether it failed.
    pub failed: bool,
}

/// A call on its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its place among those that are kept.
    pub at: usize,
    /// Its number in the run.
    pub number: u64,
    /// When it began, in nanoseconds since the first call did.
    pub begin_ns: u64,
    /// The call, its arguments and what it came to.
    pub text: String,
    /// What it is about.
    pub lane: Lane,
    /// Whether it failed.
    pub failed: bool,
}

/// The calls of a run.
#[derive(Debug, Default)]
pub struct CallLog {
    batches: Vec<Vec<u8>>,
    /// Where each record is: its batch, and its bytes there.
    places: Vec<(usize, Range<usize>)>,
    bytes: usize,
    /// How many were made and are not kept.
    beyond: u64,
    /// When the first call began, on the run's clock.
    first_ns: Option<u64>,
    /// One for each call that was followed.
    briefs: Vec<Brief>,
    /// What descriptors stood for before each [`STRIDE`]th call.
    kept_names: Vec<Names>,
    names: Names,
    failed: usize,
    filter: Option<Filter>,
    /// The calls that the filter shows, of those before `sifted`.
    sieve: Vec<usize>,
    sifted: usize,
    sifted_names: Names,
}

impl CallLog {
    /// Takes records as they came.
    pub fn push(&mut self, batch: Vec<u8>) {
        let number = self.batches.len();
        let mut at = 0;
        for record in records(&batch) {
            let end = at + record.len();
            // Without the one before, the next would be misread.
            if self.beyond == 0 && self.places.len() < KEPT && self.bytes + record.len() <= KEPT_BYTES {
                self.places.push((number, at..end));
                self.bytes += record.len();
            } else {
                self.beyond += 1;
            }
            at = end;
        }
        if self.places.last().is_some_and(|(last, _)| *last == number) {
            self.batches.push(batch);
        }
    }

    /// How many there are, kept or not.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.places.len() as u64 + self.beyond
    }

    /// How many were made and are not kept.
    #[must_use]
    pub fn beyond(&self) -> u64 {
        self.beyond
    }

    /// How many failed, of those that were followed.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.failed
    }

    /// What the timeline needs, of all calls that were followed.
    #[must_use]
    pub fn briefs(&self) -> &[Brief] {
        &self.briefs
    }

    /// Follows and sifts at most so many calls; true when more are left.
    pub fn work(&mut self, most: usize) -> bool {
        let end = self.places.len().min(self.briefs.len() + most);
        for at in self.briefs.len()..end {
            let Some(entry) = self.decode(at) else { continue };
            if at % STRIDE == 0 {
                self.kept_names.push(self.names.clone());
            }
            let failed = entry.failed();
            self.failed += usize::from(failed);
            let took_ns = entry.duration_ns.unwrap_or(0);
            let lane = Lane::of(&entry, &self.names);
            let first_ns = *self.first_ns.get_or_insert(entry.begin_ns);
            let begin_ns = entry.begin_ns.saturating_sub(first_ns);
            self.briefs.push(Brief { begin_ns, took_ns, lane, failed });
            self.names.follow(&entry);
        }
        if let Some(filter) = &self.filter {
            let end = self.briefs.len().min(self.sifted + most);
            for at in self.sifted..end {
                let Some(entry) = decoded(&self.batches, self.places.get(at)) else { continue };
                if filter.shows(&entry, &self.sifted_names) {
                    self.sieve.push(at);
                }
                self.sifted_names.follow(&entry);
            }
            self.sifted = end;
        }
        self.briefs.len() < self.places.len() || (self.filter.is_some() && self.sifted < self.briefs.len())
    }

    /// Shows other calls from now on; none shows all.
    pub fn sift(&mut self, filter: Option<Filter>) {
        self.filter = filter;
        self.sieve.clear();
        self.sifted = 0;
        self.sifted_names = Names::default();
    }

    /// How many calls are shown, as far as they were looked at.
    #[must_use]
    pub fn shown(&self) -> usize {
        if self.filter.is_some() { self.sieve.len() } else { self.briefs.len() }
    }

    /// The call that is shown on a line.
    #[must_use]
    pub fn on_line(&self, line: usize) -> Option<usize> {
        if self.filter.is_some() { self.sieve.get(line).copied() } else { (line < self.briefs.len()).then_some(line) }
    }

    /// The line on which a call is shown, or that of the next one that is.
    #[must_use]
    pub fn line_of(&self, at: usize) -> usize {
        if self.filter.is_some() { self.sieve.partition_point(|shown| *shown < at) } else { at }
    }

    /// The lines of that range.
    #[must_use]
    pub fn rows(&self, lines: Range<usize>) -> Vec<Row> {
        let mut rows = Vec::with_capacity(lines.len());
        // Neighbours share what is followed between two strides.
        let mut known: Option<(usize, Names)> = None;
        for at in lines.filter_map(|line| self.on_line(line)) {
            let stride = at - at % STRIDE;
            let (from, mut names) = match known.take() {
                Some((next, names)) if next >= stride && next <= at => (next, names),
                _ => (stride, self.kept_names.get(at / STRIDE).cloned().unwrap_or_default()),
            };
            for entry in (from..at).filter_map(|before| self.decode(before)) {
                names.follow(&entry);
            }
            if let (Some(entry), Some(brief)) = (self.decode(at), self.briefs.get(at)) {
                let Brief { begin_ns, lane, failed, .. } = *brief;
                rows.push(Row { at, number: entry.number, begin_ns, text: entry.line(&names, false), lane, failed });
                names.follow(&entry);
            }
            known = Some((at + 1, names));
        }
        rows
    }

    /// A call, its time as [`Brief`] has it, and what descriptors stood for before it.
    #[must_use]
    pub fn call(&self, at: usize) -> Option<(Entry, Names)> {
        let mut names = self.kept_names.get(at / STRIDE)?.clone();
        for entry in (at - at % STRIDE..at).filter_map(|before| self.decode(before)) {
            names.follow(&entry);
        }
        let begin_ns = self.briefs.get(at)?.begin_ns;
        Some((Entry { begin_ns, ..self.decode(at)? }, names))
    }

    /// Which call of its name it is, from 1, among those that faults count: the program's own.
    #[must_use]
    pub fn place_of(&self, at: usize) -> u64 {
        let Some(wanted) = self.decode(at) else { return 1 };
        let same = |entry: &Entry| entry.guest.is_none() && entry.name() == wanted.name();
        (0..=at).filter_map(|at| self.decode(at)).filter(same).count() as u64
    }

    /// Whether a filter shows one of them.
    #[must_use]
    pub fn has(&self, filter: &Filter) -> bool {
        let mut names = Names::default();
        (0..self.places.len()).filter_map(|at| self.decode(at)).any(|entry| {
            let shows = filter.shows(&entry, &names);
            names.follow(&entry);
            shows
        })
    }

    /// Makes the calls from one on to another again, the first not and the last.
    pub fn replay(&self, replay: &mut Replay, calls: Range<usize>) {
        for at in calls {
            if let Some(record) = record(&self.batches, self.places.get(at)) {
                replay.follow(record);
            }
        }
    }

    fn decode(&self, at: usize) -> Option<Entry> {
        decoded(&self.batches, self.places.get(at))
    }
}

fn record<'a>(batches: &'a [Vec<u8>], place: Option<&(usize, Range<usize>)>) -> Option<&'a [u8]> {
    let (batch, bytes) = place?;
    batches.get(*batch)?.get(bytes.clone())
}

fn decoded(batches: &[Vec<u8>], place: Option<&(usize, Range<usize>)>) -> Option<Entry> {
    entries(record(batches, place)?).next()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use amphi_wasi::trace::{HostCall, Recorder};

    use super::CallLog;

    /// So many host calls, a few in a batch; each tenth fails.
    fn log(count: usize) -> CallLog {
        let (sender, batches) = mpsc::channel();
        let mut recorder = Recorder::new(4, 200, move |batch| sender.send(batch.to_vec()).expect("it is received"));
        for at in 0..count {
            let args = at.to_string();
            let reply = if at % 10 == 9 { Err("no") } else { Ok("") };
            let begin_ns = at as u64 * 10;
            recorder.host_call(HostCall { function: "demo.f", args: &args, reply, begin_ns, end_ns: begin_ns + 5 });
        }
        recorder.finish(0);
        let mut log = CallLog::default();
        batches.try_iter().for_each(|batch| log.push(batch));
        log
    }

    #[test]
    fn calls_are_followed_and_sifted_a_few_at_a_time() {
        let mut log = log(1_000);
        assert_eq!((log.count(), log.shown()), (1_000, 0));
        let mut turns = 1;
        while log.work(300) {
            turns += 1;
        }
        assert_eq!((turns, log.shown(), log.failed(), log.beyond()), (4, 1_000, 100, 0));
        let texts: Vec<String> = log.rows(63..66).into_iter().map(|row| row.text).collect();
        assert_eq!(texts, ["demo.f(63)", "demo.f(64)", "demo.f(65)"]);
        log.sift("error".parse().ok());
        while log.work(300) {}
        assert_eq!(log.shown(), 100);
        let rows = log.rows(98..200);
        assert_eq!(rows.iter().map(|row| row.number).collect::<Vec<_>>(), [989, 999]);
        assert_eq!((log.on_line(1), log.line_of(19), log.line_of(20)), (Some(19), 1, 2));
        log.sift(None);
        assert_eq!((log.shown(), log.place_of(9)), (1_000, 10));
    }

    #[test]
    fn more_calls_than_are_kept_are_counted() {
        let mut log = CallLog { bytes: super::KEPT_BYTES - 60, ..log(0) };
        log.push(super::tests::log(3).batches.concat());
        assert_eq!((log.count(), log.beyond(), log.work(10), log.shown()), (3, 1, false, 2));
    }
}
