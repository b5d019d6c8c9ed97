//! The words of flags: bit `n % 32` of word `n / 32` is flag `n`. For what the derive macro writes.

/// Whether a flag is set.
#[must_use]
pub fn is_set(words: &[u32], flag: usize) -> bool {
    words.get(flag / 32).is_some_and(|word| word >> (flag % 32) & 1 == 1)
}

/// The words of these flags.
#[must_use]
pub fn words(flags: &[bool]) -> Vec<u32> {
    let word = |flags: &[bool]| flags.iter().rev().fold(0, |word, flag| word << 1 | u32::from(*flag));
    flags.chunks(32).map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_keep_their_places() {
        let flags: Vec<bool> = (0..70).map(|at| at % 3 == 0).collect();
        let words = words(&flags);
        assert_eq!((words.len(), words[0] & 0b1111), (3, 0b1001));
        assert!(flags.iter().enumerate().all(|(at, flag)| is_set(&words, at) == *flag));
        assert!(!is_set(&words, 99) && super::words(&[]).is_empty());
    }
}
