//! Where programs are kept: a folder of this browser's own (OPFS) for each, with a file for each of its files, so that
//! what a tab wrote is there when it is killed. A lock says which tab keeps a program. It must never know what is in one.

use std::collections::BTreeMap;

use amphi_core::Bytes;
use js_sys::{Array, AsyncIterator, Function, Object, Promise, Reflect, Uint8Array};
use leptos::prelude::window;
use leptos::web_sys::{
    File, FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemGetDirectoryOptions, FileSystemGetFileOptions,
    FileSystemRemoveOptions, FileSystemWritableFileStream,
};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};

/// The folder that has the programs. Another form of keeping them will have another.
const PROGRAMS: &str = "programs-1";
/// What a later version of this page may leave: it is not read.
const LATER: &str = "programs-";

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = FileSystemDirectoryHandle)]
    type Listed;
    #[wasm_bindgen(method)]
    fn entries(this: &Listed) -> AsyncIterator;
}

/// Files of one program, by their paths.
pub type Files = BTreeMap<String, Bytes>;

/// Why something is not kept, in words.
pub type Refused = String;

/// The programs that are kept; a handle that clones share.
#[derive(Debug, Clone)]
pub struct Store(FileSystemDirectoryHandle);

impl Store {
    /// Opens it.
    ///
    /// # Errors
    /// This browser, or this window of it, keeps nothing.
    pub async fn open() -> Result<Self, Refused> {
        let storage = window().navigator().storage();
        if !has(&storage, "getDirectory") {
            return Err("this browser has no place for programs".to_owned());
        }
        let root: FileSystemDirectoryHandle = done(storage.get_directory()).await?;
        folder(&root, PROGRAMS, true).await.map(Self)
    }

    /// The names of the programs, sorted.
    ///
    /// # Errors
    /// The browser says why.
    pub async fn names(&self) -> Result<Vec<String>, Refused> {
        let mut names: Vec<String> = list(&self.0).await?.into_iter().map(|(name, _)| name).collect();
        names.sort();
        Ok(names)
    }

    /// The files of a program; none if there is no such.
    ///
    /// # Errors
    /// The browser says why.
    pub async fn read(&self, name: &str) -> Result<Option<Files>, Refused> {
        let Ok(top) = folder(&self.0, name, false).await else { return Ok(None) };
        let (mut files, mut folders) = (Files::new(), vec![(String::new(), top)]);
        while let Some((under, folder)) = folders.pop() {
            for (name, entry) in list(&folder).await? {
                let path = format!("{under}{name}");
                match entry.dyn_into::<FileSystemDirectoryHandle>() {
                    Ok(inside) => folders.push((format!("{path}/"), inside)),
                    Err(entry) => {
                        let file: File = done(entry.unchecked_into::<FileSystemFileHandle>().get_file()).await?;
                        files.insert(path, Bytes(contents(&file).await?));
                    }
                }
            }
        }
        Ok((!files.is_empty()).then_some(files))
    }

    /// Writes one file of a program: whole, or as it was.
    ///
    /// # Errors
    /// The browser's room is used up, or what else it says.
    pub async fn write(&self, name: &str, path: &str, bytes: &[u8]) -> Result<(), Refused> {
        let mut place = folder(&self.0, name, true).await?;
        let (folders, file) = path.rsplit_once('/').map_or((None, path), |(folders, file)| (Some(folders), file));
        for each in folders.iter().flat_map(|folders| folders.split('/')) {
            place = folder(&place, each, true).await?;
        }
        let options = FileSystemGetFileOptions::new();
        options.set_create(true);
        let opened = JsFuture::from(place.get_file_handle_with_options(file, &options)).await;
        let opened = match opened {
            // What was a folder, and has nothing of the program any more.
            Err(error) if name_of(&error) == "TypeMismatchError" => {
                let all = FileSystemRemoveOptions::new();
                all.set_recursive(true);
                gone(place.remove_entry_with_options(file, &all)).await?;
                JsFuture::from(place.get_file_handle_with_options(file, &options)).await
            }
            opened => opened,
        };
        let file: FileSystemFileHandle = opened.map(JsCast::unchecked_into).map_err(|error| words(&error))?;
        if !has(&file, "createWritable") {
            return Err("this browser lets a page keep no files".to_owned());
        }
        let stream: FileSystemWritableFileStream = done(file.create_writable()).await?;
        // What is written takes the file's place when the stream is closed.
        let written = match stream.write_with_js_u8_array(&Uint8Array::from(bytes)) {
            Ok(written) => JsFuture::from(written).await,
            Err(error) => Err(error),
        };
        if let Err(error) = written {
            let _ = JsFuture::from(stream.abort()).await;
            return Err(words(&error));
        }
        JsFuture::from(stream.close()).await.map(drop).map_err(|error| words(&error))
    }

    /// Removes one file of a program.
    ///
    /// # Errors
    /// The browser says why; that it is gone already is no error.
    pub async fn remove(&self, name: &str, path: &str) -> Result<(), Refused> {
        let Ok(mut place) = folder(&self.0, name, false).await else { return Ok(()) };
        let mut parts: Vec<&str> = path.split('/').collect();
        let Some(file) = parts.pop() else { return Ok(()) };
        for each in parts {
            match folder(&place, each, false).await {
                Ok(inside) => place = inside,
                Err(_) => return Ok(()),
            }
        }
        gone(place.remove_entry(file)).await
    }

    /// Removes a program.
    ///
    /// # Errors
    /// The browser says why; that it is gone already is no error.
    pub async fn forget(&self, name: &str) -> Result<(), Refused> {
        let options = FileSystemRemoveOptions::new();
        options.set_recursive(true);
        gone(self.0.remove_entry_with_options(name, &options)).await
    }
}

/// Whether a later version of the page has kept programs in a form that this one cannot read.
pub async fn has_later() -> bool {
    let storage = window().navigator().storage();
    if !has(&storage, "getDirectory") {
        return false;
    }
    let Ok(root) = done::<FileSystemDirectoryHandle>(storage.get_directory()).await else { return false };
    let names = list(&root).await.unwrap_or_default();
    names.iter().any(|(name, _)| name.starts_with(LATER) && name != PROGRAMS)
}

/// A program is this tab's to keep, until this is dropped.
#[derive(Debug)]
pub struct Kept(Option<Function>);

impl Drop for Kept {
    fn drop(&mut self) {
        if let Some(release) = &self.0 {
            // A function of JavaScript's own, which does not throw.
            let _ = release.call0(&JsValue::UNDEFINED);
        }
    }
}

/// Takes a program for this tab; none while another tab keeps it.
pub async fn keep(name: &str) -> Option<Kept> {
    let navigator = window().navigator();
    let Ok(locks) = Reflect::get(&navigator, &"locks".into()) else { return Some(Kept(None)) };
    // A browser without locks has one tab as well as many.
    let Some(request) =
        Reflect::get(&locks, &"request".into()).ok().and_then(|request| request.dyn_into::<Function>().ok())
    else {
        return Some(Kept(None));
    };
    let options = Object::new();
    let _ = Reflect::set(&options, &"ifAvailable".into(), &JsValue::TRUE);
    let asked = Promise::new(&mut |answer, _| {
        let refused = answer.clone();
        let taken = Closure::once_into_js(move |lock: JsValue| -> JsValue {
            if lock.is_null() {
                let _ = answer.call1(&JsValue::UNDEFINED, &JsValue::NULL);
                return JsValue::UNDEFINED;
            }
            // It is held until this promise is kept.
            Promise::new(&mut |release, _| {
                let _ = answer.call1(&JsValue::UNDEFINED, &release);
            })
            .into()
        });
        let asked = request.call3(&locks, &format!("amphi program {name}").into(), &options, &taken);
        // A browser that refuses locks has one tab as well as many.
        if let Ok(asked) = asked.and_then(|asked| asked.dyn_into::<Promise>()) {
            spawn_local(async move {
                if JsFuture::from(asked).await.is_err() {
                    let _ = refused.call1(&JsValue::UNDEFINED, &JsValue::UNDEFINED);
                }
            });
        }
    });
    match JsFuture::from(asked).await {
        Ok(given) if given.is_null() => None,
        given => Some(Kept(given.ok().and_then(|release| release.dyn_into::<Function>().ok()))),
    }
}

/// The bytes of a file that the reader chose, or that is kept.
///
/// # Errors
/// The browser says why.
pub async fn contents(file: &File) -> Result<Vec<u8>, Refused> {
    let buffer: JsValue = JsFuture::from(file.array_buffer()).await.map_err(|error| words(&error))?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

async fn folder(
    place: &FileSystemDirectoryHandle,
    name: &str,
    create: bool,
) -> Result<FileSystemDirectoryHandle, Refused> {
    let options = FileSystemGetDirectoryOptions::new();
    options.set_create(create);
    done(place.get_directory_handle_with_options(name, &options)).await
}

/// The names in a folder, and what they are.
async fn list(folder: &FileSystemDirectoryHandle) -> Result<Vec<(String, JsValue)>, Refused> {
    let entries = folder.unchecked_ref::<Listed>().entries();
    let mut found = Vec::new();
    loop {
        let next = entries.next().map_err(|error| words(&error))?;
        let next = JsFuture::from(next).await.map_err(|error| words(&error))?;
        let part = |name: &str| Reflect::get(&next, &name.into()).unwrap_or_default();
        if part("done").is_truthy() {
            return Ok(found);
        }
        let pair: Array = part("value").unchecked_into();
        found.push((pair.get(0).as_string().unwrap_or_default(), pair.get(1)));
    }
}

async fn done<T: JsCast>(promise: Promise) -> Result<T, Refused> {
    JsFuture::from(promise).await.map(JsCast::unchecked_into).map_err(|error| words(&error))
}

/// A removal, of something that may be gone.
async fn gone(removal: Promise) -> Result<(), Refused> {
    match JsFuture::from(removal).await {
        Err(error) if name_of(&error) != "NotFoundError" => Err(words(&error)),
        _ => Ok(()),
    }
}

fn has(object: &JsValue, name: &str) -> bool {
    Reflect::get(object, &name.into()).is_ok_and(|function| function.is_function())
}

fn name_of(error: &JsValue) -> String {
    Reflect::get(error, &"name".into()).ok().and_then(|name| name.as_string()).unwrap_or_default()
}

/// What the browser says, and what to do.
fn words(error: &JsValue) -> Refused {
    match name_of(error).as_str() {
        "QuotaExceededError" => "the room that this browser gives to pages is used up".to_owned(),
        "SecurityError" | "NotAllowedError" => {
            "this window of the browser keeps nothing, as a private one does".to_owned()
        }
        name => {
            let message = Reflect::get(error, &"message".into()).ok().and_then(|message| message.as_string());
            message.filter(|message| !message.is_empty()).unwrap_or_else(|| name.to_owned())
        }
    }
}
