//! Committing a small file, whole, beside its node.
//!
//! Always holds: its tag is the MD5 of its bytes.

use bytes::{Bytes, BytesMut};

use super::flush::Outcome;
use super::state::{Committed, Part, State};
use super::table::Session;
use crate::content::{Md5, open_inline, seal_inline};
use crate::error::{Error, Result};
use crate::files::{FileError, FileService};
use crate::metadata::keys;
use crate::metadata::records::{ContentRef, NodeRecord, Record};
use crate::metadata::watched::NOBODY;
use crate::metadata::{Durability, Table};
use crate::transact;
use crate::types::{ByteRange, ETag};

impl FileService {
    pub(super) async fn commit_inline(&self, session: &Session, state: &mut State) -> Result<Outcome> {
        let (node, tree) = (session.node, self.inner.objects.tree());
        let whole = ByteRange { offset: 0, length: state.size };
        let mut parts = Vec::new();
        if state.size > 0 {
            for part in state.parts(whole) {
                parts.push(match part {
                    // They are in memory, or in a blob that will get no name.
                    Part::Out(out, at, length) => Part::Bytes(out.read_part(at, length).await?.concat().into()),
                    other => other,
                });
            }
        }
        let (altered, size) = (state.altered, state.size);
        // Where nothing of them counts, it does not matter what has become of them.
        let needs_old = parts.iter().any(|part| matches!(part, Part::Committed(_)));
        let expected = &state.committed;
        let outcome = transact!(self.inner.objects.store(), Durability::Ordered, |tx| {
            tx.origin(Some(NOBODY));
            let mut at = vec![(Table::Index, keys::node(node))];
            let is_inline = expected.content == ContentRef::Inline;
            at.extend(is_inline.then(|| (Table::Inline, keys::inline(node, 0))));
            let values = tx.get_many(&at).await?;
            let value = values[0].as_ref().ok_or(Error::from(FileError::Stale))?;
            let mut record = NodeRecord::decode(value)?;
            if record.content != expected.content || record.size != expected.size {
                return Ok(Outcome::Changed);
            }
            if tree.is_sealed(tx, &session.bucket, &record).await? {
                return Ok(Outcome::Changed);
            }
            if altered {
                let old = match values.get(1) {
                    Some(Some(sealed)) if needs_old => open_inline(node, 0, sealed.clone())?,
                    _ => Bytes::new(),
                };
                let bytes = assemble(&parts, &old, size)?;
                if !is_inline || bytes.is_empty() {
                    tree.release_content(tx, node, record.content).await?;
                }
                record.content = if bytes.is_empty() { ContentRef::Empty } else { ContentRef::Inline };
                if !bytes.is_empty() {
                    tx.put(Table::Inline, keys::inline(node, 0), seal_inline(node, 0, &bytes));
                }
                record.size = size;
                record.etag = ETag::Md5(Md5::of(&bytes));
                record.checksum = None;
                record.parts = None;
            }
            session.facts().apply(&mut record);
            tree.put_node(tx, node, &record).await?;
            Ok(Outcome::Done)
        })?;
        if outcome == Outcome::Done {
            self.inner.barrier.note();
            let content = match (altered, size) {
                (false, _) => state.committed.content,
                (true, 0) => ContentRef::Empty,
                (true, _) => ContentRef::Inline,
            };
            let numbers: Vec<u32> = state.pages.keys().copied().collect();
            numbers.into_iter().for_each(|number| state.forget(number));
            state.committed = Committed { size, content, in_place: None, depth: 0, next_slot: 0 };
            state.kept = size;
            state.crowded.clear();
            state.target = None;
            state.is_committed();
        }
        Ok(outcome)
    }
}

fn assemble(parts: &[Part], old: &Bytes, size: u64) -> Result<BytesMut> {
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let mut bytes = BytesMut::with_capacity(number(size));
    for part in parts {
        match part {
            Part::Bytes(part) => bytes.extend_from_slice(part),
            Part::Zeros(length) => bytes.resize(bytes.len() + number(*length), 0),
            Part::Committed(range) => {
                let (from, to) = (number(range.offset), number(range.offset + range.length));
                let part = old.get(from..to);
                bytes.extend_from_slice(
                    part.ok_or_else(|| crate::content::corrupt("inline bytes are too short".into()))?,
                );
            }
            Part::Out(..) => return Err(Error::Internal("written bytes were not gathered".into())),
        }
    }
    Ok(bytes)
}
