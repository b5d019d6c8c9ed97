//! Patterns for names of calls and for paths.

use std::str::FromStr;

/// A pattern: `*` stands for any part of a name, `?` for one letter, `**` also for `/`. A pattern without `/` is held
/// against the last part of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob(String);

impl FromStr for Glob {
    type Err = std::convert::Infallible;

    fn from_str(pattern: &str) -> Result<Self, Self::Err> {
        Ok(Self(pattern.to_owned()))
    }
}

impl Glob {
    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the whole of a name fits.
    #[must_use]
    pub fn fits(&self, name: &str) -> bool {
        fits(self.0.as_bytes(), name.as_bytes())
    }

    /// Whether a path fits, or its last part where the pattern has no `/`.
    #[must_use]
    pub fn fits_path(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let last = path.rsplit('/').next().unwrap_or(path);
        self.fits(if self.0.contains('/') { path } else { last })
    }
}

/// Goes through both from the front; at a mismatch, the last star takes one more. Two kinds of star need two places to
/// go back to, the wider one last.
fn fits(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut seen) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    let mut wide: Option<(usize, usize)> = None;
    loop {
        let rest = pattern.get(at..).unwrap_or_default();
        match (rest, name.get(seen)) {
            ([b'*', b'*', ..], _) => {
                at += 2;
                (wide, star) = (Some((at, seen)), None);
                continue;
            }
            ([b'*', ..], _) => {
                at += 1;
                star = Some((at, seen));
                continue;
            }
            ([], None) => return true,
            ([b'?', ..], Some(letter)) if *letter != b'/' => {
                (at, seen) = (at + 1, seen + 1);
                continue;
            }
            ([wanted, ..], Some(letter)) if wanted == letter => {
                (at, seen) = (at + 1, seen + 1);
                continue;
            }
            _ => {}
        }
        match (&mut star, &mut wide) {
            (Some((after, from)), _) if name.get(*from).is_some_and(|letter| *letter != b'/') => {
                *from += 1;
                (at, seen) = (*after, *from);
            }
            (_, Some((after, from))) if *from < name.len() => {
                *from += 1;
                (at, seen) = (*after, *from);
                star = None;
            }
            _ => return false,
        }
    }
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
        ] {
            let glob: Glob = pattern.parse().unwrap_or_else(|never| match never {});
            assert_eq!(glob.fits_path(path), expected, "{pattern} {path}");
        }
    }
}
