//! Looks at a writer's whole part of a store, from outside and without knowing what should be there.
//!
//! Always holds: what is found comes from listings and reads alone; a read that fails, a listing that contradicts another, and bytes
//! that nobody wrote so are findings, not reasons to skip. The oracle judges the rest.

use std::collections::BTreeMap;

use crate::answer::Answer;
use crate::content::recognise;
use crate::oracle::{Object, State, Subject, Upload, Version, World};
use crate::request::{Auth, Request};
use crate::server::run_json;
use crate::workload::Writer;

const EVERYBODY: &str = "http://acs.amazonaws.com/groups/global/AllUsers";

struct Survey<'a> {
    writer: &'a Writer,
    /// Before each of the writer's keys.
    prefix: String,
    world: World,
}

/// What is there of a writer's.
pub fn survey(writer: &Writer) -> Result<World, String> {
    let mut survey = Survey { writer, prefix: format!("{}/", writer.name), world: World::new() };
    survey.keys()?;
    survey.uploads()?;
    survey.bucket()?;
    survey.account()?;
    Ok(survey.world)
}

/// Looks at everything and judges it. What is wrong; afterwards the oracle knows what is there.
pub fn verify(writer: &mut Writer) -> Vec<String> {
    let name = writer.name.clone();
    let judged = match survey(writer) {
        Ok(found) => writer.oracle.judge(found),
        Err(problem) => Err(problem),
    };
    judged.err().into_iter().map(|problem| format!("{name}: {problem}")).collect()
}

impl Survey<'_> {
    fn ask(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> Result<Answer, String> {
        let mut request = Request::new(method, target, Auth::Header(self.writer.key.clone()));
        request.headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
        request.send(self.writer.address).map_err(|error| format!("{method} {target}: {error}"))
    }

    /// A read that must succeed.
    fn get(&self, target: &str) -> Result<Answer, String> {
        let answer = self.ask("GET", target, &[])?;
        match answer.status {
            200 => Ok(answer),
            status => Err(format!("GET {target}: {status} {}", answer.text())),
        }
    }

    /// A listing to its end, page by page. `next` are the parameters of the next page and the elements that say them.
    fn pages(&self, query: &str, next: &[(&str, &str)]) -> Result<Vec<Answer>, String> {
        let start = format!("/{}?{query}&prefix={}", self.writer.bucket, self.prefix);
        let mut pages = vec![self.get(&start)?];
        while let Some(last) = pages.last()
            && last.one("IsTruncated") == "true"
        {
            let more: String = next.iter().map(|(name, path)| format!("&{name}={}", last.one(path))).collect();
            pages.push(self.get(&format!("{start}{more}"))?);
        }
        Ok(pages)
    }

    fn keys(&mut self) -> Result<(), String> {
        let mut found: BTreeMap<String, Vec<Version>> = BTreeMap::new();
        let next = [("key-marker", "NextKeyMarker"), ("version-id-marker", "NextVersionIdMarker")];
        for page in self.pages("versions", &next)? {
            for entry in page.xml().children.iter().filter(|it| ["Version", "DeleteMarker"].contains(&it.name.as_str()))
            {
                let one = |path: &str| entry.all(path).concat();
                let (name, id) = (one("Key"), one("VersionId"));
                let key = name.strip_prefix(&self.prefix).ok_or_else(|| format!("{name} is listed"))?.to_owned();
                let versions = found.entry(key.clone()).or_default();
                let newest = versions.is_empty();
                if one("IsLatest") != newest.to_string() {
                    return Err(format!(
                        "{name}: version {id} is listed in the wrong place, or as the latest and is not"
                    ));
                }
                let object = match entry.name == "Version" {
                    true => Some(self.object(&key, &id, newest, &one("ETag"), &one("Size"))?),
                    false => None,
                };
                if newest && object.is_none() {
                    let answer = self.ask("HEAD", &self.writer.path(&key), &[])?;
                    if answer.status != 404 || answer.header("x-amz-delete-marker") != Some("true") {
                        return Err(format!("{name}: a delete marker is on top, and it is answered {}", answer.status));
                    }
                }
                versions.push(Version { id: Some(id), object });
            }
        }
        // The other listing says the same.
        let mut listed = Vec::new();
        for page in self.pages("list-type=2", &[("continuation-token", "NextContinuationToken")])? {
            listed.extend(page.all("Contents/Key"));
        }
        let live = |versions: &Vec<Version>| versions.first().is_some_and(|newest| newest.object.is_some());
        let expected: Vec<String> = found
            .iter()
            .filter(|(_, versions)| live(versions))
            .map(|(key, _)| format!("{}{key}", self.prefix))
            .collect();
        if listed != expected {
            return Err(format!("the listing of keys is {listed:?}, that of versions {expected:?}"));
        }
        let states = found.into_iter().map(|(key, versions)| (Subject::Key(key), State::Versions(versions)));
        self.world.extend(states);
        Ok(())
    }

    /// One version, every byte of it. The newest is asked for without its id, as everybody does.
    fn object(&self, key: &str, id: &str, newest: bool, etag: &str, size: &str) -> Result<Object, String> {
        let path = self.writer.path(key);
        let version = format!("versionId={id}");
        let target = if newest { path.clone() } else { format!("{path}?{version}") };
        let answer = self.ask("GET", &target, &[("x-amz-checksum-mode", "ENABLED")])?;
        let wrong = |what: String| format!("{target} (version {id}): {what}");
        if answer.status != 200 {
            return Err(wrong(format!("{} {}", answer.status, answer.text())));
        }
        if answer.header("x-amz-version-id").is_some_and(|shown| shown != id) {
            return Err(wrong(format!("the answer is of version {:?}", answer.header("x-amz-version-id"))));
        }
        if answer.need("etag") != etag || answer.body.len().to_string() != size {
            return Err(wrong(format!(
                "{} with {} bytes; listed {etag} {size}",
                answer.need("etag"),
                answer.body.len()
            )));
        }
        let body = recognise(&answer.body)
            .ok_or_else(|| wrong(format!("{} bytes that nobody wrote so", answer.body.len())))?;
        let checksums: Vec<String> = answer
            .headers
            .iter()
            .filter_map(|(name, value)| Some((name.strip_prefix("x-amz-checksum-")?, value)))
            .filter(|(name, _)| *name != "type")
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let tags = match answer.header("x-amz-tagging-count") {
            None => String::new(),
            Some(_) => tags_of(&self.get(&format!("{path}?tagging&{version}"))?),
        };
        let is_public = is_public(&self.get(&format!("{path}?acl&{version}"))?);
        let mark = answer.header("x-amz-meta-mark").unwrap_or_default().to_owned();
        Ok(Object { body, etag: answer.need("etag"), checksum: checksums.join("&"), mark, tags, is_public })
    }

    fn uploads(&mut self) -> Result<(), String> {
        let mut found: BTreeMap<String, Vec<Upload>> = BTreeMap::new();
        let next = [("key-marker", "NextKeyMarker"), ("upload-id-marker", "NextUploadIdMarker")];
        for page in self.pages("uploads", &next)? {
            for (name, id) in page.all("Upload/Key").into_iter().zip(page.all("Upload/UploadId")) {
                let key = name.strip_prefix(&self.prefix).ok_or_else(|| format!("an upload of {name} is listed"))?;
                let answer = self.get(&format!("{}?uploadId={id}", self.writer.path(key)))?;
                let mut parts = BTreeMap::new();
                let document = answer.xml();
                for part in document.elements("Part") {
                    let number = |path: &str| part.all(path).concat().parse::<u32>().unwrap_or(0);
                    parts.insert(number("PartNumber"), (number("Size") as usize, part.all("ETag").concat()));
                }
                found.entry(key.to_owned()).or_default().push(Upload { id: Some(id), parts });
            }
        }
        let states = found.into_iter().map(|(key, uploads)| (Subject::Uploads(key), State::Uploads(uploads)));
        self.world.extend(states);
        Ok(())
    }

    fn bucket(&mut self) -> Result<(), String> {
        let bucket = self.writer.own_bucket();
        let versioning = self.ask("GET", &format!("/{bucket}?versioning"), &[])?;
        if versioning.status == 404 {
            return Ok(());
        }
        let configured = |query: &str, read: fn(&Answer) -> String| {
            let answer = self.ask("GET", &format!("/{bucket}?{query}"), &[])?;
            match answer.status {
                200 => Ok(read(&answer)),
                404 if answer.code() != "NoSuchBucket" => Ok(String::new()),
                status => Err(format!("{bucket}?{query}: {status} {}", answer.text())),
            }
        };
        let state = State::Bucket {
            versioning: versioning.all("Status").concat(),
            tags: configured("tagging", tags_of)?,
            cors: configured("cors", |answer| answer.all("CORSRule/AllowedOrigin").concat())?,
            is_public: is_public(&self.get(&format!("/{bucket}?acl"))?),
        };
        self.world.insert(Subject::Bucket(bucket), state);
        Ok(())
    }

    fn account(&mut self) -> Result<(), String> {
        let Some((binary, directory)) = &self.writer.commands else { return Ok(()) };
        let account = self.writer.own_account();
        let strings = |list: &serde_json::Value, field: &str| -> Vec<String> {
            let list = list.as_array().cloned().unwrap_or_default();
            list.iter().filter_map(|it| it[field].as_str().map(str::to_owned)).collect()
        };
        let users = run_json(binary, directory, &["user", "list", "--json"])?;
        if strings(&users["users"], "name").contains(&account) {
            let keys = run_json(binary, directory, &["key", "list", &account, "--json"])?;
            let keys = strings(&keys["keys"], "access_key_id").into_iter().collect();
            self.world.insert(Subject::Account(account), State::Account { keys });
        }
        Ok(())
    }
}

fn tags_of(answer: &Answer) -> String {
    let pairs = answer.all("TagSet/Tag/Key").into_iter().zip(answer.all("TagSet/Tag/Value"));
    pairs.map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("&")
}

fn is_public(answer: &Answer) -> bool {
    answer.all("AccessControlList/Grant/Grantee/URI").iter().any(|group| group == EVERYBODY)
}
