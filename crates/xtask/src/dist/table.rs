//! The table of what visits load. Must never look at a file.

use super::version::{File, Manifest};

/// Lines with each file of the first visit and its sizes, then what is loaded later, then the sums.
pub(crate) fn lines(manifest: &Manifest) -> Vec<String> {
    let (first, later): (Vec<&File>, Vec<&File>) = manifest.files.iter().partition(|file| file.first_visit);
    let width = manifest.files.iter().map(|file| file.name.len()).max().unwrap_or_default();
    let row = |name: &str, bytes, wire| format!("  {name:width$}  {:>8}  {:>8}", size(bytes), size(wire));
    let sum = |files: &[&File], of: fn(&File) -> u64| files.iter().map(|file| of(file)).sum::<u64>();
    let mut lines = Vec::new();
    for (title, mut files) in [("the first visit loads", first), ("kept for later", later)] {
        if files.is_empty() {
            continue;
        }
        lines.push(format!("  {title:width$}  {:>8}  {:>8}", "size", "brotli"));
        files.sort_by_key(|file| std::cmp::Reverse(wire(file)));
        lines.extend(files.iter().map(|file| row(&file.name, file.bytes, wire(file))));
        lines.push(row("together", sum(&files, |file| file.bytes), sum(&files, wire)));
    }
    lines
}

/// What goes over the wire where the server sends compressed files.
fn wire(file: &File) -> u64 {
    file.brotli.unwrap_or(file.bytes)
}

/// `373 B`, `54 KB`, `14.2 MB`.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} KB", bytes.div_ceil(1_000)),
        // One digit after the point, without floating point.
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_visit_is_summed_by_what_goes_over_the_wire() {
        let file = |name: &str, bytes, brotli, first_visit| File {
            name: name.into(),
            file: name.into(),
            bytes,
            brotli,
            first_visit,
        };
        let files = vec![
            file("a.js", 54_100, Some(8_000), true),
            file("b.zip", 9_956_406, None, true),
            file("c.js", 373, None, false),
        ];
        let lines = lines(&Manifest { version: String::new(), files });
        let words: Vec<Vec<&str>> = lines
            .iter()
            .map(|line| line.split("  ").filter(|word| !word.is_empty()).map(str::trim).collect())
            .collect();
        assert_eq!(
            words[1..4],
            [["b.zip", "9.9 MB", "9.9 MB"], ["a.js", "55 KB", "8 KB"], ["together", "10.0 MB", "9.9 MB"]]
        );
        assert_eq!(words[5..], [["c.js", "373 B", "373 B"], ["together", "373 B", "373 B"]]);
    }
}
