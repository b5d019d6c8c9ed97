//! What has to hold in each way to wait. Must never know a browser.

use amphi_core::Stdin;
use amphi_core::protocol::Waiting;
use amphi_core::{Exit, Limit, Limits};

use crate::visit::{Act, Browser};

/// A script, what is done while it runs, and what it leaves.
struct Case {
    name: &'static str,
    script: &'static str,
    act: Act,
    limits: fn(&mut Limits),
    /// A part of what it writes.
    writes: &'static str,
    exit: Exit,
    /// What it leaves where nothing can wait.
    without: Without,
}

/// What differs where a guest can't wait.
enum Without {
    /// Nothing.
    Same,
    /// Input is there in advance; the rest is the same.
    Given,
    /// No person's act can reach the guest, so its end is the worker's.
    Ended,
    /// The case has no meaning there.
    Senseless,
}

const CASES: &[Case] = &[
    Case {
        name: "input() waits for a line",
        script: "print('Hello,', input('begun'))",
        act: Act::Type("Ada\n"),
        limits: |_| {},
        writes: "Hello, Ada",
        exit: Exit::Code(0),
        without: Without::Given,
    },
    Case {
        name: "the input's end is EOFError",
        script: "try: input('begun')\nexcept EOFError: print('the end')",
        act: Act::EndInput,
        limits: |_| {},
        writes: "the end",
        exit: Exit::Code(0),
        without: Without::Given,
    },
    Case {
        name: "sleep() takes its time",
        script: "import time\nprint('begun', flush=True)\nbegan = time.monotonic()\ntime.sleep(0.25)\n\
                 took = time.monotonic() - began\nprint('slept' if 0.25 <= took < 5 else took)",
        act: Act::Nothing,
        limits: |_| {},
        writes: "slept",
        exit: Exit::Code(0),
        without: Without::Same,
    },
    Case {
        name: "an interrupt ends input()",
        script: "try: input('begun')\nexcept KeyboardInterrupt: print('interrupted')",
        act: Act::Interrupt,
        limits: |_| {},
        writes: "interrupted",
        exit: Exit::Code(0),
        without: Without::Senseless,
    },
    Case {
        name: "an interrupt ends sleep()",
        script: "import time\nprint('begun', flush=True)\ntry: time.sleep(600)\nexcept KeyboardInterrupt: print('interrupted')",
        act: Act::Interrupt,
        limits: |_| {},
        writes: "interrupted",
        exit: Exit::Code(0),
        without: Without::Ended,
    },
    Case {
        name: "an interrupt ends a loop",
        script: "print('begun', flush=True)\ntry:\n    while True: pass\nexcept KeyboardInterrupt: print('interrupted')",
        act: Act::Interrupt,
        limits: |_| {},
        writes: "interrupted",
        exit: Exit::Code(0),
        without: Without::Ended,
    },
    Case {
        name: "a guest that ignores interrupts is ended",
        script: "print('begun', flush=True)\nwhile True:\n    try:\n        while True: pass\n    except KeyboardInterrupt: pass",
        act: Act::Stop,
        limits: |_| {},
        writes: "begun",
        exit: Exit::Interrupted,
        without: Without::Same,
    },
    Case {
        name: "the memory limit holds",
        script: "kept = []\nwhile True: kept.append(bytes(1000000))",
        act: Act::Nothing,
        limits: |limits| limits.memory_bytes = 64 << 20,
        writes: "MemoryError",
        exit: Exit::Limit(Limit::Memory),
        without: Without::Same,
    },
    Case {
        name: "the memory limit lets go what is below",
        script: "print(len(bytes(200000000)))",
        act: Act::Nothing,
        limits: |_| {},
        writes: "200000000",
        exit: Exit::Code(0),
        without: Without::Same,
    },
    Case {
        name: "the wall time ends sleep()",
        script: "import time\ntime.sleep(600)",
        act: Act::Nothing,
        limits: |limits| limits.wall_ms = Some(300),
        writes: "",
        exit: Exit::Limit(Limit::Wall),
        without: Without::Same,
    },
    Case {
        name: "the wall time ends a loop",
        script: "while True: pass",
        act: Act::Nothing,
        limits: |limits| limits.wall_ms = Some(300),
        writes: "",
        exit: Exit::Limit(Limit::Wall),
        without: Without::Same,
    },
    Case {
        name: "deep recursion is a RecursionError",
        script: "def fall(): fall()\ntry: fall()\nexcept RecursionError: print('caught')",
        act: Act::Nothing,
        limits: |_| {},
        writes: "caught",
        exit: Exit::Code(0),
        without: Without::Same,
    },
    Case {
        name: "another run works",
        script: "import sqlite3\nprint(6 * 7)",
        act: Act::Nothing,
        limits: |_| {},
        writes: "42",
        exit: Exit::Code(0),
        without: Without::Same,
    },
];

/// Everything in one way.
pub(crate) fn check(browser: &Browser, way: Waiting) -> Result<(), String> {
    let (page, taken) = browser.open(way)?;
    if taken != way {
        return Err(format!("the page waits in the way {taken:?}"));
    }
    let mut wrong = Vec::new();
    for case in CASES {
        let mut limits = Limits::default();
        (case.limits)(&mut limits);
        let waits = way != Waiting::None;
        let (stdin, writes, exit) = match case.without {
            Without::Senseless if !waits => continue,
            Without::Ended if !waits => (Stdin::Inherit, "begun", &Exit::Interrupted),
            Without::Given if !waits => (given(case.act), case.writes, &case.exit),
            _ => (Stdin::Inherit, case.writes, &case.exit),
        };
        match browser.run(&page, case.script, stdin, limits, case.act) {
            Ok((output, end)) if output.contains(writes) && end == *exit => {}
            Ok((output, end)) => wrong.push(format!("{}: {end:?} after {output:?}", case.name)),
            Err(error) => wrong.push(format!("{}: {error}", case.name)),
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

/// What a person would type, in advance.
fn given(act: Act) -> Stdin {
    match act {
        Act::Type(text) => Stdin::Bytes(text.as_bytes().into()),
        _ => Stdin::Empty,
    }
}
