//! How a declared name becomes a Python name. This file never knows what is named.

/// Python's keywords: none may name a function, parameter or field. `match`, `case`, `type` and `_` may.
const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
    "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
    "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// The Python name of a function, parameter, field or case: `-` becomes `_`, a keyword gets a `_` at its end, and so does
/// `mro`, which no enum may have.
#[must_use]
pub fn python_name(name: &str) -> String {
    let mut python = name.replace('-', "_");
    if python == "mro" || KEYWORDS.contains(&python.as_str()) {
        python.push('_');
    }
    python
}

/// The Python name of a type: `line-end` becomes `LineEnd`.
#[must_use]
pub fn python_class(name: &str) -> String {
    let mut python = String::new();
    for word in name.split(['-', '_']) {
        let mut letters = word.chars();
        python.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        python.push_str(letters.as_str());
    }
    if KEYWORDS.contains(&python.as_str()) {
        python.push('_');
    }
    python
}

/// Whether Python can name something so: ASCII letters, digits and `_`, no digit first, no keyword.
#[must_use]
pub fn is_python_name(name: &str) -> bool {
    name.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && !KEYWORDS.contains(&name)
}

/// The known name closest to a mistyped one, if any is close.
pub(crate) fn closest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (name.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|known| (distance(name, known), known))
        // Where every letter differs, nothing is close, however short the name.
        .filter(|(distance, _)| *distance <= allowed && *distance < name.chars().count())
        .min()
        .map(|(_, known)| known)
}

/// How many letters must be added, dropped, changed or swapped with their neighbour to make `a` into `b`.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    // Three rows of the usual table: the one before last serves swapped neighbours.
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut previous = None;
    for (i, letter) in a.chars().enumerate() {
        let mut row = vec![i + 1];
        for (j, other) in b.iter().enumerate() {
            let at = |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX / 2);
            let mut best = at(&last, j) + usize::from(letter != *other);
            best = best.min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = j > 0 && previous == Some(*other) && b.get(j - 1) == Some(&letter);
            if swapped {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
        previous = Some(letter);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_pythons() {
        for (name, python) in
            [("demo", "demo"), ("add-two", "add_two"), ("import", "import_"), ("match", "match"), ("mro", "mro_")]
        {
            assert_eq!(python_name(name), python);
            assert!(is_python_name(&python_name(name)));
        }
        assert_eq!(python_class("line-end"), "LineEnd");
        assert_eq!(python_class("none"), "None_");
        for name in ["", "1a", "a b", "a#b", "é", "for"] {
            assert!(!is_python_name(name), "{name}");
        }
    }

    #[test]
    fn the_closest_name_is_found() {
        let known = ["script", "stdin", "files", "args"];
        for (name, closest_name) in
            [("scirpt", Some("script")), ("file", Some("files")), ("arg", Some("args")), ("banana", None), ("", None)]
        {
            assert_eq!(closest(name, known), closest_name, "{name}");
        }
    }
}
