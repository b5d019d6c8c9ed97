//! The browsers that amphi drives: what each is called, where it and its driver are, and what it is told when it starts.
//! Must never start one.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context as _, Result, bail};
use fantoccini::wd::Capabilities;
use serde_json::json;

/// A browser's engine, in the build that Debian has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Chromium,
    /// Firefox, its extended support release included.
    Firefox,
    /// WebKitGTK's own MiniBrowser.
    Webkit,
}

/// What an engine needs of this machine.
#[derive(Debug)]
pub(crate) struct Installed {
    /// The browser.
    pub(crate) browser: PathBuf,
    /// The WebDriver server that starts the browser.
    pub(crate) driver: PathBuf,
    /// The display server, for a browser that can't do without a display.
    pub(crate) display: Option<PathBuf>,
}

/// A program, and where systems have it.
struct Program {
    /// As a message names it.
    what: &'static str,
    /// The variable that names another one.
    variable: &'static str,
    /// Its names on `PATH`.
    names: &'static [&'static str],
    /// Where else it may be; `*` in the name of a folder stands for anything, and `~cache` for amphi's cache folder.
    elsewhere: &'static [&'static str],
    /// How it is installed without `cargo xtask setup`.
    by_hand: &'static str,
}

impl Engine {
    /// The habitat's name.
    pub(crate) fn habitat(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
            Self::Webkit => "webkit",
        }
    }

    /// Finds what it needs.
    ///
    /// # Errors
    /// Something is not installed; the message says what, and how to install it.
    pub(crate) fn find(self) -> Result<Installed> {
        Ok(Installed {
            browser: self.browser().find()?,
            driver: self.driver().find()?,
            display: self.display().map(|display| display.find()).transpose()?,
        })
    }

    fn browser(self) -> Program {
        match self {
            Self::Chromium => Program {
                what: "Chromium",
                variable: "AMPHI_CHROMIUM",
                names: &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
                elsewhere: &[],
                by_hand: "on Debian: sudo apt-get install chromium",
            },
            Self::Firefox => Program {
                what: "Firefox",
                variable: "AMPHI_FIREFOX",
                names: &["firefox-esr", "firefox"],
                elsewhere: &[],
                by_hand: "on Debian: sudo apt-get install firefox-esr",
            },
            Self::Webkit => Program {
                what: "WebKitGTK's MiniBrowser",
                variable: "AMPHI_MINIBROWSER",
                names: &["MiniBrowser"],
                // Systems keep it where only WebKit's own programs look.
                elsewhere: &[
                    "/usr/lib/*/webkit2gtk-*/MiniBrowser",
                    "/usr/lib/*/webkitgtk-*/MiniBrowser",
                    "/usr/lib/webkit*gtk-*/MiniBrowser",
                    "/usr/libexec/webkit*gtk-*/MiniBrowser",
                ],
                by_hand: "on Debian: sudo apt-get install webkit2gtk-driver",
            },
        }
    }

    fn driver(self) -> Program {
        match self {
            Self::Chromium => Program {
                what: "Chromium's driver",
                variable: "AMPHI_CHROMEDRIVER",
                names: &["chromedriver"],
                elsewhere: &[],
                by_hand: "on Debian: sudo apt-get install chromium-driver",
            },
            Self::Firefox => Program {
                what: "Firefox's driver",
                variable: "AMPHI_GECKODRIVER",
                names: &["geckodriver"],
                elsewhere: &["~cache/tools/geckodriver-*/bin/geckodriver"],
                by_hand: "or: cargo install geckodriver --locked",
            },
            Self::Webkit => Program {
                what: "WebKitGTK's driver",
                variable: "AMPHI_WEBKITDRIVER",
                names: &["WebKitWebDriver"],
                elsewhere: &[],
                by_hand: "on Debian: sudo apt-get install webkit2gtk-driver",
            },
        }
    }

    fn display(self) -> Option<Program> {
        // The others have a mode without one.
        (self == Self::Webkit).then_some(Program {
            what: "Xvfb, WebKitGTK's display,",
            variable: "AMPHI_XVFB",
            names: &["Xvfb"],
            elsewhere: &[],
            by_hand: "on Debian: sudo apt-get install xvfb",
        })
    }

    /// The words before the port in what its driver prints; a driver without them has to be given a port.
    pub(crate) fn before_port(self) -> Option<&'static str> {
        match self {
            Self::Chromium => Some("started successfully on port "),
            Self::Firefox => Some("Listening on 127.0.0.1:"),
            Self::Webkit => None,
        }
    }

    /// Variables for its driver, which hands them on to the browser.
    pub(crate) fn variables(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Chromium => &[],
            // See RATIONALE.md, "Firefox asks nobody".
            Self::Firefox => &[("MOZ_REMOTE_SETTINGS_DEVTOOLS", "1")],
            // See RATIONALE.md, "WebKitGTK has shared memory when told".
            Self::Webkit => &[("JSC_useSharedArrayBuffer", "1"), ("GDK_BACKEND", "x11"), ("NO_AT_BRIDGE", "1")],
        }
    }

    /// What the driver is asked for: this browser, without a window, with a fresh profile.
    pub(crate) fn capabilities(self, browser: &Path) -> Capabilities {
        let capabilities = match self {
            Self::Chromium => {
                let mut arguments =
                    vec!["--headless=new", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions"];
                if is_root() {
                    // Chromium's own sandbox refuses to work for root, as in most containers.
                    arguments.push("--no-sandbox");
                }
                json!({ "browserName": "chrome", "goog:chromeOptions": { "binary": browser, "args": arguments } })
            }
            Self::Firefox => json!({ "browserName": "firefox", "moz:firefoxOptions": {
                "binary": browser, "args": ["-headless"],
            } }),
            Self::Webkit => json!({ "browserName": "MiniBrowser", "webkitgtk:browserOptions": {
                "binary": browser, "args": ["--automation"],
            } }),
        };
        let mut capabilities = capabilities.as_object().cloned().unwrap_or_default();
        // A question for events may wait, and a page that compiles Python may take its time.
        capabilities.insert("timeouts".to_owned(), json!({ "script": 120_000, "pageLoad": 120_000 }));
        capabilities
    }
}

impl Program {
    fn find(&self) -> Result<PathBuf> {
        let variable = self.variable;
        if let Some(named) = env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from) {
            if named.is_file() {
                return Ok(named);
            }
            bail!("{variable} names {}, which is not there", named.display());
        }
        let path = env::var_os("PATH").unwrap_or_default();
        let folders: Vec<PathBuf> = env::split_paths(&path).collect();
        let on_path = self.names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
        let elsewhere: Vec<String> = self.elsewhere.iter().filter_map(|place| in_cache(place)).collect();
        let found = on_path.chain(elsewhere.iter().flat_map(|place| matching(place))).find(|path| path.is_file());
        found.with_context(|| {
            let places: String = elsewhere.iter().map(|place| format!(", {place}")).collect();
            format!(
                "{} is not installed (looked for {} on PATH{places}). `cargo xtask setup` installs it; {}",
                self.what,
                self.names.join(", "),
                self.by_hand
            )
        })
    }
}

/// The place with the cache folder's path in it; none where it needs one and the user has none.
fn in_cache(place: &str) -> Option<String> {
    match place.strip_prefix("~cache") {
        None => Some(place.to_owned()),
        Some(rest) => amphi_python::cache_folder().map(|cache| format!("{}{rest}", cache.display())),
    }
}

/// The paths that a pattern stands for, the last by name first: of several versions that is the newest.
fn matching(pattern: &str) -> Vec<PathBuf> {
    let mut paths = vec![PathBuf::from("/")];
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        paths = match part.split_once('*') {
            None => paths.into_iter().map(|path| path.join(part)).collect(),
            Some((begin, end)) => paths.iter().flat_map(|path| entries(path, begin, end)).collect(),
        };
    }
    paths
}

/// What a folder holds whose name begins and ends so.
fn entries(folder: &Path, begin: &str, end: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let named = |name: &str| name.len() >= begin.len() + end.len() && name.starts_with(begin) && name.ends_with(end);
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().filter(|entry| entry.file_name().to_str().is_some_and(named)))
        .map(|entry| entry.path())
        .collect();
    paths.sort_unstable_by(|one, other| other.cmp(one));
    paths
}

fn is_root() -> bool {
    // Its owner is the one who runs this process.
    fs::metadata("/proc/self").is_ok_and(|metadata| std::os::unix::fs::MetadataExt::uid(&metadata) == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_installed_is_named_with_how_to_install_it() {
        let program = Program {
            what: "Firefox",
            variable: "AMPHI_NOT_SET",
            names: &["no-such-browser"],
            elsewhere: &["/no-such-folder/*/browser"],
            by_hand: "on Debian: sudo apt-get install firefox-esr",
        };
        let message = program.find().unwrap_err().to_string();
        for part in ["Firefox is not installed", "/no-such-folder", "cargo xtask setup", "apt-get install firefox-esr"]
        {
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn a_pattern_gives_the_newest_first() {
        let root = tempfile::tempdir().unwrap();
        for name in ["driver-0.1", "driver-0.2", "other"] {
            fs::create_dir(root.path().join(name)).unwrap();
        }
        let found = matching(&format!("{}/driver-*/bin", root.path().display()));
        let expected = ["driver-0.2/bin", "driver-0.1/bin"].map(|name| root.path().join(name));
        assert_eq!(found, expected);
    }
}
