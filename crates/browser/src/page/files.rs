//! What the files are called that the page asks for by itself: `boot.js` names them, because on a server their names have
//! hashes in them. It must never fetch one.

use js_sys::Reflect;
use wasm_bindgen::JsValue;

/// What `boot.js` holds under this name.
const FILES: &str = "amphiFiles";

/// A file that the page asks for by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum File {
    /// The worker's JavaScript.
    Worker,
    /// The standard library's zip.
    Library,
    /// What is said about python.wasm.
    About,
}

impl File {
    /// Its address, from the page's own.
    ///
    /// # Errors
    /// The page has no `boot.js`, or one of another build.
    pub(super) fn address(self) -> Result<String, JsValue> {
        let key = match self {
            Self::Worker => "worker",
            Self::Library => "library",
            Self::About => "about",
        };
        let files = Reflect::get(&js_sys::global(), &FILES.into())?;
        let address = Reflect::get(&files, &key.into())?;
        address.as_string().ok_or_else(|| format!("{FILES} has no {key}").into())
    }
}
