//! The cases, a file for each family of calls as in `crates/wasi/src/calls`, a function for each call. A function that
//! is missing here is missing in the table of `main.rs`, which then does not compile.

mod clock;
mod fd_filestat;
mod fd_read;
mod fd_readdir;
mod fd_seek;
mod fd_stat;
mod fd_sync;
mod fd_table;
mod fd_write;
mod path_directory;
mod path_filestat;
mod path_link;
mod path_open;
mod path_rename;
mod poll;
mod prestat;
mod proc;
mod random;
mod refused;
mod sock;
mod strings;

pub(crate) use clock::{clock_res_get, clock_time_get};
pub(crate) use fd_filestat::{fd_filestat_get, fd_filestat_set_size, fd_filestat_set_times};
pub(crate) use fd_read::{fd_pread, fd_read};
pub(crate) use fd_readdir::fd_readdir;
pub(crate) use fd_seek::{fd_seek, fd_tell};
pub(crate) use fd_stat::{fd_fdstat_get, fd_fdstat_set_flags, fd_fdstat_set_rights};
pub(crate) use fd_sync::{fd_advise, fd_allocate, fd_datasync, fd_sync};
pub(crate) use fd_table::{fd_close, fd_renumber};
pub(crate) use fd_write::{fd_pwrite, fd_write};
pub(crate) use path_directory::{path_create_directory, path_remove_directory};
pub(crate) use path_filestat::{path_filestat_get, path_filestat_set_times};
pub(crate) use path_link::{path_link, path_readlink, path_symlink};
pub(crate) use path_open::path_open;
pub(crate) use path_rename::{path_rename, path_unlink_file};
pub(crate) use poll::poll_oneoff;
pub(crate) use prestat::{fd_prestat_dir_name, fd_prestat_get};
pub(crate) use proc::{proc_exit, proc_raise, sched_yield};
pub(crate) use random::random_get;
pub(crate) use sock::{sock_accept, sock_recv, sock_send, sock_shutdown};
pub(crate) use strings::{args_get, args_sizes_get, environ_get, environ_sizes_get};
