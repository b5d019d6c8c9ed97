//! One table of a manifest, read key by key, with mistakes told by file and line. This file never knows what a key
//! means.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::manifest::{Folder, FolderError, ManifestError};
use crate::names::closest;
use crate::source::Source;

/// The mistake at this byte of the manifest.
pub(super) fn error(source: &Source, at: usize, message: String) -> ManifestError {
    let place = source.error(at, message);
    ManifestError {
        file: place.file,
        line: place.line,
        // A parser's message may have several lines; the first says it.
        message: place.message.replace('\n', ", "),
    }
}

/// Whether a path stays in its folder.
pub(super) fn check_path(path: &str) -> Result<(), String> {
    let odd = |part: &str| matches!(part, "" | "." | "..");
    if path.contains(['\\', '\0']) || path.split('/').any(odd) {
        return Err(format!("'{path}' is no path inside the folder: parts are joined by one /, and none is . or .."));
    }
    Ok(())
}

/// One table.
#[derive(Clone, Copy)]
pub(super) struct Table<'a> {
    source: &'a Source,
    folder: &'a dyn Folder,
    entries: &'a DeTable<'a>,
    /// Where the table is, for what is missing in it.
    at: usize,
}

impl<'a> Table<'a> {
    pub(super) fn new(source: &'a Source, folder: &'a dyn Folder, entries: &'a DeTable<'a>) -> Self {
        Self { source, folder, entries, at: 0 }
    }

    /// The mistake at this byte.
    pub(super) fn error(&self, at: usize, message: String) -> ManifestError {
        error(self.source, at, message)
    }

    /// The mistake at this key, or at the table where it has no such key.
    pub(super) fn wrong(&self, key: &str, message: String) -> ManifestError {
        let at = self.entry(key).map_or(self.at, |(key, _)| key.span().start);
        self.error(at, message)
    }

    /// Refuses any other key than these.
    pub(super) fn known(&self, keys: &[&str]) -> Result<(), ManifestError> {
        let mut unknown: Vec<_> = self.entries.keys().filter(|key| !keys.contains(&key.get_ref().as_ref())).collect();
        unknown.sort_by_key(|key| key.span().start);
        let Some(key) = unknown.first() else {
            return Ok(());
        };
        let name = key.get_ref();
        let hint = closest(name, keys.iter().copied());
        let hint = hint.map_or(String::new(), |hint| format!(" (did you mean '{hint}'?)"));
        let message = format!("unknown key '{name}'{hint}; expected one of {}", keys.join(", "));
        Err(self.error(key.span().start, message))
    }

    /// Refuses more than one of these keys.
    pub(super) fn at_most_one(&self, keys: &[&str]) -> Result<(), ManifestError> {
        let mut found: Vec<_> = keys.iter().filter_map(|key| self.entry(key)).collect();
        found.sort_by_key(|(key, _)| key.span().start);
        match found.as_slice() {
            [(first, _), (second, _), ..] => Err(self.error(
                second.span().start,
                format!(
                    "'{}' beside '{}': only one of {} can be there",
                    second.get_ref(),
                    first.get_ref(),
                    keys.join(", ")
                ),
            )),
            _ => Ok(()),
        }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.entry(key).is_some()
    }

    /// A table's keys with its values, in the order of the text.
    pub(super) fn in_order(&self) -> Vec<(&'a str, &'a Spanned<DeValue<'a>>)> {
        let mut entries: Vec<_> = self.entries.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        let pair = |(key, value): (&'a Spanned<_>, _)| -> (&'a str, _) {
            let name: &'a std::borrow::Cow<'a, str> = key.get_ref();
            (name.as_ref(), value)
        };
        entries.into_iter().map(pair).collect()
    }

    pub(super) fn value(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.entry(key).map(|(_, value)| value)
    }

    /// A text.
    pub(super) fn text(&self, key: &str) -> Result<Option<&'a str>, ManifestError> {
        self.typed(key, "a text in quotes", DeValue::as_str)
    }

    /// The path of a file in the folder.
    pub(super) fn path(&self, key: &str) -> Result<Option<&'a str>, ManifestError> {
        let path = self.text(key)?;
        if let Some(path) = path {
            check_path(path).map_err(|message| self.wrong(key, message))?;
        }
        Ok(path)
    }

    /// A whole number that is not negative.
    pub(super) fn number(&self, key: &str) -> Result<Option<u64>, ManifestError> {
        self.typed(key, "a whole number, 0 or greater", |value| {
            let number = value.as_integer()?;
            u64::from_str_radix(number.as_str(), number.radix()).ok()
        })
    }

    /// Texts, none where the key is missing.
    pub(super) fn texts(&self, key: &str) -> Result<Vec<String>, ManifestError> {
        let texts = self.list(key)?.unwrap_or_default();
        Ok(texts.into_iter().map(|(_, text)| text.to_owned()).collect())
    }

    /// A list of texts, each with its place.
    pub(super) fn list(&self, key: &str) -> Result<Option<Vec<(usize, &'a str)>>, ManifestError> {
        let expected = "a list of texts, [\"…\", \"…\"]";
        let Some(items) = self.typed(key, expected, DeValue::as_array)? else {
            return Ok(None);
        };
        let text = |item: &'a Spanned<DeValue<'a>>| {
            let text = item.get_ref().as_str();
            let text = text.ok_or_else(|| self.mismatch(key, item, expected));
            Ok((item.span().start, text?))
        };
        items.iter().map(text).collect::<Result<_, _>>().map(Some)
    }

    /// A table.
    pub(super) fn table(&self, key: &str) -> Result<Option<Table<'a>>, ManifestError> {
        let entry = self.entry(key);
        let entries = self.typed(key, "a table", DeValue::as_table)?;
        Ok(entries.zip(entry).map(|(entries, (key, _))| Table { entries, at: key.span().start, ..*self }))
    }

    /// Tables, as `[[key]]` writes them; none where the key is missing.
    pub(super) fn tables(&self, key: &str) -> Result<Vec<Table<'a>>, ManifestError> {
        let expected = format!("tables, each under [[{key}]]");
        let Some(items) = self.typed(key, &expected, DeValue::as_array)? else {
            return Ok(Vec::new());
        };
        let table = |item: &'a Spanned<DeValue<'a>>| match item.get_ref().as_table() {
            Some(entries) => Ok(Table { entries, at: item.span().start, ..*self }),
            None => Err(self.mismatch(key, item, &expected)),
        };
        items.iter().map(table).collect()
    }

    /// What `read` makes of the value; where it makes nothing of it, the value is of the wrong type.
    pub(super) fn typed<T>(
        &self,
        key: &str,
        expected: &str,
        read: impl FnOnce(&'a DeValue<'a>) -> Option<T>,
    ) -> Result<Option<T>, ManifestError> {
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        match read(value.get_ref()) {
            Some(read) => Ok(Some(read)),
            None => Err(self.mismatch(key, value, expected)),
        }
    }

    /// The mistake of a value of the wrong type.
    pub(super) fn mismatch(&self, key: &str, value: &Spanned<DeValue<'_>>, expected: &str) -> ManifestError {
        let given = match value.get_ref() {
            DeValue::String(text) => format!("the text \"{text}\""),
            DeValue::Integer(number) => number.to_string(),
            DeValue::Float(number) => number.to_string(),
            DeValue::Boolean(truth) => truth.to_string(),
            DeValue::Datetime(time) => time.to_string(),
            DeValue::Array(_) => "a list".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
        };
        let message = format!("'{key}' should be {expected}, not {given}");
        // A whole table's own place can be far from its heading.
        match value.get_ref() {
            DeValue::Table(_) => self.wrong(key, message),
            _ => self.error(value.span().start, message),
        }
    }

    /// A file of the folder, which the key names.
    pub(super) fn read(&self, key: &str, path: &str) -> Result<Vec<u8>, ManifestError> {
        self.folder.read(path).map_err(|error| {
            let message = match error {
                FolderError::Missing => format!("'{path}' is not in the folder"),
                FolderError::Other(why) => format!("'{path}' cannot be read: {why}"),
            };
            self.wrong(key, message)
        })
    }

    /// A text file of the folder, which the key names.
    pub(super) fn source(&self, key: &str, path: &str) -> Result<Source, ManifestError> {
        match String::from_utf8(self.read(key, path)?) {
            Ok(text) => Ok(Source::new(path, text)),
            Err(_) => Err(self.wrong(key, format!("'{path}' is not UTF-8"))),
        }
    }

    /// All files of the folder.
    pub(super) fn all_files(&self, key: &str) -> Result<Vec<String>, ManifestError> {
        self.folder.list().map_err(|why| {
            let message = format!("the folder cannot be listed: {why}");
            self.wrong(key, message)
        })
    }

    fn entry(&self, key: &str) -> Option<(&'a Spanned<std::borrow::Cow<'a, str>>, &'a Spanned<DeValue<'a>>)> {
        self.entries.iter().find(|(name, _)| name.get_ref() == key)
    }
}
