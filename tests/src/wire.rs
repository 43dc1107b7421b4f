//! One HTTP/1.1 exchange over a TCP connection: bytes out, an answer in.
//!
//! Always holds: what is sent is exactly what the caller gave. Reads and writes have a time limit, answers have a size limit, so
//! that no server can hang or fill a test.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::answer::Answer;

/// Longest wait for one read or write, and for the connection.
pub const IO_TIMEOUT: Duration = Duration::from_secs(30);
/// Largest head and largest body of an answer that a test takes.
const HEAD_BYTES_MAX: usize = 1 << 20;
const BODY_BYTES_MAX: usize = 1 << 30;

/// A connection that reads whole answers.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub fn open(address: SocketAddr) -> io::Result<Self> {
        Self::open_with(address, IO_TIMEOUT)
    }

    pub fn open_with(address: SocketAddr, timeout: Duration) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, timeout)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(timeout))?;
        stream.set_write_timeout(Some(timeout))?;
        Ok(Self { stream, buffer: Vec::new() })
    }

    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Sends `bytes` again and again until `total` went out or the server hung up. Returns how many went out.
    pub fn send_until_refused(&mut self, bytes: &[u8], total: u64) -> u64 {
        let mut sent = 0;
        while sent < total {
            if self.stream.write_all(bytes).is_err() {
                break;
            }
            sent += bytes.len() as u64;
        }
        sent
    }

    /// Closes the sending half.
    pub fn finish(&mut self) -> io::Result<()> {
        self.stream.shutdown(std::net::Shutdown::Write)
    }

    /// True where the server has closed the connection and nothing is left to read.
    pub fn is_closed(&mut self) -> bool {
        if !self.buffer.is_empty() {
            return false;
        }
        match self.fill() {
            Ok(0) => true,
            Ok(_) => false,
            Err(error) => error.kind() == io::ErrorKind::ConnectionReset,
        }
    }

    fn fill(&mut self) -> io::Result<usize> {
        let mut chunk = [0; 64 << 10];
        let got = self.stream.read(&mut chunk)?;
        self.buffer.extend_from_slice(&chunk[..got]);
        Ok(got)
    }

    fn take(&mut self, count: usize) -> Vec<u8> {
        let rest = self.buffer.split_off(count);
        std::mem::replace(&mut self.buffer, rest)
    }

    fn take_line(&mut self) -> io::Result<Vec<u8>> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\r\n") {
                let mut line = self.take(end + 2);
                line.truncate(end);
                return Ok(line);
            }
            if self.buffer.len() > HEAD_BYTES_MAX {
                return Err(io::Error::other("a line of the answer is too long"));
            }
            if self.fill()? == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the answer ended inside a line"));
            }
        }
    }

    fn take_exactly(&mut self, count: usize) -> io::Result<Vec<u8>> {
        if count > BODY_BYTES_MAX {
            return Err(io::Error::other("the answer is too long"));
        }
        while self.buffer.len() < count {
            if self.fill()? == 0 {
                return Err(io::Error::new(
                    io::ErrorKind::UnexpectedEof,
                    format!("the answer ended after {} of {count} bytes", self.buffer.len()),
                ));
            }
        }
        Ok(self.take(count))
    }

    /// Reads one final answer; interim ones (1xx) are counted and passed over.
    pub fn receive(&mut self, method: &str) -> io::Result<Answer> {
        let mut interim = 0;
        loop {
            let mut answer = self.receive_head()?;
            if answer.status / 100 == 1 {
                interim += 1;
                continue;
            }
            answer.interim = interim;
            answer.request = method.to_owned();
            answer.body = self.receive_body(method, &answer)?;
            return Ok(answer);
        }
    }

    /// Reads one head, also an interim one.
    pub fn receive_head(&mut self) -> io::Result<Answer> {
        let line = String::from_utf8_lossy(&self.take_line()?).into_owned();
        let mut words = line.splitn(3, ' ');
        let bad = || io::Error::other(format!("not a status line: {line:?}"));
        let version = words.next().ok_or_else(bad)?;
        if !version.starts_with("HTTP/1.") {
            return Err(bad());
        }
        let status = words.next().and_then(|text| text.parse().ok()).ok_or_else(bad)?;
        let mut headers = Vec::new();
        loop {
            let line = self.take_line()?;
            if line.is_empty() {
                break;
            }
            let line = String::from_utf8_lossy(&line).into_owned();
            let (name, value) =
                line.split_once(':').ok_or_else(|| io::Error::other(format!("not a header: {line:?}")))?;
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        Ok(Answer { status, headers, ..Answer::default() })
    }

    fn receive_body(&mut self, method: &str, answer: &Answer) -> io::Result<Vec<u8>> {
        if method == "HEAD" || answer.status == 204 || answer.status == 304 {
            return Ok(Vec::new());
        }
        if answer.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
            let mut body = Vec::new();
            loop {
                let line = String::from_utf8_lossy(&self.take_line()?).into_owned();
                let size = line.split(';').next().unwrap_or("").trim();
                let size = usize::from_str_radix(size, 16)
                    .map_err(|_| io::Error::other(format!("not a chunk size: {line:?}")))?;
                if size == 0 {
                    while !self.take_line()?.is_empty() {}
                    return Ok(body);
                }
                body.extend(self.take_exactly(size)?);
                self.take_line()?;
            }
        }
        if let Some(length) = answer.header("content-length") {
            let length = length.parse().map_err(|_| io::Error::other(format!("not a length: {length:?}")))?;
            return self.take_exactly(length);
        }
        while self.fill()? > 0 {
            if self.buffer.len() > BODY_BYTES_MAX {
                return Err(io::Error::other("the answer is too long"));
            }
        }
        Ok(std::mem::take(&mut self.buffer))
    }
}

/// Sends a whole request on a connection of its own and reads the answer. A server that answers and hangs up before it has read
/// everything is answered for: the write error is forgotten when an answer is there.
pub fn exchange(address: SocketAddr, method: &str, bytes: &[u8]) -> io::Result<Answer> {
    let mut connection = Connection::open(address)?;
    let sent = connection.send(bytes);
    match connection.receive(method) {
        Ok(answer) => Ok(answer),
        Err(error) => Err(sent.err().unwrap_or(error)),
    }
}
