//! The life of a bucket of the writer's own.
//!
//! Always holds: each change starts from the state that the oracle knows; `bucket_there` and `bucket_gone` bring it about.

use super::{Gone, Writer};
use crate::oracle::{State, Subject};

const CORS: &str = "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod>\
                    <AllowedOrigin>ORIGIN</AllowedOrigin></CORSRule></CORSConfiguration>";

impl Writer {
    pub fn own_bucket(&self) -> String {
        format!("crash-own-{}", self.name)
    }

    fn own(&self) -> Option<State> {
        self.oracle.world.get(&Subject::Bucket(self.own_bucket())).cloned()
    }

    fn change_bucket(&mut self, state: Option<State>, method: &str, query: &str, body: String) -> Result<(), Gone> {
        let bucket = self.own_bucket();
        let mut request = self.request(method, &format!("/{bucket}{query}"), &[], body.into_bytes());
        if let (Some(State::Bucket { is_public, .. }), "?acl") = (&state, query) {
            let acl: &[u8] = if *is_public { b"public-read" } else { b"private" };
            request.headers.push(("x-amz-acl".into(), acl.to_vec()));
        }
        self.change(vec![(Subject::Bucket(bucket), state)], &request)?;
        Ok(())
    }

    fn alter_bucket(
        &mut self,
        method: &str,
        query: &str,
        body: String,
        alter: impl FnOnce(&mut State),
    ) -> Result<(), Gone> {
        let Some(mut state) = self.own() else { return Ok(()) };
        alter(&mut state);
        self.change_bucket(Some(state), method, query, body)
    }

    pub(super) fn bucket_there(&mut self) -> Result<(), Gone> {
        match self.own() {
            Some(_) => Ok(()),
            None => self.create_bucket(),
        }
    }

    pub(super) fn bucket_gone(&mut self) -> Result<(), Gone> {
        match self.own() {
            Some(_) => self.delete_bucket(),
            None => Ok(()),
        }
    }

    pub(super) fn create_bucket(&mut self) -> Result<(), Gone> {
        let empty = String::new;
        let state = State::Bucket { versioning: empty(), tags: empty(), cors: empty(), is_public: false };
        self.change_bucket(Some(state), "PUT", "", String::new())
    }

    pub(super) fn delete_bucket(&mut self) -> Result<(), Gone> {
        self.change_bucket(None, "DELETE", "", String::new())
    }

    /// An upload in the bucket does not keep it from being deleted; its part goes with it.
    pub(super) fn upload_into_bucket(&mut self) -> Result<(), Gone> {
        let request = self.request("POST", &format!("/{}/k?uploads", self.own_bucket()), &[], Vec::new());
        let answer = request.send(self.address).map_err(|_| Gone)?;
        if answer.status != 200 {
            self.complain(&answer);
            return Ok(());
        }
        let target = format!("/{}/k?partNumber=1&uploadId={}", self.own_bucket(), answer.one("UploadId"));
        let answer = self.request("PUT", &target, &[], vec![b'x'; 100_000]).send(self.address).map_err(|_| Gone)?;
        if answer.status != 200 {
            self.complain(&answer);
        }
        Ok(())
    }

    pub(super) fn version_bucket(&mut self) -> Result<(), Gone> {
        let status = match self.own() {
            Some(State::Bucket { versioning, .. }) if versioning == "Enabled" => "Suspended",
            _ => "Enabled",
        };
        let body = format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>");
        self.alter_bucket("PUT", "?versioning", body, |state| {
            if let State::Bucket { versioning, .. } = state {
                *versioning = status.to_owned();
            }
        })
    }

    pub(super) fn tag_bucket(&mut self) -> Result<(), Gone> {
        let value = self.serial();
        let body = format!("<Tagging><TagSet><Tag><Key>k</Key><Value>{value}</Value></Tag></TagSet></Tagging>");
        self.alter_bucket("PUT", "?tagging", body, |state| {
            if let State::Bucket { tags, .. } = state {
                *tags = format!("k={value}");
            }
        })
    }

    pub(super) fn untag_bucket(&mut self) -> Result<(), Gone> {
        self.alter_bucket("DELETE", "?tagging", String::new(), |state| {
            if let State::Bucket { tags, .. } = state {
                tags.clear();
            }
        })
    }

    pub(super) fn share_bucket(&mut self) -> Result<(), Gone> {
        let origin = format!("http://{}.example.com", self.serial());
        self.alter_bucket("PUT", "?cors", CORS.replace("ORIGIN", &origin), |state| {
            if let State::Bucket { cors, .. } = state {
                *cors = origin;
            }
        })
    }

    pub(super) fn unshare_bucket(&mut self) -> Result<(), Gone> {
        self.alter_bucket("DELETE", "?cors", String::new(), |state| {
            if let State::Bucket { cors, .. } = state {
                cors.clear();
            }
        })
    }

    pub(super) fn publish_bucket(&mut self) -> Result<(), Gone> {
        self.show_bucket(true)
    }

    /// So that publishing it changes something: what changes nothing is not written.
    pub(super) fn bucket_private(&mut self) -> Result<(), Gone> {
        self.bucket_there()?;
        match self.own() {
            Some(State::Bucket { is_public: true, .. }) => self.show_bucket(false),
            _ => Ok(()),
        }
    }

    fn show_bucket(&mut self, public: bool) -> Result<(), Gone> {
        self.alter_bucket("PUT", "?acl", String::new(), |state| {
            if let State::Bucket { is_public, .. } = state {
                *is_public = public;
            }
        })
    }
}
