//! The page itself: its policy names the hash of each script inside it, so that no other inline script ever runs.
//! Must never change the page.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::headers::POLICY;

/// The page, read anew each time: it may have been built anew since.
pub(crate) async fn serve(index: Arc<PathBuf>) -> Response {
    let Ok(text) = std::fs::read_to_string(index.as_path()) else {
        return (StatusCode::NOT_FOUND, "The page is not built: run `cargo xtask setup`.\n").into_response();
    };
    let policy = HeaderValue::from_str(&policy(&text)).unwrap_or(HeaderValue::from_static(POLICY));
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    ([(CONTENT_TYPE, html), (CONTENT_SECURITY_POLICY, policy)], text).into_response()
}

/// The policy ends with the sources of scripts, to which the hashes are added.
fn policy(html: &str) -> String {
    let mut policy = POLICY.to_owned();
    for script in inline_scripts(html) {
        // Writing to a String can't fail.
        let _ = write!(policy, " 'sha256-{}'", STANDARD.encode(Sha256::digest(script)));
    }
    policy
}

/// The text of each script that has no `src`.
fn inline_scripts(html: &str) -> Vec<&str> {
    let mut scripts = Vec::new();
    let mut rest = html;
    while let Some((_, tag)) = rest.split_once("<script") {
        let Some((attributes, body)) = tag.split_once('>') else { break };
        let Some((script, after)) = body.split_once("</script>") else { break };
        if !attributes.split_ascii_whitespace().any(|attribute| attribute.starts_with("src=")) {
            scripts.push(script);
        }
        rest = after;
    }
    scripts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_inline_script_is_named_by_its_hash() {
        let html =
            "<script type=\"module\" async src=\"boot.js\"></script><p>\n<script type=\"module\">start()</script>";
        assert_eq!(inline_scripts(html), ["start()"]);
        // printf 'start()' | openssl dgst -sha256 -binary | base64
        let policy = policy(html);
        assert!(
            policy.ends_with("'wasm-unsafe-eval' 'sha256-DIm7WJS6ZKDYe5qFLPy+h4JFI9Bol5QmYC57mt3Fb00='"),
            "{policy}"
        );
    }

    #[test]
    fn a_page_without_scripts_keeps_the_policy() {
        assert_eq!(policy("<p>"), POLICY);
    }
}
