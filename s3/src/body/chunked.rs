//! The `aws-chunked` framing, decoded piece by piece
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html>).
//!
//! Always holds: no chunk is held: its bytes are given out as they come and hashed on the way. A chunk's signature is checked at
//! the chunk's end, so bytes given out before it are to be believed only when the whole stream has ended well. Chunks may not
//! hold more than the length announced; lines and trailers are bounded.

use bytes::{Buf, Bytes};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use trefoil_core::content::TrailerSlot;
use trefoil_core::error::Error;
use trefoil_core::types::{Checksum, ChecksumAlgorithm};

use crate::auth::{ChunkSigner, SigningKey};
use crate::limits;
use crate::operations::digests::header_name;

#[cfg(test)]
mod tests;

const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// What a chunked body announced of itself.
#[derive(Debug)]
pub struct Announced {
    /// Bytes of all chunks: `x-amz-decoded-content-length`.
    pub length: u64,
    pub signer: Option<ChunkSigner>,
    /// Whether anything may follow the last chunk.
    pub trailer: bool,
    /// The checksum that must follow it.
    pub checksum: Option<(ChecksumAlgorithm, TrailerSlot)>,
}

#[derive(Debug)]
enum State {
    /// Reading a chunk's line, so far in `line`.
    Line,
    Data {
        left: u64,
    },
    /// The line's end behind a chunk's data; `cr` was seen.
    DataEnd {
        cr: bool,
    },
    /// Lines behind the last chunk.
    Trailer,
    Failed,
}

#[derive(Debug)]
pub struct ChunkDecoder {
    announced: Announced,
    state: State,
    line: Vec<u8>,
    /// Bytes that chunks may still hold.
    left: u64,
    /// Of the present chunk: what it said its signature is, and its hash so far.
    signature: [u8; 64],
    hash: Sha256,
    last_chunk: bool,
    trailer_bytes: usize,
    /// An empty line was seen behind the last chunk: from there on only the trailers' signature may come.
    blank: bool,
    trailers: Vec<(String, String)>,
    trailer_signature: Option<String>,
}

fn broken(what: &str) -> Error {
    Error::IncompleteBody(format!("aws-chunked: {what}"))
}

/// What is wrong with the trailers, where the chunks were right.
fn malformed(what: &str) -> Error {
    Error::MalformedTrailer(what.to_owned())
}

fn signed(key: &SigningKey, signer: &ChunkSigner, kind: &str, hashes: &[&str]) -> [u8; 64] {
    let mut text = String::with_capacity(320);
    for part in [kind, signer.date.as_str(), &signer.scope, std::str::from_utf8(&signer.previous).unwrap_or_default()] {
        text.push_str(part);
        text.push('\n');
    }
    text.push_str(&hashes.join("\n"));
    key.sign(text.as_bytes())
}

impl ChunkDecoder {
    pub fn new(announced: Announced) -> Self {
        Self {
            left: announced.length,
            announced,
            state: State::Line,
            line: Vec::new(),
            signature: [0; 64],
            hash: Sha256::new(),
            last_chunk: false,
            trailer_bytes: 0,
            blank: false,
            trailers: Vec::new(),
            trailer_signature: None,
        }
    }

    /// Takes from `input`; gives the next decoded bytes, or `None` where all of `input` was used and more is needed.
    pub fn next(&mut self, input: &mut Bytes) -> Result<Option<Bytes>, Error> {
        let result = self.step(input);
        if result.is_err() {
            self.state = State::Failed;
        }
        result
    }

    fn step(&mut self, input: &mut Bytes) -> Result<Option<Bytes>, Error> {
        while !input.is_empty() {
            match self.state {
                State::Line => {
                    if self.take_line(input, limits::CHUNK_LINE_BYTES_MAX)? {
                        self.begin_chunk()?;
                    }
                }
                State::Data { left } => {
                    let here = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
                    let data = input.split_to(here);
                    if self.announced.signer.is_some() {
                        self.hash.update(&data);
                    }
                    let left = left - here as u64;
                    self.state = State::Data { left };
                    if left == 0 {
                        self.end_chunk()?;
                        self.state = State::DataEnd { cr: false };
                    }
                    return Ok(Some(data));
                }
                State::DataEnd { cr } => {
                    let byte = input.get_u8();
                    self.state = match (byte, cr) {
                        (b'\r', false) => State::DataEnd { cr: true },
                        (b'\n', true) => State::Line,
                        _ => return Err(broken("a chunk is not followed by a line's end")),
                    };
                }
                State::Trailer => {
                    let before = input.len();
                    let complete = self.take_line(input, limits::TRAILER_BYTES_MAX)?;
                    self.trailer_bytes += before - input.len();
                    if self.trailer_bytes > limits::TRAILER_BYTES_MAX {
                        return Err(malformed("what follows the last chunk is too long"));
                    }
                    if complete {
                        self.trailer_line()?;
                    }
                }
                State::Failed => return Err(broken("read on after an error")),
            }
        }
        Ok(None)
    }

    /// Moves bytes up to a line's end into `line`; whether the line is complete (then without its CR LF).
    fn take_line(&mut self, input: &mut Bytes, max: usize) -> Result<bool, Error> {
        let end = input.iter().position(|&byte| byte == b'\n');
        let here = end.map_or(input.len(), |end| end + 1);
        if self.line.len() + here > max {
            return Err(match self.state {
                State::Trailer => malformed("a line is too long"),
                _ => broken("a line is too long"),
            });
        }
        self.line.extend_from_slice(&input.split_to(here));
        if end.is_some() {
            self.line.pop();
            if self.line.last() == Some(&b'\r') {
                self.line.pop();
            }
        }
        Ok(end.is_some())
    }

    fn begin_chunk(&mut self) -> Result<(), Error> {
        let line = std::mem::take(&mut self.line);
        let text = std::str::from_utf8(&line).map_err(|_| broken("a chunk's line is not text"))?;
        let (size, extensions) = text.split_once(';').unwrap_or((text, ""));
        let size = size.trim();
        if size.is_empty() || size.len() > 16 || !size.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(broken("a chunk's size is no hexadecimal number"));
        }
        let size = u64::from_str_radix(size, 16).map_err(|_| broken("a chunk's size is no hexadecimal number"))?;
        if size > self.left {
            return Err(broken("the chunks hold more than x-amz-decoded-content-length"));
        }
        self.left -= size;
        if self.announced.signer.is_some() {
            let signature = extensions.split(';').find_map(|part| part.trim().strip_prefix("chunk-signature="));
            let signature = signature.ok_or(Error::BodySignature)?;
            self.signature = signature.as_bytes().try_into().map_err(|_| Error::BodySignature)?;
            self.hash = Sha256::new();
        }
        self.line = line;
        self.line.clear();
        if size > 0 {
            self.state = State::Data { left: size };
        } else {
            if self.left > 0 {
                return Err(broken("the chunks hold less than x-amz-decoded-content-length"));
            }
            self.end_chunk()?;
            self.last_chunk = true;
            self.state = State::Trailer;
        }
        Ok(())
    }

    fn end_chunk(&mut self) -> Result<(), Error> {
        let Some(signer) = &mut self.announced.signer else { return Ok(()) };
        let hash = hex::encode(self.hash.finalize_reset());
        let expected = signed(&signer.key, signer, "AWS4-HMAC-SHA256-PAYLOAD", &[EMPTY_SHA256, &hash]);
        if !bool::from(expected[..].ct_eq(&self.signature)) {
            return Err(Error::BodySignature);
        }
        signer.previous = expected;
        Ok(())
    }

    /// A line behind the last chunk. Empty ones are passed over: some clients put one between checksum and signature.
    fn trailer_line(&mut self) -> Result<(), Error> {
        let line = std::mem::take(&mut self.line);
        let text = std::str::from_utf8(&line).map_err(|_| broken("a trailer is not text"))?.trim();
        if text.is_empty() {
            self.blank = true;
            return Ok(());
        }
        if !self.announced.trailer {
            return Err(broken("something follows the last chunk"));
        }
        let (name, value) = text.split_once(':').ok_or_else(|| match self.blank {
            true => broken("something follows the end"),
            false => malformed("a trailer has no name"),
        })?;
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().to_owned());
        if self.trailers.len() == limits::TRAILERS_MAX || self.trailer_signature.is_some() {
            return Err(malformed("too much follows the last chunk"));
        }
        if name == "x-amz-trailer-signature" {
            self.trailer_signature = Some(value);
            return Ok(());
        }
        if self.trailers.iter().any(|(other, _)| *other == name) {
            return Err(malformed("a trailer comes twice"));
        }
        self.trailers.push((name, value));
        Ok(())
    }

    /// The wire's end: everything announced must have come, and be right.
    pub fn finish(&mut self) -> Result<(), Error> {
        if !self.last_chunk || !self.line.is_empty() && !matches!(self.state, State::Trailer) {
            return Err(broken("the body ends before its last chunk"));
        }
        if !self.line.is_empty() {
            self.trailer_line()?;
        }
        self.check_trailer_signature()?;
        let Some((algorithm, slot)) = &self.announced.checksum else {
            return match self.trailers.first() {
                None => Ok(()),
                Some((name, _)) => Err(malformed(&format!("the trailer {name} was not announced in x-amz-trailer"))),
            };
        };
        let name = header_name(*algorithm);
        if let Some((other, _)) = self.trailers.iter().find(|(other, _)| other != name) {
            return Err(malformed(&format!("the trailer {other} was not announced in x-amz-trailer")));
        }
        let Some((_, value)) = self.trailers.first() else {
            return Err(malformed("the announced trailer is missing"));
        };
        let value = Checksum::parse_value(*algorithm, value)
            .ok_or_else(|| Error::InvalidRequest(format!("Value for {name} trailing header is invalid.")))?;
        // Set once: there is one decoder for a slot.
        let _ = slot.set(value);
        Ok(())
    }

    fn check_trailer_signature(&self) -> Result<(), Error> {
        let Some(signer) = self.announced.signer.as_ref().filter(|_| self.announced.trailer) else {
            return match &self.trailer_signature {
                None => Ok(()),
                Some(_) => Err(broken("an unsigned body has a trailer signature")),
            };
        };
        let signature = self.trailer_signature.as_deref().ok_or(Error::BodySignature)?;
        let mut text = String::new();
        for (name, value) in &self.trailers {
            text.push_str(name);
            text.push(':');
            text.push_str(value);
            text.push('\n');
        }
        let hash = hex::encode(Sha256::digest(text.as_bytes()));
        let expected = signed(&signer.key, signer, "AWS4-HMAC-SHA256-TRAILER", &[&hash]);
        if bool::from(expected[..].ct_eq(signature.as_bytes())) { Ok(()) } else { Err(Error::BodySignature) }
    }
}
