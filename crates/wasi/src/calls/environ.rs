//! `environ_*`: the environment.

use crate::context::Context;
use crate::errno::Result;
use crate::memory::Memory;
use crate::platform::Platform;

impl<P: Platform> Context<P> {
    /// # Errors
    /// `FAULT`: one of the ranges is outside memory; nothing was written.
    pub(crate) fn environ_get<M: Memory + ?Sized>(
        &mut self,
        memory: &mut M,
        environ: u32,
        environ_buf: u32,
    ) -> Result<()> {
        self.environ.write(memory, environ, environ_buf)
    }

    /// # Errors
    /// `FAULT`: one of the addresses is outside memory.
    pub(crate) fn environ_sizes_get<M: Memory + ?Sized>(
        &mut self,
        memory: &mut M,
        count: u32,
        buf_len: u32,
    ) -> Result<()> {
        self.environ.write_sizes(memory, count, buf_len)
    }
}

#[cfg(test)]
mod tests {
    use crate::support::{Guest, Outside, config};
    use crate::{Call, Config, ConfigError, Context, Errno};

    fn env(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn variables_keep_their_order() {
        let mut guest = Guest::new(Config { env: env(&[("B", "é"), ("A", "")]), ..config() }, 64);
        guest.check("sizes", Call::EnvironSizesGet, &[0, 4], Errno::Success);
        guest.memory.expect("sizes", 0, &[2, 0, 0, 0, 8, 0, 0, 0]);
        guest.check("get", Call::EnvironGet, &[8, 32], Errno::Success);
        guest.memory.expect("addresses", 8, &[32, 0, 0, 0, 37, 0, 0, 0]);
        guest.memory.expect("strings", 32, b"B=\xC3\xA9\0A=\0");
        guest.check("outside", Call::EnvironGet, &[8, 57], Errno::Fault);
    }

    #[test]
    fn what_no_guest_could_read_is_refused() {
        for (name, pairs) in [("NUL", &[("A", "x\0y")]), ("equals sign", &[("A=B", "x")])] {
            let refused = Context::new(Config { env: env(pairs), ..config() }, Outside::default());
            assert!(matches!(refused.err(), Some(ConfigError::Text(_))), "{name}");
        }
    }
}
