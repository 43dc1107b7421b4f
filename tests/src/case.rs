//! A case: one header, code or corner of one operation, asked over a real socket.
//!
//! Always holds: a case has a bucket of its own, so that cases run side by side. Each error that a case claims is recorded, so
//! that a test can hold the list of codes complete. Inside targets and bodies `{b}` stands for the case's bucket and `{c}` for a
//! second name of its own, which does not exist at first.

use std::cell::RefCell;
use std::collections::BTreeSet;

use crate::account::{Account, Key};
use crate::answer::Answer;
use crate::form::Form;
use crate::request::{Auth, Payload, Request};
use crate::server::Target;

/// One case.
#[derive(Clone, Copy)]
pub struct Case {
    pub name: &'static str,
    /// The AWS page that says so.
    pub page: &'static str,
    pub run: fn(&Test),
}

/// The cases of one operation.
#[derive(Clone, Copy)]
pub struct Suite {
    /// As AWS names it.
    pub operation: &'static str,
    pub cases: &'static [Case],
}

pub const fn case(name: &'static str, page: &'static str, run: fn(&Test)) -> Case {
    Case { name, page, run }
}

/// What a case works with.
pub struct Test {
    pub target: Target,
    /// This case's bucket, made before it begins; it belongs to the main account.
    pub bucket: String,
    /// Codes of errors that were claimed and seen.
    pub codes: RefCell<BTreeSet<String>>,
}

impl Test {
    pub fn new(target: Target, bucket: String) -> Self {
        Self { target, bucket, codes: RefCell::default() }
    }

    /// The key of the bucket's owner.
    pub fn key(&self) -> Key {
        self.target.main.as_ref().map_or_else(|| self.target.root.clone(), |main| main.key.clone())
    }

    pub fn main(&self) -> Account {
        self.target.main.clone().expect("the main account")
    }

    pub fn alt(&self) -> Account {
        self.target.alt.clone().expect("the other account")
    }

    pub fn fill(&self, text: &str) -> String {
        text.replace("{b}", &self.bucket).replace("{c}", &format!("{}-2", self.bucket))
    }

    pub fn call(&self, method: &str, target: &str) -> Call<'_> {
        Call { test: self, request: Request::new(method, &self.fill(target), Auth::Header(self.key())) }
    }

    pub fn get(&self, target: &str) -> Call<'_> {
        self.call("GET", target)
    }

    pub fn head(&self, target: &str) -> Call<'_> {
        self.call("HEAD", target)
    }

    pub fn put(&self, target: &str) -> Call<'_> {
        self.call("PUT", target)
    }

    pub fn post(&self, target: &str) -> Call<'_> {
        self.call("POST", target)
    }

    pub fn delete(&self, target: &str) -> Call<'_> {
        self.call("DELETE", target)
    }

    /// Puts a small object into the case's bucket.
    #[track_caller]
    pub fn object(&self, key: &str, body: &str) -> Answer {
        self.put(&format!("/{{b}}/{key}")).body(body).ok()
    }

    /// Puts objects without content.
    #[track_caller]
    pub fn objects(&self, keys: &[&str]) {
        for key in keys {
            self.object(key, "");
        }
    }

    /// Turns versioning on (`Enabled`) or off (`Suspended`).
    #[track_caller]
    pub fn versioning(&self, state: &str) {
        self.put("/{b}?versioning")
            .body(format!("<VersioningConfiguration><Status>{state}</Status></VersioningConfiguration>"))
            .is(200);
    }

    /// Begins a multipart upload; its id.
    #[track_caller]
    pub fn upload(&self, key: &str) -> String {
        self.post(&format!("/{{b}}/{key}?uploads")).ok().one("UploadId")
    }

    /// Sends a part; its entity tag.
    #[track_caller]
    pub fn part(&self, key: &str, id: &str, number: u32, body: &[u8]) -> String {
        self.put(&format!("/{{b}}/{key}?partNumber={number}&uploadId={id}")).body(body).ok().need("etag")
    }

    /// The call that completes an upload with these parts.
    pub fn complete(&self, key: &str, id: &str, parts: &[(u32, &str)]) -> Call<'_> {
        self.post(&format!("/{{b}}/{key}?uploadId={id}")).body(complete_xml(parts))
    }

    /// A browser's upload into the case's bucket.
    pub fn form(&self, form: &Form) -> Call<'_> {
        self.post("/{b}").anonymous().with("content-type", &Form::content_type()).body(form.bytes())
    }
}

/// The document that completes an upload.
pub fn complete_xml(parts: &[(u32, &str)]) -> String {
    let parts: String = parts
        .iter()
        .map(|(number, etag)| format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"))
        .collect();
    format!(
        "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{parts}</CompleteMultipartUpload>"
    )
}

/// A request on its way and the claim about its answer.
#[must_use]
pub struct Call<'a> {
    pub test: &'a Test,
    pub request: Request,
}

impl<'a> Call<'a> {
    pub fn with(mut self, name: &str, value: &str) -> Self {
        let value = self.test.fill(value);
        self.request.headers.push((name.to_ascii_lowercase(), value.into_bytes()));
        self
    }

    /// A body. As text it may name buckets like a target does.
    pub fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        self.request.body = match std::str::from_utf8(body) {
            Ok(text) if body.len() < 65536 && text.contains('{') => self.test.fill(text).into_bytes(),
            _ => body.to_vec(),
        };
        self
    }

    /// Adds the Content-MD5 of the body as it stands.
    pub fn md5(mut self) -> Self {
        let value = crate::checksum::content_md5(&self.request.body);
        self.request.headers.push(("content-md5".into(), value.into_bytes()));
        self
    }

    pub fn payload(mut self, payload: Payload) -> Self {
        self.request.payload = payload;
        self
    }

    pub fn trailer(mut self, name: &str, value: &str) -> Self {
        self.request.trailers.push((name.into(), value.into()));
        self
    }

    pub fn anonymous(mut self) -> Self {
        self.request.auth = Auth::Anonymous;
        self
    }

    pub fn by(mut self, key: &Key) -> Self {
        self.request.auth = Auth::Header(key.clone());
        self
    }

    /// As the other account.
    pub fn alt(self) -> Self {
        let key = self.test.alt().key;
        self.by(&key)
    }

    pub fn root(self) -> Self {
        let key = self.test.target.root.clone();
        self.by(&key)
    }

    pub fn presigned(mut self, seconds: i64) -> Self {
        self.request.auth = Auth::Presigned(self.test.key(), seconds);
        self
    }

    /// The request, for a test that changes more than the usual.
    pub fn change(mut self, change: impl FnOnce(&mut Request)) -> Self {
        change(&mut self.request);
        self
    }

    /// Sends it, whatever the answer may be.
    #[track_caller]
    pub fn go(self) -> Answer {
        match self.request.send(self.test.target.address) {
            Ok(answer) => answer,
            Err(error) => panic!("{} {}: {error}", self.request.method, self.request.target),
        }
    }

    /// Signs it, lets `change` break it, sends it.
    #[track_caller]
    pub fn broken(self, change: impl FnOnce(&mut crate::request::Wire)) -> Broken<'a> {
        let mut wire = self.request.wire(self.test.target.address);
        change(&mut wire);
        match wire.send(self.test.target.address) {
            Ok(answer) => Broken { answer, codes: &self.test.codes },
            Err(error) => panic!("{} {}: {error}", wire.method, wire.target),
        }
    }

    #[track_caller]
    pub fn ok(self) -> Answer {
        let answer = self.go();
        if answer.status / 100 != 2 {
            answer.fail("should have succeeded");
        }
        answer
    }

    #[track_caller]
    pub fn is(self, status: u16) -> Answer {
        let answer = self.go();
        if answer.status != status {
            answer.fail(&format!("status should be {status}"));
        }
        answer
    }

    /// The error with this status and code, and all that an error document has. An answer to HEAD has no document: there the
    /// status is seen, and the code is what it stands for.
    #[track_caller]
    pub fn fails(self, status: u16, code: &str) -> Answer {
        let codes = &self.test.codes;
        let head = self.request.method == "HEAD";
        let answer = self.go();
        check_error(&answer, status, code, head);
        codes.borrow_mut().insert(code.to_owned());
        answer
    }
}

/// The answer to a request that was broken on purpose.
#[must_use]
pub struct Broken<'a> {
    answer: Answer,
    codes: &'a RefCell<BTreeSet<String>>,
}

impl Broken<'_> {
    #[track_caller]
    pub fn fails(self, status: u16, code: &str) -> Answer {
        check_error(&self.answer, status, code, self.answer.request.starts_with("HEAD"));
        self.codes.borrow_mut().insert(code.to_owned());
        self.answer
    }

    #[track_caller]
    pub fn is(self, status: u16) -> Answer {
        if self.answer.status != status {
            self.answer.fail(&format!("status should be {status}"));
        }
        self.answer
    }

    pub fn go(self) -> Answer {
        self.answer
    }
}

/// Claims an error's status and code, and that its document is whole
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#RESTErrorResponses>).
#[track_caller]
pub fn check_error(answer: &Answer, status: u16, code: &str, head: bool) {
    if answer.status != status {
        answer.fail(&format!("status should be {status} ({code})"));
    }
    let request_id = answer.need("x-amz-request-id");
    if head {
        answer.holds("");
        return;
    }
    if answer.code() != code {
        answer.fail(&format!("code should be {code}"));
    }
    answer.shows("RequestId", &request_id);
    if answer.one("Message").is_empty() {
        answer.fail("has an empty Message");
    }
}
