//! One keep-alive connection: a request out, its response in.
//!
//! Always holds: memory is two fixed buffers however large the bodies are; a connection whose state is unknown is closed, never
//! used again. Nagle's algorithm is off; delayed acknowledgements stay as the kernel has them, as with any normal client.

#[cfg(test)]
mod tests;

use std::io::IoSlice;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::endpoint::Endpoint;
use super::response::{self, Chunks, Framing, HEAD_BYTES_MAX};

/// Large enough that a 4 KiB answer and a page of a listing take few reads, small enough to stay in the cache.
const INPUT_BYTES: usize = 256 << 10;
/// Bytes of an error's body that are kept for its code.
const ERROR_BYTES: usize = 4 << 10;

pub struct Connection {
    endpoint: Endpoint,
    stream: Option<TcpStream>,
    input: Box<[u8]>,
    start: Vec<u8>,
}

/// A response, its body taken off the wire.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    /// Bytes of the body.
    pub body_bytes: u64,
    /// Whether the body was the one expected, where one was.
    pub matched: bool,
}

/// What to do with a body.
pub enum Take<'a> {
    /// Count its bytes.
    Count,
    /// Count them and compare.
    Compare(&'a [u8]),
}

impl Connection {
    pub fn new(endpoint: Endpoint) -> Self {
        Self { endpoint, stream: None, input: vec![0; INPUT_BYTES].into(), start: Vec::with_capacity(ERROR_BYTES) }
    }

    /// Connects where there is no connection.
    pub async fn connect(&mut self) -> Result<(), String> {
        if self.stream.is_none() {
            let stream = TcpStream::connect(&self.endpoint.address).await.map_err(|error| fault("connect", &error))?;
            stream.set_nodelay(true).map_err(|error| fault("connect", &error))?;
            self.stream = Some(stream);
        }
        Ok(())
    }

    /// The first bytes of the last response's body: at least its error code.
    pub fn start_of_body(&self) -> &[u8] {
        &self.start
    }

    /// Sends a request and takes its response. An error names what broke; the connection is then closed.
    pub async fn exchange(
        &mut self,
        head: &[u8],
        body: &[u8],
        is_head: bool,
        take: Take<'_>,
    ) -> Result<Response, String> {
        self.connect().await?;
        let outcome = self.exchange_connected(head, body, is_head, take).await;
        if !matches!(outcome, Ok((_, true))) {
            self.stream = None;
        }
        outcome.map(|(response, _)| response)
    }

    async fn exchange_connected(
        &mut self,
        head: &[u8],
        body: &[u8],
        is_head: bool,
        take: Take<'_>,
    ) -> Result<(Response, bool), String> {
        let stream = self.stream.as_mut().ok_or("not connected")?;
        // A server may answer and close before it has read the body: then its answer counts, not our failure to write.
        let sent = send(stream, head, body).await;
        let mut filled = 0;
        let head = loop {
            let count = stream.read(&mut self.input[filled..]).await.map_err(|error| fault("read", &error))?;
            if count == 0 {
                sent.map_err(|error| fault("write", &error))?;
                return Err("ClosedEarly".into());
            }
            filled += count;
            match response::parse(&self.input[..filled], is_head)? {
                // An interim response (RFC 9110, section 15.2): the real one follows.
                Some(interim) if interim.status < 200 => {
                    self.input.copy_within(interim.length..filled, 0);
                    filled -= interim.length;
                    if let Some(head) = response::parse(&self.input[..filled], is_head)? {
                        break head;
                    }
                }
                Some(head) => break head,
                None if filled > HEAD_BYTES_MAX => return Err("HeadTooLong".into()),
                None => {}
            }
        };
        let mut received = Received { count: 0, matched: true, take, start: &mut self.start };
        received.start.clear();
        let mut chunks = Chunks::default();
        let mut range = head.length..filled;
        loop {
            let bytes = &self.input[range];
            match head.framing {
                Framing::Length(length) => {
                    received.push(bytes);
                    match received.count.cmp(&length) {
                        std::cmp::Ordering::Equal => break,
                        std::cmp::Ordering::Greater => return Err("BytesBehindBody".into()),
                        std::cmp::Ordering::Less => {}
                    }
                }
                Framing::Chunked => {
                    chunks.take(bytes, |content| received.push(content))?;
                    if chunks.done() {
                        break;
                    }
                }
                Framing::Close => received.push(bytes),
            }
            let count = stream.read(&mut self.input).await.map_err(|error| fault("read", &error))?;
            if count == 0 {
                if head.framing == Framing::Close {
                    break;
                }
                return Err("BodyEndedEarly".into());
            }
            range = 0..count;
        }
        let matched = received.finish(head.status);
        let body_bytes = received.count;
        Ok((Response { status: head.status, body_bytes, matched }, head.keep_alive && sent.is_ok()))
    }
}

/// A body on its way past.
struct Received<'a, 'b> {
    count: u64,
    matched: bool,
    take: Take<'a>,
    start: &'b mut Vec<u8>,
}

impl Received<'_, '_> {
    fn push(&mut self, bytes: &[u8]) {
        let room = ERROR_BYTES - self.start.len().min(ERROR_BYTES);
        self.start.extend_from_slice(&bytes[..bytes.len().min(room)]);
        if let Take::Compare(expected) = self.take {
            let from = usize::try_from(self.count).unwrap_or(usize::MAX);
            let same = expected.get(from..).is_some_and(|rest| rest.starts_with(bytes));
            self.matched &= same;
        }
        self.count += bytes.len() as u64;
    }

    fn finish(&self, status: u16) -> bool {
        match self.take {
            Take::Compare(expected) if status == 200 => self.matched && self.count == expected.len() as u64,
            _ => true,
        }
    }
}

/// Head and body in one write where the socket takes them.
async fn send(stream: &mut TcpStream, head: &[u8], body: &[u8]) -> std::io::Result<()> {
    let mut sent = 0;
    while sent < head.len() {
        let count = if body.is_empty() {
            stream.write(&head[sent..]).await?
        } else {
            stream.write_vectored(&[IoSlice::new(&head[sent..]), IoSlice::new(body)]).await?
        };
        if count == 0 {
            return Err(std::io::ErrorKind::WriteZero.into());
        }
        sent += count;
    }
    stream.write_all(&body[sent - head.len()..]).await
}

/// A short name for a broken connection, to count by.
fn fault(doing: &str, error: &std::io::Error) -> String {
    let what = match error.kind() {
        std::io::ErrorKind::ConnectionRefused => "Refused",
        std::io::ErrorKind::ConnectionReset => "Reset",
        std::io::ErrorKind::BrokenPipe => "BrokenPipe",
        std::io::ErrorKind::TimedOut => "TimedOut",
        _ => "Failed",
    };
    format!(
        "{}{what}",
        match doing {
            "connect" => "Connect",
            "read" => "Read",
            _ => "Write",
        }
    )
}
