//! The worker's entry: all of it is `amphi_browser::worker`.

// The crate is linked for its exports, which JavaScript and the guest call.
use amphi_browser as _;

fn main() {}
