//! `args_*`, `environ_*`: two lists of strings with the same layout.

use crate::check::{Cases, check};
use crate::memory::UNTOUCHED;
use crate::wasi;
use amphi_wasi::Result;

const VARIABLES: [&str; 3] = ["KEY=value", "EMPTY=", "UMLAUT=ä"];

fn arguments(call: &str) -> [&str; 3] {
    [call, call, "zwölf"]
}

pub(crate) fn args_sizes_get() -> Cases {
    check_sizes(wasi::args_sizes_get, &arguments("args_sizes_get"))
}

pub(crate) fn args_get() -> Cases {
    check_strings(wasi::args_sizes_get, wasi::args_get, &arguments("args_get"))
}

pub(crate) fn environ_sizes_get() -> Cases {
    check_sizes(wasi::environ_sizes_get, &VARIABLES)
}

pub(crate) fn environ_get() -> Cases {
    check_strings(wasi::environ_sizes_get, wasi::environ_get, &VARIABLES)
}

type Sizes = fn() -> Result<(u32, u32)>;
type Get = fn(&mut [u32], &mut [u8]) -> Result<()>;

fn check_sizes(sizes: Sizes, expected: &[&str]) -> Cases {
    // Each string has a NUL after it.
    let bytes: usize = expected.iter().map(|string| string.len() + 1).sum();
    check!("how many strings", sizes().map(|(count, _)| count as usize), Ok(expected.len()));
    check!("how many bytes", sizes().map(|(_, bytes)| bytes as usize), Ok(bytes));
    Ok(())
}

fn check_strings(sizes: Sizes, get: Get, expected: &[&str]) -> Cases {
    let whole: String = expected.iter().flat_map(|string| [string, "\0"]).collect();
    let starts = expected.iter().scan(0, |next, string| {
        let start = *next;
        *next += string.len() + 1;
        Some(start)
    });
    check!("the strings", copied(sizes, get).map(|(_, bytes)| bytes), Ok(whole));
    check!("their addresses", copied(sizes, get).map(|(starts, _)| starts), Ok(starts.collect()));
    Ok(())
}

/// Where each string begins, and all of them with their NULs.
fn copied(sizes: Sizes, get: Get) -> Result<(Vec<usize>, String)> {
    let (count, len) = sizes()?;
    let mut starts = vec![u32::MAX; count as usize + 1];
    let mut bytes = vec![UNTOUCHED; len as usize + 1];
    get(&mut starts, &mut bytes)?;
    check!("nothing is written after the strings", bytes.pop() == Some(UNTOUCHED));
    starts.pop();
    let starts = starts.into_iter().map(|start| start as usize).collect();
    Ok((starts, String::from_utf8_lossy(&bytes).into_owned()))
}
