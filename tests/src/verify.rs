//! Looks at everything that a writer's oracle knows, after a crash.
//!
//! Always holds: a read that fails is a finding, not a reason to skip.

use std::collections::BTreeSet;

use crate::answer::Answer;
use crate::checksum;
use crate::oracle::{Content, Object};
use crate::request::{Auth, Request};
use crate::workload::{PLAIN, PLAIN_BUCKET, VERSIONED, VERSIONED_BUCKET, Writer};

fn get(writer: &Writer, target: &str) -> Result<Answer, String> {
    Request::new("GET", target, Auth::Header(writer.key.clone()))
        .send(writer.address)
        .map_err(|error| format!("GET {target}: {error}"))
}

/// Which of the contents that it may be it is.
fn recognise(candidates: &[Content], answer: &Answer) -> Option<Content> {
    candidates.iter().copied().find(|content| content.length == answer.body.len() && content.bytes() == answer.body)
}

/// What the key holds now.
fn look(writer: &Writer, key: &str) -> Result<Object, String> {
    let answer = get(writer, &format!("/{PLAIN}/{key}"))?;
    match answer.status {
        404 => return Ok(Object::default()),
        200 => {}
        status => return Err(format!("{key}: {status} {}", answer.text())),
    }
    let state = writer.oracle.keys.get(key).cloned().unwrap_or_default();
    let candidates: Vec<Content> =
        state.possible.iter().chain([&state.acknowledged]).filter_map(|object| object.content).collect();
    let content = recognise(&candidates, &answer)
        .ok_or_else(|| format!("{key}: {} bytes that nobody wrote there (of {candidates:?})", answer.body.len()))?;
    let etag = answer.need("etag");
    if !etag.contains('-') && etag != checksum::etag(&answer.body) {
        return Err(format!("{key}: its tag {etag} is not its content's"));
    }
    let tags = answer.header("x-amz-tagging-count").and_then(|count| count.parse().ok()).unwrap_or(0);
    let mark = answer.header("x-amz-meta-mark").unwrap_or_default().to_owned();
    Ok(Object { content: Some(content), mark, tags })
}

/// What the writer's own bucket is now.
fn look_at_bucket(writer: &Writer, bucket: &str) -> Result<Object, String> {
    let versioning = get(writer, &format!("/{bucket}?versioning"))?;
    let mark = match versioning.status {
        404 => return Ok(Object::default()),
        200 if versioning.text().contains("Enabled") => VERSIONED_BUCKET,
        200 => PLAIN_BUCKET,
        status => return Err(format!("{bucket}: {status} {}", versioning.text())),
    };
    let tagging = get(writer, &format!("/{bucket}?tagging"))?;
    let tags = match tagging.status {
        404 => 0,
        200 => tagging.all("TagSet/Tag/Key").len(),
        status => return Err(format!("{bucket}: {status} {}", tagging.text())),
    };
    Ok(Object { content: None, mark: mark.to_owned(), tags })
}

fn versions(writer: &mut Writer, problems: &mut Vec<String>) -> Result<(), String> {
    for (key, known) in writer.oracle.versions.clone() {
        let listed = get(writer, &format!("/{VERSIONED}?versions&prefix={key}"))?;
        let there: BTreeSet<String> =
            listed.all("Version/VersionId").into_iter().chain(listed.all("DeleteMarker/VersionId")).collect();
        for (id, content) in &known {
            if !there.contains(id) {
                problems.push(format!("{key}: version {id} was acknowledged and is gone"));
                continue;
            }
            let Some(content) = content else { continue };
            let answer = get(writer, &format!("/{VERSIONED}/{key}?versionId={id}"))?;
            if answer.status != 200 || answer.body != content.bytes() {
                problems.push(format!("{key}: version {id} is {} with {} bytes", answer.status, answer.body.len()));
            }
        }
        let ours: BTreeSet<&String> = known.iter().map(|(id, _)| id).collect();
        let fading = writer.oracle.fading.iter().filter(|(other, id)| *other == key && there.contains(id)).count();
        let more = there.iter().filter(|id| !ours.contains(id)).count() - fading;
        let allowed = writer.oracle.unanswered.get(&key).copied().unwrap_or(0);
        if more > allowed {
            problems.push(format!("{key}: {more} versions that nobody was told of; {allowed} changes were unanswered"));
        }
        // What is there now must stay: the unknown ones are taken in by not counting them any more.
        writer.oracle.unanswered.insert(key, more + fading);
    }
    Ok(())
}

fn uploads(writer: &mut Writer, problems: &mut Vec<String>) -> Result<(), String> {
    for ((key, id), parts) in std::mem::take(&mut writer.oracle.uploads) {
        let ending = writer.oracle.ending.contains(&(key.clone(), id.clone()));
        let answer = get(writer, &format!("/{PLAIN}/{key}?uploadId={id}"))?;
        if answer.status == 404 && ending {
            continue;
        }
        if answer.status != 200 {
            problems.push(format!("{key}: upload {id} is {}", answer.status));
            continue;
        }
        let listed: Vec<(String, String)> =
            answer.all("Part/PartNumber").into_iter().zip(answer.all("Part/Size")).collect();
        for (number, content) in parts {
            if !listed.contains(&(number.to_string(), content.length.to_string())) {
                problems.push(format!("{key}: part {number} of {id} was acknowledged; there are {listed:?}"));
            }
        }
        let request =
            Request::new("DELETE", &format!("/{PLAIN}/{key}?uploadId={id}"), Auth::Header(writer.key.clone()));
        let status = request.send(writer.address).map_err(|error| error.to_string())?.status;
        if status != 204 {
            problems.push(format!("{key}: upload {id} can't be aborted: {status}"));
        }
    }
    writer.oracle.ending.clear();
    Ok(())
}

/// Everything that is not as it may be. Afterwards the oracle knows what is there.
pub fn verify(writer: &mut Writer) -> Result<Vec<String>, String> {
    let mut problems = Vec::new();
    let keys: Vec<String> = writer.oracle.keys.keys().cloned().collect();
    for key in &keys {
        match look(writer, key).and_then(|found| writer.oracle.judge(key, &found)) {
            Ok(()) => {}
            Err(problem) => problems.push(problem),
        }
    }
    for bucket in writer.buckets.keys.keys().cloned().collect::<Vec<_>>() {
        match look_at_bucket(writer, &bucket).and_then(|found| writer.buckets.judge(&bucket, &found)) {
            Ok(()) => {}
            Err(problem) => problems.push(problem),
        }
    }
    // A listing equals the gets.
    for prefix in [format!("d/{}/", writer.name), format!("d/e/{}/", writer.name), "tour/".to_owned()] {
        let listed = get(writer, &format!("/{PLAIN}?list-type=2&prefix={prefix}"))?.all("Contents/Key");
        let expected: Vec<&String> =
            keys.iter().filter(|key| key.starts_with(&prefix) && writer.oracle.state(key).content.is_some()).collect();
        if listed.iter().collect::<Vec<_>>() != expected && problems.is_empty() {
            problems.push(format!("under {prefix} are listed {listed:?}, not {expected:?}"));
        }
    }
    versions(writer, &mut problems)?;
    uploads(writer, &mut problems)?;
    writer.oracle.fading.clear();
    Ok(problems)
}
