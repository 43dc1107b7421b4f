//! One change at random, as load.
//!
//! Always holds: only what can succeed in the present state is asked for; what can't is left out.

use super::{Gone, Kind, Mode, Writer};
use crate::oracle::Subject;

/// More versions than these of one key are not kept: every one is looked at after every crash.
const VERSIONS_KEPT: usize = 4;

impl Writer {
    fn some_key(&mut self) -> String {
        let number = self.random() % self.shape.keys();
        // Some below a directory that comes and goes.
        if number.is_multiple_of(2) { format!("k{number}") } else { format!("d/k{number}") }
    }

    fn some_more(&mut self, key: &str) -> Result<(), Gone> {
        self.trim(key, VERSIONS_KEPT)?;
        match (self.shape.kind, self.random() % 8) {
            (Kind::Multipart, 0) => {
                if let Some(id) = self.uploaded(key)? {
                    self.abort(key, &id)?;
                }
                Ok(())
            }
            (Kind::Multipart, 1) if self.oracle.uploads(key).is_empty() => self.begin_upload(key).map(drop),
            (Kind::Multipart, 2) => match self.upload_of(key) {
                Some(id) => self.part(key, &id, 1, 5 << 20),
                None => Ok(()),
            },
            (Kind::Multipart, _) => self.multipart(key),
            (_, 0) if self.oracle.object(key).is_some() => self.create_again(key),
            (_, 1) if self.oracle.object(key).is_none() => self.create(key),
            (_, 2) => self.post(key),
            _ => self.put(key),
        }
    }

    /// One change of those that make sense for the shape.
    pub fn step(&mut self) -> Result<(), Gone> {
        let (key, other) = (self.some_key(), self.some_key());
        match self.random() % 20 {
            0..=8 => self.some_more(&key),
            9 | 10 => {
                self.trim(&key, VERSIONS_KEPT)?;
                self.delete(&key)
            }
            11 if key != other => {
                self.trim(&other, VERSIONS_KEPT)?;
                self.copy(&key, &other)
            }
            12 if key != other => {
                self.trim(&other, VERSIONS_KEPT)?;
                self.copy_rehashed(&key, &other)
            }
            13 => self.tag(&key),
            14 => self.untag(&key),
            15 => self.publish(&key),
            16 if key != other => self.delete_many(&[&key, &other], self.shape.mode != Mode::Plain),
            17 if self.shape.mode == Mode::Plain => self.rename(&key, &other),
            18 if self.shape.mode == Mode::Plain => match (self.is_below("d/"), self.is_below("e/")) {
                (true, false) => self.rename_directory("d/", "e/"),
                (false, true) => self.rename_directory("e/", "d/"),
                _ => Ok(()),
            },
            17 | 18 => self.delete_newest_version(&key),
            19 if self.shape.kind == Kind::Inline && self.shape.mode == Mode::Plain => self.bucket_step(),
            _ => Ok(()),
        }
    }

    /// Whether a key lies below the directory.
    fn is_below(&self, directory: &str) -> bool {
        let below = |subject: &Subject| matches!(subject, Subject::Key(key) if key.starts_with(directory));
        self.oracle.world.keys().any(below)
    }

    fn bucket_step(&mut self) -> Result<(), Gone> {
        self.bucket_there()?;
        match self.random() % 7 {
            0 => self.version_bucket(),
            1 => self.tag_bucket(),
            2 => self.untag_bucket(),
            3 => self.share_bucket(),
            4 => self.unshare_bucket(),
            5 => self.publish_bucket(),
            _ => self.delete_bucket(),
        }
    }
}
