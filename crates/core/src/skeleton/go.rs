//! The beginning of a host module in Go.

use super::{beside_memory, comments, declaration, unlike};
use crate::host::javascript::names::camel;
use crate::types::{Interface, Scalar, Type};
use std::fmt::Write as _;

/// What nothing may be called: keywords, and what the text uses.
const WORDS: [&str; 46] = [
    "break",
    "case",
    "chan",
    "const",
    "continue",
    "default",
    "defer",
    "else",
    "fallthrough",
    "for",
    "func",
    "go",
    "goto",
    "if",
    "import",
    "interface",
    "map",
    "package",
    "range",
    "return",
    "select",
    "struct",
    "switch",
    "type",
    "var",
    "main",
    "init",
    "unsafe",
    "uintptr",
    "bool",
    "uint32",
    "uint64",
    "int32",
    "int64",
    "float32",
    "float64",
    "byte",
    "string",
    "len",
    "make",
    "delete",
    "panic",
    "rooms",
    "taken",
    "give",
    "given",
];

pub(super) fn skeleton(interface: &Interface) -> Result<String, String> {
    let Interface { name, docs, functions, .. } = interface;
    let mut out = String::new();
    comments(&mut out, "", "//", docs, Some(&format!("What Python imports as `{name}`.")));
    out.push_str("package main\n\n");
    let places = interface.has_places();
    if places {
        out.push_str(MEMORY);
    }
    for function in functions {
        function.core()?;
        beside_memory(function)?;
        comments(&mut out, "", "//", &function.docs, Some(&declaration(function)));
        out.push_str("//\n");
        let _ = writeln!(out, "//go:wasmexport {}", function.source_name);
        let result = match &function.signature.result {
            None => "",
            Some(Type::Tuple(_)) => {
                return Err(format!("{}: Go exports one result, and this is a tuple", function.source_name));
            }
            Some(ty) if ty.is_place() => " uint32",
            Some(ty) => ty.scalar().map(scalar).unwrap_or_default(),
        };
        let params = function.signature.params.iter().map(|param| {
            let called = unlike(&WORDS, &camel(&param.name));
            match param.ty.scalar() {
                Some(ty) => format!("{called}{}", scalar(ty)),
                None => format!("{called}, {called}Len uint32"),
            }
        });
        let params: Vec<String> = params.collect();
        let called = unlike(&WORDS, &camel(&function.name));
        let _ = writeln!(out, "func {called}({}){result} {{", params.join(", "));
        let _ = writeln!(out, "\tpanic(\"{name}.{} is not written yet\")\n}}\n", function.name);
    }
    out.push_str("// A library has a main, too, and never calls it.\nfunc main() {}\n");
    Ok(out)
}

/// Exports have no small integers in Go: they go as 32 bits.
fn scalar(ty: Scalar) -> &'static str {
    match ty {
        Scalar::Bool => " bool",
        Scalar::S8 | Scalar::S16 | Scalar::S32 => " int32",
        Scalar::U8 | Scalar::U16 | Scalar::U32 | Scalar::Char => " uint32",
        Scalar::S64 => " int64",
        Scalar::U64 => " uint64",
        Scalar::F32 => " float32",
        Scalar::F64 => " float64",
    }
}

const MEMORY: &str = "\
import \"unsafe\"

// Room that the host asked for, by its address; it belongs to the function that gets it.
var rooms = map[uint32][]byte{}

// Gives the host room for a text or bytes that it passes: an address and a length.
//
//go:wasmexport cabi_realloc
func cabiRealloc(old, oldSize, align, size uint32) uint32 {
\troom := make([]byte, size+1)
\taddress := uint32(uintptr(unsafe.Pointer(&room[0])))
\trooms[address] = room
\treturn address
}

// The bytes of a parameter, which are the function's from then on.
func taken(address, length uint32) []byte {
\troom := rooms[address]
\tdelete(rooms, address)
\treturn room[:length]
}

// What the host reads of a result, before the next call.
var given struct {
\taddress, length uint32
\tbytes           []byte
}

// A text or bytes as a result: the address of its address and its length.
func give(bytes []byte) uint32 {
\tgiven.bytes = append(bytes, 0)
\tgiven.address = uint32(uintptr(unsafe.Pointer(&given.bytes[0])))
\tgiven.length = uint32(len(bytes))
\treturn uint32(uintptr(unsafe.Pointer(&given)))
}

";
