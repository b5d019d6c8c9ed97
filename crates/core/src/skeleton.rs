//! The beginning of a host module in each language: every declared function is there with its docs and its declaration,
//! and says that it is not written yet. This file owns what the languages share; it never knows where the text goes.

mod c;
mod go;
mod javascript;
mod rust;
#[cfg(all(test, feature = "wit"))]
mod tests;
mod wat;

use std::fmt;

use crate::types::{Function, Interface, Place};

/// A language that a host module can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// Runs in a guest of its own.
    Python,
    /// Runs in the browser's engine, natively in QuickJS.
    JavaScript,
    /// Part of the program that embeds amphi.
    Rust,
    /// WebAssembly text.
    Wat,
    /// Compiled to a module by clang.
    C,
    /// Compiled to a module by Go.
    Go,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Python, Self::JavaScript, Self::Rust, Self::Wat, Self::C, Self::Go];

    /// Its name on a command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::JavaScript => "javascript",
            Self::Rust => "rust",
            Self::Wat => "wat",
            Self::C => "c",
            Self::Go => "go",
        }
    }

    /// How its files end.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Python => "py",
            Self::JavaScript => "js",
            Self::Rust => "rs",
            Self::Wat => "wat",
            Self::C => "c",
            Self::Go => "go",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl Interface {
    /// The text of a host module that has all functions of the interface, none of them written yet.
    ///
    /// # Errors
    /// The language has no shape for something that is declared; the sentence says for what.
    pub fn skeleton(&self, language: Language) -> Result<String, String> {
        Ok(match language {
            Language::Python => self.python_skeleton(),
            Language::JavaScript => javascript::skeleton(self),
            Language::Rust => rust::skeleton(self),
            Language::Wat => wat::skeleton(self)?,
            Language::C => c::skeleton(self)?,
            Language::Go => go::skeleton(self)?,
        })
    }

    /// Whether a text or bytes crosses, which takes room in the memory of a module.
    fn has_places(&self) -> bool {
        self.functions.iter().any(|function| {
            let Function { signature, .. } = function;
            signature.params.iter().map(|param| &param.ty).chain(&signature.result).any(|ty| ty.is_place())
        })
    }
}

/// What a function is declared as: `book: func(cents: s64) -> result<s64, string>`.
fn declaration(function: &Function) -> String {
    let Function { source_name, signature, place, .. } = function;
    match place {
        Place::Constructor(_) => {
            let params: Vec<String> =
                signature.params.iter().map(|param| format!("{}: {}", param.name, param.ty)).collect();
            format!("constructor({})", params.join(", "))
        }
        Place::Method(_) => {
            let mut signature = signature.clone();
            signature.params.remove(0);
            format!("{source_name}: func{signature}")
        }
        Place::Static(_) => format!("{source_name}: static func{signature}"),
        Place::Free => format!("{source_name}: func{signature}"),
    }
}

/// Docs and a declaration as line comments.
fn comments(out: &mut String, indent: &str, mark: &str, docs: &str, declared: Option<&str>) {
    for line in docs.trim_end().lines().chain(declared) {
        out.push_str(format!("{indent}{mark} {}", line.trim_end()).trim_end());
        out.push('\n');
    }
}

/// Refuses a function that a module with memory cannot export.
fn beside_memory(function: &Function) -> Result<(), String> {
    match function.source_name.as_str() {
        "memory" => Err("memory: a module exports its memory by this name, and no function".to_owned()),
        _ => Ok(()),
    }
}

/// A name that is none of these words: they get a `_`.
fn unlike(words: &[&str], name: &str) -> String {
    if words.contains(&name) { format!("{name}_") } else { name.to_owned() }
}
