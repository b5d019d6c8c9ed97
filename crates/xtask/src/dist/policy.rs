//! The headers of the finished page, for servers, for the service worker and in the page itself.
//! Must never know a file's contents but the page's.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::names::FIXED;
use super::references::inline_scripts;

/// What the page may do. It ends with the sources of scripts. Other pages may show it in a frame.
const PAGE: &str = include_str!("../../../../web/policy/page.txt").trim_ascii();

/// What the worker may do.
pub(crate) const WORKER: &str = include_str!("../../../../web/policy/worker.txt").trim_ascii();

/// On every answer. Isolation gives the page shared memory; a page that is isolated itself may show it in a frame.
pub(crate) const HEADERS: &[(&str, &str)] = &[
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
    ("cross-origin-resource-policy", "cross-origin"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
];

/// Where the page's head begins; what is put in comes after it, and before everything that loads.
const HEAD: &str = "<meta charset=\"utf-8\">";

/// The page's policy, which names the hash of each script inside it.
pub(crate) fn page(html: &str) -> String {
    let mut policy = PAGE.to_owned();
    for script in inline_scripts(html) {
        // Writing to a String can't fail.
        let hash = Sha256::digest(html.get(script).unwrap_or_default());
        let _ = write!(policy, " 'sha256-{}'", STANDARD.encode(hash));
    }
    policy
}

/// The page with `meta` in its head.
///
/// # Errors
/// It has no head of the kind that `index.html` has.
pub(crate) fn in_head(html: &str, meta: &str) -> Result<String> {
    let (before, after) = html.split_once(HEAD).with_context(|| format!("index.html has no {HEAD}"))?;
    Ok(format!("{before}{HEAD}\n    {meta}{after}"))
}

/// The file `_headers`, which Netlify, Cloudflare Pages and others read at the root of a site. No header is there twice
/// for one address: they would be joined, and both would count.
pub(crate) fn headers_file(policy: &str, files: &[&str], worker: &str) -> String {
    let mut text = "/*\n".to_owned();
    for (name, value) in HEADERS {
        let _ = writeln!(text, "  {name}: {value}");
    }
    for page in ["/", "/index.html"] {
        let _ = writeln!(text, "{page}\n  content-security-policy: {policy}\n  cache-control: no-cache");
    }
    for file in files.iter().filter(|file| **file != "index.html") {
        // A name with a hash in it means the same for ever.
        let cache = if FIXED.contains(file) { "no-cache" } else { "public, max-age=31536000, immutable" };
        let _ = writeln!(text, "/{file}\n  cache-control: {cache}");
        if *file == worker {
            let _ = writeln!(text, "  content-security-policy: {WORKER}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_names_inline_scripts_and_lets_the_page_be_framed() {
        let policy = page("<script src=\"a.js\"></script><script>start()</script>");
        // printf 'start()' | openssl dgst -sha256 -binary | base64
        let hash = "'wasm-unsafe-eval' 'sha256-DIm7WJS6ZKDYe5qFLPy+h4JFI9Bol5QmYC57mt3Fb00='";
        assert!(policy.ends_with(hash), "{policy}");
        assert!(!policy.contains("frame-ancestors") && !policy.contains('"'), "{policy}");
        assert!(WORKER.contains("blob:") && !WORKER.contains('\n'), "{WORKER}");
    }

    #[test]
    fn what_is_put_in_comes_before_all_that_loads() {
        assert_eq!(
            in_head("<head><meta charset=\"utf-8\"><script>", "<x>").unwrap(),
            "<head><meta charset=\"utf-8\">\n    <x><script>"
        );
        assert!(in_head("<head>", "<x>").is_err());
    }

    #[test]
    fn no_address_has_a_header_twice() {
        let text = headers_file("p", &["index.html", "service.js", "worker-0.js", "a-0.css"], "worker-0.js");
        let blocks = text.lines().filter(|line| line.starts_with('/')).collect::<Vec<_>>();
        assert_eq!(blocks, ["/*", "/", "/index.html", "/service.js", "/worker-0.js", "/a-0.css"]);
        assert_eq!(text.matches("content-security-policy").count(), 3);
        assert_eq!(text.matches("immutable").count(), 2);
        let everywhere = text.split("\n/").next().unwrap();
        assert!(
            !everywhere.contains("cache-control") && !everywhere.contains("content-security-policy"),
            "{everywhere}"
        );
    }
}
