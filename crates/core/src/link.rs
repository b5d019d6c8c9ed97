//! A program as a link: all its files, compressed, behind the `#` of an address, which no server ever sees. It must never
//! know what is in the files, nor where the page is.
//!
//! ```text
//! https://…/#p=1.<base64url of zlib of the Borsh form of Shared>
//! ```

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use borsh::{BorshDeserialize, BorshSerialize};
use miniz_oxide::deflate::{CompressionLevel, compress_to_vec_zlib};
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;

use crate::bytes::Bytes;

/// What comes before a program in an address.
pub const MARK: &str = "#p=";
/// The form that is written; another may follow.
const FORM: &str = "1.";
/// A longer link is none: browsers cut them, and nobody means to send one.
pub const LONGEST: usize = 4 << 20;
/// So many files, and names and paths of so many bytes, are more than a program has.
const MOST_FILES: usize = 2_000;
const LONGEST_NAME: usize = 128;
const LONGEST_PATH: usize = 1_024;
/// What a link may unpack to.
const UNPACKED: usize = 64 << 20;

/// A folder of files, and its name.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Shared {
    /// The program's name.
    pub name: String,
    /// The files by their path in the folder, `amphi.toml` among them.
    pub files: BTreeMap<String, Bytes>,
}

/// Why a link is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// There is no program in it.
    #[error("there is no program in this link: one has #p= in it")]
    Nothing,
    /// A form of another version.
    #[error("this link was made by another version of amphi, and cannot be read by this one")]
    Form,
    /// It is cut short, or was changed.
    #[error("this link is broken: it was cut short or changed on its way")]
    Broken,
    /// It is too long, or would unpack to more than 64 MiB.
    #[error("this link holds more than 64 MiB or 2,000 files, or is itself longer than 4 MiB")]
    TooLarge,
    /// A file in it has a path that leads out of its folder, or is none.
    #[error("a file in this link has a path that no file of a program can have")]
    Path,
}

impl Shared {
    /// What follows the address of the page: `#p=1.…`.
    #[must_use]
    pub fn to_link(&self) -> String {
        // It fails only where writing fails, and memory takes everything.
        let bytes = borsh::to_vec(self).unwrap_or_default();
        let packed = compress_to_vec_zlib(&bytes, CompressionLevel::BestCompression as u8);
        format!("{MARK}{FORM}{}", URL_SAFE_NO_PAD.encode(packed))
    }

    /// The program in an address, or in what follows the `#` of one.
    ///
    /// # Errors
    /// See [`LinkError`].
    pub fn of_link(link: &str) -> Result<Self, LinkError> {
        Self::of_link_within(link, UNPACKED)
    }

    fn of_link_within(link: &str, unpacked: usize) -> Result<Self, LinkError> {
        let (link, bare) = (link.trim(), MARK.trim_start_matches('#'));
        let packed = link.split_once(MARK).map(|(_, packed)| packed).or_else(|| link.strip_prefix(bare));
        let packed = packed.ok_or(LinkError::Nothing)?;
        if packed.len() > LONGEST {
            return Err(LinkError::TooLarge);
        }
        let packed = packed.strip_prefix(FORM).ok_or(LinkError::Form)?;
        let packed = URL_SAFE_NO_PAD.decode(packed.trim_end_matches('=')).map_err(|_| LinkError::Broken)?;
        let bytes = decompress_to_vec_zlib_with_limit(&packed, unpacked).map_err(|error| match error.status {
            miniz_oxide::inflate::TINFLStatus::HasMoreOutput => LinkError::TooLarge,
            _ => LinkError::Broken,
        })?;
        let shared: Self = borsh::from_slice(&bytes).map_err(|_| LinkError::Broken)?;
        if shared.files.len() > MOST_FILES {
            return Err(LinkError::TooLarge);
        }
        let odd = |part: &str| {
            matches!(part, "" | "." | "..")
                || part.len() > LONGEST_NAME
                || part.contains(['\\', ':'])
                || part.contains(char::is_control)
        };
        let is_odd = |path: &String| path.len() > LONGEST_PATH || path.split('/').any(odd);
        // A folder of a hidden name is a tool's, not a program's.
        if shared.files.keys().any(is_odd)
            || odd(&shared.name)
            || shared.name.contains('/')
            || shared.name.starts_with('.')
        {
            return Err(LinkError::Path);
        }
        // Of two neighbours in their order, the first would be a folder of the second.
        let is_folder_of = |(file, next): (&String, &String)| {
            next.strip_prefix(file.as_str()).is_some_and(|rest| rest.starts_with('/'))
        };
        let clash = |file: &String| {
            shared.files.range(format!("{file}/")..).next().is_some_and(|(next, _)| is_folder_of((file, next)))
        };
        if shared.files.keys().any(clash) {
            return Err(LinkError::Path);
        }
        Ok(shared)
    }
}

/// Whether a text is a link, broken or not.
#[must_use]
pub fn is_link(text: &str) -> bool {
    text.contains(MARK)
}

#[cfg(test)]
mod tests {
    use super::{LinkError, Shared, is_link};

    fn shared(path: &str, text: &str) -> Shared {
        let files = [("amphi.toml", ""), (path, text)].map(|(path, text)| (path.to_owned(), text.into()));
        Shared { name: "hello".to_owned(), files: files.into() }
    }

    #[test]
    fn a_program_comes_back_from_its_link() {
        let hello = shared("main.py", "print('écrit')\n");
        let link = hello.to_link();
        assert!(is_link(&link) && link.len() < 120, "{link}");
        assert!(link.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"#=.-_".contains(&byte)), "{link}");
        for address in
            [link.clone(), format!("http://127.0.0.1:8000/?app=1{link}"), format!(" {link}\n"), link[1..].to_owned()]
        {
            assert_eq!(Shared::of_link(&address).as_ref(), Ok(&hello));
        }
    }

    #[test]
    fn what_is_no_program_is_told() {
        let link = shared("main.py", "print(1)").to_link();
        for (link, error) in [
            ("http://127.0.0.1:8000/".to_owned(), LinkError::Nothing),
            ("#p=2.AAAA".to_owned(), LinkError::Form),
            ("#p=1.!".to_owned(), LinkError::Broken),
            ("#p=1.".to_owned(), LinkError::Broken),
            (link[..link.len() - 9].to_owned(), LinkError::Broken),
            (format!("#p=1.{}", "A".repeat(5 << 20)), LinkError::TooLarge),
            (shared("../main.py", "").to_link(), LinkError::Path),
            (shared("/etc/passwd", "").to_link(), LinkError::Path),
            (shared("amphi.toml/x", "").to_link(), LinkError::Path),
            (shared("a\nb", "").to_link(), LinkError::Path),
            (Shared { name: ".cargo".to_owned(), ..shared("config.toml", "") }.to_link(), LinkError::Path),
        ] {
            assert_eq!(Shared::of_link(&link), Err(error), "{}", link.get(..40).unwrap_or(&link));
        }
        let long = shared("main.py", &"x".repeat(100_000)).to_link();
        assert_eq!(Shared::of_link_within(&long, 99_999), Err(LinkError::TooLarge));
        assert!(Shared::of_link_within(&long, 101_000).is_ok());
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_it(text in "(#p=1[.])?[A-Za-z0-9_-]{0,200}") {
            let _ = Shared::of_link(&text);
        }
    }
}
