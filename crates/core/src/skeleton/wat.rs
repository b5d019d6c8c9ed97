//! The beginning of a host module in WebAssembly text.

use super::{beside_memory, comments, declaration};
use crate::types::{Interface, Param};
use std::fmt::Write as _;

pub(super) fn skeleton(interface: &Interface) -> Result<String, String> {
    let Interface { name, docs, functions, .. } = interface;
    let mut out = String::new();
    comments(&mut out, "", ";;", docs, Some(&format!("What Python imports as `{name}`.")));
    out.push_str("(module\n");
    if interface.has_places() {
        out.push_str(MEMORY);
    }
    for function in functions {
        let (params, results) = function.core()?;
        if interface.has_places() {
            beside_memory(function)?;
        }
        comments(&mut out, "  ", ";;", &function.docs, Some(&declaration(function)));
        let _ = write!(out, "  (func (export \"{}\")", function.source_name);
        let mut core = params.iter();
        for Param { name, ty } in &function.signature.params {
            let parts: &[&str] = if ty.is_place() { &["", "_len"] } else { &[""] };
            for (part, core) in parts.iter().zip(&mut core) {
                let _ = write!(out, " (param ${name}{part} {})", core.name());
            }
        }
        for result in results {
            let _ = write!(out, " (result {})", result.name());
        }
        out.push_str("\n    ;; not written yet\n    unreachable)\n\n");
    }
    Ok(format!("{})\n", out.trim_end()))
}

/// A text or bytes is an address and a length; the host asks for room for it.
const MEMORY: &str = "  \
  ;; A text or bytes is an address and a length here; as a result it is the address of these two, one after the other.
  (memory (export \"memory\") 1)
  ;; The first free address. Room is never given back; whoever is called often wants a better allocator.
  (global $free (mut i32) (i32.const 1024))
  ;; Gives the host room for what it passes.
  (func (export \"cabi_realloc\") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
    (local $room i32)
    ;; up to the next multiple of the alignment
    (local.set $room
      (i32.and
        (i32.add (global.get $free) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
    (global.set $free (i32.add (local.get $room) (local.get $size)))
    (block $fits
      (br_if $fits (i32.le_u (global.get $free) (i32.shl (memory.size) (i32.const 16))))
      (br_if $fits
        (i32.ne
          (memory.grow (i32.add (i32.shr_u (local.get $size) (i32.const 16)) (i32.const 1)))
          (i32.const -1)))
      unreachable)
    (local.get $room))

";
