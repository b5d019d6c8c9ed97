//! `random_get`: that bytes are random cannot be checked, only that they are not all alike.

use crate::check::{Cases, check};
use crate::memory::UNTOUCHED;
use crate::wasi;

pub(crate) fn random_get() -> Cases {
    let (mut one, mut other) = ([0; 32], [0; 32]);
    check!(wasi::random_get(&mut one), Ok(()));
    check!(wasi::random_get(&mut other), Ok(()));
    check!("bytes that differ each time", one != other && one != [0; 32]);
    check!("no bytes", wasi::random_get(&mut []), Ok(()));

    let mut fenced = [UNTOUCHED; 64];
    let (_, rest) = fenced.split_at_mut(16);
    let (middle, _) = rest.split_at_mut(32);
    check!("a part of a buffer", wasi::random_get(middle), Ok(()));
    check!("what is before it is left", fenced.starts_with(&[UNTOUCHED; 16]));
    check!("what is after it is left", fenced.ends_with(&[UNTOUCHED; 16]));

    // A browser gives 64 KiB at a time, which must not show.
    let mut many = vec![0; 200_000];
    check!("many bytes", wasi::random_get(&mut many), Ok(()));
    check!("to the last", many.chunks(64).all(|chunk| chunk.iter().any(|byte| *byte != 0)));
    let mut seen = [false; 256];
    many.iter().for_each(|byte| seen.iter_mut().skip((*byte).into()).take(1).for_each(|seen| *seen = true));
    check!("every value is among them", seen == [true; 256]);
    Ok(())
}
