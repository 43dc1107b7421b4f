//! ONC RPC over TCP (RFC 5531), as much as the load generator needs, and the two versions of NFS that it speaks.
//!
//! Always holds: nothing is shared with the door; an answer that is too short, or denied, is an error.

pub mod v3;
pub mod v4;

use std::io::{BufReader, IoSlice, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

pub const NFS: u32 = 100_003;
const TIMEOUT: Duration = Duration::from_secs(120);

/// A file that is written and read: its calls, and their answers.
pub trait RemoteFile {
    /// Sends an unstable WRITE.
    fn write(&mut self, client: &mut Client, offset: u64, data: &[u8]) -> Result<(), String>;
    /// Its answer: how many bytes were written.
    fn written(&mut self, answer: Answer) -> Result<u32, String>;
    /// What was written is synced. `false` where the server has no such call.
    fn commit(&mut self, client: &mut Client) -> Result<bool, String>;
    /// Sends a READ.
    fn read(&mut self, client: &mut Client, offset: u64, count: u32) -> Result<(), String>;
    /// Its answer, from which the data is still to be taken.
    fn data(&mut self, answer: Answer) -> Result<Answer, String>;
}

pub fn opaque(bytes: &[u8]) -> Vec<u8> {
    let mut out = length(bytes.len()).to_be_bytes().to_vec();
    out.extend(bytes);
    out.resize(out.len().next_multiple_of(4), 0);
    out
}

/// A length that this program made itself.
pub fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// An answer of the RPC layer.
pub struct Answer {
    pub xid: u32,
    /// accept_stat
    pub accept: u32,
    bytes: Vec<u8>,
    at: usize,
}

impl Answer {
    pub fn u32(&mut self) -> Result<u32, String> {
        let word = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk()).ok_or("a short answer")?;
        self.at += 4;
        Ok(u32::from_be_bytes(*word))
    }

    pub fn skip(&mut self, bytes: usize) -> Result<(), String> {
        self.at += bytes;
        if self.at > self.bytes.len() { Err("a short answer".into()) } else { Ok(()) }
    }

    /// Both the call and what it does have succeeded (nfsstat3 or mountstat3).
    pub fn success(mut self) -> Result<Self, String> {
        if self.accept != 0 {
            return Err(format!("accept_stat {}", self.accept));
        }
        match self.u32()? {
            0 => Ok(self),
            status => Err(format!("status {status}")),
        }
    }

    pub fn u64(&mut self) -> Result<u64, String> {
        Ok(u64::from(self.u32()?) << 32 | u64::from(self.u32()?))
    }

    pub fn fixed(&mut self, bytes: usize) -> Result<Vec<u8>, String> {
        let from = self.at;
        self.skip(bytes.next_multiple_of(4))?;
        Ok(self.bytes[from..from + bytes].to_vec())
    }

    pub fn opaque(&mut self) -> Result<Vec<u8>, String> {
        let length = self.u32()? as usize;
        self.fixed(length)
    }

    /// Opaque data, where it lies.
    pub fn last(&mut self) -> Result<&[u8], String> {
        let length = self.u32()? as usize;
        self.bytes.get(self.at..self.at + length).ok_or_else(|| "a short answer".into())
    }
}

pub struct Client {
    reader: BufReader<TcpStream>,
    writer: TcpStream,
    /// Of the last call.
    pub xid: u32,
    /// An answer's memory, for the next.
    spare: Vec<u8>,
}

impl Client {
    pub fn connect(address: &str) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("{address}: {error}");
        let writer = TcpStream::connect(address).map_err(failed)?;
        writer.set_nodelay(true).map_err(failed)?;
        writer.set_read_timeout(Some(TIMEOUT)).map_err(failed)?;
        writer.set_write_timeout(Some(TIMEOUT)).map_err(failed)?;
        let reader = BufReader::with_capacity(64 << 10, writer.try_clone().map_err(failed)?);
        // Two runs on one server are not to look like repeats of each other's calls.
        Ok(Self { reader, writer, xid: std::process::id() << 16, spare: vec![] })
    }

    /// The head of a call with its mark; `behind` bytes follow the arguments.
    fn head(&mut self, program: (u32, u32), procedure: u32, arguments: &[u8], behind: usize) -> Vec<u8> {
        self.xid = self.xid.wrapping_add(1);
        // AUTH_SYS of root without a name and groups, and no verifier.
        let words = [self.xid, 0, 2, program.0, program.1, procedure, 1, 20, 0, 0, 0, 0, 0, 0, 0];
        let mark = length(words.len() * 4 + arguments.len() + behind) | 1 << 31;
        let mut call = Vec::with_capacity(4 + words.len() * 4 + arguments.len());
        call.extend(mark.to_be_bytes());
        words.iter().for_each(|word| call.extend(word.to_be_bytes()));
        call.extend(arguments);
        call
    }

    /// A call, to be sent.
    pub fn call(&mut self, program: u32, version: u32, procedure: u32, arguments: &[u8]) -> Vec<u8> {
        self.head((program, version), procedure, arguments, 0)
    }

    /// Sends a call with data, of whole words, behind its arguments.
    pub fn call_with(
        &mut self,
        program: u32,
        version: u32,
        procedure: u32,
        arguments: &[u8],
        data: &[u8],
    ) -> Result<(), String> {
        let head = self.head((program, version), procedure, arguments, data.len());
        self.send(&[&head, data])
    }

    /// Sends all of it.
    pub fn send(&mut self, parts: &[&[u8]]) -> Result<(), String> {
        let mut slices: Vec<IoSlice<'_>> = parts.iter().map(|part| IoSlice::new(part)).collect();
        let mut left = slices.as_mut_slice();
        while !left.is_empty() {
            match self.writer.write_vectored(left) {
                Ok(0) => return Err("the server closed the connection".into()),
                Ok(count) => IoSlice::advance_slices(&mut left, count),
                Err(error) => return Err(error.to_string()),
            }
        }
        Ok(())
    }

    /// The memory of an answer that was looked at is used for the next.
    pub fn reuse(&mut self, answer: Answer) {
        self.spare = answer.bytes;
    }

    pub fn receive(&mut self) -> Result<Answer, String> {
        let mut bytes = std::mem::take(&mut self.spare);
        bytes.clear();
        loop {
            let mut mark = [0; 4];
            self.reader.read_exact(&mut mark).map_err(|error| error.to_string())?;
            let mark = u32::from_be_bytes(mark);
            let from = bytes.len();
            bytes.resize(from + (mark & 0x7fff_ffff) as usize, 0);
            self.reader.read_exact(&mut bytes[from..]).map_err(|error| error.to_string())?;
            if mark >> 31 == 1 {
                break;
            }
        }
        let mut answer = Answer { xid: 0, accept: 0, bytes, at: 0 };
        answer.xid = answer.u32()?;
        // REPLY, MSG_ACCEPTED, and a verifier, which is empty.
        let (kind, denied, _flavor, verifier) = (answer.u32()?, answer.u32()?, answer.u32()?, answer.u32()?);
        if kind != 1 || denied != 0 || verifier != 0 {
            return Err("the call was denied".into());
        }
        answer.accept = answer.u32()?;
        Ok(answer)
    }
}
