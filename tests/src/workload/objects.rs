//! Changes of one key or several, each told to the oracle first.
//!
//! Always holds: `versions` is kept as the bucket's mode says: replaced, put on top, or the null version replaced on top.

use super::{Gone, Kind, Mode, Writer};
use crate::checksum;
use crate::content::{Content, bytes_of};
use crate::form::Form;
use crate::oracle::{Change, Object, State, Subject, Version};
use crate::request::Auth;

/// The id of the version that has none.
const NULL: &str = "null";

/// The state of a key with these versions.
pub(super) fn key_state(key: &str, versions: Vec<Version>) -> (Subject, Option<State>) {
    (Subject::Key(key.to_owned()), (!versions.is_empty()).then_some(State::Versions(versions)))
}

impl Writer {
    pub fn path(&self, key: &str) -> String {
        format!("/{}/{}/{key}", self.bucket, self.name)
    }

    /// The versions of a key when `object` (or a delete marker) has come on top.
    pub(super) fn with_on_top(&self, key: &str, object: Option<Object>) -> Vec<Version> {
        let mut versions = self.oracle.versions(key);
        let null = Some(NULL.to_owned());
        match self.shape.mode {
            Mode::Plain => {
                return object.map(|object| Version { id: null, object: Some(object) }).into_iter().collect();
            }
            Mode::Versioned => versions.insert(0, Version { id: None, object }),
            Mode::Suspended => {
                versions.retain(|version| version.id != null);
                versions.insert(0, Version { id: null, object });
            }
        }
        versions
    }

    pub(super) fn new_object(&mut self, content: Content, bytes: &[u8]) -> Object {
        Object {
            body: vec![content],
            etag: checksum::etag(bytes),
            checksum: format!("crc64nvme={}", checksum::value("crc64nvme", bytes)),
            mark: content.seed.to_string(),
            tags: format!("a={}", content.seed),
            is_public: false,
        }
    }

    /// An object under the key, kept as the shape says.
    pub(super) fn fill(&mut self, key: &str) -> Result<(), Gone> {
        match self.shape.kind {
            Kind::Multipart => self.multipart(key),
            Kind::Inline | Kind::Volume | Kind::OwnFile => self.put(key),
        }
    }

    pub(super) fn put(&mut self, key: &str) -> Result<(), Gone> {
        self.put_with(key, &[])
    }

    /// Creates the key, on the condition that it is not there: it is not.
    pub(super) fn create(&mut self, key: &str) -> Result<(), Gone> {
        self.put_with(key, &[("if-none-match", "*")])
    }

    fn put_with(&mut self, key: &str, more: &[(&str, &str)]) -> Result<(), Gone> {
        let content = self.content();
        let bytes = content.bytes();
        let object = self.new_object(content, &bytes);
        let (mark, tags) = (object.mark.clone(), object.tags.clone());
        let headers = [&[("x-amz-meta-mark", mark.as_str()), ("x-amz-tagging", tags.as_str())], more].concat();
        let request = self.request("PUT", &self.path(key), &headers, bytes);
        self.change(vec![key_state(key, self.with_on_top(key, Some(object)))], &request)?;
        Ok(())
    }

    /// Creates the key, on the condition that it is not there: but it is.
    pub(super) fn create_again(&mut self, key: &str) -> Result<(), Gone> {
        let bytes = self.content().bytes();
        let request = self.request("PUT", &self.path(key), &[("if-none-match", "*")], bytes);
        self.refused(&request, 412)
    }

    /// A browser's upload.
    pub(super) fn post(&mut self, key: &str) -> Result<(), Gone> {
        let content = self.content();
        let bytes = content.bytes();
        let object = Object { tags: String::new(), ..self.new_object(content, &bytes) };
        let conditions = serde_json::json!([
            {"bucket": self.bucket}, ["starts-with", "$key", ""], ["starts-with", "$x-amz-meta-mark", ""]
        ]);
        let conditions = conditions.as_array().cloned().unwrap_or_default();
        let form = Form::plain(&format!("{}/{key}", self.name), &bytes).field("x-amz-meta-mark", &object.mark);
        let body = form.signed(&self.key, conditions).bytes();
        let headers = [("content-type", Form::content_type())];
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let mut request = self.request("POST", &format!("/{}", self.bucket), &headers, body);
        request.auth = Auth::Anonymous;
        self.change(vec![key_state(key, self.with_on_top(key, Some(object)))], &request)?;
        Ok(())
    }

    pub(super) fn copy(&mut self, from: &str, to: &str) -> Result<(), Gone> {
        let Some(object) = self.oracle.object(from) else { return Ok(()) };
        self.copied(from, to, Object { is_public: false, ..object }, &[])
    }

    /// A copy that is hashed anew, so that its bytes are read and written.
    pub(super) fn copy_rehashed(&mut self, from: &str, to: &str) -> Result<(), Gone> {
        let Some(object) = self.oracle.object(from) else { return Ok(()) };
        let bytes = bytes_of(&object.body);
        let etag = checksum::etag(&bytes);
        let checksum = format!("sha256={}", checksum::value("sha256", &bytes));
        let object = Object { is_public: false, etag, checksum, ..object };
        self.copied(from, to, object, &[("x-amz-checksum-algorithm", "SHA256")])
    }

    fn copied(&mut self, from: &str, to: &str, object: Object, more: &[(&str, &str)]) -> Result<(), Gone> {
        let source = self.path(from);
        let headers = [&[("x-amz-copy-source", source.as_str())], more].concat();
        let request = self.request("PUT", &self.path(to), &headers, Vec::new());
        self.change(vec![key_state(to, self.with_on_top(to, Some(object)))], &request)?;
        Ok(())
    }

    /// Removes the key, or puts a delete marker on top.
    pub(super) fn delete(&mut self, key: &str) -> Result<(), Gone> {
        if self.oracle.object(key).is_none() {
            return Ok(());
        }
        let request = self.request("DELETE", &self.path(key), &[], Vec::new());
        self.change(vec![key_state(key, self.with_on_top(key, None))], &request)?;
        Ok(())
    }

    /// Removes the oldest version for good.
    pub(super) fn delete_version(&mut self, key: &str) -> Result<(), Gone> {
        let mut versions = self.oracle.versions(key);
        let Some(Version { id: Some(id), .. }) = versions.pop() else { return Ok(()) };
        let request = self.request("DELETE", &format!("{}?versionId={id}", self.path(key)), &[], Vec::new());
        self.change(vec![key_state(key, versions)], &request)?;
        Ok(())
    }

    /// Removes the newest version for good: the one below comes to light.
    pub(super) fn delete_newest_version(&mut self, key: &str) -> Result<(), Gone> {
        let mut versions = self.oracle.versions(key);
        if versions.is_empty() {
            return Ok(());
        }
        let Some(id) = versions.remove(0).id else { return Ok(()) };
        let request = self.request("DELETE", &format!("{}?versionId={id}", self.path(key)), &[], Vec::new());
        self.change(vec![key_state(key, versions)], &request)?;
        Ok(())
    }

    /// No more versions than so many; older ones are removed for good.
    pub(super) fn trim(&mut self, key: &str, most: usize) -> Result<(), Gone> {
        for _ in most..self.oracle.versions(key).len() {
            self.delete_version(key)?;
        }
        Ok(())
    }

    /// DeleteObjects: of keys, or of the oldest version of each.
    pub(super) fn delete_many(&mut self, keys: &[&str], versions: bool) -> Result<(), Gone> {
        let mut changes: Vec<Change> = Vec::new();
        let (mut document, mut asked) = (String::new(), Vec::new());
        for key in keys {
            let mut known = self.oracle.versions(key);
            let version = match versions {
                true => match known.pop() {
                    Some(Version { id: Some(id), .. }) => format!("<VersionId>{id}</VersionId>"),
                    _ => continue,
                },
                false if self.oracle.object(key).is_none() => continue,
                false => {
                    known = self.with_on_top(key, None);
                    String::new()
                }
            };
            let name = format!("{}/{key}", self.name);
            document.push_str(&format!("<Object><Key>{name}</Key>{version}</Object>"));
            asked.push(name);
            changes.push(vec![key_state(key, known)]);
        }
        if changes.is_empty() {
            return Ok(());
        }
        let body = format!("<Delete>{document}</Delete>").into_bytes();
        let request = self.request("POST", &format!("/{}?delete", self.bucket), &[], body);
        let Some(answer) = self.ask(changes, &request)? else { return Ok(()) };
        let deleted = answer.all("Deleted/Key");
        if !deleted.iter().eq(asked.iter()) || !answer.all("Error").is_empty() {
            self.complain(&answer);
            return Ok(());
        }
        if !versions {
            // One for each, in a bucket with versions; else none.
            for (index, id) in answer.all("Deleted/DeleteMarkerVersionId").iter().enumerate() {
                self.oracle.identify(index, id);
            }
        }
        self.oracle.acknowledged();
        Ok(())
    }

    /// Changes the current object in place.
    fn alter(
        &mut self,
        key: &str,
        query: &str,
        document: Option<String>,
        alter: impl FnOnce(&mut Object),
    ) -> Result<(), Gone> {
        let mut versions = self.oracle.versions(key);
        let Some(Version { object: Some(object), .. }) = versions.first_mut() else { return Ok(()) };
        alter(object);
        let method = if document.is_some() { "PUT" } else { "DELETE" };
        let body = document.unwrap_or_default().into_bytes();
        let mut request = self.request(method, &format!("{}?{query}", self.path(key)), &[], body);
        if query == "acl" {
            request.headers.push(("x-amz-acl".into(), b"public-read".to_vec()));
        }
        self.change(vec![key_state(key, versions)], &request)?;
        Ok(())
    }

    pub(super) fn tag(&mut self, key: &str) -> Result<(), Gone> {
        let value = self.serial();
        let document = format!("<Tagging><TagSet><Tag><Key>b</Key><Value>{value}</Value></Tag></TagSet></Tagging>");
        self.alter(key, "tagging", Some(document), |object| object.tags = format!("b={value}"))
    }

    pub(super) fn untag(&mut self, key: &str) -> Result<(), Gone> {
        self.alter(key, "tagging", None, |object| object.tags.clear())
    }

    pub(super) fn publish(&mut self, key: &str) -> Result<(), Gone> {
        self.alter(key, "acl", Some(String::new()), |object| object.is_public = true)
    }

    pub(super) fn rename(&mut self, from: &str, to: &str) -> Result<(), Gone> {
        let moved = self.oracle.versions(from);
        if moved.is_empty() || from == to {
            return Ok(());
        }
        self.renamed(from, to, vec![key_state(from, Vec::new()), key_state(to, moved)])
    }

    /// Moves all keys below a directory, which the target is not yet.
    pub(super) fn rename_directory(&mut self, from: &str, to: &str) -> Result<(), Gone> {
        let mut change = Change::new();
        for (subject, state) in &self.oracle.world {
            if let (Subject::Key(key), State::Versions(versions)) = (subject, state)
                && let Some(rest) = key.strip_prefix(from)
            {
                change.push(key_state(key, Vec::new()));
                change.push(key_state(&format!("{to}{rest}"), versions.clone()));
            }
        }
        if change.is_empty() {
            return Ok(());
        }
        self.renamed(from, to, change)
    }

    fn renamed(&mut self, from: &str, to: &str, change: Change) -> Result<(), Gone> {
        let source = format!("{}/{from}", self.name);
        let target = format!("{}?renameObject", self.path(to));
        let request = self.request("PUT", &target, &[("x-amz-rename-source", source.as_str())], Vec::new());
        self.change(change, &request)?;
        Ok(())
    }
}
