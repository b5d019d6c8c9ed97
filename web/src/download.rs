//! Bytes that the reader takes to their machine: a file, or an archive of files. It must never know whose they are.

use std::io::{Cursor, Write as _};

use js_sys::{Array, Uint8Array};
use leptos::prelude::*;
use leptos::web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};
use wasm_bindgen::JsCast as _;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Files in an archive, in a folder of that name.
#[must_use]
pub fn zipped<'a>(name: &str, files: impl Iterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (path, bytes) in files {
        // Memory takes everything, and a path that an archive cannot hold is left out of it.
        if archive.start_file(format!("{name}/{path}"), options).is_ok() {
            let _ = archive.write_all(bytes);
        }
    }
    archive.finish().map(Cursor::into_inner).unwrap_or_default()
}

/// Has the browser save bytes as a file.
pub fn download(name: &str, kind: &str, bytes: &[u8]) {
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    let parts = Array::of1(&Uint8Array::from(bytes));
    let Ok(blob) = Blob::new_with_u8_array_sequence_and_options(&parts, &options) else { return };
    let Ok(url) = Url::create_object_url_with_blob(&blob) else { return };
    if let Ok(link) = document().create_element("a") {
        let link: HtmlAnchorElement = link.unchecked_into();
        link.set_href(&url);
        link.set_download(name);
        link.click();
    }
    // Not at once: the browser reads it after this.
    set_timeout(move || drop(Url::revoke_object_url(&url)), std::time::Duration::from_secs(60));
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read as _};

    use super::zipped;

    #[test]
    fn an_archive_holds_the_files() {
        let archive = zipped("hello", [("main.py", &b"print(1)"[..]), ("data/a.txt", b"")].into_iter());
        let mut archive = zip::ZipArchive::new(Cursor::new(archive)).expect("an archive");
        assert_eq!(archive.len(), 2);
        assert!(archive.by_name("hello/data/a.txt").is_ok());
        let mut text = String::new();
        archive.by_name("hello/main.py").expect("it is there").read_to_string(&mut text).expect("text");
        assert_eq!(text, "print(1)");
    }
}
