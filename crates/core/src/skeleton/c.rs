//! The beginning of a host module in C.

use super::{beside_memory, comments, declaration, unlike};
use crate::types::{Interface, Scalar, Type};
use std::fmt::Write as _;

/// What nothing may be called.
const WORDS: [&str; 45] = [
    "alignas",
    "alignof",
    "auto",
    "bool",
    "break",
    "case",
    "char",
    "const",
    "constexpr",
    "continue",
    "default",
    "do",
    "double",
    "else",
    "enum",
    "extern",
    "false",
    "float",
    "for",
    "goto",
    "if",
    "inline",
    "int",
    "long",
    "nullptr",
    "register",
    "restrict",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "struct",
    "switch",
    "true",
    "typedef",
    "typeof",
    "union",
    "unsigned",
    "void",
    "volatile",
    "while",
    "main",
    "text_t",
    "cabi_realloc",
];

pub(super) fn skeleton(interface: &Interface) -> Result<String, String> {
    let Interface { name, docs, functions, .. } = interface;
    let mut out = String::new();
    comments(&mut out, "", "//", docs, Some(&format!("What Python imports as `{name}`. Compile it with")));
    let _ = writeln!(out, "//   clang --target=wasm32 -O2 -nostdlib -Wl,--no-entry -o {name}.wasm {name}.c\n");
    out.push_str("#include <stdbool.h>\n#include <stdint.h>\n\n");
    out.push_str("#define EXPORT(name) __attribute__((export_name(name)))\n\n");
    if interface.has_places() {
        out.push_str(MEMORY);
    }
    for function in functions {
        function.core()?;
        beside_memory(function)?;
        comments(&mut out, "", "//", &function.docs, Some(&declaration(function)));
        let result = match &function.signature.result {
            None => "void".to_owned(),
            Some(Type::Tuple(_)) => {
                return Err(format!("{}: C gives one result, and this is a tuple", function.source_name));
            }
            Some(ty) if ty.is_place() => "const text_t *".to_owned(),
            Some(ty) => ty.scalar().map(scalar).unwrap_or_default().to_owned(),
        };
        let params = function.signature.params.iter().map(|param| {
            let called = unlike(&WORDS, &param.name);
            match param.ty.scalar() {
                Some(ty) => format!("{} {called}", scalar(ty)),
                None => format!("char *{called}, uint32_t {called}_len"),
            }
        });
        let params: Vec<String> = params.collect();
        let params = if params.is_empty() { "void".to_owned() } else { params.join(", ") };
        let space = if result.ends_with('*') { "" } else { " " };
        let called = unlike(&WORDS, &function.name);
        let _ = writeln!(out, "EXPORT(\"{}\")\n{result}{space}{called}({params})", function.source_name);
        out.push_str("{\n    __builtin_trap(); // not written yet\n}\n\n");
    }
    Ok(format!("{}\n", out.trim_end()))
}

fn scalar(ty: Scalar) -> &'static str {
    match ty {
        Scalar::Bool => "bool",
        Scalar::S8 => "int8_t",
        Scalar::U8 => "uint8_t",
        Scalar::S16 => "int16_t",
        Scalar::U16 => "uint16_t",
        Scalar::S32 => "int32_t",
        Scalar::U32 | Scalar::Char => "uint32_t",
        Scalar::S64 => "int64_t",
        Scalar::U64 => "uint64_t",
        Scalar::F32 => "float",
        Scalar::F64 => "double",
    }
}

const MEMORY: &str = "\
// A text or bytes as a result. It is read before the next call; `static` keeps it until then.
typedef struct {
    const char *bytes;
    uint32_t length;
} text_t;

// Gives the host room for a text or bytes that it passes. Room is never given back; with wasi-libc,
// -Wl,--export=malloc,--export=free takes this function's place.
EXPORT(\"cabi_realloc\")
void *cabi_realloc(void *old, uint32_t old_size, uint32_t align, uint32_t size)
{
    extern char __heap_base;
    static uintptr_t next;
    if (next == 0) {
        next = (uintptr_t)&__heap_base;
    }
    uintptr_t room = (next + align - 1) & -(uintptr_t)align;
    next = room + size;
    uintptr_t end = __builtin_wasm_memory_size(0) << 16;
    if (next > end && __builtin_wasm_memory_grow(0, (next - end + 65535) >> 16) == (uintptr_t)-1) {
        __builtin_trap();
    }
    return (void *)room;
}

";
