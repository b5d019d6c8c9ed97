//! The handlers, a file a family. Each has the name, the parameters and the order of the table; it takes decoded values
//! and gives an errno, a wait or a stop. Must never know an engine or who calls.

mod args;
mod buffers;
mod clock;
mod environ;
mod fd_read;
mod fd_readdir;
mod fd_seek;
mod fd_stat;
mod fd_sync;
mod fd_table;
mod fd_write;
mod path;
mod path_directory;
mod path_filestat;
mod path_link;
mod path_open;
mod path_rename;
mod poll;
mod proc;
mod random;
mod sock;
mod stat;
