//! A server that changes text with plugins: each file of a folder is a plugin in Python that exports `process`, and
//! `POST /NAME` gives it the request's body. A plugin sees no file and no network, only the host functions given to it.

use amphi::{Cache, Engine, HostModule, Kind, Native, Pool, Python, Value, Wasm};
use amphi_core::{Limits, Program, prepare};
use std::collections::HashMap;
use std::ffi::OsStr;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;
use tiny_http::{Request, Response, Server};

/// Whether a word should not be shown.
#[amphi::host]
fn is_rude(word: &str) -> bool {
    ["dang", "heck"].contains(&word.to_lowercase().as_str())
}

/// The plugins by name: of each, a few runs that are ready, each with a clean state.
pub struct Plugins(HashMap<String, Pool>);

impl Plugins {
    /// Makes every `.py` file of a folder a plugin.
    ///
    /// # Errors
    /// There is no python.wasm, or a plugin cannot be read.
    pub fn load(folder: &Path) -> anyhow::Result<Self> {
        let amphi_python::Artifact { python_wasm, sha256, stdlib_zip, .. } = amphi_python::artifact()?;
        let python = Python { wasm: Wasm::known("python.wasm", python_wasm, sha256), stdlib: stdlib_zip };
        let cache = Cache::new(amphi_python::cache_folder().map(|folder| folder.join("compiled")));
        let native = Native::new(Engine::new(), cache, Kind::Shim, Some(python));
        let words = Arc::new(HostModule::builder("words").host(is_rude::host()).build()?);
        let mut plugins = HashMap::new();
        for file in std::fs::read_dir(folder)? {
            let path = file?.path();
            if let (Some(name), Some("py")) = (path.file_stem(), path.extension().and_then(OsStr::to_str)) {
                let name = name.to_string_lossy().into_owned();
                let mut program = Program::script(&name, std::fs::read_to_string(&path)?);
                program.limits = Limits { wall_ms: Some(1000), memory_bytes: 64 << 20, ..Limits::default() };
                plugins.insert(name, native.pool(&prepare(&program)?, vec![words.clone()], 4)?);
            }
        }
        Ok(Self(plugins))
    }

    /// Answers requests until the server is unblocked; many threads may.
    pub fn serve(&self, server: &Server) {
        while let Ok(mut request) = server.recv() {
            let (code, text) = match self.answer(&mut request) {
                Ok(text) => (200, text),
                Err(error) => (400, format!("{error:#}\n")),
            };
            // A client that went away does not want its answer.
            let _ = request.respond(Response::from_string(text).with_status_code(code));
        }
    }

    fn answer(&self, request: &mut Request) -> anyhow::Result<String> {
        let name = request.url().trim_start_matches('/').to_owned();
        let pool = self.0.get(&name).ok_or_else(|| anyhow::anyhow!("there is no plugin {name:?}"))?;
        let mut text = String::new();
        request.as_reader().take(1 << 20).read_to_string(&mut text)?;
        match pool.take()?.call("process", vec![text.into()]).map_err(|error| anyhow::anyhow!("{error}"))? {
            Value::Str(text) => Ok(text),
            other => anyhow::bail!("{name} gave {other} instead of text"),
        }
    }
}
