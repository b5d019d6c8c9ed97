//! The table of everything that is fetched, each pinned by SHA-256. Must never fetch.

use crate::hash::Key;

/// One file that the build starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pin {
    /// What it is called here and in messages.
    pub name: &'static str,
    /// Its upstream version.
    pub version: &'static str,
    /// The names it is known under: first Debian's, then upstream's. A file handed over may bear any of them.
    pub files: &'static [&'static str],
    /// Of the file, in lower-case hex.
    pub sha256: &'static str,
    /// In bytes.
    pub size: u64,
    /// Where Debian has it.
    pub debian: Debian,
}

/// A file of Debian's archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Debian {
    /// The `.orig.tar` of a source package in trixie.
    Source(&'static str),
    /// A binary package with its full version. Only its files are used; it is not installed.
    Package {
        /// Where it is: `bookworm-backports`.
        suite: &'static str,
        /// The package.
        name: &'static str,
        /// The version in Debian's form, epoch included.
        version: &'static str,
    },
}

/// CPython itself.
pub const PYTHON: Pin = Pin {
    name: "CPython",
    version: "3.13.5",
    files: &["python3.13_3.13.5.orig.tar.xz", "Python-3.13.5.tar.xz"],
    sha256: "93e583f243454e6e9e4588ca2c2662206ad961659863277afcdb96801647d640",
    size: 22_856_016,
    debian: Debian::Source("python3.13"),
};

/// For `zlib`, `gzip` and `zipfile`.
pub const ZLIB: Pin = Pin {
    name: "zlib",
    version: "1.3.1",
    // Debian repacks zlib without files of doubtful licence, so upstream's own tarball has another hash.
    files: &["zlib_1.3.dfsg+really1.3.1.orig.tar.gz"],
    sha256: "60dd315c07f616887caa029408308a018ace66e3d142726a97db164b3b8f69fb",
    size: 1_325_737,
    debian: Debian::Source("zlib"),
};

/// For `bz2`.
pub const BZIP2: Pin = Pin {
    name: "bzip2",
    version: "1.0.8",
    files: &["bzip2_1.0.8.orig.tar.gz", "bzip2-1.0.8.tar.gz"],
    sha256: "ab5a03176ee106d3f0fa90e381da478ddae405918153cca248e682cd0c4a2269",
    size: 810_029,
    debian: Debian::Source("bzip2"),
};

/// For `lzma`.
pub const XZ: Pin = Pin {
    name: "xz",
    version: "5.8.1",
    files: &["xz-utils_5.8.1.orig.tar.xz", "xz-5.8.1.tar.xz"],
    sha256: "0b54f79df85912504de0b14aec7971e3f964491af1812d83447005807513cd9e",
    size: 1_461_872,
    debian: Debian::Source("xz-utils"),
};

/// For `sqlite3`. Debian keeps the full source tree, from which the amalgamation is made.
pub const SQLITE: Pin = Pin {
    name: "SQLite",
    version: "3.46.1",
    files: &["sqlite3_3.46.1.orig.tar.xz"],
    sha256: "d0cdd2ece271b29e7ce18095745d892517ee26d0f270065b3a25c2e9eb11639c",
    size: 8_456_776,
    debian: Debian::Source("sqlite3"),
};

/// The C library of the guest. Bookworm's own, of 2022, lacks `__wasilibc_reset_preopens`, without which a snapshot
/// would keep the preopens of the machine that made it.
pub const WASI_LIBC: Pin = Pin {
    name: "wasi-libc",
    version: "0.0~git20240708.3f43ea9",
    files: &["wasi-libc_0.0~git20240708.3f43ea9-2~bpo12+1_all.deb"],
    sha256: "ab95a83896093f1f640f9954a5a64ef8e9635332e56fdbb3ed396aed13fe627f",
    size: 1_019_036,
    debian: Debian::Package {
        suite: "bookworm-backports",
        name: "wasi-libc",
        version: "0.0~git20240708.3f43ea9-2~bpo12+1",
    },
};

/// Go, which compiles host modules that are written in it: the compiler for amd64, then its library.
pub const GO: &[Pin] = &[
    Pin {
        name: "Go",
        version: "1.24.4",
        files: &["golang-1.24-go_1.24.4-1_amd64.deb"],
        sha256: "93c6c109bbc0f1d55523282a16739d10634499c04f6d066a6aa58b67b687a44f",
        size: 28_672_232,
        debian: Debian::Package { suite: "trixie", name: "golang-1.24-go", version: "1.24.4-1" },
    },
    Pin {
        name: "Go's library",
        version: "1.24.4",
        files: &["golang-1.24-src_1.24.4-1_all.deb"],
        sha256: "c396bc2c2e94606e0a060cff52b9bbbf1d7cefacb040eb3c40a55604111e66e1",
        size: 21_182_488,
        debian: Debian::Package { suite: "trixie", name: "golang-1.24-src", version: "1.24.4-1" },
    },
];

/// Every pin of python.wasm. With a wasi-sdk the C library is the sdk's, and [`WASI_LIBC`] is not needed.
pub const ALL: &[Pin] = &[PYTHON, ZLIB, BZIP2, XZ, SQLITE, WASI_LIBC];

impl Pin {
    /// The name it has in the cache: Debian's.
    #[must_use]
    pub fn file(&self) -> &'static str {
        self.files.first().copied().unwrap_or(self.name)
    }

    /// Adds what the result depends on: the content, whatever it is called.
    pub(crate) fn add_to(&self, key: &mut Key) {
        key.add(self.name).add(self.sha256);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_well_formed() {
        for pin in ALL.iter().chain(GO) {
            assert_eq!(pin.sha256.len(), 64, "{}", pin.name);
            assert!(pin.sha256.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{}", pin.name);
            assert!(pin.size > 0 && !pin.files.is_empty(), "{}", pin.name);
            let number = pin.version.split(['~', '.']).next().unwrap();
            assert!(pin.file().contains(number), "the file name of {} holds its version", pin.name);
            let same = ALL.iter().chain(GO).filter(|other| other.sha256 == pin.sha256 || other.name == pin.name);
            assert_eq!(same.count(), 1, "{} is listed once", pin.name);
        }
    }
}
