//! A response's head, read by hand.
//!
//! Always holds: at most [`HEAD_BYTES_MAX`] are looked at; what is not HTTP/1 is refused, never guessed at.

#[cfg(test)]
mod tests;

/// More than any server sends; a head that does not end within is a fault.
pub const HEAD_BYTES_MAX: usize = 64 << 10;

/// How the end of a body is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    Length(u64),
    Chunked,
    /// The body ends with the connection.
    Close,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub status: u16,
    /// Bytes of the head, with its empty line.
    pub length: usize,
    pub framing: Framing,
    /// Whether the connection serves another request afterwards.
    pub keep_alive: bool,
}

/// Reads the head at the start of `bytes`: `None` while it is not complete.
pub fn parse(bytes: &[u8], is_head_request: bool) -> Result<Option<Head>, &'static str> {
    let Some(end) = find(bytes, b"\r\n\r\n") else {
        return if bytes.len() > HEAD_BYTES_MAX { Err("response head too long") } else { Ok(None) };
    };
    let mut lines = bytes[..end].split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let first = lines.next().unwrap_or_default();
    let (version, status) = match first {
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', version, b' ', a, b, c, ..]
            if [a, b, c].iter().all(|d| d.is_ascii_digit()) =>
        {
            (*version, u16::from(a - b'0') * 100 + u16::from(b - b'0') * 10 + u16::from(c - b'0'))
        }
        _ => return Err("not an HTTP/1 response"),
    };
    let mut keep_alive = version != b'0';
    let mut framing = Framing::Close;
    for line in lines {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { return Err("broken response header") };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        // The length of a name tells most headers apart without comparing them.
        match name.len() {
            14 if name.eq_ignore_ascii_case(b"content-length") && framing != Framing::Chunked => {
                framing = Framing::Length(number(value).ok_or("broken content-length")?);
            }
            17 if name.eq_ignore_ascii_case(b"transfer-encoding") => framing = Framing::Chunked,
            10 if name.eq_ignore_ascii_case(b"connection") => {
                if value.eq_ignore_ascii_case(b"close") {
                    keep_alive = false;
                } else if value.eq_ignore_ascii_case(b"keep-alive") {
                    keep_alive = true;
                }
            }
            _ => {}
        }
    }
    if is_head_request || status == 204 || status == 304 || status < 200 {
        framing = Framing::Length(0);
    }
    keep_alive &= framing != Framing::Close;
    Ok(Some(Head { status, length: end + 4, framing, keep_alive }))
}

/// The S3 error code in an error's body, or the status where there is none.
pub fn error_code(status: u16, body: &[u8]) -> String {
    let code = find(body, b"<Code>").and_then(|start| {
        let rest = &body[start + 6..];
        let code = &rest[..find(rest, b"</Code>")?];
        (code.len() <= 64 && code.iter().all(u8::is_ascii_alphanumeric))
            .then(|| String::from_utf8_lossy(code).into_owned())
    });
    code.unwrap_or_else(|| format!("HTTP{status}"))
}

pub fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = wanted.first()?;
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|byte| byte == first) {
        if bytes[from + at..].starts_with(wanted) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

fn number(text: &[u8]) -> Option<u64> {
    let digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    digits.then(|| std::str::from_utf8(text).ok()?.parse().ok()).flatten()
}

/// Follows a chunked body (RFC 9112, section 7.1) without keeping it.
#[derive(Debug, Default)]
pub struct Chunks {
    state: ChunkState,
    left: u64,
    line: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum ChunkState {
    #[default]
    Size,
    /// Behind the size's digits: extensions, up to the end of the line.
    Extension,
    Data,
    /// The line's end behind the data.
    DataEnd,
    /// Trailers, up to an empty line.
    Trailer,
    Done,
}

impl Chunks {
    pub fn done(&self) -> bool {
        self.state == ChunkState::Done
    }

    /// Takes the next bytes; gives each run of content to `sink`.
    pub fn take(&mut self, mut bytes: &[u8], mut sink: impl FnMut(&[u8])) -> Result<(), &'static str> {
        while let Some(byte) = bytes.first() {
            match self.state {
                ChunkState::Data => {
                    let size = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
                    sink(&bytes[..size]);
                    bytes = &bytes[size..];
                    self.left -= size as u64;
                    if self.left == 0 {
                        self.state = ChunkState::DataEnd;
                    }
                    continue;
                }
                ChunkState::Size if byte.is_ascii_hexdigit() => {
                    let digit = u64::from(char::from(*byte).to_digit(16).unwrap_or_default());
                    self.left = self.left.checked_mul(16).ok_or("chunk too large")? + digit;
                }
                ChunkState::Size | ChunkState::Extension if *byte == b'\n' => {
                    self.state = if self.left == 0 { ChunkState::Trailer } else { ChunkState::Data };
                    self.line = 0;
                }
                ChunkState::Size if *byte == b';' || *byte == b'\r' => self.state = ChunkState::Extension,
                ChunkState::Size => return Err("broken chunk size"),
                ChunkState::Extension => {}
                ChunkState::DataEnd if *byte == b'\n' => self.state = ChunkState::Size,
                ChunkState::DataEnd if *byte == b'\r' => {}
                ChunkState::DataEnd => return Err("broken chunk end"),
                ChunkState::Trailer if *byte == b'\n' && self.line == 0 => self.state = ChunkState::Done,
                ChunkState::Trailer if *byte == b'\n' => self.line = 0,
                ChunkState::Trailer => self.line += usize::from(*byte != b'\r'),
                ChunkState::Done => return Err("bytes behind the last chunk"),
            }
            bytes = &bytes[1..];
        }
        Ok(())
    }
}
