//! What the fuzz targets share: how bytes become choices, the world outside a guest, and that an
//! interface is described as it is. Must never know a target.

mod described;
mod input;
mod outside;

pub use described::described;
pub use input::Input;
pub use outside::Outside;
