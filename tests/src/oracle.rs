//! What was acknowledged, remembered outside of the server: the judge of what a crash may have taken.
//!
//! Always holds: a key belongs to one writer at a time, so that its states follow each other. After a crash a key must be in its
//! last acknowledged state, or in that of a change that was on its way and not yet answered; nothing in between, nothing else.

use std::collections::BTreeMap;

/// The content that a test writes: known by two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content {
    pub seed: u64,
    pub length: usize,
}

impl Content {
    /// The bytes: different for each seed, and not compressible.
    pub fn bytes(self) -> Vec<u8> {
        let mut state = self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut bytes = Vec::with_capacity(self.length + 8);
        while bytes.len() < self.length {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            bytes.extend(state.to_le_bytes());
        }
        bytes.truncate(self.length);
        bytes
    }
}

/// What a key may hold: nothing, or a content with a mark in its metadata and its tags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object {
    pub content: Option<Content>,
    /// `x-amz-meta-mark`.
    pub mark: String,
    pub tags: usize,
}

/// A key's last acknowledged state, and those that unanswered changes may have made of it.
#[derive(Clone, Debug, Default)]
pub struct KeyState {
    pub acknowledged: Object,
    pub possible: Vec<Object>,
}

/// Everything that one writer did.
#[derive(Clone, Debug, Default)]
pub struct Oracle {
    pub keys: BTreeMap<String, KeyState>,
    /// Versions that were acknowledged, newest last, by key: id and content; `None` is a delete marker.
    pub versions: BTreeMap<String, Vec<(String, Option<Content>)>>,
    /// Versions whose deletion was asked for and not answered.
    pub fading: Vec<(String, String)>,
    /// Version-making changes that were not answered, by key.
    pub unanswered: BTreeMap<String, usize>,
    /// Uploads under way: key, id, acknowledged parts with their contents.
    pub uploads: BTreeMap<(String, String), BTreeMap<u32, Content>>,
    /// Uploads whose end (by completion or abort) was asked for and not answered.
    pub ending: Vec<(String, String)>,
    /// Changes that were acknowledged in all.
    pub acknowledged: u64,
}

impl Oracle {
    pub fn state(&self, key: &str) -> Object {
        self.keys.get(key).map(|state| state.acknowledged.clone()).unwrap_or_default()
    }

    /// A change of the key was sent.
    pub fn sent(&mut self, key: &str, object: Object) {
        self.keys.entry(key.to_owned()).or_default().possible.push(object);
    }

    /// The change that was sent last was acknowledged. Those before it that were never answered came before or not at all.
    pub fn acknowledged(&mut self, key: &str) {
        self.acknowledged += 1;
        let state = self.keys.entry(key.to_owned()).or_default();
        if let Some(object) = state.possible.pop() {
            state.acknowledged = object;
        }
        state.possible.clear();
    }

    /// The change that was sent last was refused: it is certain that it did not happen.
    pub fn refused(&mut self, key: &str) {
        if let Some(state) = self.keys.get_mut(key) {
            state.possible.pop();
        }
    }

    /// Compares what is there with what may be. From then on what is there counts as acknowledged.
    pub fn judge(&mut self, key: &str, found: &Object) -> Result<(), String> {
        let state = self.keys.entry(key.to_owned()).or_default();
        if *found != state.acknowledged && !state.possible.contains(found) {
            return Err(format!(
                "{key}: found {found:?}; acknowledged was {:?}, possible {:?}",
                state.acknowledged, state.possible
            ));
        }
        state.acknowledged = found.clone();
        state.possible.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
