//! Makes a snapshot smaller: what the snapshot's own data replaced goes, and data that lies close together becomes one
//! segment. Every byte of memory starts as before. It must never know how the snapshot was made.

use wasm_encoder::{ConstExpr, DataSection, Module, RawSection};
use wasmparser::{BinaryReaderError, DataKind, DataSectionReader, Operator, Parser, Payload};

/// So many zeros between two segments are written out. An engine does more for a segment than for a few bytes, and
/// zeros are nothing once a module is compressed.
const GAP: usize = 64;

/// The same module with its data joined, and without passive data, which nothing in it uses.
///
/// A module whose code does use some, or whose data is not laid out as a snapshot's is, comes back as it was.
///
/// # Errors
/// `wasm` is no module.
pub(super) fn compact(wasm: &[u8]) -> Result<Vec<u8>, BinaryReaderError> {
    let mut module = Module::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        match &payload {
            // It only announces passive data.
            Payload::DataCountSection { .. } => {}
            Payload::CodeSectionEntry(body) => {
                for operator in body.get_operators_reader()? {
                    if uses_passive_data(&operator?) {
                        return Ok(wasm.to_vec());
                    }
                }
            }
            Payload::DataSection(reader) => match joined(reader)? {
                Some(data) => drop(module.section(&data)),
                None => return Ok(wasm.to_vec()),
            },
            other => {
                if let Some((id, range)) = other.as_section() {
                    let data = wasm.get(range).unwrap_or_default();
                    module.section(&RawSection { id, data });
                }
            }
        }
    }
    Ok(module.finish())
}

fn uses_passive_data(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::MemoryInit { .. }
            | Operator::DataDrop { .. }
            | Operator::ArrayNewData { .. }
            | Operator::ArrayInitData { .. }
    )
}

/// The active segments, joined over small gaps; none unless they ascend in the first memory, at constant places.
fn joined(reader: &DataSectionReader<'_>) -> Result<Option<DataSection>, BinaryReaderError> {
    let mut runs: Vec<(usize, Vec<u8>)> = Vec::new();
    for segment in reader.clone() {
        let segment = segment?;
        let DataKind::Active { memory_index, offset_expr } = &segment.kind else { continue };
        let mut operators = offset_expr.get_operators_reader();
        let (Operator::I32Const { value }, 0) = (operators.read()?, *memory_index) else { return Ok(None) };
        let at = value.cast_unsigned() as usize;
        match runs.last_mut() {
            Some((start, bytes)) if *start + bytes.len() > at => return Ok(None),
            Some((start, bytes)) if at - (*start + bytes.len()) <= GAP => {
                bytes.resize(at - *start, 0);
                bytes.extend_from_slice(segment.data);
            }
            _ => runs.push((at, segment.data.to_vec())),
        }
    }
    let mut section = DataSection::new();
    for (at, bytes) in runs {
        let Ok(at) = u32::try_from(at) else { return Ok(None) };
        section.active(0, &ConstExpr::i32_const(at.cast_signed()), bytes);
    }
    Ok(Some(section))
}

#[cfg(test)]
mod tests {
    use super::compact;

    /// The segments of a module: where, and what.
    fn segments(wasm: &[u8]) -> Vec<(i32, Vec<u8>)> {
        let mut found = Vec::new();
        for payload in wasmparser::Parser::new(0).parse_all(wasm) {
            let wasmparser::Payload::DataSection(reader) = payload.unwrap() else { continue };
            for segment in reader {
                let segment = segment.unwrap();
                let wasmparser::DataKind::Active { offset_expr, .. } = segment.kind else {
                    found.push((-1, segment.data.to_vec()));
                    continue;
                };
                let wasmparser::Operator::I32Const { value } = offset_expr.get_operators_reader().read().unwrap()
                else {
                    panic!("a place that is not constant")
                };
                found.push((value, segment.data.to_vec()));
            }
        }
        found
    }

    #[test]
    fn close_data_is_joined_and_passive_data_goes() {
        let zeros = |count| vec![0; count];
        for (name, wat, expected) in [
            ("nothing", "", vec![]),
            ("touching", r#"(data (i32.const 8) "ab") (data (i32.const 10) "c")"#, vec![(8, b"abc".to_vec())]),
            (
                "a gap",
                r#"(data (i32.const 0) "a") (data (i32.const 65) "b")"#,
                vec![(0, [b"a".to_vec(), zeros(64), b"b".to_vec()].concat())],
            ),
            (
                "far apart",
                r#"(data (i32.const 0) "a") (data (i32.const 66) "b")"#,
                vec![(0, b"a".to_vec()), (66, b"b".to_vec())],
            ),
            ("passive", r#"(data "gone") (data (i32.const 3) "a")"#, vec![(3, b"a".to_vec())]),
            (
                "used",
                r#"(data "kept") (func (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 1)))"#,
                vec![(-1, b"kept".to_vec())],
            ),
            (
                "overlapping",
                r#"(data (i32.const 0) "ab") (data (i32.const 1) "c")"#,
                vec![(0, b"ab".to_vec()), (1, b"c".to_vec())],
            ),
            (
                "descending",
                r#"(data (i32.const 9) "a") (data (i32.const 1) "b")"#,
                vec![(9, b"a".to_vec()), (1, b"b".to_vec())],
            ),
        ] {
            let wasm = wat::parse_str(format!("(module (memory (export \"memory\") 1) (func (export \"f\")) {wat})"));
            let compacted = compact(&wasm.unwrap()).unwrap();
            wasmparser::validate(&compacted).unwrap();
            assert_eq!(segments(&compacted), expected, "{name}");
        }
    }
}
