//! Browser uploads: a multipart/form-data body with a signed policy
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html>).
//!
//! Always holds: fields are sent in the order given, the file last unless a test says otherwise.

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

use crate::account::Key;
use crate::checksum::base64;
use crate::sign::Scope;

pub const BOUNDARY: &str = "----trefoil-form-boundary";

#[derive(Clone, Debug)]
pub struct Form {
    pub fields: Vec<(String, String)>,
    /// File name and content.
    pub file: Option<(String, Vec<u8>)>,
}

/// `2026-01-01T00:00:00.000Z`, so many seconds from now.
pub fn expiration(seconds: i64) -> String {
    (OffsetDateTime::now_utc() + time::Duration::seconds(seconds))
        .format(format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].000Z"))
        .expect("a date has all parts")
}

impl Form {
    /// A form without a policy.
    pub fn plain(key: &str, file: &[u8]) -> Self {
        Self { fields: vec![("key".into(), key.into())], file: Some(("file.txt".into(), file.to_vec())) }
    }

    pub fn field(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.into(), value.into()));
        self
    }

    /// Sets a field's value, or adds the field.
    pub fn set(mut self, name: &str, value: &str) -> Self {
        match self.fields.iter_mut().find(|(field, _)| field == name) {
            Some((_, old)) => *old = value.into(),
            None => self.fields.push((name.into(), value.into())),
        }
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(field, _)| field != name);
        self
    }

    /// Adds a policy with these conditions (and those that the signature needs) and signs it.
    pub fn signed(self, signer: &Key, conditions: Vec<Value>) -> Self {
        self.signed_until(signer, conditions, &expiration(600))
    }

    pub fn signed_until(self, signer: &Key, mut conditions: Vec<Value>, until: &str) -> Self {
        let scope = Scope { at: OffsetDateTime::now_utc(), region: "us-east-1".into(), service: "s3".into() };
        let credential = format!("{}/{}", signer.id, scope.text());
        conditions.push(json!({"x-amz-algorithm": "AWS4-HMAC-SHA256"}));
        conditions.push(json!({"x-amz-credential": credential}));
        conditions.push(json!({"x-amz-date": scope.stamp()}));
        let policy = json!({"expiration": until, "conditions": conditions}).to_string();
        self.with_policy(signer, &scope, &policy)
    }

    /// Signs any text as the policy.
    pub fn with_policy(self, signer: &Key, scope: &Scope, policy: &str) -> Self {
        let policy = base64(policy.as_bytes());
        let signature = scope.sign(signer, &policy);
        let credential = format!("{}/{}", signer.id, scope.text());
        self.set("x-amz-algorithm", "AWS4-HMAC-SHA256")
            .set("x-amz-credential", &credential)
            .set("x-amz-date", &scope.stamp())
            .set("policy", &policy)
            .set("x-amz-signature", &signature)
    }

    /// Adds a policy with these conditions, signed by version 2.
    pub fn signed_v2(self, signer: &Key, conditions: Vec<Value>) -> Self {
        let policy = json!({"expiration": expiration(600), "conditions": conditions}).to_string();
        let policy = base64(policy.as_bytes());
        let signature = crate::sign_v2::sign(&signer.secret, &policy);
        self.set("AWSAccessKeyId", &signer.id).set("policy", &policy).set("signature", &signature)
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (name, value) in &self.fields {
            out.extend(
                format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
                    .as_bytes(),
            );
        }
        if let Some((name, content)) = &self.file {
            out.extend(
                format!(
                    "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
                     Content-Type: text/plain\r\n\r\n"
                )
                .as_bytes(),
            );
            out.extend(content);
            out.extend(b"\r\n");
        }
        out.extend(format!("--{BOUNDARY}--\r\n").as_bytes());
        out
    }

    pub fn content_type() -> String {
        format!("multipart/form-data; boundary={BOUNDARY}")
    }
}
