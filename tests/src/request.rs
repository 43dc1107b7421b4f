//! A request: what to ask, as whom, signed how; and the bytes that it becomes.
//!
//! Always holds: [`Request::wire`] signs what stands in the request at that moment; a [`Wire`] can be changed after it, which is
//! how broken signatures are made. The target is sent exactly as given.

use std::net::SocketAddr;

use time::OffsetDateTime;
use time::macros::format_description;

use crate::account::Key;
use crate::answer::Answer;
use crate::sign::{self, Scope};
use crate::sign_v2;
use crate::stream::Framing;
use crate::wire;

/// What `x-amz-content-sha256` says, and how the body is framed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// The body's own SHA-256.
    Signed,
    Unsigned,
    /// `STREAMING-AWS4-HMAC-SHA256-PAYLOAD` (or `-TRAILER` where there are trailers), chunks of this size.
    Chunks(usize),
    /// `STREAMING-UNSIGNED-PAYLOAD-TRAILER`, chunks of this size.
    UnsignedChunks(usize),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Auth {
    Anonymous,
    Header(Key),
    /// In the query, for so many seconds.
    Presigned(Key, i64),
    /// By the old version 2.
    HeaderV2(Key),
    PresignedV2(Key, i64),
}

#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    /// Path and query, percent-encoded, exactly as sent.
    pub target: String,
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
    pub auth: Auth,
    pub payload: Payload,
    pub trailers: Vec<(String, String)>,
    pub at: OffsetDateTime,
    pub region: String,
    pub service: String,
    /// The `Host` header; the address where not given.
    pub host: Option<String>,
    /// Headers that are sent and not signed, in lower case.
    pub unsigned: Vec<String>,
    /// No `Content-Length` of our own.
    pub no_length: bool,
}

/// A signed request, before it is put on the wire.
#[derive(Clone, Debug)]
pub struct Wire {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, Vec<u8>)>,
    pub framing: Option<Framing>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn new(method: &str, target: &str, auth: Auth) -> Self {
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            auth,
            payload: Payload::Signed,
            trailers: Vec::new(),
            at: OffsetDateTime::now_utc(),
            region: "us-east-1".into(),
            service: "s3".into(),
            host: None,
            unsigned: Vec::new(),
            no_length: false,
        }
    }

    pub fn scope(&self) -> Scope {
        Scope { at: self.at, region: self.region.clone(), service: self.service.clone() }
    }

    fn content_sha256(&self) -> String {
        match (&self.payload, self.trailers.is_empty()) {
            (Payload::Signed, _) => sign::sha256_hex(&self.body),
            (Payload::Unsigned, _) => "UNSIGNED-PAYLOAD".into(),
            (Payload::Chunks(_), true) => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD".into(),
            (Payload::Chunks(_), false) => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER".into(),
            (Payload::UnsignedChunks(_), _) => "STREAMING-UNSIGNED-PAYLOAD-TRAILER".into(),
        }
    }

    /// Signs the request for a server at `address`.
    pub fn wire(&self, address: SocketAddr) -> Wire {
        let mut headers = self.headers.clone();
        let mut add = |name: &str, value: String| {
            if !headers.iter().any(|(header, _)| header.eq_ignore_ascii_case(name)) {
                headers.push((name.to_owned(), value.into_bytes()));
            }
        };
        add("host", self.host.clone().unwrap_or_else(|| address.to_string()));
        let chunked = matches!(self.payload, Payload::Chunks(_) | Payload::UnsignedChunks(_));
        if chunked {
            add("content-encoding", "aws-chunked".into());
            add("x-amz-decoded-content-length", self.body.len().to_string());
            if !self.trailers.is_empty() {
                add("x-amz-trailer", self.trailers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(","));
            }
        }
        let scope = self.scope();
        let mut target = self.target.clone();
        let mut seed = None;
        match &self.auth {
            Auth::Anonymous => {
                if chunked {
                    add("x-amz-content-sha256", self.content_sha256());
                }
            }
            Auth::Header(key) => {
                add("x-amz-date", scope.stamp());
                add("x-amz-content-sha256", self.content_sha256());
                let signed = self.signed_names(&headers);
                let payload = value_of(&headers, "x-amz-content-sha256").unwrap_or_default();
                let canonical = sign::canonical_request(&self.method, &target, &headers, &signed, &payload);
                let signature = scope.sign_request(key, &canonical);
                headers.push((
                    "Authorization".into(),
                    format!(
                        "AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={signature}",
                        key.id,
                        scope.text(),
                        signed.join(";")
                    )
                    .into_bytes(),
                ));
                seed = Some((key.clone(), signature));
            }
            Auth::Presigned(key, seconds) => {
                let signed = self.signed_names(&headers);
                let separator = if target.contains('?') { '&' } else { '?' };
                target.push_str(&format!(
                    "{separator}X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={}&X-Amz-Date={}&X-Amz-Expires={seconds}\
                     &X-Amz-SignedHeaders={}",
                    sign::encode(format!("{}/{}", key.id, scope.text()).as_bytes(), false),
                    scope.stamp(),
                    sign::encode(signed.join(";").as_bytes(), false)
                ));
                let payload =
                    value_of(&headers, "x-amz-content-sha256").unwrap_or_else(|| "UNSIGNED-PAYLOAD".to_owned());
                let canonical = sign::canonical_request(&self.method, &target, &headers, &signed, &payload);
                target.push_str(&format!("&X-Amz-Signature={}", scope.sign_request(key, &canonical)));
            }
            Auth::HeaderV2(key) => {
                add("date", self.http_date());
                let date = value_of(&headers, "date").unwrap_or_default();
                let text = sign_v2::string_to_sign(&self.method, &target, &headers, &date);
                let value = format!("AWS {}:{}", key.id, sign_v2::sign(&key.secret, &text));
                headers.push(("Authorization".into(), value.into_bytes()));
            }
            Auth::PresignedV2(key, seconds) => {
                let expires = (self.at + time::Duration::seconds(*seconds)).unix_timestamp().to_string();
                let text = sign_v2::string_to_sign(&self.method, &target, &headers, &expires);
                let signature = sign::encode(sign_v2::sign(&key.secret, &text).as_bytes(), false);
                let separator = if target.contains('?') { '&' } else { '?' };
                target
                    .push_str(&format!("{separator}AWSAccessKeyId={}&Expires={expires}&Signature={signature}", key.id));
            }
        }
        let framing = match self.payload {
            Payload::Chunks(size) => {
                let signer = seed.as_ref().map(|(key, signature)| (&scope, key, signature.as_str()));
                Some(Framing::new(&self.body, size, &self.trailers, signer))
            }
            Payload::UnsignedChunks(size) => Some(Framing::new(&self.body, size, &self.trailers, None)),
            Payload::Signed | Payload::Unsigned => None,
        };
        let mut wire = Wire { method: self.method.clone(), target, headers, framing, body: self.body.clone() };
        let length = wire.body_bytes().len();
        let bodied = length > 0 || matches!(self.method.as_str(), "PUT" | "POST");
        if bodied && !self.no_length && value_of(&wire.headers, "content-length").is_none() {
            wire.headers.push(("Content-Length".into(), length.to_string().into_bytes()));
        }
        wire
    }

    /// `Tue, 27 Mar 2007 19:36:42 GMT`
    fn http_date(&self) -> String {
        let form =
            format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
        self.at.format(form).expect("a date has all parts")
    }

    /// Every header but those that proxies change, in lower case and sorted.
    fn signed_names(&self, headers: &[(String, Vec<u8>)]) -> Vec<String> {
        let mut names: Vec<String> = headers
            .iter()
            .map(|(name, _)| name.to_ascii_lowercase())
            .filter(|name| !self.unsigned.contains(name))
            .filter(|name| {
                !["connection", "expect", "user-agent", "transfer-encoding", "content-length"].contains(&name.as_str())
            })
            .collect();
        names.sort();
        names.dedup();
        names
    }

    /// Sends the request on a connection of its own.
    pub fn send(&self, address: SocketAddr) -> std::io::Result<Answer> {
        self.wire(address).send(address)
    }
}

impl Wire {
    pub fn header(&self, name: &str) -> Option<String> {
        value_of(&self.headers, name)
    }

    /// Replaces a header's value, or adds the header.
    pub fn set(&mut self, name: &str, value: impl Into<Vec<u8>>) -> &mut Self {
        self.remove(name);
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub fn remove(&mut self, name: &str) -> &mut Self {
        self.headers.retain(|(header, _)| !header.eq_ignore_ascii_case(name));
        self
    }

    /// Replaces text inside the Authorization header.
    pub fn reauthorize(&mut self, from: &str, to: &str) -> &mut Self {
        let old = self.header("authorization").expect("a signed request");
        assert!(old.contains(from), "{from} is not in {old}");
        self.set("Authorization", old.replacen(from, to, 1))
    }

    /// The framing of a chunked body.
    pub fn frame(&mut self) -> &mut Framing {
        self.framing.as_mut().expect("a chunked body")
    }

    /// The Content-Length of the framing as it stands now.
    pub fn measure(&mut self) -> &mut Self {
        let length = self.body_bytes().len();
        self.set("Content-Length", length.to_string())
    }

    pub fn body_bytes(&self) -> Vec<u8> {
        match &self.framing {
            Some(framing) => framing.bytes(),
            None => self.body.clone(),
        }
    }

    /// Request line and headers.
    pub fn head(&self) -> Vec<u8> {
        let mut out = format!("{} {} HTTP/1.1\r\n", self.method, self.target).into_bytes();
        for (name, value) in &self.headers {
            out.extend(name.as_bytes());
            out.extend(b": ");
            out.extend(value);
            out.extend(b"\r\n");
        }
        out.extend(b"\r\n");
        out
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut out = self.head();
        out.extend(self.body_bytes());
        out
    }

    pub fn send(&self, address: SocketAddr) -> std::io::Result<Answer> {
        let mut answer = wire::exchange(address, &self.method, &self.bytes())?;
        let target: String = self.target.chars().take(300).collect();
        answer.request = format!("{} {target}", self.method);
        Ok(answer)
    }
}

fn value_of(headers: &[(String, Vec<u8>)], name: &str) -> Option<String> {
    headers
        .iter()
        .find(|(header, _)| header.eq_ignore_ascii_case(name))
        .map(|(_, value)| String::from_utf8_lossy(value).into_owned())
}
