//! What S3 says of a bucket, over a flat sorted map. Slow, and plain enough to be right.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use crate::types::{VersionId, Versioning};

#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    pub id: VersionId,
    /// Its place among its fellows, which the id of a null version does not tell.
    pub sequence: u64,
    /// `None`: a delete marker.
    pub size: Option<u64>,
}

/// A line of a listing of versions.
#[derive(Clone, Debug, PartialEq)]
pub enum Shown {
    Prefix(String),
    Version { key: String, id: VersionId, size: Option<u64>, latest: bool },
}

#[derive(Clone, Debug, Default)]
pub struct Model {
    pub versioning: Versioning,
    /// Newest first.
    pub keys: BTreeMap<String, Vec<Version>>,
}

impl Model {
    fn add(&mut self, key: &str, (id, sequence): (VersionId, u64), size: Option<u64>) {
        let versions = self.keys.entry(key.to_owned()).or_default();
        match self.versioning {
            Versioning::Unset => versions.clear(),
            Versioning::Enabled => {}
            Versioning::Suspended => versions.retain(|version| version.id != VersionId::Null),
        }
        versions.insert(0, Version { id, sequence, size });
    }

    pub fn put(&mut self, key: &str, version: (VersionId, u64), size: u64) {
        self.add(key, version, Some(size));
    }

    pub fn delete(&mut self, key: &str, marker: Option<(VersionId, u64)>) {
        match marker {
            None => {
                self.keys.remove(key);
            }
            Some(marker) => self.add(key, marker, None),
        }
    }

    pub fn delete_version(&mut self, key: &str, id: VersionId) {
        if let Some(versions) = self.keys.get_mut(key) {
            versions.retain(|version| version.id != id);
            if versions.is_empty() {
                self.keys.remove(key);
            }
        }
    }

    pub fn live(&self, key: &str) -> Option<u64> {
        self.keys.get(key)?.first()?.size
    }

    pub fn rename(&mut self, source: &str, target: &str) {
        if let Some(versions) = self.keys.remove(source) {
            self.keys.insert(target.to_owned(), versions);
        }
    }

    pub fn rename_directory(&mut self, source: &str, target: &str) {
        let moved: Vec<String> = self.keys.keys().filter(|key| key.starts_with(source)).cloned().collect();
        for key in moved {
            self.rename(&key, &format!("{target}{}", &key[source.len()..]));
        }
    }

    fn common<'k>(key: &'k str, prefix: &str, delimiter: &str) -> Option<&'k str> {
        if delimiter.is_empty() {
            return None;
        }
        let at = key[prefix.len()..].find(delimiter)?;
        Some(&key[..prefix.len() + at + delimiter.len()])
    }

    pub fn list(&self, prefix: &str, delimiter: &str, after: &str) -> Vec<(String, Option<u64>)> {
        let mut seen = BTreeSet::new();
        let mut page = Vec::new();
        for (key, versions) in self.keys.range(prefix.to_owned()..) {
            let Some(Some(size)) = versions.first().map(|version| version.size) else { continue };
            if !key.starts_with(prefix) {
                break;
            }
            if key.as_str() <= after {
                continue;
            }
            match Self::common(key, prefix, delimiter) {
                Some(common) if common == after => {}
                Some(common) => {
                    if seen.insert(common.to_owned()) {
                        page.push((common.to_owned(), None));
                    }
                }
                None => page.push((key.clone(), Some(size))),
            }
        }
        page
    }

    /// What comes behind a marker: a key, and all of it or what is older than one of its versions. The null version is where it is
    /// now; where it is gone, all of its key comes.
    pub fn list_versions(&self, prefix: &str, delimiter: &str, marker: &str, version: Option<VersionId>) -> Vec<Shown> {
        let mut seen = BTreeSet::new();
        let mut page = Vec::new();
        for (key, versions) in self.keys.range(prefix.to_owned()..) {
            if !key.starts_with(prefix) {
                break;
            }
            let below = match (key.as_str().cmp(marker), version) {
                (Ordering::Less, _) | (Ordering::Equal, None) => continue,
                (Ordering::Greater, _) => None,
                (Ordering::Equal, Some(VersionId::Sequence { sequence, .. })) => Some(sequence),
                (Ordering::Equal, Some(VersionId::Null)) => {
                    versions.iter().find(|version| version.id == VersionId::Null).map(|version| version.sequence)
                }
            };
            let common = Self::common(key, prefix, delimiter);
            if common == Some(marker) {
                continue;
            }
            for (index, version) in versions.iter().enumerate() {
                if below.is_some_and(|below| version.sequence >= below) {
                    continue;
                }
                match common {
                    Some(common) if !seen.insert(common.to_owned()) => {}
                    Some(common) => page.push(Shown::Prefix(common.to_owned())),
                    None => page.push(Shown::Version {
                        key: key.clone(),
                        id: version.id,
                        size: version.size,
                        latest: index == 0,
                    }),
                }
            }
        }
        page
    }
}
