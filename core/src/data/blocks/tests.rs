//! Tables of checks: whatever the chunks, and whatever is swapped.

use super::{Binding, CHECK_BYTES, TableBuilder, block_count, verify};
use crate::limits::BLOCK_BYTES;

fn table(binding: Binding, data: &[u8], chunk: usize) -> Vec<u8> {
    let mut builder = TableBuilder::new(binding);
    data.chunks(chunk).for_each(|chunk| builder.update(chunk));
    builder.finish()
}

fn sample(length: usize) -> Vec<u8> {
    (0..length).map(|i| u8::try_from((i * 131 + i / 255) % 256).unwrap()).collect()
}

#[test]
fn tables_of_parts_that_begin_with_a_block_make_the_whole_table() {
    let (binding, data) = (Binding::new(&[4, 5]), sample(5 * BLOCK_BYTES + 9));
    let mut parts = Vec::new();
    for (number, part) in data.chunks(2 * BLOCK_BYTES).enumerate() {
        let mut builder = TableBuilder::starting_at(binding, (number * 2 * BLOCK_BYTES) as u64);
        builder.update(part);
        parts.extend(builder.finish());
    }
    assert_eq!(parts, table(binding, &data, 10_000));
}

#[test]
fn chunks_of_any_size_make_the_same_table() {
    let binding = Binding::new(&[1, 2, 3]);
    for length in [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 3 * BLOCK_BYTES + 17] {
        let data = sample(length);
        let whole = table(binding, &data, usize::MAX);
        assert_eq!(whole.len() as u64, block_count(length as u64) * CHECK_BYTES as u64);
        for chunk in [1, 7, 4096, BLOCK_BYTES - 1, BLOCK_BYTES + 1] {
            assert_eq!(table(binding, &data, chunk), whole, "length {length}, chunk {chunk}");
        }
        assert_eq!(verify(binding, &data, 0, &whole), Ok(()));
    }
}

#[test]
fn damage_a_wrong_blob_and_a_wrong_position_do_not_verify() {
    let binding = Binding::new(&[1, 2, 3]);
    // Three equal blocks: only the binding tells them apart.
    let data = sample(BLOCK_BYTES).repeat(3);
    let checks = table(binding, &data, usize::MAX);
    assert_eq!(verify(Binding::new(&[1, 3, 2]), &data, 0, &checks), Err(0));
    assert_eq!(verify(binding, &data, 1, &checks), Err(1));
    assert_eq!(verify(binding, &data[BLOCK_BYTES..], 1, &checks[CHECK_BYTES..]), Ok(()));
    let mut damaged = data.clone();
    damaged[2 * BLOCK_BYTES + 5] ^= 1;
    assert_eq!(verify(binding, &damaged, 0, &checks), Err(2));
    assert_eq!(verify(binding, &data, 0, &checks[..2 * CHECK_BYTES]), Err(2), "a table that ends early");
    assert_eq!(verify(binding, &[0; BLOCK_BYTES], 0, &[0; CHECK_BYTES]), Err(0), "a hole");
}
