//! Runs one program in several habitats and says where their outcomes differ: streams, exit, the files left behind and
//! the calls that were made.
//!
//! It knows habitats only through [`amphi_core::Habitat`]; it must never know an engine or a browser.

mod calls;
mod compare;
mod report;

use amphi_core::habitat::{Captured, Habitat, HabitatError, OutputStream, Streams};
use amphi_core::{Outcome, Program, Trace};
use amphi_wasi::trace::entries;

pub use calls::{Calls, Side};
pub use compare::{Difference, What, compare};
pub use report::{html, junit, text};

/// Bytes of records that are kept of a run: its first two million calls or so. What comes later is not compared.
const RECORDS: usize = 256 << 20;

/// Bytes of data that are compared of each call.
const SHOWN: u32 = 256;

/// One program in several habitats.
#[derive(Debug)]
pub struct Compared {
    /// The program's name.
    pub program: String,
    /// Its runs, in the order of the habitats; the first is the measure.
    pub runs: Vec<Run>,
    /// Where the others differ from the first, and where one is not as the program says.
    pub differences: Vec<Difference>,
}

impl Compared {
    /// Compares the runs of a program.
    #[must_use]
    pub fn new(program: &Program, runs: Vec<Run>) -> Self {
        let differences = compare(program, &runs);
        Self { program: program.name.clone(), runs, differences }
    }

    /// Whether all runs left the same, and what the program expects.
    #[must_use]
    pub fn is_alike(&self) -> bool {
        self.differences.is_empty()
    }
}

/// One run of the program.
#[derive(Debug)]
pub struct Run {
    /// The habitat's name.
    pub habitat: String,
    /// What the run left, or why it did not start.
    pub outcome: Result<Outcome, HabitatError>,
    /// The records of its calls, from the first on.
    pub records: Vec<u8>,
    /// How many there are.
    pub calls: usize,
    /// Whether it made more.
    pub cut: bool,
}

/// The program as it is compared: its calls are recorded, and nobody is asked for input.
#[must_use]
pub fn watched(program: &Program) -> Program {
    let mut program = program.clone();
    program.watch.trace = Some(Trace { shown: SHOWN, batch: Trace::BATCH, lines: false });
    if program.stdin == amphi_core::Stdin::Inherit {
        program.stdin = amphi_core::Stdin::Empty;
    }
    program
}

/// Runs a program that is [`watched`] in one habitat, with its streams kept.
pub fn run(program: &Program, habitat: &mut dyn Habitat) -> Run {
    let mut kept = Kept { streams: Captured::default(), records: Vec::new(), cut: false };
    let outcome = habitat.run(program, &mut kept);
    let Kept { streams: Captured { stdout, stderr }, records, cut } = kept;
    let outcome = outcome.map(|outcome| Outcome { stdout: stdout.into(), stderr: stderr.into(), ..outcome });
    let recorded = entries(&records).count();
    // A habitat that had to drop some leaves a gap in their numbers.
    let calls = entries(&records).zip(0..).take_while(|(entry, place)| entry.number == *place).count();
    Run { habitat: habitat.name().to_owned(), outcome, records, calls, cut: cut || calls < recorded }
}

/// What a run told.
struct Kept {
    streams: Captured,
    records: Vec<u8>,
    cut: bool,
}

impl Streams for Kept {
    fn write(&mut self, stream: OutputStream, bytes: &[u8]) {
        self.streams.write(stream, bytes);
    }

    fn trace(&mut self, records: &[u8]) {
        self.cut |= self.records.len() + records.len() > RECORDS;
        if !self.cut {
            self.records.extend_from_slice(records);
        }
    }
}
