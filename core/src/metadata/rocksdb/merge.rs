//! Counters in RocksDB: [`Write::Add`](super::super::Write::Add) and [`Write::Max`](super::super::Write::Max) as merge operands, summed
//! up when somebody reads or a compaction comes by.
//!
//! Always holds: an operand is a tag and an i64 little-endian; a stored value, and what a read returns, is 8 bytes and no tag. Operands
//! of one kind may be put together in any grouping. A base of another length makes the read fail as damaged; nothing is guessed.

use rocksdb::{MergeOperands, Options};

use super::super::{Write, counter};

const ADD: u8 = b'+';
const MAX: u8 = b'^';

/// Sets the operator. Its name is part of the format on disk.
pub(super) fn install(options: &mut Options) {
    options.set_merge_operator("trefoil.counter", full, partial);
}

pub(super) fn operand(write: &Write) -> Option<[u8; 9]> {
    let (tag, number) = match write {
        Write::Add { delta, .. } => (ADD, delta),
        Write::Max { value, .. } => (MAX, value),
        Write::Put { .. } | Write::Delete { .. } => return None,
    };
    let mut bytes = [tag; 9];
    bytes[1..].copy_from_slice(&number.to_le_bytes());
    Some(bytes)
}

fn parse(operand: &[u8]) -> Option<(u8, i64)> {
    let (tag, number) = operand.split_first()?;
    Some((*tag, i64::from_le_bytes(number.try_into().ok()?)))
}

fn join(tag: u8, left: i64, right: i64) -> Option<i64> {
    match tag {
        ADD => Some(left.wrapping_add(right)),
        MAX => Some(left.max(right)),
        _ => None,
    }
}

fn full(_key: &[u8], base: Option<&[u8]>, operands: &MergeOperands) -> Option<Vec<u8>> {
    let mut value = counter::decode(base).ok()?;
    for operand in operands {
        let (tag, number) = parse(operand)?;
        value = join(tag, value, number)?;
    }
    Some(value.to_le_bytes().to_vec())
}

/// Puts operands of one kind together; leaves mixed ones as they are (`None` is no error here).
fn partial(_key: &[u8], _: Option<&[u8]>, operands: &MergeOperands) -> Option<Vec<u8>> {
    let mut operands = operands.iter().map(parse);
    let (tag, mut sum) = operands.next()??;
    for operand in operands {
        let (next, number) = operand?;
        if next != tag {
            return None;
        }
        sum = join(tag, sum, number)?;
    }
    let mut bytes = vec![tag];
    bytes.extend_from_slice(&sum.to_le_bytes());
    Some(bytes)
}
