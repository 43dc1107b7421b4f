//! Every operation that changes something, each by itself: what must be there first, then the one request that it is about.
//!
//! Always holds: a step can be made again and again, from whatever state a crash has left. Its name is the operation's in the README's
//! table, with what is special about it behind a comma; a test holds the two lists against each other.

use std::time::{Duration, Instant};

use super::{Gone, Kind, Mode, Shape, Writer};

/// How long what happens in the background may take to begin.
const BACKGROUND_WAIT: Duration = Duration::from_secs(3);
/// No more versions than these are left of one step for the next.
const VERSIONS_KEPT: usize = 2;

#[derive(Clone, Copy)]
pub struct Step {
    pub name: &'static str,
    /// Work that no request asks for: what it passes, other steps may pass at any time.
    pub is_background: bool,
    pub run: fn(&mut Writer) -> Result<(), Gone>,
}

impl Writer {
    /// The key is there, and was not long ago made of many versions.
    fn there(&mut self, key: &str) -> Result<(), Gone> {
        self.trim(key, VERSIONS_KEPT)?;
        match self.oracle.object(key) {
            Some(_) => Ok(()),
            None => self.fill(key),
        }
    }

    fn gone(&mut self, key: &str) -> Result<(), Gone> {
        self.trim(key, VERSIONS_KEPT)?;
        self.delete(key)
    }

    /// Waits for the reclaim of what was let go of. Where the server ends meanwhile, it is gone.
    fn wait_for_the_background(&mut self) -> Result<(), Gone> {
        let begun = Instant::now();
        while begun.elapsed() < BACKGROUND_WAIT {
            if !self.is_served() {
                return Err(Gone);
            }
        }
        Ok(())
    }

    /// The directory with two keys, and the one that it can become.
    fn directory(&mut self) -> Result<(&'static str, &'static str), Gone> {
        for (from, to, keys) in [("d/", "e/", ["d/f/1", "d/2"]), ("e/", "d/", ["e/f/1", "e/2"])] {
            if keys.iter().all(|key| self.oracle.object(key).is_some()) {
                return Ok((from, to));
            }
        }
        self.fill("d/f/1")?;
        self.fill("d/2")?;
        Ok(("d/", "e/"))
    }
}

macro_rules! steps {
    ($($name:literal, $writer:ident, $run:block)*) => {
        &[$(Step { name: $name, is_background: false, run: |$writer| $run }),*]
    };
}

/// In every shape.
const ALWAYS: &[Step] = steps! {
    "CopyObject", w, { w.there("a")?; w.trim("b", VERSIONS_KEPT)?; w.ready(); w.copy("a", "b") }
    "CopyObject, hashed anew", w, { w.there("a")?; w.trim("b", VERSIONS_KEPT)?; w.ready(); w.copy_rehashed("a", "b") }
    "PutObjectTagging", w, { w.there("a")?; w.ready(); w.tag("a") }
    "DeleteObjectTagging", w, { w.there("a")?; w.tag("a")?; w.ready(); w.untag("a") }
    "PutObjectAcl", w, { w.there("a")?; w.ready(); w.publish("a") }
    "DeleteObject", w, { w.there("a")?; w.ready(); w.delete("a") }
    "DeleteObjects", w, { w.there("a")?; w.there("b")?; w.ready(); w.delete_many(&["a", "b"], false) }
};

/// Where an object comes by one request.
const SINGLE: &[Step] = steps! {
    "PutObject", w, { w.gone("a")?; w.ready(); w.put("a") }
    "PutObject, over another", w, { w.there("a")?; w.ready(); w.put("a") }
    "PutObject, if absent", w, { w.gone("b")?; w.ready(); w.create("b") }
    "PutObject, by a form", w, { w.trim("a", VERSIONS_KEPT)?; w.ready(); w.post("a") }
};

/// Where an object comes in parts.
const IN_PARTS: &[Step] = steps! {
    "CreateMultipartUpload", w, { w.end_uploads()?; w.ready(); w.begin_upload("a").map(drop) }
    "UploadPart", w, {
        let upload = match w.upload_of("a") { None => w.begin_upload("a")?, upload => upload };
        let Some(id) = upload else { return Ok(()) };
        w.ready();
        w.part("a", &id, 1, 5 << 20)
    }
    "UploadPart, over another", w, {
        let upload = match w.upload_of("a") { None => w.begin_upload("a")?, upload => upload };
        let Some(id) = upload else { return Ok(()) };
        w.part("a", &id, 2, 70_000)?;
        w.ready();
        w.part("a", &id, 2, 20_000)
    }
    "UploadPartCopy", w, {
        w.there("b")?;
        let upload = match w.upload_of("a") { None => w.begin_upload("a")?, upload => upload };
        let Some(id) = upload else { return Ok(()) };
        w.ready();
        w.part_copy("b", "a", &id, 3)
    }
    "CompleteMultipartUpload", w, {
        w.end_uploads()?;
        w.gone("a")?;
        let Some(id) = w.uploaded("a")? else { return Ok(()) };
        w.ready();
        w.complete("a", &id, None)
    }
    "CompleteMultipartUpload, of some parts, over another", w, {
        w.end_uploads()?;
        w.there("a")?;
        let Some(id) = w.uploaded("a")? else { return Ok(()) };
        w.part("a", &id, 3, 70_000)?;
        w.ready();
        w.complete("a", &id, Some(&[1, 2]))
    }
    "AbortMultipartUpload", w, {
        w.end_uploads()?;
        let Some(id) = w.uploaded("a")? else { return Ok(()) };
        w.ready();
        w.abort("a", &id)
    }
};

/// Where versions are kept.
const WITH_VERSIONS: &[Step] = steps! {
    "DeleteObject, of a version", w, { w.there("b")?; w.ready(); w.delete_version("b") }
    "DeleteObject, of the newest version", w, { w.there("a")?; w.fill("a")?; w.ready(); w.delete_newest_version("a") }
    "DeleteObjects, of versions", w, { w.there("a")?; w.there("b")?; w.ready(); w.delete_many(&["a", "b"], true) }
};

/// Where none are.
const WITHOUT_VERSIONS: &[Step] = steps! {
    "RenameObject", w, { w.there("a")?; w.ready(); w.rename("a", "b") }
    "RenameObject, of a directory", w, {
        let (from, to) = w.directory()?;
        w.ready();
        w.rename_directory(from, to)
    }
};

/// Of buckets and accounts, for which the shape of objects does not matter.
const ONCE: &[Step] = steps! {
    "CreateBucket", w, { w.bucket_gone()?; w.ready(); w.create_bucket() }
    "PutBucketVersioning", w, { w.bucket_there()?; w.ready(); w.version_bucket() }
    "PutBucketTagging", w, { w.bucket_there()?; w.ready(); w.tag_bucket() }
    "DeleteBucketTagging", w, { w.bucket_there()?; w.tag_bucket()?; w.ready(); w.untag_bucket() }
    "PutBucketCors", w, { w.bucket_there()?; w.ready(); w.share_bucket() }
    "DeleteBucketCors", w, { w.bucket_there()?; w.share_bucket()?; w.ready(); w.unshare_bucket() }
    "PutBucketAcl", w, { w.bucket_private()?; w.ready(); w.publish_bucket() }
    "DeleteBucket", w, { w.bucket_there()?; w.upload_into_bucket()?; w.ready(); w.delete_bucket() }
    "user create", w, { w.account_gone()?; w.ready(); w.create_account() }
    "key create", w, { w.account_there()?; w.ready(); w.create_key() }
    "key delete", w, { w.account_there()?; w.create_key()?; w.ready(); w.delete_key() }
    "user delete", w, { w.account_there()?; w.create_key()?; w.ready(); w.delete_account() }
};

const RECLAIM: Step = Step {
    name: "reclaim",
    is_background: true,
    run: |w| {
        w.there("a")?;
        w.trim("a", 1)?;
        w.ready();
        match w.shape.mode {
            Mode::Plain => w.delete("a")?,
            Mode::Versioned | Mode::Suspended => w.delete_version("a")?,
        }
        w.wait_for_the_background()
    },
};

/// The steps that make sense for a shape, in an order in which each has something to do.
pub fn tour(shape: Shape) -> Vec<Step> {
    let by_kind = if shape.kind == Kind::Multipart { IN_PARTS } else { SINGLE };
    let by_mode = if shape.mode == Mode::Plain { WITHOUT_VERSIONS } else { WITH_VERSIONS };
    let once = if shape == Shape::ALL[0] { ONCE } else { &[] };
    [by_kind, ALWAYS, by_mode, once, &[RECLAIM]].concat()
}
