//! Patterns for names of calls and for paths.

/// A pattern: `*` stands for any part of a name, `?` for one letter, `**` also for `/`. A pattern without `/` is held
/// against the last part of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob(String);

impl Glob {
    /// Any text is a pattern.
    #[must_use]
    pub fn new(pattern: &str) -> Self {
        Self(pattern.to_owned())
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the whole of a name fits.
    #[must_use]
    pub fn fits(&self, name: &str) -> bool {
        fits(&self.0, name)
    }

    /// Whether a path fits, or its last part where the pattern has no `/`.
    #[must_use]
    pub fn fits_path(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let last = path.rsplit('/').next().unwrap_or(path);
        self.fits(if self.0.contains('/') { path } else { last })
    }
}

/// Goes through the pattern once and keeps which fronts of the name the pattern so far fits, so that no pattern takes
/// longer than its own length times the name's.
fn fits(pattern: &str, name: &str) -> bool {
    let mut empty = true;
    let mut fronts: Vec<(char, bool)> = name.chars().map(|letter| (letter, false)).collect();
    let mut pattern = pattern.chars().peekable();
    while let Some(wanted) = pattern.next() {
        let star = wanted == '*';
        let wide = star && pattern.next_if_eq(&'*').is_some();
        // The front that is shorter by one letter: a star takes one letter after another, so it looks at what it made of
        // that front; anything else takes one, and looks at what was.
        let mut shorter = empty;
        empty &= star;
        for (letter, fits) in &mut fronts {
            let before = *fits;
            let takes =
                if star { wide || *letter != '/' } else { *letter == wanted || (wanted == '?' && *letter != '/') };
            *fits = (star && before) || (shorter && takes);
            shorter = if star { *fits } else { before };
        }
    }
    fronts.last().map_or(empty, |(_, fits)| *fits)
}

#[cfg(test)]
mod tests {
    use super::Glob;

    #[test]
    fn patterns_fit_names_and_paths() {
        for (pattern, path, expected) in [
            ("*.txt", "/work/a.txt", true),
            ("*.txt", "/work/a.txt.gz", false),
            ("a?c", "/x/abc", true),
            ("a?c", "/x/ac", false),
            ("/work/*", "/work/a", true),
            ("/work/*", "/work/d/a", false),
            ("/work/**", "/work/d/a", true),
            ("**/a", "/work/d/a", true),
            ("/w*/**/c*t", "/work/x/y/cat", true),
            ("/w*/**/c*t", "/work/x/y/cab", false),
            ("*a*b*c", "/axxbxxbc", true),
            ("", "/work", false),
            ("work", "/work/", true),
            ("**", "/any/thing", true),
            ("?.txt", "/work/é.txt", true),
            ("*??", "/work/é", false),
        ] {
            let glob = Glob::new(pattern);
            assert_eq!(glob.fits_path(path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn no_pattern_takes_long() {
        // What goes back and tries again from each letter would need hours.
        let glob = Glob::new(&format!("***{}b", "a".repeat(1000)));
        assert!(!glob.fits(&"a".repeat(10_000)));
    }
}
