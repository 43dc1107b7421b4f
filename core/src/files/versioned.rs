//! Names in a bucket with versions.
//!
//! Always holds: what S3 sees changes by whole versions: a name that goes leaves a delete marker over its versions, one that comes is a new
//! version, in one transaction. A file keeps its node. The names that a transaction changes are locked, in one order, before they are read.

use super::{FileError, FileService, View};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{NodeKind, NodeRecord};
use crate::metadata::transaction::{Transaction, TxError};
use crate::namespace::{Bucket, Hides, Left, Named, NewNode, Place, State, directory_name};

type At<'a> = (Id, &'a [u8]);

/// Where a file comes from and where it goes to.
pub(super) struct Move<'a> {
    pub from: (Id, &'a Named),
    pub to: At<'a>,
    /// What has the new name.
    pub target: Option<&'a Named>,
}

fn refuse<T>(error: FileError) -> Result<T, TxError> {
    Err(Error::from(error).into())
}

impl FileService {
    /// The place of a name in a directory, for a change of what S3 sees of it.
    async fn place_in(&self, tx: &mut Transaction<'_>, bucket: &Bucket, at: At<'_>) -> Result<Place, TxError> {
        let key = self.tree().key_of(tx, at.0, at.1).await?;
        let place = self.tree().resolve(tx, &bucket.name, &key).await?;
        // A directory of a dead tree, or one that a rename has just moved.
        if place.parent() == Some(at.0) { Ok(place) } else { Err(TxError::Conflict) }
    }

    /// Gives a name to a new node, as a version. When that is.
    pub(super) async fn insert_version(
        &self,
        tx: &mut Transaction<'_>,
        bucket: &Bucket,
        at: At<'_>,
        new: &NewNode,
    ) -> Result<Timestamp, TxError> {
        let place = self.place_in(tx, bucket, at).await?;
        Ok(self.tree().insert(tx, &place, new).await?.modified)
    }

    /// Makes a directory, with its marker: the one that had the name while only versions were in it, where there is one.
    pub(super) async fn make_directory_version(
        &self,
        tx: &mut Transaction<'_>,
        view: &View,
        bucket: &Bucket,
        at: At<'_>,
    ) -> Result<Id, TxError> {
        let key = self.tree().key_of(tx, at.0, &directory_name(at.1)).await?;
        let place = self.tree().resolve(tx, &bucket.name, &key).await?;
        let parent = match place.steps.len() {
            0 | 1 => Some(bucket.record.root),
            count => place.parent_of(count - 1),
        };
        if parent != Some(at.0) || place.steps.last().is_some_and(|step| matches!(step.state, State::Live(_))) {
            return Err(TxError::Conflict);
        }
        let new = self.marker(view).await?;
        self.tree().insert(tx, &place, &new).await?;
        let made = self.tree().directory_at(tx, at.0, at.1).await?;
        made.ok_or_else(|| Error::Internal("a directory was made, and is not there".into()).into())
    }

    async fn marker(&self, view: &View) -> Result<NewNode> {
        let mut record = NodeRecord::empty(NodeKind::File, view.owner, self.now());
        record.headers.content_type = Some("application/x-directory".to_owned());
        Ok(NewNode { id: self.tree().ids.next().await?, record, inline: None, content: None })
    }

    /// Keeps a directory that a name is taken from, as [`Tree::keep_directory`](crate::namespace::Tree) does without versions.
    async fn keep(
        &self,
        tx: &mut Transaction<'_>,
        view: &View,
        bucket: &Bucket,
        directory: Id,
        taken: &[u8],
    ) -> Result<(), TxError> {
        if !self.tree().needs_marker(tx, directory, taken).await? {
            return Ok(());
        }
        let (new, place) = (self.marker(view).await?, self.place_in(tx, bucket, (directory, b"")).await?);
        self.tree().insert_to_remove(tx, &place, &new).await?;
        Ok(())
    }

    /// Takes a name away.
    pub(super) async fn remove_version(
        &self,
        tx: &mut Transaction<'_>,
        view: &View,
        bucket: &Bucket,
        (directory, named): (Id, &Named),
    ) -> Result<(), TxError> {
        let kept = [directory];
        let hides = Hides::AllBut(&kept);
        match named {
            Named::Directory { node, name, .. } => {
                self.tree().lock_names(tx, &[(directory, b""), (*node, b"")]).await?;
                let place = self.place_in(tx, bucket, (*node, b"")).await?;
                self.tree().require_empty(tx, *node).await?;
                self.keep(tx, view, bucket, directory, name).await?;
                self.tree().mark_deleted(tx, &place, Some(view.owner), hides).await?;
                if place.dentry.is_none() {
                    self.tree().prune(tx, &place, Left::Versions, &kept).await?;
                }
                Ok(())
            }
            Named::Object { node, name, summary, .. } => {
                if keys::is_unseen(name) && !named.is_draft() {
                    let at = (directory, &name[..]);
                    return self.tree().remove_name(tx, *node, summary.as_ref(), at, bucket.record.owner).await;
                }
                let plain = named.plain_name();
                self.tree().lock_names(tx, &[(directory, b""), (directory, plain)]).await?;
                let place = self.place_in(tx, bucket, (directory, plain)).await?;
                if named.is_draft() {
                    let record = self.tree().node(tx, *node).await?;
                    self.tree().drop_draft(tx, *node, &record);
                    self.tree().release_node(tx, *node, None, (directory, name), bucket.record.owner).await?;
                    self.tree().touched(tx, directory);
                }
                self.keep(tx, view, bucket, directory, plain).await?;
                if place.dentry.is_some() {
                    self.tree().mark_deleted(tx, &place, Some(view.owner), hides).await?;
                }
                Ok(())
            }
        }
    }

    /// Moves a file: what is open for writing stays a draft, under its new name; all else is a version of it at once.
    /// `CrossDevice` for a directory, as for a move between file systems: `mv` copies then.
    pub(super) async fn move_version(
        &self,
        tx: &mut Transaction<'_>,
        view: &View,
        bucket: &Bucket,
        Move { from, to, target }: Move<'_>,
    ) -> Result<(), TxError> {
        let (directory, source) = from;
        let Named::Object { node, .. } = source else { return refuse(FileError::CrossDevice) };
        if target.is_some_and(Named::is_directory) {
            return refuse(FileError::IsADirectory);
        }
        let (tree, owner) = (self.tree(), bucket.record.owner);
        let plain = source.plain_name();
        tree.lock_names(tx, &[(directory, b""), (directory, plain), to]).await?;
        let kept = [directory, to.0];
        let hides = Hides::AllBut(&kept);
        let stays_draft = source.is_draft() && !keys::is_unseen(to.1) && self.inner.drafts.writers(*node) > 0;
        if let Some(target) = target {
            // A version stays until the next one is sealed; but not with the file that it is of: that one is replaced.
            if target.is_draft() || keys::is_unseen(target.name()) {
                let record = tree.node(tx, target.node()).await?;
                if target.is_draft() {
                    tree.drop_draft(tx, target.node(), &record);
                }
                tree.remove_name(tx, target.node(), None, (to.0, target.name()), owner).await?;
            } else if stays_draft {
                tree.leave_version(tx, target.node(), bucket).await?;
            }
        }
        let was_draft = keys::is_unseen(source.name());
        let mut record = if was_draft {
            let record = tree.node(tx, *node).await?;
            if record.links > 1 {
                return refuse(FileError::NotPermitted);
            }
            tree.drop_draft(tx, *node, &record);
            if source.is_draft() {
                let place = self.place_in(tx, bucket, (directory, plain)).await?;
                if place.dentry.is_some() {
                    tree.mark_deleted(tx, &place, Some(view.owner), hides).await?;
                }
            }
            record
        } else {
            let place = self.place_in(tx, bucket, (directory, plain)).await?;
            tree.free_node(tx, &place, *node, Some(view.owner), hides).await?
        };
        if directory != to.0 {
            self.keep(tx, view, bucket, directory, plain).await?;
        }
        tree.directory_to_add(tx, to.0).await?;
        match &mut record.posix {
            Some(posix) => posix.changed = self.now(),
            None => record.posix = Some(self.posix_now(view, &record)),
        }
        // Whoever reads the directory and stands at the old name must not be taken to the new one.
        record.moves = record.moves.wrapping_add(1);
        tree.touched(tx, directory);
        tree.touched(tx, to.0);
        if keys::is_unseen(to.1) {
            tree.put_unseen(tx, *node, &mut record, to, owner);
        } else if stays_draft {
            tree.put_draft(tx, *node, &mut record, to, bucket);
        } else {
            let place = self.place_in(tx, bucket, to).await?;
            tree.give_version(tx, &place, *node, record).await?;
        }
        Ok(())
    }
}
