//! Finds the programs that the build needs and says precisely what is missing. Must never install anything: the
//! project's chores do, from the one listing here.

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::place;
use crate::run;

/// Names a wasi-sdk folder, for systems without Debian's packages.
pub const SDK_VARIABLE: &str = "WASI_SDK_PATH";

/// Names wasm-opt where it is neither on PATH nor among amphi's tools.
pub const WASM_OPT_VARIABLE: &str = "WASM_OPT";

/// A Debian package that the build needs, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Package {
    /// Its name for `apt-get install`.
    pub name: &'static str,
    /// What it is needed for, to be read after "to".
    pub why: &'static str,
    /// Whether linking with C extension modules takes it, too, once python.wasm is there.
    pub links: bool,
}

/// The packages of Debian and Ubuntu that building python.wasm takes: the one listing.
#[must_use]
pub fn debian_packages() -> &'static [Package] {
    const PACKAGES: &[Package] = &[
        Package { name: "clang-19", why: "compile C for WebAssembly", links: true },
        Package { name: "lld-19", why: "link WebAssembly", links: true },
        Package { name: "libclang-rt-19-dev-wasm32", why: "link the compiler's own routines", links: true },
        Package { name: "llvm-19", why: "archive objects that hold LLVM bitcode", links: false },
        Package { name: "gcc", why: "compile the CPython that runs during the build", links: false },
        Package { name: "libc6-dev", why: "compile the CPython that runs during the build", links: false },
        Package { name: "make", why: "run CPython's makefile", links: false },
        Package { name: "patch", why: "apply amphi's changes to CPython", links: false },
        Package { name: "xz-utils", why: "unpack the sources", links: false },
        Package { name: "bzip2", why: "unpack the sources", links: false },
        Package { name: "tcl", why: "put SQLite's source files together", links: false },
    ];
    PACKAGES
}

/// The programs of one build.
#[derive(Debug, Clone)]
pub(crate) struct Toolchain {
    /// clang with the C library's folder still to be added where `sdk` is `None`.
    pub(crate) clang: PathBuf,
    pub(crate) ar: PathBuf,
    pub(crate) ranlib: PathBuf,
    pub(crate) wasm_opt: PathBuf,
    /// The sysroot inside a wasi-sdk; without one the pinned wasi-libc is unpacked.
    pub(crate) sdk_sysroot: Option<PathBuf>,
    /// The version line of each program that shapes the result, in a fixed order.
    pub(crate) versions: Vec<String>,
}

/// What the build lacks.
#[derive(Debug, thiserror::Error)]
pub struct Missing {
    /// Each missing thing: what it is, where it was looked for, how to get it.
    pub lacking: Vec<Lacking>,
}

/// One thing that the build lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lacking {
    /// The program or file.
    pub what: String,
    /// The Debian package that has it, if one does.
    pub package: Option<&'static str>,
    /// How to get it elsewhere.
    pub remedy: String,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("building python.wasm needs programs that are not here:")?;
        for lacking in &self.lacking {
            write!(f, "\n  {}: {}", lacking.what, lacking.remedy)?;
        }
        let mut packages: Vec<&str> = self.lacking.iter().filter_map(|lacking| lacking.package).collect();
        packages.dedup();
        if !packages.is_empty() {
            write!(
                f,
                "\nOn Debian and Ubuntu `cargo xtask setup` installs them, or: apt-get install {}",
                packages.join(" ")
            )?;
            write!(
                f,
                "\nElsewhere the compiler and C library come from a wasi-sdk: set {SDK_VARIABLE} to its folder."
            )?;
        }
        Ok(())
    }
}

/// Programs without a version that matters, and the package of each.
const PLAIN: &[(&str, &str)] = &[
    ("sh", "dash"),
    ("gcc", "gcc"),
    ("make", "make"),
    ("patch", "patch"),
    ("tar", "tar"),
    ("xz", "xz-utils"),
    ("bzip2", "bzip2"),
    ("gzip", "gzip"),
    ("tclsh", "tcl"),
];

/// Finds everything, or says all that is missing at once.
///
/// # Errors
/// Every missing program, not only the first.
pub(crate) fn find(wasm_opt: Option<&Path>) -> Result<Toolchain, Missing> {
    let mut lacking = Vec::new();
    let sdk = sdk();
    for (name, package) in PLAIN {
        // CPython's configure takes any of the compiler's usual names.
        let others: &[&str] = if *name == "gcc" { &["cc", "clang"] } else { &[] };
        if [*name].iter().chain(others).all(|name| run::on_path(name).is_none()) {
            lacking.push(Lacking {
                what: (*name).to_owned(),
                package: Some(package),
                remedy: format!("not on PATH (package {package})"),
            });
        }
    }
    let clang = find_clang(sdk.as_deref(), &mut lacking);
    let mut program =
        |debian: &str, in_sdk: &str| find_program(sdk.as_deref(), (debian, "llvm-19", in_sdk), &mut lacking);
    let ar = program("llvm-ar-19", "llvm-ar");
    let ranlib = program("llvm-ranlib-19", "llvm-ranlib");
    let sdk_sysroot = sdk.as_ref().map(|sdk| sdk.join("share/wasi-sysroot"));
    if let Some(sysroot) = sdk_sysroot.as_ref().filter(|sysroot| !sysroot.is_dir()) {
        let remedy = format!("not there; {SDK_VARIABLE} should name an unpacked wasi-sdk");
        lacking.push(Lacking { what: sysroot.display().to_string(), package: None, remedy });
    }
    let wasm_opt = find_wasm_opt(wasm_opt).unwrap_or_else(|| {
        lacking.push(Lacking {
            what: "wasm-opt".to_owned(),
            package: None,
            remedy: format!(
                "neither on PATH, nor in {WASM_OPT_VARIABLE}, nor among amphi's tools; `cargo xtask setup` brings it (or npm's `binaryen`)"
            ),
        });
        PathBuf::new()
    });
    if !lacking.is_empty() {
        return Err(Missing { lacking });
    }
    let library = sdk.map(|sdk| format!(" with {}", sdk.display())).unwrap_or_default();
    let versions = vec![format!("{}{library}", version(&clang)), version(&wasm_opt)];
    Ok(Toolchain { clang, ar, ranlib, wasm_opt, sdk_sysroot, versions })
}

/// The compiler and its version line: all that a link with C extension modules takes.
///
/// # Errors
/// It is not here, nor are perhaps the linker and the compiler's own routines.
pub(crate) fn compiler() -> Result<(PathBuf, String), Missing> {
    let mut lacking = Vec::new();
    let clang = find_clang(sdk().as_deref(), &mut lacking);
    if lacking.is_empty() { Ok((clang.clone(), version(&clang))) } else { Err(Missing { lacking }) }
}

/// The folder of the wasi-sdk that is named, if one is.
fn sdk() -> Option<PathBuf> {
    env::var_os(SDK_VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn version(program: &Path) -> String {
    run::first_line(program, &["--version"]).unwrap_or_default()
}

/// clang, which the linker and the compiler's own routines have to be beside.
fn find_clang(sdk: Option<&Path>, lacking: &mut Vec<Lacking>) -> PathBuf {
    let before = lacking.len();
    let clang = find_program(sdk, ("clang-19", "clang-19", "clang"), lacking);
    find_program(sdk, ("wasm-ld-19", "lld-19", "wasm-ld"), lacking);
    if sdk.is_none() && lacking.len() == before && !builtins(&clang).is_some_and(|path| path.exists()) {
        lacking.push(Lacking {
            what: "libclang_rt.builtins-wasm32.a".to_owned(),
            package: Some("libclang-rt-19-dev-wasm32"),
            remedy: "not beside clang-19 (package libclang-rt-19-dev-wasm32)".to_owned(),
        });
    }
    clang
}

/// A program by its name on Debian, the package that has it there, and its name in a wasi-sdk.
fn find_program(
    sdk: Option<&Path>,
    (debian, package, in_sdk): (&str, &'static str, &str),
    lacking: &mut Vec<Lacking>,
) -> PathBuf {
    let found = match sdk {
        Some(sdk) => Some(sdk.join("bin").join(in_sdk)).filter(|path| run::is_program(path)),
        None => run::on_path(debian),
    };
    found.unwrap_or_else(|| {
        lacking.push(match sdk {
            Some(sdk) => Lacking {
                what: in_sdk.to_owned(),
                package: None,
                remedy: format!("not in {}, which {SDK_VARIABLE} names", sdk.join("bin").display()),
            },
            None => Lacking {
                what: debian.to_owned(),
                package: Some(package),
                remedy: format!("not on PATH (package {package})"),
            },
        });
        PathBuf::new()
    })
}

/// Where this clang looks for its own routines for WebAssembly.
fn builtins(clang: &Path) -> Option<PathBuf> {
    let folder = run::first_line(clang, &["--target=wasm32-wasi", "-print-resource-dir"])?;
    Some(Path::new(&folder).join("lib/wasi/libclang_rt.builtins-wasm32.a"))
}

/// Named by the caller, by the variable, among amphi's tools (`amphi/tools/binaryen-*/bin`), or on PATH.
fn find_wasm_opt(named: Option<&Path>) -> Option<PathBuf> {
    if let Some(named) = named {
        return Some(named.to_owned()).filter(|path| run::is_program(path));
    }
    if let Some(named) = env::var_os(WASM_OPT_VARIABLE).filter(|value| !value.is_empty()) {
        return Some(PathBuf::from(named)).filter(|path| run::is_program(path));
    }
    let tool = |folder: &PathBuf| {
        ["bin/wasm-opt", "node_modules/.bin/wasm-opt"]
            .iter()
            .map(|path| folder.join(path))
            .find(|path| run::is_program(path))
    };
    place::tools().iter().find_map(tool).or_else(|| run::on_path("wasm-opt"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_listing_has_reasons_and_no_repeats() {
        for package in debian_packages() {
            assert!(!package.why.is_empty());
            assert_eq!(
                debian_packages().iter().filter(|other| other.name == package.name).count(),
                1,
                "{}",
                package.name
            );
        }
    }

    #[test]
    fn what_is_missing_is_named_with_its_package() {
        let lacking =
            |what: &str, package| Lacking { what: what.to_owned(), package, remedy: "not on PATH".to_owned() };
        let missing = Missing { lacking: vec![lacking("clang-19", Some("clang-19")), lacking("wasm-opt", None)] };
        let text = missing.to_string();
        assert!(text.contains("\n  clang-19: not on PATH") && text.contains("\n  wasm-opt: "), "{text}");
        assert!(text.contains("apt-get install clang-19\n"), "{text}");
    }
}
