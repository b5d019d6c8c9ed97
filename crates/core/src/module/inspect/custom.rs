//! The custom sections that tell where a module comes from. This file never knows whether they tell the truth.

use serde::{Deserialize, Serialize};
use wasmparser::{BinaryReader, BinaryReaderError, ProducersSectionReader};

/// The section in which LLVM writes down what its target could do.
pub(super) const TARGET_FEATURES: &str = "target_features";

/// A section that engines pass over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Custom {
    /// Its name.
    pub name: String,
    /// The size of what is in it, without the name.
    pub bytes: usize,
}

/// What made a module.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Producers {
    /// The languages it was written in.
    pub language: Vec<Tool>,
    /// The compilers, linkers and others that worked on it.
    #[serde(rename = "processed-by")]
    pub processed_by: Vec<Tool>,
    /// The kits it was built with.
    pub sdk: Vec<Tool>,
}

/// A language, program or kit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version; empty where there is none.
    pub version: String,
}

impl Producers {
    /// Reads the section; what is broken in it is passed over, as no engine minds it.
    pub(super) fn read(section: ProducersSectionReader<'_>) -> Self {
        let mut producers = Self::default();
        for field in section.into_iter().map_while(Result::ok) {
            let list = match field.name {
                "language" => &mut producers.language,
                "processed-by" => &mut producers.processed_by,
                "sdk" => &mut producers.sdk,
                _ => continue,
            };
            let tools = field.values.into_iter().map_while(Result::ok);
            list.extend(tools.map(|tool| Tool { name: tool.name.to_owned(), version: tool.version.to_owned() }));
        }
        producers
    }

    /// Whether nothing is told.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.language.is_empty() && self.processed_by.is_empty() && self.sdk.is_empty()
    }
}

/// The entries of the section, each with its sign before its name; what is broken ends the list.
pub(super) fn target_features(mut section: BinaryReader<'_>) -> Vec<String> {
    let mut features = Vec::new();
    let count = section.read_var_u32().unwrap_or_default();
    for _ in 0..count {
        let mut entry = || -> Result<String, BinaryReaderError> {
            let sign = char::from(section.read_u8()?);
            Ok(format!("{sign}{}", section.read_string()?))
        };
        match entry() {
            Ok(feature) => features.push(feature),
            Err(_) => break,
        }
    }
    features
}
