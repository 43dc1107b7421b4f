//! The form's framing (RFC 2046, section 5.1): fields up to the file, then the file as a stream.
//!
//! Always holds: at most [`limits::FORM_PREFIX_BYTES_MAX`] and one piece of the wire are held; what follows the file is not read.

use bytes::{Buf, BytesMut};
use futures::{Stream, StreamExt};
use http::{HeaderMap, header};
use memchr::memmem;
use trefoil_core::error::Error;

use super::fields::{Fields, too_long};
use super::file::FormFile;
use super::{disposition, malformed};
use crate::error::Failure;
use crate::limits;

/// The boundary that the `Content-Type` names.
pub fn boundary(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let parameter = value.split(';').skip(1).find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then_some(value.trim())
    })?;
    let boundary = parameter.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(parameter);
    let fits = !boundary.is_empty()
        && boundary.len() <= limits::FORM_BOUNDARY_BYTES_MAX
        && boundary.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    fits.then(|| boundary.to_owned())
}

struct Reader<S> {
    wire: S,
    buffer: BytesMut,
    /// Bytes read off the buffer.
    used: usize,
}

impl<S: Stream<Item = Result<bytes::Bytes, Error>> + Unpin> Reader<S> {
    /// Reads on; the form must not end here.
    async fn fill(&mut self) -> Result<(), Failure> {
        if self.used + self.buffer.len() > limits::FORM_PREFIX_BYTES_MAX {
            return Err(too_long());
        }
        match self.wire.next().await {
            Some(piece) => self.buffer.extend_from_slice(&piece?),
            None => return Err(malformed()),
        }
        Ok(())
    }

    async fn need(&mut self, bytes: usize) -> Result<(), Failure> {
        while self.buffer.len() < bytes {
            self.fill().await?;
        }
        Ok(())
    }

    fn skip(&mut self, bytes: usize) {
        self.used += bytes;
        self.buffer.advance(bytes);
    }

    /// Takes up to `end`, and the `end`; at most `max` bytes.
    async fn take_until(&mut self, end: &[u8], max: usize) -> Result<BytesMut, Failure> {
        let finder = memmem::Finder::new(end);
        let mut searched = 0;
        loop {
            if let Some(at) = finder.find(&self.buffer[searched..]) {
                let taken = self.buffer.split_to(searched + at);
                self.used += taken.len();
                self.skip(end.len());
                return Ok(taken);
            }
            searched = self.buffer.len().saturating_sub(end.len() - 1);
            if searched > max {
                return Err(too_long());
            }
            self.fill().await?;
        }
    }
}

/// Reads up to the file.
pub async fn read<S>(wire: S, boundary: &str) -> Result<(Fields, FormFile<S>), Failure>
where
    S: Stream<Item = Result<bytes::Bytes, Error>> + Unpin,
{
    let delimiter = format!("\r\n--{boundary}");
    let mut reader = Reader { wire, buffer: BytesMut::new(), used: 0 };
    let mut fields = Fields::default();
    // The first boundary has no line before it; some clients send an empty one.
    let first = &delimiter.as_bytes()[2..];
    reader.need(first.len()).await?;
    if reader.buffer.starts_with(b"\r\n") {
        reader.skip(2);
        reader.need(first.len()).await?;
    }
    if !reader.buffer.starts_with(first) {
        return Err(malformed());
    }
    reader.skip(first.len());
    loop {
        reader.need(2).await?;
        match &reader.buffer[..2] {
            b"\r\n" => reader.skip(2),
            b"--" => {
                let message = "POST requires exactly one file upload per request.";
                return Err(Failure::invalid_argument("file", "0", message));
            }
            _ => return Err(malformed()),
        }
        let head = reader.take_until(b"\r\n\r\n", limits::FORM_PART_HEAD_BYTES_MAX).await?;
        let head = std::str::from_utf8(&head).map_err(|_| malformed())?;
        let part = disposition::parse(head).ok_or_else(malformed)?;
        if part.name.eq_ignore_ascii_case("file") {
            let file =
                FormFile::new(reader.wire, reader.buffer.freeze(), &delimiter, part.filename.unwrap_or_default());
            return Ok((fields, file));
        }
        let value = reader.take_until(delimiter.as_bytes(), limits::FORM_FIELDS_BYTES_MAX).await?;
        let value = String::from_utf8(value.to_vec()).map_err(|_| malformed())?;
        fields.push(&part.name, value)?;
    }
}
