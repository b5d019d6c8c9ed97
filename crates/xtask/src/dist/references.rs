//! Finds what a file of the page refers to, in HTML, CSS and JavaScript, and which file that would be.
//! Must never know which files there are.

use std::ops::Range;

/// Quotes further apart than this hold no address.
const LONGEST: usize = 200;

/// Endings by which a quoted text is known to name a file, wherever it stands in JavaScript.
const KINDS: &[&str] = &["css", "html", "js", "json", "mjs", "svg", "wasm", "zip"];

/// What stands before an address in JavaScript.
const CALLS: &[&str] = &["fetch(", "importScripts(", "register(", "new URL(", "new Worker(", "new SharedWorker("];

/// What a file is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    /// HTML, or SVG.
    Markup,
    /// CSS.
    Style,
    /// JavaScript.
    Script,
}

impl Language {
    /// By the file's name; none where a file refers to nothing.
    pub(crate) fn of(name: &str) -> Option<Self> {
        match name.rsplit('.').next()? {
            "html" | "svg" => Some(Self::Markup),
            "css" => Some(Self::Style),
            "js" | "mjs" => Some(Self::Script),
            _ => None,
        }
    }
}

/// How a file is referred to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// By an import, or in HTML and CSS: from the file's own folder.
    Own,
    /// By a call of `import`, when it is asked for: from the file's own folder.
    Later,
    /// By a text in JavaScript, which may be meant from the file's own folder or from the page's: a worker and the page
    /// fetch from where they are, whichever module does it.
    Text,
}

/// One reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    /// Where its address stands in the file.
    pub(crate) range: Range<usize>,
    /// How it is meant.
    pub(crate) kind: Kind,
}

/// Why a reference can be to no file of the folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stray {
    /// It begins at the server's root, or names a server.
    Absolute,
    /// It climbs out of the folder.
    Out,
}

/// All references of `text`, in order.
pub(crate) fn find(text: &str, language: Language) -> Vec<Reference> {
    let mut found = Vec::new();
    match language {
        Language::Script => script(text, 0, &mut found),
        Language::Style => style(text, &mut found),
        Language::Markup => {
            let scripts = inline_scripts(text);
            for range in &scripts {
                script(text.get(range.clone()).unwrap_or_default(), range.start, &mut found);
            }
            for quoted in quotations(text, 0) {
                let before = text.get(..quoted.start.saturating_sub(1)).unwrap_or_default();
                let attribute = [" src=", " href="].iter().any(|attribute| before.ends_with(attribute));
                if attribute && !scripts.iter().any(|script| script.contains(&quoted.start)) {
                    found.push(Reference { range: quoted, kind: Kind::Own });
                }
            }
            found.sort_by_key(|reference| reference.range.start);
        }
    }
    found
}

/// Where the text of each script stands that has no `src`.
pub(crate) fn inline_scripts(html: &str) -> Vec<Range<usize>> {
    let mut scripts = Vec::new();
    let mut at = 0;
    while let Some((before, tag)) = html.get(at..).and_then(|rest| rest.split_once("<script")) {
        let Some((attributes, body)) = tag.split_once('>') else { break };
        let Some((script, _)) = body.split_once("</script>") else { break };
        let start = at + before.len() + "<script".len() + attributes.len() + 1;
        at = start + script.len();
        if !attributes.split_ascii_whitespace().any(|attribute| attribute.starts_with("src=")) {
            scripts.push(start..at);
        }
    }
    scripts
}

/// The files that `reference`, in the file `from`, can mean: paths from the folder's root. None where it leads to a
/// part of the same file, or holds what it means.
///
/// # Errors
/// It can be no file of the folder.
pub(crate) fn targets(from: &str, kind: Kind, reference: &str) -> Result<Vec<String>, Stray> {
    let path = reference.split(['?', '#']).next().unwrap_or_default();
    if reference.starts_with('#') || ["data:", "blob:"].iter().any(|scheme| reference.starts_with(scheme)) {
        return Ok(Vec::new());
    }
    if path.starts_with('/') || path.contains(':') {
        return Err(Stray::Absolute);
    }
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut targets: Vec<String> = join(folder, path).into_iter().collect();
    if kind == Kind::Text {
        targets.extend(join("", path).filter(|target| !targets.contains(target)));
    }
    if targets.is_empty() { Err(Stray::Out) } else { Ok(targets) }
}

/// A path without dots; none where it leaves the root. A folder means the page in it.
fn join(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    if ["", ".", ".."].contains(&path.rsplit('/').next().unwrap_or_default()) {
        parts.push("index.html");
    }
    Some(parts.join("/"))
}

fn script(text: &str, offset: usize, found: &mut Vec<Reference>) {
    for quoted in quotations(text, 0) {
        let address = text.get(quoted.clone()).unwrap_or_default();
        let before = text.get(..quoted.start.saturating_sub(1)).unwrap_or_default().trim_ascii_end();
        let after = text.get(quoted.end + 1..).unwrap_or_default().trim_ascii_start();
        if let Some(kind) = meant(before, address, after) {
            found.push(Reference { range: quoted.start + offset..quoted.end + offset, kind });
        }
    }
}

/// How a quoted text of JavaScript is meant, if it is a reference, by what stands before and after it.
fn meant(before: &str, address: &str, after: &str) -> Option<Kind> {
    let word = |name: &str| {
        before
            .strip_suffix(name)
            .is_some_and(|rest| !rest.ends_with(|letter: char| letter.is_alphanumeric() || letter == '.'))
    };
    // The import object of a wasm module names its modules as they were called when it was compiled.
    let is_key = before.ends_with(['{', ',']) && after.starts_with(':');
    let is_file = || {
        let (stem, kind) = address.rsplit_once('.')?;
        (!stem.is_empty() && !stem.ends_with('/') && KINDS.contains(&kind)).then_some(Kind::Text)
    };
    if !is_address(address) || is_key {
        None
    } else if word("import(") {
        Some(Kind::Later)
    } else if word("from") || word("import") {
        Some(Kind::Own)
    } else if CALLS.iter().any(|call| before.ends_with(call)) {
        Some(Kind::Text)
    } else {
        is_file()
    }
}

/// Whether a text could be an address. In JavaScript, a quote may as well be the end of another text.
fn is_address(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_alphanumeric() || "@./".contains(letter))
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"@._~%+/:?#=&-".contains(&byte))
}

fn style(text: &str, found: &mut Vec<Reference>) {
    for (at, opening) in text.match_indices("url(").chain(text.match_indices("@import ")) {
        let start = at + opening.len();
        let rest = text.get(start..).unwrap_or_default();
        let (start, end) = match rest.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                (start + 1, rest.get(1..).and_then(|rest| rest.find(quote)).map(|end| start + 1 + end))
            }
            // `@import url(…)` is found by its `url(`.
            _ if opening != "url(" => continue,
            _ => (start, rest.find(')').map(|end| start + end)),
        };
        if let Some(end) = end {
            found.push(Reference { range: start..end, kind: Kind::Own });
        }
    }
    found.sort_by_key(|reference| reference.range.start);
}

/// What stands between two quotes of a kind on one line. A closing quote is taken for an opening one as well: to know
/// which it is one would have to read all of the language, and an address is known by its looks.
fn quotations(text: &str, from: usize) -> impl Iterator<Item = Range<usize>> {
    let mut at = from;
    std::iter::from_fn(move || {
        loop {
            let start = at + text.get(at..)?.find(['"', '\''])? + 1;
            at = start;
            let quote = text.as_bytes().get(start - 1)?;
            let rest = text.as_bytes().get(start..)?;
            let length = rest.iter().take(LONGEST).position(|byte| byte == quote || *byte == b'\n');
            if let Some(length) = length
                && rest.get(length) == Some(quote)
            {
                return Some(start..start + length);
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_found_and_other_texts_are_not() {
        use Kind::{Later, Own, Text};
        for (name, language, text, expected) in [
            ("import", Language::Script, "import a from './a.js';", &[("./a.js", Own)][..]),
            (
                "minified",
                Language::Script,
                "import{a}from\"./a.js\";import\"./b.js\"",
                &[("./a.js", Own), ("./b.js", Own)],
            ),
            ("export", Language::Script, "export * from \"./a.js\"", &[("./a.js", Own)]),
            ("when asked for", Language::Script, "await import( \"./a.js\")", &[("./a.js", Later)]),
            ("address", Language::Script, "new URL('a_bg.wasm', import.meta.url)", &[("a_bg.wasm", Text)]),
            ("without a kind", Language::Script, "fetch(\"things\")", &[("things", Text)]),
            ("by way of a function", Language::Script, "get(\"python/python.wasm\")", &[("python/python.wasm", Text)]),
            ("key", Language::Script, "{ \"./a_bg.js\": one, \"./b.js\" : two }", &[]),
            ("not a key", Language::Script, "x ? \"a.js\" : \"b.js\"", &[("a.js", Text), ("b.js", Text)]),
            ("closing quotes", Language::Script, "[\"from\",\"import\",\"a\"];\"import\",detail:\"b\"", &[]),
            ("other words", Language::Script, "a = \"main.py\"; Array.from(\"abc\"); \".js\"", &[]),
            ("template", Language::Script, "'import ${name} from \"${module}\"'", &[]),
            ("comment", Language::Script, "// see `suspend.js`", &[]),
            (
                "attribute",
                Language::Markup,
                "<link href=\"./a.css\"><img src='b.svg' data-x=\"c.js\">",
                &[("./a.css", Own), ("b.svg", Own)],
            ),
            (
                "inline",
                Language::Markup,
                "<script>f(\"w.js\")</script><script src=\"a.js\"></script>",
                &[("w.js", Text), ("a.js", Own)],
            ),
            (
                "style",
                Language::Style,
                "@import \"a.css\"; b { c: url(d.svg) url('e.svg') }",
                &[("a.css", Own), ("d.svg", Own), ("e.svg", Own)],
            ),
            ("imported style", Language::Style, "@import url(a.css);", &[("a.css", Own)]),
        ] {
            let found = find(text, language);
            let found: Vec<_> = found.iter().map(|found| (&text[found.range.clone()], found.kind)).collect();
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn a_reference_means_a_file_of_the_folder_or_none() {
        for (from, kind, reference, expected) in [
            ("a.js", Kind::Own, "./b.js", Ok(vec!["b.js"])),
            ("s/a.js", Kind::Own, "./b.js?x#y", Ok(vec!["s/b.js"])),
            ("s/t/a.js", Kind::Own, "../b.js", Ok(vec!["s/b.js"])),
            ("s/a.js", Kind::Text, "p/b.zip", Ok(vec!["s/p/b.zip", "p/b.zip"])),
            ("a.js", Kind::Text, ".", Ok(vec!["index.html"])),
            ("a.css", Kind::Own, "data:image/png;base64,AA", Ok(vec![])),
            ("a.svg", Kind::Own, "#part", Ok(vec![])),
            ("s/a.js", Kind::Own, "../../b.js", Err(Stray::Out)),
            ("a.js", Kind::Own, "/b.js", Err(Stray::Absolute)),
            ("a.js", Kind::Text, "https://example.com/b.js", Err(Stray::Absolute)),
        ] {
            let expected = expected.map(|targets: Vec<&str>| targets.into_iter().map(str::to_owned).collect());
            assert_eq!(targets(from, kind, reference), expected, "{from}: {reference}");
        }
    }
}
