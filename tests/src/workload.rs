//! A writer that changes its own part of a store and tells its oracle of each change before it asks for it.
//!
//! Always holds: the same seed makes the same changes. A writer asks only for what must succeed, and one refusal that it expects:
//! every other answer is a complaint, which fails the test. A request that gets no answer ends the run; its change stays possible.

mod accounts;
mod buckets;
mod multipart;
mod objects;
mod random;
mod tour;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;

pub use tour::{Step, tour};

use crate::account::Key;
use crate::answer::Answer;
use crate::content::Content;
use crate::oracle::{Change, Oracle};
use crate::request::{Auth, Payload, Request};

/// How contents are kept: each has its own way to disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Inline,
    Volume,
    OwnFile,
    Multipart,
}

/// What the bucket does with what is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    Plain,
    Versioned,
    Suspended,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shape {
    pub kind: Kind,
    pub mode: Mode,
}

impl Shape {
    pub const ALL: [Shape; 9] = {
        const fn shape(kind: Kind, mode: Mode) -> Shape {
            Shape { kind, mode }
        }
        [
            shape(Kind::Inline, Mode::Plain),
            shape(Kind::Volume, Mode::Plain),
            shape(Kind::OwnFile, Mode::Plain),
            shape(Kind::Multipart, Mode::Plain),
            shape(Kind::Inline, Mode::Versioned),
            shape(Kind::Volume, Mode::Versioned),
            shape(Kind::OwnFile, Mode::Versioned),
            shape(Kind::Multipart, Mode::Versioned),
            shape(Kind::Inline, Mode::Suspended),
        ]
    };

    pub fn name(self) -> String {
        let kind = match self.kind {
            Kind::Inline => "inline",
            Kind::Volume => "volume",
            Kind::OwnFile => "own file",
            Kind::Multipart => "multipart",
        };
        match self.mode {
            Mode::Plain => kind.to_owned(),
            Mode::Versioned => format!("{kind}, versioned"),
            Mode::Suspended => format!("{kind}, versioning suspended"),
        }
    }

    fn bucket(self) -> &'static str {
        match self.mode {
            Mode::Plain => "crash-plain",
            Mode::Versioned => "crash-versioned",
            Mode::Suspended => "crash-suspended",
        }
    }

    /// Keys of which a writer takes one at random: few, where each is large.
    fn keys(self) -> u64 {
        match self.kind {
            Kind::Inline => 6,
            Kind::Volume => 4,
            Kind::OwnFile | Kind::Multipart => 2,
        }
    }
}

/// The server gave no answer: it is gone.
#[derive(Debug)]
pub struct Gone;

/// No document that a writer sends is larger.
const DOCUMENT_BYTES_MAX: usize = 64 << 10;

/// Called just before the request that a step is about.
type Hook = Box<dyn FnOnce() + Send>;

pub struct Writer {
    pub name: String,
    pub address: SocketAddr,
    pub key: Key,
    pub shape: Shape,
    /// The bucket that all writers of the mode share.
    pub bucket: &'static str,
    pub oracle: Oracle,
    /// Answers that an undisturbed server does not give.
    pub complaints: Vec<String>,
    /// The binary and the directory for the commands of accounts; none where the writer makes none.
    pub commands: Option<(PathBuf, PathBuf)>,
    /// What the parts of uploads are, by their entity tag.
    parts: HashMap<String, Vec<Content>>,
    hook: Option<Hook>,
    random: u64,
    serial: u64,
}

impl Writer {
    pub fn new(name: &str, address: SocketAddr, key: Key, shape: Shape, seed: u64) -> Self {
        Self {
            name: name.to_owned(),
            address,
            key,
            shape,
            bucket: shape.bucket(),
            oracle: Oracle::default(),
            complaints: Vec::new(),
            commands: None,
            parts: HashMap::new(),
            hook: None,
            random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            serial: seed << 20,
        }
    }

    fn random(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random >> 11
    }

    /// Before the next step's own request, `hook` is called.
    pub fn before_the_request(&mut self, hook: Hook) {
        self.hook = Some(hook);
    }

    /// All is prepared: the request that the step is about is next.
    fn ready(&mut self) {
        if let Some(hook) = self.hook.take() {
            hook();
        }
    }

    fn serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// A new content of the shape's size.
    fn content(&mut self) -> Content {
        let random = usize::try_from(self.random() % 1000).unwrap_or(0);
        let length = match self.shape.kind {
            Kind::Inline => 16 + random * 60,
            Kind::Volume => 70_000 + random * 800,
            Kind::OwnFile => (8 << 20) + 1 + random * 100,
            Kind::Multipart => (5 << 20) + random * 100,
        };
        Content { seed: self.serial(), length }
    }

    fn request(&self, method: &str, target: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Request {
        let mut request = Request::new(method, target, Auth::Header(self.key.clone()));
        request.payload = Payload::Unsigned;
        request.headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
        if !body.is_empty() && body.len() < DOCUMENT_BYTES_MAX && target.contains('?') {
            // Some documents are refused without it.
            request.headers.push(("content-md5".into(), crate::checksum::content_md5(&body).into_bytes()));
        }
        request.body = body;
        request
    }

    fn complain(&mut self, answer: &Answer) {
        let problem = format!("{}: {} is answered {} {}", self.name, answer.request, answer.status, answer.text());
        self.complaints.push(problem);
    }

    /// Asks for changes that must be made. The answer, where they were: then the caller names what they made, and acknowledges.
    fn ask(&mut self, changes: Vec<Change>, request: &Request) -> Result<Option<Answer>, Gone> {
        self.oracle.sent(changes);
        let answer = request.send(self.address).map_err(|_| Gone)?;
        // A long operation may say 200 before it knows.
        if answer.status / 100 == 2 && answer.code().is_empty() {
            return Ok(Some(answer));
        }
        self.complain(&answer);
        // Only a plain refusal is certain to have changed nothing.
        if answer.status / 100 == 4 {
            self.oracle.refused();
        }
        Ok(None)
    }

    /// Asks for one change, and acknowledges it.
    fn change(&mut self, change: Change, request: &Request) -> Result<Option<Answer>, Gone> {
        let answer = self.ask(vec![change], request)?;
        if let Some(answer) = &answer {
            if let Some(id) = answer.header("x-amz-version-id") {
                self.oracle.identify(0, id);
            }
            self.oracle.acknowledged();
        }
        Ok(answer)
    }

    /// Asks for what must be refused.
    fn refused(&mut self, request: &Request, status: u16) -> Result<(), Gone> {
        let answer = request.send(self.address).map_err(|_| Gone)?;
        if answer.status != status {
            self.complain(&answer);
        }
        Ok(())
    }

    /// Makes the bucket of the writer's mode, where it is not there yet.
    pub fn prepare(&mut self) -> Result<(), Gone> {
        let answer =
            self.request("PUT", &format!("/{}", self.bucket), &[], Vec::new()).send(self.address).map_err(|_| Gone)?;
        if ![200, 409].contains(&answer.status) {
            self.complain(&answer);
        }
        match self.shape.mode {
            Mode::Plain => Ok(()),
            Mode::Versioned => self.set_versioning("Enabled"),
            Mode::Suspended => {
                // Some versions are of the time before.
                self.set_versioning("Enabled")?;
                self.shape.mode = Mode::Versioned;
                let made = self.fill("a");
                self.shape.mode = Mode::Suspended;
                made?;
                self.set_versioning("Suspended")
            }
        }
    }

    fn set_versioning(&mut self, status: &str) -> Result<(), Gone> {
        let body = format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>");
        let request = self.request("PUT", &format!("/{}?versioning", self.bucket), &[], body.into_bytes());
        let answer = request.send(self.address).map_err(|_| Gone)?;
        if answer.status != 200 {
            self.complain(&answer);
        }
        Ok(())
    }
}
