//! What was acknowledged, remembered outside of the server: the judge of what a crash may have taken.
//!
//! Always holds: a part of the world belongs to one writer, which sends one request at a time, so that its states follow each other.
//! A request is sent with what it changes: one [`Change`], or several that are independent of each other (DeleteObjects). After a
//! crash the world must be the last acknowledged one with each change that was not answered made *whole or not at all*: a rename
//! that has taken one name and not given the other, a completion whose upload is still there, are no state that passes.

use std::collections::{BTreeMap, BTreeSet};

use crate::content::Content;

/// An object as anybody can see it from outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object {
    /// What its bytes are, one behind the other.
    pub body: Vec<Content>,
    pub etag: String,
    /// `NAME=VALUE`.
    pub checksum: String,
    /// `x-amz-meta-mark`.
    pub mark: String,
    /// `KEY=VALUE` joined by `&`.
    pub tags: String,
    /// Whether everybody may read it.
    pub is_public: bool,
}

/// One version of a key; in a bucket without versions its only one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// `None` where nobody was told yet.
    pub id: Option<String>,
    /// `None` is a delete marker.
    pub object: Option<Object>,
}

/// An upload under way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Upload {
    /// `None` where nobody was told yet.
    pub id: Option<String>,
    /// By number: length and entity tag.
    pub parts: BTreeMap<u32, (usize, String)>,
}

/// A thing that has states. Every one but [`State`]'s absence is in the world.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A key of the writer's shared bucket.
    Key(String),
    /// The uploads of such a key.
    Uploads(String),
    Bucket(String),
    Account(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Newest first.
    Versions(Vec<Version>),
    /// Oldest first.
    Uploads(Vec<Upload>),
    Bucket {
        versioning: String,
        tags: String,
        cors: String,
        is_public: bool,
    },
    Account {
        keys: BTreeSet<String>,
    },
}

impl State {
    /// Whether what was found is this state. What nobody was told is known only from the finding.
    fn allows(&self, found: &State) -> bool {
        let is = |known: &Option<String>, found: &Option<String>| known.is_none() || known == found;
        match (self, found) {
            (State::Versions(known), State::Versions(found)) => {
                known.len() == found.len()
                    && known.iter().zip(found).all(|(known, found)| {
                        known.object == found.object && is(&known.id, &found.id) && found.id.is_some()
                    })
            }
            (State::Uploads(known), State::Uploads(found)) => {
                known.len() == found.len()
                    && known.iter().zip(found).all(|(known, found)| {
                        known.parts == found.parts && is(&known.id, &found.id) && found.id.is_some()
                    })
            }
            (known, found) => known == found,
        }
    }

    /// Names what was made by a change that was just answered.
    fn identify(&mut self, id: &str) {
        let (versions, uploads) = match self {
            State::Versions(versions) => (versions.as_mut_slice(), [].as_mut_slice()),
            State::Uploads(uploads) => ([].as_mut_slice(), uploads.as_mut_slice()),
            State::Bucket { .. } | State::Account { .. } => return,
        };
        let unknown = versions.iter_mut().map(|it| &mut it.id).chain(uploads.iter_mut().map(|it| &mut it.id));
        unknown.filter(|known| known.is_none()).for_each(|known| *known = Some(id.to_owned()));
    }
}

pub type World = BTreeMap<Subject, State>;

/// What happens together: each subject's new state, or `None` where it is gone then.
pub type Change = Vec<(Subject, Option<State>)>;

/// More independent changes of one request than these are too many to judge.
const PENDING_MAX: usize = 8;

/// Everything that one writer did.
#[derive(Clone, Debug, Default)]
pub struct Oracle {
    /// As it was acknowledged.
    pub world: World,
    /// Sent, and not answered.
    pub pending: Vec<Change>,
    /// Changes that were acknowledged in all.
    pub acknowledged: u64,
}

fn apply(world: &mut World, change: &Change) {
    for (subject, state) in change {
        match state {
            Some(state) => world.insert(subject.clone(), state.clone()),
            None => world.remove(subject),
        };
    }
}

impl Oracle {
    pub fn versions(&self, key: &str) -> Vec<Version> {
        match self.world.get(&Subject::Key(key.to_owned())) {
            Some(State::Versions(versions)) => versions.clone(),
            _ => Vec::new(),
        }
    }

    /// The key's current object.
    pub fn object(&self, key: &str) -> Option<Object> {
        self.versions(key).into_iter().next().and_then(|version| version.object)
    }

    pub fn uploads(&self, key: &str) -> Vec<Upload> {
        match self.world.get(&Subject::Uploads(key.to_owned())) {
            Some(State::Uploads(uploads)) => uploads.clone(),
            _ => Vec::new(),
        }
    }

    /// A request was sent that makes these changes, independent of each other.
    pub fn sent(&mut self, changes: Vec<Change>) {
        self.pending.extend(changes);
        assert!(self.pending.len() <= PENDING_MAX, "{} changes at once", self.pending.len());
    }

    /// What the change of this number made has this id.
    pub fn identify(&mut self, change: usize, id: &str) {
        for (_, state) in &mut self.pending[change] {
            if let Some(state) = state {
                state.identify(id);
            }
        }
    }

    /// The request was acknowledged: all of its changes are there.
    pub fn acknowledged(&mut self) {
        for change in std::mem::take(&mut self.pending) {
            self.acknowledged += 1;
            apply(&mut self.world, &change);
        }
    }

    /// The request was refused: it is certain that it changed nothing.
    pub fn refused(&mut self) {
        self.pending.clear();
    }

    /// Compares what is there with what may be. From then on what is there counts as acknowledged, whatever it is.
    pub fn judge(&mut self, found: World) -> Result<(), String> {
        let pending = std::mem::take(&mut self.pending);
        let known = std::mem::replace(&mut self.world, found);
        let mut nearest: Option<Vec<String>> = None;
        for chosen in 0..1_u32 << pending.len() {
            let mut possible = known.clone();
            for (index, change) in pending.iter().enumerate() {
                if chosen & (1 << index) != 0 {
                    apply(&mut possible, change);
                }
            }
            let differences = differences(&possible, &self.world);
            if differences.is_empty() {
                return Ok(());
            }
            if nearest.as_ref().is_none_or(|nearest| differences.len() < nearest.len()) {
                nearest = Some(differences);
            }
        }
        let nearest = nearest.unwrap_or_default().join("\n  ");
        Err(format!(
            "no whole outcome fits what is there; the nearest differs in\n  {nearest}\n  not answered: {pending:?}"
        ))
    }
}

fn differences(possible: &World, found: &World) -> Vec<String> {
    let subjects: BTreeSet<&Subject> = possible.keys().chain(found.keys()).collect();
    let mut differences = Vec::new();
    for subject in subjects {
        let difference = match (possible.get(subject), found.get(subject)) {
            (Some(known), Some(found)) if known.allows(found) => continue,
            (Some(known), Some(found)) => format!("{subject:?}: found {found:?}, not {known:?}"),
            (Some(known), None) => format!("{subject:?}: is gone, and was {known:?}"),
            (None, Some(found)) => format!("{subject:?}: nobody made it: {found:?}"),
            (None, None) => continue,
        };
        differences.push(difference);
    }
    differences
}

#[cfg(test)]
mod tests;
