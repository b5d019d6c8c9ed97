//! What a guest's WASI starts with: the program's files, the standard library, its mounts. It must never know what becomes
//! of them.

use amphi_core::{LIB, Program, WORK};
use amphi_wasi::{Access, Config, Content, Determinism, Limits, Preopen, Tree};

/// The standard library, as Python looks for it.
const LIBRARY: &str = "/lib/python313.zip";

/// What the guest's WASI starts with, and the folders of its tree whose changes are told: the program's own, then its
/// mounts. `library` is what the file of the standard library holds.
///
/// # Errors
/// In words: a file cannot be made.
pub(crate) fn of(program: Program, library: Content, now_ns: u64) -> Result<(Config, Vec<String>), String> {
    let determinism = program.determinism.as_ref().map(|fixed| {
        let amphi_core::Determinism { clock_ns, step_ns, seed } = *fixed;
        Determinism { clock_ns, step_ns, seed }
    });
    let mut tree = Tree::new(determinism.map_or(now_ns, |fixed| fixed.clock_ns));
    let mut preopens = Vec::new();
    let mut folders = vec![WORK.to_owned()];
    let (args, env) = (program.argv(), program.guest_env());
    if program.is_python() {
        for (path, bytes) in program.files {
            tree.insert_file(&format!("{WORK}/{path}"), Content::from(bytes.0))
                .map_err(|errno| format!("The file {path} cannot be made in the guest: {errno}."))?;
        }
        tree.insert_file(LIBRARY, library)
            .map_err(|errno| format!("The standard library cannot be shown to the guest: {errno}."))?;
        preopens.push(Preopen { guest: WORK.to_owned(), dir: WORK.to_owned(), access: Access::ReadWrite });
        preopens.push(Preopen { guest: LIB.to_owned(), dir: LIB.to_owned(), access: Access::ReadOnly });
    }
    for (number, mount) in program.mounts.into_iter().enumerate() {
        // A place of its own, apart from what the guest calls it: one may lie in another there.
        let dir = format!("/mount/{number}");
        tree.insert_directory(&dir).map_err(|errno| format!("{} cannot be mounted: {errno}.", mount.host))?;
        for (path, bytes) in mount.copy.unwrap_or_default() {
            tree.insert_file(&format!("{dir}/{path}"), Content::from(bytes.0))
                .map_err(|errno| format!("The file {path} of {} cannot be mounted: {errno}.", mount.host))?;
        }
        let access = match mount.access {
            amphi_core::Access::ReadOnly => Access::ReadOnly,
            amphi_core::Access::ReadWrite => Access::ReadWrite,
        };
        folders.push(dir.clone());
        preopens.push(Preopen { guest: mount.guest, dir, access });
    }
    let limits = Limits {
        file_bytes: program.limits.file_bytes,
        files: program.limits.files,
        descriptors: program.limits.descriptors,
    };
    Ok((Config { args, env, tree, preopens, limits, determinism }, folders))
}
