//! The report as JUnit's XML, which machines that run tests read: a program is a suite, a habitat a case.

use std::fmt::Write as _;

use super::escaped;
use crate::{Compared, Run};

/// All programs as one document.
#[must_use]
pub fn junit(all: &[Compared]) -> String {
    let cases: usize = all.iter().map(|compared| compared.runs.len()).sum();
    let failed: usize = all.iter().map(failures).sum();
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"amphi parity\" tests=\"{cases}\" failures=\"{failed}\">\n"
    );
    for compared in all {
        let Compared { program, runs, .. } = compared;
        let name = escaped(program);
        // Writing to a string cannot fail.
        let _ =
            writeln!(out, "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{}\">", runs.len(), failures(compared));
        for run in runs {
            let seconds = seconds(run);
            let habitat = escaped(&run.habitat);
            let _ = write!(out, "    <testcase classname=\"{name}\" name=\"{habitat}\" time=\"{seconds}\"");
            let told: Vec<String> = differing(compared, run).map(ToString::to_string).collect();
            if told.is_empty() {
                out.push_str("/>\n");
            } else {
                let words = escaped(told.first().and_then(|first| first.lines().next()).unwrap_or_default());
                let _ = writeln!(
                    out,
                    ">\n      <failure message=\"{words}\">{}</failure>\n    </testcase>",
                    escaped(&told.join("\n"))
                );
            }
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn differing<'a>(compared: &'a Compared, run: &'a Run) -> impl Iterator<Item = &'a crate::Difference> {
    compared.differences.iter().filter(|difference| difference.habitat == run.habitat)
}

fn failures(compared: &Compared) -> usize {
    compared.runs.iter().filter(|run| differing(compared, run).next().is_some()).count()
}

fn seconds(run: &Run) -> String {
    let us: u64 = run.outcome.as_ref().map_or(0, |outcome| outcome.timings.iter().map(|timing| timing.us).sum());
    format!("{}.{:06}", us / 1_000_000, us % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::junit;
    use crate::{Compared, Difference, Run, What};
    use amphi_core::habitat::HabitatError;

    #[test]
    fn a_difference_is_a_failure_of_its_habitat() {
        let run = |habitat: &str| Run {
            habitat: habitat.to_owned(),
            outcome: Err(HabitatError::new("no")),
            records: Vec::new(),
            calls: 0,
            cut: false,
        };
        let what = What::Text { name: "stdout".to_owned(), expected: "\"<a>\"".to_owned(), found: "\"&\"".to_owned() };
        let difference = Difference { habitat: "shim".to_owned(), reference: "wasmtime".to_owned(), what };
        let compared = Compared {
            program: "a \"b\"".to_owned(),
            runs: vec![run("wasmtime"), run("shim")],
            differences: vec![difference],
        };
        let xml = junit(&[compared]);
        for part in [
            "<testsuites name=\"amphi parity\" tests=\"2\" failures=\"1\">",
            "<testcase classname=\"a &quot;b&quot;\" name=\"wasmtime\" time=\"0.000000\"/>",
            "<failure message=\"shim: stdout is not as in wasmtime\">",
            "&quot;&lt;a&gt;&quot;",
        ] {
            assert!(xml.contains(part), "{part} in {xml}");
        }
    }
}
