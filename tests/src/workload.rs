//! A writer that changes its own keys at random, tells its oracle, and looks at everything after a crash.
//!
//! Always holds: the same seed makes the same changes. A request that gets no answer ends the run; its change stays possible.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use crate::account::Key;
use crate::answer::Answer;
use crate::case::complete_xml;
use crate::oracle::{Content, Object, Oracle};
use crate::request::{Auth, Payload, Request};

/// How contents are kept: each has its own way to disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Inline,
    Volume,
    OwnFile,
    Multipart,
    Versioned,
}

impl Shape {
    pub const ALL: [Shape; 5] = [Shape::Inline, Shape::Volume, Shape::OwnFile, Shape::Multipart, Shape::Versioned];

    fn length(self, random: u64) -> usize {
        let within =
            |least: usize, most: usize| least + usize::try_from(random % 1000).unwrap_or(0) * (most - least) / 1000;
        match self {
            Shape::Inline | Shape::Versioned => within(0, 60_000),
            Shape::Volume => within(70_000, 900_000),
            Shape::OwnFile => within(8_500_000, 9_500_000),
            Shape::Multipart => within(5 << 20, (5 << 20) + 300_000),
        }
    }
}

pub const PLAIN: &str = "crash-plain";
pub const VERSIONED: &str = "crash-versioned";

/// Marks of a bucket of one's own, in the oracle.
pub const PLAIN_BUCKET: &str = "plain";
pub const VERSIONED_BUCKET: &str = "versioned";

/// The server gave no answer: it is gone.
#[derive(Debug)]
pub struct Gone;

pub struct Writer {
    pub name: String,
    pub address: SocketAddr,
    pub key: Key,
    pub oracle: Oracle,
    /// What the writer's own bucket may be: absent, or there with a versioning status as its mark, and tags.
    pub buckets: Oracle,
    random: u64,
    serial: u64,
}

impl Writer {
    pub fn new(name: &str, address: SocketAddr, key: Key, seed: u64) -> Self {
        Self {
            name: name.to_owned(),
            address,
            key,
            oracle: Oracle::default(),
            buckets: Oracle::default(),
            random: seed | 1,
            serial: seed << 20,
        }
    }

    fn random(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random >> 11
    }

    fn content(&mut self, shape: Shape) -> Content {
        self.serial += 1;
        let random = self.random();
        Content { seed: self.serial, length: shape.length(random) }
    }

    fn send(&self, method: &str, target: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Result<Answer, Gone> {
        let mut request = Request::new(method, target, Auth::Header(self.key.clone()));
        request.payload = Payload::Unsigned;
        request.headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
        request.body = body;
        request.send(self.address).map_err(|_| Gone)
    }

    /// Makes the two buckets, where they are not there yet.
    pub fn prepare(&self) -> Result<(), Gone> {
        for bucket in [PLAIN, VERSIONED] {
            let status = self.send("PUT", &format!("/{bucket}"), &[], Vec::new())?.status;
            assert!(status == 200 || status == 409, "{bucket}: {status}");
        }
        let body = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>".to_vec();
        let status = self.send("PUT", &format!("/{VERSIONED}?versioning"), &[], body)?.status;
        assert_eq!(status, 200);
        Ok(())
    }

    /// Notes what came of a change of `key`. Only a plain refusal is certain to have changed nothing.
    fn note(&mut self, key: &str, answer: &Answer) {
        match answer.status / 100 {
            2 => self.oracle.acknowledged(key),
            4 => self.oracle.refused(key),
            _ => {}
        }
    }

    fn change(
        &mut self,
        key: &str,
        object: Object,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<u16, Gone> {
        self.oracle.sent(key, object);
        let answer = self.send(method, target, headers, body)?;
        self.note(key, &answer);
        Ok(answer.status)
    }

    pub fn put(&mut self, key: &str, shape: Shape) -> Result<(), Gone> {
        let content = self.content(shape);
        let mark = content.seed.to_string();
        let object = Object { content: Some(content), mark: mark.clone(), tags: 1 };
        let headers = [("x-amz-meta-mark", mark.as_str()), ("x-amz-tagging", "a=1")];
        self.change(key, object, "PUT", &format!("/{PLAIN}/{key}"), &headers, content.bytes())?;
        Ok(())
    }

    pub fn delete(&mut self, key: &str) -> Result<(), Gone> {
        self.change(key, Object::default(), "DELETE", &format!("/{PLAIN}/{key}"), &[], Vec::new())?;
        Ok(())
    }

    pub fn delete_many(&mut self, keys: &[String]) -> Result<(), Gone> {
        for key in keys {
            self.oracle.sent(key, Object::default());
        }
        let objects: String = keys.iter().map(|key| format!("<Object><Key>{key}</Key></Object>")).collect();
        let body = format!("<Delete>{objects}</Delete>").into_bytes();
        let md5 = crate::checksum::content_md5(&body);
        let answer = self.send("POST", &format!("/{PLAIN}?delete"), &[("content-md5", &md5)], body)?;
        let deleted = if answer.status == 200 { answer.all("Deleted/Key") } else { Vec::new() };
        for key in keys.iter().filter(|key| deleted.contains(key)) {
            self.oracle.acknowledged(key);
        }
        Ok(())
    }

    pub fn copy(&mut self, from: &str, to: &str) -> Result<(), Gone> {
        let object = self.oracle.state(from);
        if object.content.is_none() || from == to {
            return Ok(());
        }
        let source = format!("/{PLAIN}/{from}");
        self.change(to, object, "PUT", &format!("/{PLAIN}/{to}"), &[("x-amz-copy-source", &source)], Vec::new())?;
        Ok(())
    }

    /// A copy that has a checksum of its own, for which the bytes are read and written again.
    pub fn copy_hashed(&mut self, from: &str, to: &str) -> Result<(), Gone> {
        let object = self.oracle.state(from);
        if object.content.is_none() || from == to {
            return Ok(());
        }
        let source = format!("/{PLAIN}/{from}");
        let headers = [("x-amz-copy-source", source.as_str()), ("x-amz-checksum-algorithm", "SHA256")];
        self.change(to, object, "PUT", &format!("/{PLAIN}/{to}"), &headers, Vec::new())?;
        Ok(())
    }

    pub fn rename(&mut self, from: &str, to: &str) -> Result<(), Gone> {
        let object = self.oracle.state(from);
        if object.content.is_none() || from == to {
            return Ok(());
        }
        self.oracle.sent(from, Object::default());
        self.oracle.sent(to, object);
        let answer =
            self.send("PUT", &format!("/{PLAIN}/{to}?renameObject"), &[("x-amz-rename-source", from)], Vec::new())?;
        self.note(from, &answer);
        self.note(to, &answer);
        Ok(())
    }

    pub fn tag(&mut self, key: &str) -> Result<(), Gone> {
        let mut object = self.oracle.state(key);
        if object.content.is_none() {
            return Ok(());
        }
        object.tags = 1 + usize::try_from(self.random() % 10).unwrap_or(0);
        let tags: String = (0..object.tags).map(|n| format!("<Tag><Key>k{n}</Key><Value>v</Value></Tag>")).collect();
        let body = format!("<Tagging><TagSet>{tags}</TagSet></Tagging>").into_bytes();
        let md5 = crate::checksum::content_md5(&body);
        self.change(key, object, "PUT", &format!("/{PLAIN}/{key}?tagging"), &[("content-md5", &md5)], body)?;
        Ok(())
    }

    /// A whole multipart upload, completed or aborted in the end.
    pub fn multipart(&mut self, key: &str, aborted: bool) -> Result<(), Gone> {
        let mark = (self.serial + 1).to_string();
        let answer =
            self.send("POST", &format!("/{PLAIN}/{key}?uploads"), &[("x-amz-meta-mark", &mark)], Vec::new())?;
        if answer.status != 200 {
            return Ok(());
        }
        let upload = (key.to_owned(), answer.one("UploadId"));
        self.oracle.uploads.insert(upload.clone(), BTreeMap::default());
        // One content, cut in two where the first part is as small as allowed.
        let whole = self.content(Shape::Multipart);
        let bytes = whole.bytes();
        let (first, second) = bytes.split_at(bytes.len().min(5 << 20));
        let mut parts = Vec::new();
        for (number, part) in [(1, first), (2, second)] {
            let target = format!("/{PLAIN}/{key}?partNumber={number}&uploadId={}", upload.1);
            let answer = self.send("PUT", &target, &[], part.to_vec())?;
            if answer.status != 200 {
                return Ok(());
            }
            parts.push((number, answer.need("etag")));
            let known = self.oracle.uploads.entry(upload.clone()).or_default();
            known.insert(number, Content { seed: whole.seed, length: part.len() });
            self.oracle.acknowledged += 1;
        }
        let target = format!("/{PLAIN}/{key}?uploadId={}", upload.1);
        self.oracle.ending.push(upload.clone());
        let status = if aborted {
            self.send("DELETE", &target, &[], Vec::new())?.status
        } else {
            let object = Object { content: Some(whole), mark, tags: 0 };
            let parts: Vec<(u32, &str)> = parts.iter().map(|(number, etag)| (*number, etag.as_str())).collect();
            self.change(key, object, "POST", &target, &[], complete_xml(&parts).into_bytes())?
        };
        if status / 100 == 2 {
            self.oracle.uploads.remove(&upload);
            self.oracle.ending.pop();
        }
        Ok(())
    }

    /// The bucket that the writer makes, changes and deletes.
    pub fn own_bucket(&self) -> String {
        format!("crash-own-{}", self.name)
    }

    fn change_bucket(&mut self, object: Object, method: &str, query: &str, body: &str) -> Result<(), Gone> {
        let bucket = self.own_bucket();
        self.buckets.sent(&bucket, object);
        let md5 = crate::checksum::content_md5(body.as_bytes());
        let headers: &[(&str, &str)] = if body.is_empty() { &[] } else { &[("content-md5", &md5)] };
        let answer = self.send(method, &format!("/{bucket}{query}"), headers, body.as_bytes().to_vec())?;
        match answer.status / 100 {
            2 => self.buckets.acknowledged(&bucket),
            4 => self.buckets.refused(&bucket),
            _ => {}
        }
        Ok(())
    }

    /// A bucket's whole life. One that a crash left is gone on with.
    pub fn bucket(&mut self) -> Result<(), Gone> {
        let made = Object { mark: PLAIN_BUCKET.to_owned(), ..Object::default() };
        self.change_bucket(made, "PUT", "", "")?;
        let mut object = Object { mark: VERSIONED_BUCKET.to_owned(), ..self.buckets.state(&self.own_bucket()) };
        let versioning = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
        self.change_bucket(object.clone(), "PUT", "?versioning", versioning)?;
        object.tags = 1;
        let tags = "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>";
        self.change_bucket(object, "PUT", "?tagging", tags)?;
        self.change_bucket(Object::default(), "DELETE", "", "")
    }

    /// A new version, or a delete marker on top.
    pub fn version(&mut self, key: &str, shape: Shape, deleted: bool) -> Result<(), Gone> {
        *self.oracle.unanswered.entry(key.to_owned()).or_default() += 1;
        let content = (!deleted).then(|| self.content(shape));
        let target = format!("/{VERSIONED}/{key}");
        let answer = match content {
            Some(content) => self.send("PUT", &target, &[], content.bytes())?,
            None => self.send("DELETE", &target, &[], Vec::new())?,
        };
        if matches!(answer.status / 100, 2 | 4) {
            *self.oracle.unanswered.entry(key.to_owned()).or_default() -= 1;
        }
        if answer.status / 100 == 2 {
            let id = answer.need("x-amz-version-id");
            self.oracle.versions.entry(key.to_owned()).or_default().push((id, content));
            self.oracle.acknowledged += 1;
        }
        Ok(())
    }

    /// Removes the oldest version for good.
    pub fn remove_version(&mut self, key: &str) -> Result<(), Gone> {
        let Some((id, content)) =
            self.oracle.versions.get_mut(key).filter(|list| list.len() > 2).map(|list| list.remove(0))
        else {
            return Ok(());
        };
        self.oracle.fading.push((key.to_owned(), id.clone()));
        let answer = self.send("DELETE", &format!("/{VERSIONED}/{key}?versionId={id}"), &[], Vec::new())?;
        match answer.status / 100 {
            2 => {
                self.oracle.fading.pop();
                self.oracle.acknowledged += 1;
            }
            4 => {
                self.oracle.fading.pop();
                self.oracle.versions.entry(key.to_owned()).or_default().insert(0, (id, content));
            }
            _ => {}
        }
        Ok(())
    }

    fn own_key(&mut self, prefix: &str) -> String {
        let number = self.random() % 6;
        format!("{prefix}/{}/k{number}", self.name)
    }

    /// One change of those that make sense for the shape.
    pub fn step(&mut self, shape: Shape) -> Result<(), Gone> {
        let key = self.own_key("d");
        let other = self.own_key("d/e");
        match (shape, self.random() % 10) {
            (Shape::Versioned, 0..=5) => self.version(&key, Shape::Inline, false),
            (Shape::Versioned, 6) => self.version(&key, Shape::Volume, false),
            (Shape::Versioned, 7 | 8) => self.version(&key, shape, true),
            (Shape::Versioned, _) => self.remove_version(&key),
            (Shape::Multipart, 0..=4) => self.multipart(&key, false),
            (Shape::Multipart, 5 | 6) => self.multipart(&key, true),
            (_, 0..=4) => self.put(&key, shape),
            (_, 5) => self.delete(&key),
            (_, 6) => self.copy(&key, &other),
            (_, 7) => self.tag(&key),
            (_, 8) => self.rename(&key, &other),
            (_, _) => self.delete_many(&[key, other]),
        }
    }

    /// Each kind of change once, in an order in which each has something to do.
    pub fn tour(&mut self, shape: Shape) -> Result<(), Gone> {
        let key = |n: u32| format!("tour/{n}");
        if shape == Shape::Versioned {
            for deleted in [false, false, true, false] {
                self.version(&key(0), Shape::Inline, deleted)?;
            }
            self.version(&key(0), Shape::Volume, false)?;
            return self.remove_version(&key(0));
        }
        if shape == Shape::Multipart {
            for (number, aborted) in [(0, false), (1, true), (0, false), (1, false)] {
                self.multipart(&key(number), aborted)?;
            }
        } else {
            self.put(&key(0), shape)?;
            self.put(&key(0), shape)?;
            if shape == Shape::Inline {
                self.bucket()?;
            }
        }
        self.copy(&key(0), &key(2))?;
        self.copy_hashed(&key(0), &key(2))?;
        self.tag(&key(0))?;
        self.rename(&key(0), &key(3))?;
        self.delete(&key(3))?;
        self.delete_many(&[key(1), key(2)])
    }
}
