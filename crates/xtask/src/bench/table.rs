//! The table of figures: what is asked, what was found. Must never measure.

use serde_json::{Value, json};

/// One line of the table.
struct Figure {
    what: &'static str,
    /// Where the value is in what was found.
    at: &'static str,
    unit: &'static str,
    least: f64,
    aim: f64,
    /// What the value found is divided by to be in `unit`.
    per: f64,
}

/// Less is better in all of them.
const FIGURES: &[Figure] = &[
    Figure {
        what: "whole process, -c pass, to native CPython",
        at: "/process/ratio",
        unit: "",
        least: 0.7,
        aim: 0.4,
        per: 1.0,
    },
    Figure {
        what: "fresh sandbox and pass, habitat wasmtime",
        at: "/figures/wasmtime/fresh_ms",
        unit: "ms",
        least: 2.0,
        aim: 0.5,
        per: 1.0,
    },
    Figure {
        what: "fresh sandbox and pass, habitat shim",
        at: "/figures/shim/fresh_ms",
        unit: "ms",
        least: 2.0,
        aim: 0.5,
        per: 1.0,
    },
    Figure {
        what: "Chromium: load to first print, cold",
        at: "/figures/chromium/first_print_ms",
        unit: "ms",
        least: 400.0,
        aim: 150.0,
        per: 1.0,
    },
    Figure {
        what: "peak memory of amphi run -c pass",
        at: "/figures/peak_mib",
        unit: "MiB",
        least: 40.0,
        aim: 25.0,
        per: 1.0,
    },
    Figure {
        what: "each further idle sandbox, wasmtime",
        at: "/figures/wasmtime/idle_mib",
        unit: "MiB",
        least: 4.0,
        aim: 1.0,
        per: 1.0,
    },
    Figure {
        what: "each further idle sandbox, shim",
        at: "/figures/shim/idle_mib",
        unit: "MiB",
        least: 4.0,
        aim: 1.0,
        per: 1.0,
    },
    Figure {
        what: "Chromium: run again, click to output",
        at: "/figures/chromium/again_ms",
        unit: "ms",
        least: 15.0,
        aim: 5.0,
        per: 1.0,
    },
    Figure {
        what: "pyperformance, geometric mean to native -O3",
        at: "/pyperformance/ratio",
        unit: "",
        least: 1.7,
        aim: 1.3,
        per: 1.0,
    },
    Figure {
        what: "what the browser loads, brotli",
        at: "/download/bytes",
        unit: "MB",
        least: 8.0,
        aim: 4.5,
        per: 1e6,
    },
    Figure {
        what: "files from Python, shim to wasmtime",
        at: "/files/shim_to_wasmtime",
        unit: "",
        least: 1.0,
        aim: 0.2,
        per: 1.0,
    },
    Figure {
        what: "files from Python, chromium to shim",
        at: "/files/chromium_to_shim",
        unit: "",
        least: 5.0,
        aim: 2.0,
        per: 1.0,
    },
    Figure {
        what: "pyperformance pathlib, shim to native CPython",
        at: "/pathlib/ratio",
        unit: "",
        least: 10.0,
        aim: 3.0,
        per: 1.0,
    },
    Figure { what: "one call of WASI in Chromium", at: "/call/ns", unit: "ns", least: 1000.0, aim: 200.0, per: 1.0 },
    Figure {
        what: "the shim in the browser, brotli",
        at: "/shim/bytes",
        unit: "KB",
        least: 250.0,
        aim: 100.0,
        per: 1e3,
    },
    Figure {
        what: "Python to Rust function, to a builtin call",
        at: "/figures/hosts/wasmtime/rust_to_builtin",
        unit: "",
        least: 2.5,
        aim: 1.3,
        per: 1.0,
    },
    Figure {
        what: "1 KiB of text to the host and back",
        at: "/figures/hosts/wasmtime/text_us",
        unit: "us",
        least: 1.5,
        aim: 0.6,
        per: 1.0,
    },
    Figure {
        what: "16 MiB of bytes to the host, in copies",
        at: "/figures/hosts/wasmtime/bytes_in_copies",
        unit: "",
        least: 1.5,
        aim: 0.1,
        per: 1.0,
    },
    Figure {
        what: "host to a Python export, two ints",
        at: "/figures/hosts/wasmtime/export_us",
        unit: "us",
        least: 1.5,
        aim: 0.5,
        per: 1.0,
    },
    Figure {
        what: "Python to a host function in a second guest",
        at: "/figures/hosts/wasmtime/second_us",
        unit: "us",
        least: 5.0,
        aim: 2.0,
        per: 1.0,
    },
    Figure {
        what: "pool: sandbox, host module, one call",
        at: "/figures/hosts/wasmtime/pooled_ms",
        unit: "ms",
        least: 2.0,
        aim: 0.5,
        per: 1.0,
    },
    Figure {
        what: "Python to JavaScript in Chromium, to Pyodide",
        at: "/javascript/ratio",
        unit: "",
        least: 0.25,
        aim: 0.1,
        per: 1.0,
    },
    Figure {
        what: "a run that serves, back to its checkpoint",
        at: "/figures/hosts/wasmtime/restored_ms",
        unit: "ms",
        least: 5.0,
        aim: 1.0,
        per: 1.0,
    },
    Figure {
        what: "appending to 1 GiB, the end to the beginning, shim",
        at: "/growth/append",
        unit: "",
        least: 2.0,
        aim: 1.2,
        per: 1.0,
    },
    Figure {
        what: "a folder of 100,000 files to one of 10,000, a file, shim",
        at: "/growth/folder",
        unit: "",
        least: 2.0,
        aim: 1.3,
        per: 1.0,
    },
    Figure {
        what: "100,000 small reads, traced, wasmtime",
        at: "/traced/wasmtime",
        unit: "",
        least: 2.0,
        aim: 1.5,
        per: 1.0,
    },
    Figure { what: "100,000 small reads, traced, shim", at: "/traced/shim", unit: "", least: 2.0, aim: 1.5, per: 1.0 },
    Figure {
        what: "100,000 small reads, traced, chromium",
        at: "/traced/chromium",
        unit: "",
        least: 2.0,
        aim: 1.5,
        per: 1.0,
    },
];

impl Figure {
    fn value(&self, found: &Value) -> Option<f64> {
        Some(found.pointer(self.at)?.as_f64()? / self.per)
    }

    fn verdict(&self, value: f64) -> &'static str {
        if value <= self.aim {
            "aim reached"
        } else if value <= self.least {
            "good enough"
        } else {
            "TOO MUCH"
        }
    }

    /// Why there is no value: the nearest part above that says so.
    fn reason<'a>(&self, found: &'a Value) -> &'a str {
        let above = std::iter::successors(Some(self.at), |at| at.rsplit_once('/').map(|(above, _)| above));
        let skipped = above.filter_map(|at| found.pointer(at)?.get("skipped")?.as_str());
        skipped.into_iter().next().unwrap_or("not measured")
    }
}

/// The table, line by line.
pub(crate) fn lines(found: &Value) -> Vec<String> {
    let mut lines = vec![format!("{:45}  {:>10}  {:>9}  {:>7}", "", "this run", "at least", "aim")];
    for figure in FIGURES {
        let Figure { what, unit, least, aim, .. } = figure;
        lines.push(match figure.value(found) {
            Some(value) => {
                let shown = if value < 10.0 { format!("{value:.2}") } else { format!("{value:.0}") };
                format!("{what:45}  {shown:>10}  {least:>9}  {aim:>7} {unit:4} {}", figure.verdict(value))
            }
            None => format!("{what:45}  {:>10}  {least:>9}  {aim:>7} {unit:4} {}", "-", figure.reason(found)),
        });
    }
    lines
}

/// The table and all that was found, for machines.
pub(crate) fn json(found: &Value) -> Value {
    let figures: Vec<Value> = FIGURES
        .iter()
        .map(|figure| {
            let value = figure.value(found);
            let verdict = value.map(|value| figure.verdict(value));
            json!({
                "what": figure.what, "unit": figure.unit, "value": value, "at_least": figure.least, "aim": figure.aim,
                "verdict": verdict, "skipped": value.is_none().then(|| figure.reason(found)),
            })
        })
        .collect();
    json!({ "figures": figures, "found": found })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_judged_and_missing_ones_say_why() {
        let found = json!({
            "process": { "ratio": 0.39 },
            "download": { "bytes": 6_200_000 },
            "figures": { "wasmtime": { "fresh_ms": 2.5 }, "chromium": { "skipped": "no browser" } },
        });
        let lines = lines(&found);
        for (what, parts) in [
            ("whole process", &["0.39", "aim reached"][..]),
            ("what the browser loads", &["6.20", "good enough"]),
            ("fresh sandbox and pass, habitat wasmtime", &["2.50", "TOO MUCH"]),
            ("Chromium: run again", &["-", "no browser"]),
            ("pyperformance", &["-", "not measured"]),
        ] {
            let line = lines.iter().find(|line| line.starts_with(what)).unwrap();
            assert!(parts.iter().all(|part| line.contains(part)), "{line}");
        }
    }
}
