//! What a version is called, and who is told: the page, the service worker, and people, by `versions.json`.
//! Must never read or write a file.

use anyhow::{Context as _, Result};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::names::{self, FIXED, Named};
use super::policy;

/// What the finished folder holds, as `versions.json` says.
#[derive(Debug, Serialize)]
pub(crate) struct Manifest {
    /// The name of this version: a hash of all of it.
    pub(crate) version: String,
    /// Its files, in order of their names.
    pub(crate) files: Vec<File>,
}

/// One file of the folder.
#[derive(Debug, Serialize)]
pub(crate) struct File {
    /// What it is called where the page is built.
    pub(crate) name: String,
    /// Its path here.
    pub(crate) file: String,
    /// Its size.
    pub(crate) bytes: u64,
    /// What a browser downloads of it where the server sends its compressed form.
    pub(crate) brotli: Option<u64>,
    /// Whether the first visit loads it.
    pub(crate) first_visit: bool,
}

/// What the service worker is told, in the line before it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Build<'a> {
    version: &'a str,
    files: Vec<&'a str>,
    worker: &'a str,
    worker_policy: &'static str,
    headers: serde_json::Map<String, serde_json::Value>,
}

/// Writes the version into the page and the service worker; returns its name and the page's policy.
///
/// # Errors
/// The page lacks a file that it can't do without.
pub(crate) fn stamp(files: &mut [Named]) -> Result<(String, String)> {
    let text = |files: &[Named], name: &str| -> Result<String> {
        let found = files.iter().find(|file| file.name == name).with_context(|| format!("the page has no {name}"))?;
        String::from_utf8(found.bytes.clone()).with_context(|| format!("{name} is no text"))
    };
    let (page, service) = (text(files, "index.html")?, text(files, "service.js")?);
    let policy = policy::page(&page);
    let page = policy::in_head(&page, &format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">"))?;

    let mut kept: Vec<&Named> = files.iter().filter(|file| !FIXED.contains(&file.file.as_str())).collect();
    // What is small comes first: python.wasm should not hold up the rest.
    kept.sort_by_key(|file| (file.bytes.len(), &file.file));
    let mut hash = Sha256::new();
    for part in kept.iter().map(|file| file.file.as_str()).chain([page.as_str(), service.as_str()]) {
        hash.update(part);
        hash.update([0]);
    }
    let version = names::digits(hash);
    let page = policy::in_head(&page, &format!("<meta name=\"amphi-version\" content=\"{version}\">"))?;

    let worker = files.iter().find(|file| file.name == "worker.js").context("the page has no worker.js")?;
    let build = Build {
        version: &version,
        files: kept.iter().map(|file| file.file.as_str()).collect(),
        worker: &worker.file,
        worker_policy: policy::WORKER,
        headers: policy::HEADERS.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect(),
    };
    let build = serde_json::to_string(&build).context("can't write what the service worker is told")?;
    let service = format!("const BUILD = {build};\n{service}");
    for file in files {
        match file.name.as_str() {
            "index.html" => file.bytes = page.clone().into_bytes(),
            "service.js" => file.bytes = service.clone().into_bytes(),
            _ => {}
        }
    }
    Ok((version, policy))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::names::Files;

    fn stamped(list: &[(&str, &str)]) -> (String, String, String) {
        let files: Files = list.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect();
        let mut named = names::name(&files).unwrap();
        let (version, _) = stamp(&mut named).unwrap();
        let text =
            |name: &str| String::from_utf8(named.iter().find(|file| file.name == name).unwrap().bytes.clone()).unwrap();
        (version, text("index.html"), text("service.js"))
    }

    #[test]
    fn page_and_service_worker_know_the_version_and_it_changes_with_each_of_them() {
        let page = [
            ("index.html", "<meta charset=\"utf-8\"><script>w(\"worker.js\")</script>"),
            ("service.js", "start();"),
            ("worker.js", "import('./a.js')"),
            ("a.js", "a"),
        ];
        let (version, html, service) = stamped(&page);
        assert!(
            html.starts_with(&format!(
                "<meta charset=\"utf-8\">\n    <meta name=\"amphi-version\" content=\"{version}\">\n"
            )),
            "{html}"
        );
        assert!(html.contains("'sha256-"), "{html}");
        assert!(
            service.starts_with(&format!("const BUILD = {{\"version\":\"{version}\",\"files\":[\"a-")),
            "{service}"
        );
        assert!(service.ends_with("};\nstart();"), "{service}");
        for changed in 0..page.len() {
            let text = format!("{} ", page[changed].1);
            let mut other = page;
            other[changed].1 = &text;
            assert_ne!(stamped(&other).0, version, "{}", page[changed].0);
        }
        assert_eq!(stamped(&page).0, version);
    }

    #[test]
    fn a_page_without_its_parts_is_refused() {
        let files: Files = [("index.html".to_owned(), Vec::new())].into();
        assert!(stamp(&mut names::name(&files).unwrap()).unwrap_err().to_string().contains("service.js"));
    }
}
