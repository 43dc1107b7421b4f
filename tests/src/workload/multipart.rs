//! Multipart uploads: begun, filled, completed, aborted.
//!
//! Always holds: a part is a content of its own, so that its bytes are recognised in the completed object; a completion changes the
//! key and the upload in one.

use std::collections::BTreeMap;

use super::objects::key_state;
use super::{Gone, Writer};
use crate::case::complete_xml;
use crate::checksum;
use crate::content::{Content, bytes_of};
use crate::oracle::{Object, State, Subject, Upload};

/// The least that a part other than the last may have.
const PART_BYTES_MIN: usize = 5 << 20;
/// The last part's length.
const LAST_BYTES: usize = 100_000;

fn uploads_state(key: &str, uploads: Vec<Upload>) -> (Subject, Option<State>) {
    (Subject::Uploads(key.to_owned()), (!uploads.is_empty()).then_some(State::Uploads(uploads)))
}

impl Writer {
    /// Begins an upload. Its id, where it was begun.
    pub(super) fn begin_upload(&mut self, key: &str) -> Result<Option<String>, Gone> {
        let mut uploads = self.oracle.uploads(key);
        uploads.push(Upload::default());
        let mark = self.upload_mark(key);
        let request =
            self.request("POST", &format!("{}?uploads", self.path(key)), &[("x-amz-meta-mark", &mark)], Vec::new());
        let Some(answer) = self.ask(vec![vec![uploads_state(key, uploads)]], &request)? else { return Ok(None) };
        let id = answer.one("UploadId");
        self.oracle.identify(0, &id);
        self.oracle.acknowledged();
        Ok(Some(id))
    }

    /// What the completed object will be marked with: an upload keeps it, and nothing shows it before.
    fn upload_mark(&self, key: &str) -> String {
        format!("upload of {key}")
    }

    /// The id of the newest upload of the key that is under way.
    pub(super) fn upload_of(&self, key: &str) -> Option<String> {
        self.oracle.uploads(key).into_iter().rev().find_map(|upload| upload.id)
    }

    fn with_part(&self, key: &str, id: &str, number: u32, bytes: &[u8]) -> Vec<Upload> {
        let mut uploads = self.oracle.uploads(key);
        for upload in uploads.iter_mut().filter(|upload| upload.id.as_deref() == Some(id)) {
            upload.parts.insert(number, (bytes.len(), checksum::etag(bytes)));
        }
        uploads
    }

    pub(super) fn part(&mut self, key: &str, id: &str, number: u32, length: usize) -> Result<(), Gone> {
        let content = Content { seed: self.serial(), length };
        let bytes = content.bytes();
        let uploads = self.with_part(key, id, number, &bytes);
        self.parts.insert(checksum::etag(&bytes), vec![content]);
        let target = format!("{}?partNumber={number}&uploadId={id}", self.path(key));
        let request = self.request("PUT", &target, &[], bytes);
        self.change(vec![uploads_state(key, uploads)], &request)?;
        Ok(())
    }

    /// A part that is the whole of another object.
    pub(super) fn part_copy(&mut self, from: &str, key: &str, id: &str, number: u32) -> Result<(), Gone> {
        let Some(object) = self.oracle.object(from) else { return Ok(()) };
        let bytes = bytes_of(&object.body);
        let uploads = self.with_part(key, id, number, &bytes);
        self.parts.insert(checksum::etag(&bytes), object.body);
        let target = format!("{}?partNumber={number}&uploadId={id}", self.path(key));
        let source = self.path(from);
        let request = self.request("PUT", &target, &[("x-amz-copy-source", source.as_str())], Vec::new());
        self.change(vec![uploads_state(key, uploads)], &request)?;
        Ok(())
    }

    /// Completes the upload with the parts of these numbers, or with all. One without parts is aborted.
    pub(super) fn complete(&mut self, key: &str, id: &str, numbers: Option<&[u32]>) -> Result<(), Gone> {
        let (mut chosen, mut rest) = (BTreeMap::new(), Vec::new());
        for upload in self.oracle.uploads(key) {
            match upload.id.as_deref() == Some(id) {
                true => chosen = upload.parts,
                false => rest.push(upload),
            }
        }
        chosen.retain(|number, _| numbers.is_none_or(|numbers| numbers.contains(number)));
        let contents: Vec<Vec<Content>> =
            chosen.values().filter_map(|(_, etag)| self.parts.get(etag).cloned()).collect();
        // The first part may be small where the crash took the second's answer.
        let small = chosen.values().rev().skip(1).any(|(length, _)| *length < PART_BYTES_MIN);
        if contents.is_empty() || contents.len() != chosen.len() || small {
            return self.abort(key, id);
        }
        let parts: Vec<Vec<u8>> = contents.iter().map(|contents| bytes_of(contents)).collect();
        let slices: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        let object = Object {
            body: contents.concat(),
            etag: checksum::etag_of_parts(&slices),
            checksum: format!("crc64nvme={}", checksum::value("crc64nvme", &slices.concat())),
            mark: self.upload_mark(key),
            ..Object::default()
        };
        let named: Vec<(u32, &str)> = chosen.iter().map(|(number, (_, etag))| (*number, etag.as_str())).collect();
        let target = format!("{}?uploadId={id}", self.path(key));
        let request = self.request("POST", &target, &[], complete_xml(&named).into_bytes());
        let change = vec![key_state(key, self.with_on_top(key, Some(object))), uploads_state(key, rest)];
        self.change(change, &request)?;
        Ok(())
    }

    pub(super) fn abort(&mut self, key: &str, id: &str) -> Result<(), Gone> {
        let rest = self.oracle.uploads(key).into_iter().filter(|upload| upload.id.as_deref() != Some(id)).collect();
        let request = self.request("DELETE", &format!("{}?uploadId={id}", self.path(key)), &[], Vec::new());
        self.change(vec![uploads_state(key, rest)], &request)?;
        Ok(())
    }

    /// An upload with two parts, the first as small as it may be.
    pub(super) fn uploaded(&mut self, key: &str) -> Result<Option<String>, Gone> {
        let Some(id) = self.begin_upload(key)? else { return Ok(None) };
        self.part(key, &id, 1, PART_BYTES_MIN)?;
        self.part(key, &id, 2, LAST_BYTES)?;
        Ok(Some(id))
    }

    /// A whole upload.
    pub(super) fn multipart(&mut self, key: &str) -> Result<(), Gone> {
        match self.uploaded(key)? {
            Some(id) => self.complete(key, &id, None),
            None => Ok(()),
        }
    }

    /// Ends every upload that is under way: each second by completion, so that its parts are seen again, the others by abortion.
    pub fn end_uploads(&mut self) -> Result<(), Gone> {
        let mut open = Vec::new();
        for (subject, state) in &self.oracle.world {
            if let (Subject::Uploads(key), State::Uploads(uploads)) = (subject, state) {
                open.extend(uploads.iter().filter_map(|upload| Some((key.clone(), upload.id.clone()?))));
            }
        }
        for (key, id) in open {
            match self.serial() % 2 {
                0 => self.complete(&key, &id, None)?,
                _ => self.abort(&key, &id)?,
            }
        }
        self.parts.clear();
        Ok(())
    }
}
