//! A trap in the words of the WebAssembly specification. Engines word traps each in their own way; a program should
//! see the same ones in every habitat. This file never knows an engine, only what engines say.

/// What an engine's message contains, and the specification's words for it. The first that fits counts.
const WORDS: &[(&str, &str)] = &[
    ("unreachable", "unreachable"),
    ("divide result unrepresentable", "integer overflow"),
    ("float unrepresentable", "invalid conversion to integer"),
    ("divide by zero", "integer divide by zero"),
    ("remainder by zero", "integer divide by zero"),
    ("division by zero", "integer divide by zero"),
    ("integer overflow", "integer overflow"),
    ("invalid conversion", "invalid conversion to integer"),
    ("memory access", "out of bounds memory access"),
    ("table index", "undefined element"),
    ("undefined element", "undefined element"),
    ("table access", "out of bounds table access"),
    ("uninitialized element", "uninitialized element"),
    ("indirect call type", "indirect call type mismatch"),
    ("signature mismatch", "indirect call type mismatch"),
    ("call stack", "call stack exhausted"),
    ("too much recursion", "call stack exhausted"),
];

/// The specification's words for what an engine said of a trap, or the engine's own where there are none.
#[must_use]
pub fn words(engine: &str) -> &str {
    WORDS.iter().find(|(part, _)| engine.contains(part)).map_or(engine, |(_, words)| words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engines_agree() {
        for (wasmtime, v8, expected) in [
            ("wasm trap: wasm `unreachable` instruction executed", "unreachable", "unreachable"),
            ("wasm trap: integer divide by zero", "divide by zero", "integer divide by zero"),
            ("wasm trap: integer overflow", "divide result unrepresentable", "integer overflow"),
            ("wasm trap: out of bounds memory access", "memory access out of bounds", "out of bounds memory access"),
            ("wasm trap: call stack exhausted", "Maximum call stack size exceeded", "call stack exhausted"),
            (
                "wasm trap: invalid conversion to integer",
                "float unrepresentable in integer range",
                "invalid conversion to integer",
            ),
            (
                "wasm trap: indirect call type mismatch",
                "null function or function signature mismatch",
                "indirect call type mismatch",
            ),
        ] {
            assert_eq!((words(wasmtime), words(v8)), (expected, expected));
        }
        assert_eq!(words("something new"), "something new");
    }
}
