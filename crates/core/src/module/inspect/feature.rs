//! The features of WebAssembly, and which of them a module needs. This file never knows which engine has which.

use serde::{Deserialize, Serialize};
use wasmparser::types::Types;
use wasmparser::{BinaryReaderError, Validator, WasmFeatures};

/// For each feature `(Variant, "name", the bits that are its own)`. What contains another feature comes before it.
macro_rules! table {
    ($(#[doc = $doc:literal] $variant:ident = $name:literal, $bits:expr;)*) => {
        /// What WebAssembly has learned since its first version.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Feature {
            $(#[doc = $doc] #[serde(rename = $name)] $variant,)*
        }

        impl Feature {
            /// All of them, the newest first.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name of its proposal.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            fn bits(self) -> WasmFeatures {
                match self {
                    $(Self::$variant => $bits,)*
                }
            }
        }
    };
}

table! {
    /// Types with descriptors for their run-time information.
    CustomDescriptors = "custom-descriptors", WasmFeatures::CUSTOM_DESCRIPTORS;
    /// Import sections that name a module once.
    CompactImports = "compact-imports", WasmFeatures::COMPACT_IMPORTS;
    /// Tables, functions and more that threads share.
    SharedEverythingThreads = "shared-everything-threads", WasmFeatures::SHARED_EVERYTHING_THREADS;
    /// Continuations.
    StackSwitching = "stack-switching", WasmFeatures::STACK_SWITCHING;
    /// `memory.discard`.
    MemoryControl = "memory-control", WasmFeatures::MEMORY_CONTROL;
    /// Sums and products of 128 bits.
    WideArithmetic = "wide-arithmetic", WasmFeatures::WIDE_ARITHMETIC;
    /// Memories whose pages have another size.
    CustomPageSizes = "custom-page-sizes", WasmFeatures::CUSTOM_PAGE_SIZES;
    /// Exceptions as browsers had them first, with `try` and `catch`.
    LegacyExceptions = "legacy-exceptions", WasmFeatures::LEGACY_EXCEPTIONS;
    /// Structs and arrays that the engine collects.
    Gc = "gc", WasmFeatures::GC;
    /// References to functions whose type is known.
    FunctionReferences = "function-references", WasmFeatures::FUNCTION_REFERENCES;
    /// Exceptions, with `try_table`.
    Exceptions = "exceptions", WasmFeatures::EXCEPTIONS;
    /// Memories and tables of more than 32 bits.
    Memory64 = "memory64", WasmFeatures::MEMORY64;
    /// More than one memory.
    MultiMemory = "multi-memory", WasmFeatures::MULTI_MEMORY;
    /// Shared memories and atomic instructions.
    Threads = "threads", WasmFeatures::THREADS;
    /// Vector instructions whose results may differ between machines.
    RelaxedSimd = "relaxed-simd", WasmFeatures::RELAXED_SIMD;
    /// Calls that replace their caller.
    TailCall = "tail-call", WasmFeatures::TAIL_CALL;
    /// Sums in constants.
    ExtendedConst = "extended-const", WasmFeatures::EXTENDED_CONST;
    /// Vectors of 128 bits.
    Simd = "simd", WasmFeatures::SIMD;
    /// References as values, and several tables.
    ReferenceTypes = "reference-types", WasmFeatures::REFERENCE_TYPES.difference(WasmFeatures::CALL_INDIRECT_OVERLONG);
    /// The part of `reference-types` that linkers use: room for any table's number in `call_indirect`.
    CallIndirectOverlong = "call-indirect-overlong", WasmFeatures::CALL_INDIRECT_OVERLONG;
    /// Segments that are copied when the program says so.
    BulkMemory = "bulk-memory", WasmFeatures::BULK_MEMORY.difference(WasmFeatures::BULK_MEMORY_OPT);
    /// The part of `bulk-memory` that compilers use: `memory.copy` and `memory.fill`.
    BulkMemoryOpt = "bulk-memory-opt", WasmFeatures::BULK_MEMORY_OPT;
    /// Functions and blocks with several results.
    MultiValue = "multi-value", WasmFeatures::MULTI_VALUE;
    /// Conversions of floats that do not trap.
    NontrappingFloatToInt = "nontrapping-float-to-int", WasmFeatures::SATURATING_FLOAT_TO_INT;
    /// Instructions that extend small integers with their sign.
    SignExtension = "sign-extension", WasmFeatures::SIGN_EXTENSION;
    /// Globals that change, imported or exported.
    MutableGlobals = "mutable-globals", WasmFeatures::MUTABLE_GLOBAL;
}

/// What a module needs to be valid.
pub(super) struct Needed {
    /// The types of everything in it.
    pub(super) types: Types,
    /// Each feature that it is not valid without.
    pub(super) features: Vec<Feature>,
    /// Whether [`super::read::read`] finds it valid, too.
    pub(super) usual: bool,
}

/// The features that a module is not valid without.
///
/// They are found by validating: first with more and more features, as the validator asks for them, then with one less
/// at a time. A module is validated whole only as often as that succeeds, which is twice at most for nearly all.
///
/// # Errors
/// It is not valid with all of them; the error is the one that [`super::read::read`] would give.
pub(super) fn needed(bytes: &[u8]) -> Result<Needed, BinaryReaderError> {
    let (mut set, mut types) = asked_for(bytes)?;
    for feature in Feature::ALL {
        let less = set.difference(feature.bits());
        if less != set
            && let Ok(again) = validate(bytes, less)
        {
            (set, types) = (less, again);
        }
    }
    let has = |feature: Feature| set.contains(feature.bits());
    // A part goes without saying where the whole is needed.
    let said = |feature: &Feature| match feature {
        Feature::CallIndirectOverlong => !has(Feature::ReferenceTypes),
        Feature::BulkMemoryOpt => !has(Feature::BulkMemory),
        _ => true,
    };
    let features = Feature::ALL.iter().copied().filter(|feature| has(*feature)).filter(said).collect();
    Ok(Needed { types, features, usual: WasmFeatures::default().contains(set) })
}

/// Features that the module is valid with: few, as each is one that the validator missed.
fn asked_for(bytes: &[u8]) -> Result<(WasmFeatures, Types), BinaryReaderError> {
    let mut set = WasmFeatures::MVP;
    loop {
        let error = match validate(bytes, set) {
            Ok(types) => return Ok((set, types)),
            Err(error) => error,
        };
        let asked = error.missing_wasm_feature().filter(|missing| !set.contains(*missing));
        match asked.or_else(|| leads_further(bytes, set, &error)) {
            Some(missing) => set |= missing,
            None => {
                let all = Feature::ALL.iter().fold(set, |set, feature| set | feature.bits());
                // What cannot be helped is told as it is where a module is made ready to run.
                return validate(bytes, all)
                    .map(|types| (all, types))
                    .map_err(|_| validate(bytes, WasmFeatures::default()).err().unwrap_or(error));
            }
        }
    }
}

/// The feature with which the validator comes beyond a mistake that it cannot name: the oldest one, if there is one.
fn leads_further(bytes: &[u8], set: WasmFeatures, error: &BinaryReaderError) -> Option<WasmFeatures> {
    let more = Feature::ALL.iter().rev().map(|feature| feature.bits()).filter(|bits| !set.contains(*bits));
    let mut further = more.filter(|bits| match validate(bytes, set | *bits) {
        Ok(_) => true,
        Err(next) => next.offset() > error.offset(),
    });
    further.next()
}

fn validate(bytes: &[u8], features: WasmFeatures) -> Result<Types, BinaryReaderError> {
    Validator::new_with_features(features).validate_all(bytes)
}
