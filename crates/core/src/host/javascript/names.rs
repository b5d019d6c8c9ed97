//! The names of a declaration in JavaScript, and the names of parameters in a function's text. This file never knows
//! values.

use std::collections::HashSet;

use crate::names::{is_python_name, python_name};

/// A function's, a field's or a flag's name: `parse-number` and `parse_number` become `parseNumber`, as in jco.
#[must_use]
pub fn camel(name: &str) -> String {
    let mut words = plain(name).split(['-', '_']).filter(|word| !word.is_empty());
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        camel.push_str(letters.as_str());
    }
    camel
}

/// A case's name: `line_end` becomes `line-end`.
#[must_use]
pub fn kebab(name: &str) -> String {
    plain(name).replace('_', "-")
}

/// The name that a property may have, the preferred one first.
#[must_use]
pub fn spellings(name: &str) -> [String; 2] {
    [camel(name), plain(name).replace('-', "_")]
}

/// A Python name without what only Python needs: a declared name has no `_` at its end.
fn plain(name: &str) -> &str {
    name.trim_end_matches('_')
}

/// Names for the parameters, out of the function's text where it has plain ones there. So many must be given; those with
/// a default, and what is behind them, need not be.
///
/// The text is whatever the engine says a function is; what is not understood gets `arg0`, `arg1` and so on.
#[must_use]
pub fn parameters(text: &str, required: usize) -> Vec<String> {
    let mut found = list(&plain_head(text));
    let rest = found.iter().position(|name| name.trim().is_empty() || name.trim().starts_with("..."));
    found.truncate(rest.unwrap_or(found.len()));
    let mut seen = HashSet::new();
    let count = required.max(found.len());
    let mut names = Vec::with_capacity(count);
    for at in 0..count {
        let name = found.get(at).map(|name| python_name(name.trim())).filter(|name| is_python_name(name));
        let name = name.filter(|name| seen.insert(name.clone()));
        names.push(name.unwrap_or_else(|| format!("arg{at}")));
    }
    names
}

/// What stands between the commas of the parameter list, without defaults.
fn list(text: &str) -> Vec<String> {
    let head = text.trim_start();
    let head = head.strip_prefix("async").map_or(head, str::trim_start);
    let arrow = head.find("=>").unwrap_or(usize::MAX);
    let Some(open) = head.find('(').filter(|open| *open < arrow) else {
        // One parameter of an arrow function needs no parentheses.
        return head.get(..arrow.min(head.len())).map(|name| vec![name.to_owned()]).unwrap_or_default();
    };
    let (mut parts, mut depth, mut default) = (vec![String::new()], 0_u32, false);
    for letter in head.get(open + 1..).unwrap_or_default().chars() {
        match letter {
            ')' if depth == 0 => break,
            ',' if depth == 0 => {
                parts.push(String::new());
                default = false;
                continue;
            }
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            '=' if depth == 0 => default = true,
            _ => {}
        }
        if let Some(part) = parts.last_mut().filter(|_| !default) {
            part.push(letter);
        }
    }
    parts
}

/// The text without comments and without what stands in quotes, which may hold anything.
fn plain_head(text: &str) -> String {
    let mut kept = String::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match (letter, letters.peek()) {
            ('/', Some('*')) => {
                let mut before = ' ';
                letters.next();
                while let Some(letter) = letters.next().filter(|letter| (before, *letter) != ('*', '/')) {
                    before = letter;
                }
            }
            ('/', Some('/')) => while letters.next().is_some_and(|letter| letter != '\n') {},
            ('"' | '\'' | '`', _) => {
                while let Some(inside) = letters.next().filter(|inside| *inside != letter) {
                    if inside == '\\' {
                        letters.next();
                    }
                }
            }
            _ => kept.push(letter),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_names_are_javascripts() {
        for (name, camels, kebabs) in [
            ("parse-number", "parseNumber", "parse-number"),
            ("parse_number", "parseNumber", "parse-number"),
            ("import_", "import", "import"),
            ("None_", "None", "None"),
            ("x-1-b", "x1B", "x-1-b"),
            ("HTTP-get", "HTTPGet", "HTTP-get"),
            ("", "", ""),
        ] {
            assert_eq!(camel(name), camels);
            assert_eq!(kebab(name), kebabs);
        }
        assert_eq!(spellings("is_a"), ["isA", "is_a"]);
    }

    #[test]
    fn parameters_have_the_names_of_the_text() {
        for (text, count, names) in [
            ("function f(a, b) { return a / b; }", 2, "a b"),
            ("function f(a /* (first */, // second)\n b) {}", 2, "a b"),
            ("async function* f (a,b){}", 2, "a b"),
            ("(x, y) => x", 2, "x y"),
            ("async (x) => x", 1, "x"),
            ("x => (x)", 1, "x"),
            ("async x => x", 1, "x"),
            ("method(from, class_) {}", 2, "from_ class_"),
            ("function f({a, b}, [c], d) {}", 3, "arg0 arg1 d"),
            ("function f(a, b = (1, 2), c) {}", 1, "a b c"),
            ("(sep = \",)\", end = ')\\'', {x} = {}) => 1", 0, "sep end arg2"),
            ("function f(a, ...rest) {}", 1, "a"),
            ("function f(call = (x) => x, last = [1, 2]) {}", 0, "call last"),
            ("function f() {}", 0, ""),
            ("function f(a, sep = \"/\", end = a / 2, c = 1) {}", 1, "a sep end c"),
            ("function f(u = 'http://x', /* ( */ n = 3) {\n return g(\"a, b\", u); }", 0, "u n"),
            ("function f($a, a, a, é) {}", 4, "arg0 a arg2 arg3"),
            ("function f() { [native code] }", 2, "arg0 arg1"),
            ("not a function", 1, "arg0"),
            ("", 0, ""),
        ] {
            assert_eq!(parameters(text, count).join(" "), names, "{text}");
        }
    }
}
