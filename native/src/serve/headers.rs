//! What every answer carries, and who is answered at all. Must never know what is served.

use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

/// Everything comes from this server; wasm is compiled, and JavaScript never made from text but in a worker. No other
/// page shows this one in a frame.
pub(crate) const POLICY: &str =
    concat!("frame-ancestors 'none'; ", include_str!("../../../web/policy/page.txt")).trim_ascii();

/// The worker's own: it makes modules of the host functions that a program brings in JavaScript, which are text. Nothing
/// else of them is loaded, and they reach no other server either.
const WORKER_POLICY: &str = include_str!("../../../web/policy/worker.txt").trim_ascii();

/// The same on every answer. Isolation from other origins is what gives the page shared memory.
const ALWAYS: &[(&str, &str)] = &[
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
    ("cross-origin-resource-policy", "same-origin"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
];

/// Answers only who asked for this machine by name, and adds the headers.
pub(crate) async fn guard(request: Request, next: Next) -> Response {
    let kept = is_hashed(request.uri().path());
    let policy = if is_worker(request.uri().path()) { WORKER_POLICY } else { POLICY };
    let mut response = if !is_loopback(request.headers()) {
        // A page elsewhere can make its own name point here; the browser then sends that name.
        (StatusCode::FORBIDDEN, "This server answers only to 127.0.0.1 and localhost.\n").into_response()
    } else if matches!(*request.method(), Method::GET | Method::HEAD) {
        next.run(request).await
    } else {
        (StatusCode::METHOD_NOT_ALLOWED, "Only GET and HEAD.\n").into_response()
    };
    let found = response.status().is_success();
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(policy));
    // Without a hash in its name a file may change: the browser keeps it and asks whether it is still the same.
    let cache = if kept && found { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    response
}

/// Any port will do: a tunnel may have another one at its other end.
fn is_loopback(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(HOST).and_then(|host| host.to_str().ok()) else { return false };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    ["127.0.0.1", "localhost", "[::1]"].contains(&name)
}

/// Whether trunk put a hash of the content into the name: `amphi-web-0123456789abcdef_bg.wasm`.
fn is_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    // Trunk leaves noughts in front away.
    let is_hash = |part: &str| (12..=16).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    name.split(['-', '_', '.']).any(is_hash)
}

/// Whether it is the worker: `worker.js`, or `worker-0123456789abcdef.js` where its name has a hash in it.
fn is_worker(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name == "worker.js" || (name.starts_with("worker-") && name.ends_with(".js") && is_hashed(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_are_answered() {
        for (host, expected) in [
            ("127.0.0.1:8000", true),
            ("localhost", true),
            ("[::1]:9000", true),
            ("evil.example:8000", false),
            ("127.0.0.1.evil.example", false),
            ("localhost:8000.evil.example", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(HOST, HeaderValue::from_static(host))]);
            assert_eq!(is_loopback(&headers), expected, "{host}");
        }
        assert!(!is_loopback(&HeaderMap::new()));
    }

    #[test]
    fn hashed_names_are_known() {
        for (path, expected) in [
            ("/amphi-web-0123456789abcdef_bg.wasm", true),
            ("/page-0123456789abcdef.css", true),
            ("/amphi-web-4ae069baf5f9dd4.js", true),
            ("/amphi-worker_bg.wasm", false),
            ("/python/python.wasm", false),
        ] {
            assert_eq!(is_hashed(path), expected, "{path}");
        }
    }

    #[test]
    fn the_worker_is_known() {
        for (path, expected) in [
            ("/worker.js", true),
            ("/worker-0123456789abcdef.js", true),
            ("/amphi-worker-0123456789abcdef.js", false),
            ("/worker-other.js", false),
            ("/index.html", false),
        ] {
            assert_eq!(is_worker(path), expected, "{path}");
        }
    }

    #[test]
    fn a_policy_is_one_line_of_a_header() {
        for policy in [POLICY, WORKER_POLICY] {
            assert!(HeaderValue::try_from(policy).is_ok() && policy.ends_with("'wasm-unsafe-eval'"), "{policy}");
        }
    }
}
