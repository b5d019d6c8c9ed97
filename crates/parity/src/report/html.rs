//! The report as one page that needs nothing else.

use std::fmt::Write as _;

use super::{calls, count, escaped};
use crate::{Compared, Difference, Side, What};

/// All programs as one page, light or dark as the reader likes.
#[must_use]
pub fn html(all: &[Compared]) -> String {
    let differing = all.iter().filter(|compared| !compared.is_alike()).count();
    let verdict = match differing {
        0 => "All alike".to_owned(),
        number => format!("{number} of {} not alike", count(all.len(), "program")),
    };
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>amphi parity: {verdict}</title>\n<style>{STYLE}</style>\n<main>\n<h1>{verdict}</h1>\n<p>Each program ran in every habitat. The first is the measure: streams, exit code, files left behind and every call were held against it, with descriptor numbers, inodes and times made comparable.</p>\n"
    );
    overview(&mut out, all);
    for (number, compared) in all.iter().enumerate().filter(|(_, compared)| !compared.is_alike()) {
        program(&mut out, number, compared);
    }
    out.push_str("</main>\n</html>\n");
    out
}

/// A row for each program, a cell for each habitat.
fn overview(out: &mut String, all: &[Compared]) {
    let habitats: Vec<&str> =
        all.first().map(|compared| compared.runs.iter().map(|run| run.habitat.as_str()).collect()).unwrap_or_default();
    out.push_str("<div class=\"wide\"><table>\n<tr><th scope=\"col\">Program");
    for habitat in habitats {
        // Writing to a string cannot fail.
        let _ = write!(out, "<th scope=\"col\">{}", escaped(habitat));
    }
    out.push_str("<th scope=\"col\">Compared\n");
    for (number, compared) in all.iter().enumerate() {
        let name = escaped(&compared.program);
        let name = if compared.is_alike() { name } else { format!("<a href=\"#p{number}\">{name}</a>") };
        let _ = write!(out, "<tr><th scope=\"row\">{name}");
        for (place, run) in compared.runs.iter().enumerate() {
            let differs = compared.differences.iter().filter(|difference| difference.habitat == run.habitat).count();
            let _ = match (&run.outcome, differs) {
                (Err(_), _) => write!(out, "<td class=\"bad\">did not start"),
                (Ok(_), 0) if place == 0 => write!(out, "<td>the measure"),
                (Ok(_), 0) => write!(out, "<td class=\"good\">alike"),
                (Ok(_), number) => write!(out, "<td class=\"bad\">{}", count(number, "difference")),
            };
        }
        let _ = writeln!(out, "<td class=\"number\">{}", calls(compared));
    }
    out.push_str("</table></div>\n");
}

fn program(out: &mut String, number: usize, compared: &Compared) {
    let _ = writeln!(out, "<section id=\"p{number}\">\n<h2>{}</h2>", escaped(&compared.program));
    for Difference { habitat, reference, what } in &compared.differences {
        let (habitat, reference) = (escaped(habitat), escaped(reference));
        let name = escaped(&what.name());
        let _ = writeln!(out, "<h3>{habitat}: {name} is not as in {reference}</h3>\n<div class=\"sides\">");
        match what {
            What::Text { expected, found, .. } => {
                for (name, text) in [(reference, expected), (habitat, found)] {
                    let _ =
                        writeln!(out, "<figure><figcaption>{name}</figcaption><pre>{}</pre></figure>", escaped(text));
                }
            }
            What::Calls(calls) => {
                side(out, &reference, &calls.expected);
                side(out, &habitat, &calls.found);
            }
        }
        out.push_str("</div>\n");
    }
    out.push_str("</section>\n");
}

fn side(out: &mut String, name: &str, side: &Side) {
    let _ = write!(out, "<figure><figcaption>{name}</figcaption><ol>");
    for (number, line) in &side.before {
        let _ = write!(out, "<li value=\"{number}\"><code>{}</code>", escaped(line));
    }
    let _ = match &side.call {
        Some((number, line)) => write!(out, "<li value=\"{number}\" class=\"bad\"><code>{}</code>", escaped(line)),
        None => write!(out, "<li class=\"bad\">no more calls"),
    };
    out.push_str("</ol></figure>\n");
}

const STYLE: &str = "
:root { color-scheme: light dark; --ink: light-dark(#1c2024, #e8eaed); --soft: light-dark(#5b6470, #a3abb5);
  --paper: light-dark(#fdfdfc, #16181b); --line: light-dark(#dcdfe3, #353a40); --card: light-dark(#f5f6f4, #1e2125);
  --good: light-dark(#176b3a, #6fd391); --bad: light-dark(#a32018, #ff9b8f); }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
h1 { font-size: 1.6rem; margin: 0 0 .5rem; } h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1.5rem 0 .5rem; } p { color: var(--soft); max-width: 46rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; margin: 1.5rem 0; }
th, td { text-align: left; padding: .4rem 1rem .4rem 0; border-bottom: 1px solid var(--line); font-weight: normal; }
tr:first-child th { color: var(--soft); } th[scope=row] { font-weight: 600; } a { color: inherit; }
.number { text-align: right; font-variant-numeric: tabular-nums; } .good { color: var(--good); } .bad { color: var(--bad); }
.sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 1rem; }
figure { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem;
  overflow-x: auto; } figcaption { color: var(--soft); } ol { margin: .25rem 0 0; padding-left: 3.5rem; }
pre, code { font: 13px/1.6 ui-monospace, monospace; margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
li.bad code { font-weight: 600; }
";
