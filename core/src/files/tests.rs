//! Files over stores in memory: what each verb promises, and what S3 sees of it.

mod around;
mod attributes;
pub(crate) mod between;
mod coherence;
mod directories;
mod doors;
mod escapes;
mod full;
mod names;
mod published;
mod rights;
mod semantics;
mod versions;

use std::sync::Arc;

use super::*;
use crate::clock::{Clock, SystemClock};
use crate::error::Error;
use crate::metadata::keys::{self, Id};
use crate::metadata::watched::Coherence;
use crate::metadata::{Durability, Table};
use crate::objects::ListObjects;
use crate::objects::tests::Fixture;

pub(crate) struct Files {
    pub s3: Fixture,
    pub service: FileService,
    pub view: View,
    pub root: Caller,
}

pub(crate) fn user(uid: u32) -> Caller {
    Caller { uid, gid: uid, ..Caller::default() }
}

pub(crate) fn error<T: std::fmt::Debug>(result: crate::error::Result<T>) -> FileError {
    match result {
        Err(Error::File(error)) => error,
        other => panic!("not an error of files: {other:?}"),
    }
}

impl Files {
    pub async fn new() -> Self {
        Self::with_clock(Arc::new(SystemClock)).await
    }

    pub async fn with_clock(clock: Arc<dyn Clock>) -> Self {
        let s3 = Fixture::with_clock(clock).await;
        let service = FileService::new(s3.service.clone(), Arc::new(Coherence::default()));
        let view = service.view(&s3.root, Self::request(&s3)).await.unwrap();
        Self { s3, service, view, root: Caller::root() }
    }

    pub fn request(s3: &Fixture) -> ViewRequest {
        ViewRequest {
            bucket: s3.bucket.clone(),
            prefix: String::new(),
            read_only: false,
            strict: false,
            access_times: AccessTimes::Never,
            defaults: Defaults::default(),
        }
    }

    pub async fn make(&self, directory: Id, name: &str, make: Make) -> crate::error::Result<Attributes> {
        let made =
            self.service.make(&self.view, &self.root, directory, name.as_bytes(), make, SetAttributes::default());
        Ok(made.await?.0.attributes)
    }

    pub async fn file(&self, directory: Id, name: &str) -> Id {
        self.make(directory, name, Make::File(Exclusive::Yes)).await.unwrap().node
    }

    pub async fn directory(&self, directory: Id, name: &str) -> Id {
        self.make(directory, name, Make::Directory).await.unwrap().node
    }

    pub async fn lookup(&self, directory: Id, name: &str) -> crate::error::Result<Attributes> {
        self.service.lookup(&self.view, &self.root, directory, name.as_bytes()).await
    }

    pub async fn stat(&self, node: Id) -> Attributes {
        self.service.attributes(&self.view, node).await.unwrap()
    }

    pub async fn rename(&self, from: (Id, &str), to: (Id, &str), mode: RenameMode) -> crate::error::Result<()> {
        let (from, to) = ((from.0, from.1.as_bytes()), (to.0, to.1.as_bytes()));
        self.service.rename(&self.view, &self.root, from, to, mode).await.map(|_| ())
    }

    pub async fn unlink(&self, directory: Id, name: &str) -> crate::error::Result<()> {
        self.service.remove_file(&self.view, &self.root, directory, name.as_bytes()).await.map(|_| ())
    }

    pub async fn rmdir(&self, directory: Id, name: &str) -> crate::error::Result<()> {
        self.service.remove_directory(&self.view, &self.root, directory, name.as_bytes()).await.map(|_| ())
    }

    /// Names of a directory, read in pages of `page`.
    pub async fn names_in_pages(&self, directory: Id, page: usize) -> Vec<String> {
        let (mut names, mut after) = (Vec::new(), 0);
        loop {
            let read =
                self.service.read_directory(&self.view, &self.root, directory, after, page, false).await.unwrap();
            after = read.entries.last().map_or(after, |entry| entry.cookie);
            names.extend(read.entries.into_iter().map(|entry| String::from_utf8(entry.name).unwrap()));
            if read.end {
                return names;
            }
        }
    }

    pub async fn names(&self, directory: Id) -> Vec<String> {
        self.names_in_pages(directory, 100).await
    }

    /// Every key of the bucket, as S3 lists it.
    pub async fn keys(&self) -> Vec<String> {
        let list = ListObjects { max_keys: 1000, ..ListObjects::default() };
        let page = self.s3.service.list(&self.s3.root, &self.s3.bucket, list).await.unwrap();
        assert!(page.next.is_none());
        page.entries.into_iter().map(|entry| entry.key).collect()
    }

    pub async fn delete_key(&self, name: &str) {
        self.s3.delete(name).await;
    }

    /// Nothing is wrong with the store, and nothing is left of what was removed.
    pub async fn check(&self) {
        self.s3.assert_clean().await;
    }
}
