//! Epochs and formats.

use super::{FORMAT, start};
use crate::metadata::keys;
use crate::metadata::memory::MemoryStore;
use crate::metadata::records::{Number, Record};
use crate::metadata::{Batch, Durability, MetadataStore, Table, Write};

#[tokio::test]
async fn each_start_has_a_larger_epoch() {
    let store = MemoryStore::new();
    let first = start(&store).await.unwrap();
    assert!(first > 0);
    assert_eq!(start(&store).await.unwrap(), first + 1);
}

#[tokio::test]
async fn an_unknown_format_is_refused_and_nothing_is_changed() {
    let store = MemoryStore::new();
    start(&store).await.unwrap();
    let value = Number(FORMAT + 1).encode();
    let put = Write::Put { table: Table::Index, key: keys::FORMAT.to_vec(), value };
    store.commit(Batch { writes: vec![put], ..Batch::default() }, Durability::Synced).await.unwrap();
    let at = [(Table::Index, keys::EPOCH.to_vec())];
    let before = store.get_many(&at).await.unwrap().1;
    let error = start(&store).await.unwrap_err().to_string();
    assert!(error.contains("format 2") && error.contains("newer"), "{error}");
    assert_eq!(store.get_many(&at).await.unwrap().1, before);
}
