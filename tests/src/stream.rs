//! The `aws-chunked` framing of a body: chunks, their signatures, trailers.
//!
//! Always holds: a [`Framing`] is a list of pieces that a test may change one by one before it is put on the wire. Sources:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html>.

use crate::account::Key;
use crate::sign::Scope;

/// One chunk as it stands on the wire.
#[derive(Clone, Debug)]
pub struct Chunk {
    /// The size in hexadecimal, as written; a test may write anything.
    pub size: String,
    /// Without `;chunk-signature=`.
    pub signature: Option<String>,
    pub data: Vec<u8>,
}

#[derive(Clone, Debug, Default)]
pub struct Framing {
    pub chunks: Vec<Chunk>,
    /// The final chunk of size 0; a test may leave it out.
    pub last: Option<Chunk>,
    pub trailers: Vec<(String, String)>,
    pub trailer_signature: Option<String>,
    /// Bytes behind the end.
    pub extra: Vec<u8>,
}

impl Framing {
    /// Cuts `data` into chunks of `size` bytes. With `signer` (scope, key, seed signature), each is signed.
    pub fn new(data: &[u8], size: usize, trailers: &[(String, String)], signer: Option<(&Scope, &Key, &str)>) -> Self {
        let mut previous = signer.map(|(_, _, seed)| seed.to_owned());
        let mut chunk = |data: &[u8]| {
            let signature = signer.map(|(scope, key, _)| {
                let signature = scope.sign_chunk(key, previous.as_deref().unwrap_or_default(), data);
                previous = Some(signature.clone());
                signature
            });
            Chunk { size: format!("{:x}", data.len()), signature, data: data.to_vec() }
        };
        let chunks: Vec<Chunk> = data.chunks(size.max(1)).map(&mut chunk).collect();
        let last = Some(chunk(b""));
        let text: String = trailers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let trailer_signature = signer
            .filter(|_| !trailers.is_empty())
            .map(|(scope, key, _)| scope.sign_trailer(key, previous.as_deref().unwrap_or_default(), &text));
        Self { chunks, last, trailers: trailers.to_vec(), trailer_signature, extra: Vec::new() }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let head = |out: &mut Vec<u8>, chunk: &Chunk| {
            out.extend(chunk.size.as_bytes());
            if let Some(signature) = &chunk.signature {
                out.extend(format!(";chunk-signature={signature}").as_bytes());
            }
            out.extend(b"\r\n");
        };
        for chunk in &self.chunks {
            head(&mut out, chunk);
            out.extend(&chunk.data);
            out.extend(b"\r\n");
        }
        if let Some(last) = &self.last {
            head(&mut out, last);
            for (name, value) in &self.trailers {
                out.extend(format!("{name}:{value}\r\n").as_bytes());
            }
            if let Some(signature) = &self.trailer_signature {
                out.extend(format!("x-amz-trailer-signature:{signature}\r\n").as_bytes());
            }
            out.extend(b"\r\n");
        }
        out.extend(&self.extra);
        out
    }
}
