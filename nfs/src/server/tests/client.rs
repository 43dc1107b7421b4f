//! A client of RPC, MOUNT and NFSv3, written from RFC 5531 and RFC 1813 a second time.
//!
//! Always holds: nothing here is shared with the door; an answer that is too short, too long or out of shape fails the test.

pub mod nfs;

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub const NFS: u32 = 100_003;
pub const MOUNT: u32 = 100_005;

/// Words and opaque data as they are sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words(pub Vec<u8>);

impl Words {
    pub fn u32(mut self, word: u32) -> Self {
        self.0.extend(word.to_be_bytes());
        self
    }

    pub fn u64(mut self, word: u64) -> Self {
        self.0.extend(word.to_be_bytes());
        self
    }

    pub fn fixed(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }

    pub fn opaque(self, bytes: &[u8]) -> Self {
        let mut this = self.u32(u32::try_from(bytes.len()).expect("short"));
        this.0.extend(bytes);
        while !this.0.len().is_multiple_of(4) {
            this.0.push(0);
        }
        this
    }
}

/// Reads an answer from its front.
#[derive(Clone, Debug)]
pub struct Fields {
    bytes: Vec<u8>,
    at: usize,
}

impl Fields {
    pub fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, at: 0 }
    }

    fn take(&mut self, count: usize) -> &[u8] {
        let from = self.at;
        self.at += count;
        self.bytes.get(from..self.at).unwrap_or_else(|| panic!("the answer is too short at {from}"))
    }

    pub fn u32(&mut self) -> u32 {
        u32::from_be_bytes(self.take(4).try_into().expect("four"))
    }

    pub fn u64(&mut self) -> u64 {
        u64::from_be_bytes(self.take(8).try_into().expect("eight"))
    }

    pub fn boolean(&mut self) -> bool {
        match self.u32() {
            0 => false,
            1 => true,
            other => panic!("{other} is no boolean"),
        }
    }

    pub fn opaque(&mut self) -> Vec<u8> {
        let length = self.u32() as usize;
        let bytes = self.take(length).to_vec();
        let pad = length.wrapping_neg() % 4;
        assert_eq!(self.take(pad), &[0; 3][..pad], "padding");
        bytes
    }

    pub fn text(&mut self) -> String {
        String::from_utf8(self.opaque()).expect("UTF-8")
    }

    pub fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    pub fn end(self) {
        assert_eq!(self.left(), 0, "more than the answer");
    }
}

/// Who a client says it is.
#[derive(Clone, Debug)]
pub enum As {
    Nobody,
    Unix(u32, u32, Vec<u32>),
}

impl As {
    fn credential(&self) -> Words {
        match self {
            As::Nobody => Words::default().u32(0).opaque(b""),
            As::Unix(uid, gid, groups) => {
                let count = u32::try_from(groups.len()).expect("few");
                let body = Words::default().u32(99).opaque(b"a.host").u32(*uid).u32(*gid).u32(count);
                Words::default().u32(1).opaque(&groups.iter().fold(body, |body, group| body.u32(*group)).0)
            }
        }
    }
}

pub struct Client {
    pub stream: TcpStream,
    pub identity: As,
    pub xid: u32,
}

/// A call without its mark.
pub fn call(xid: u32, program: u32, version: u32, procedure: u32, identity: &As, arguments: &Words) -> Vec<u8> {
    let head = Words::default().u32(xid).u32(0).u32(2).u32(program).u32(version).u32(procedure);
    head.fixed(&identity.credential().0).u32(0).opaque(b"").fixed(&arguments.0).0
}

/// A record of one fragment.
pub fn record(body: &[u8]) -> Vec<u8> {
    Words::default().u32(u32::try_from(body.len()).expect("short") | 1 << 31).fixed(body).0
}

impl Client {
    pub async fn connect(address: SocketAddr, identity: As) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server listens");
        stream.set_nodelay(true).expect("a TCP socket");
        Self { stream, identity, xid: 1000 }
    }

    pub async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.expect("the server reads");
    }

    /// The next record, or `None` where the server closed the connection.
    pub async fn receive(&mut self) -> Option<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let mut mark = [0; 4];
            self.stream.read_exact(&mut mark).await.ok()?;
            let mark = u32::from_be_bytes(mark);
            let mut fragment = vec![0; (mark & 0x7fff_ffff) as usize];
            self.stream.read_exact(&mut fragment).await.ok()?;
            body.extend(fragment);
            if mark >> 31 == 1 {
                return Some(body);
            }
        }
    }

    /// Whether the server closes the connection without a word.
    pub async fn is_closed(&mut self) -> bool {
        self.receive().await.is_none()
    }

    /// The results of a call that is accepted and carried out.
    pub async fn call(&mut self, program: u32, procedure: u32, arguments: Words) -> Fields {
        let mut answer = self.ask(program, 3, procedure, arguments).await;
        assert_eq!((answer.u32(), answer.u32(), answer.u32()), (0, 0, 0), "accepted, an empty verifier");
        assert_eq!(answer.u32(), 0, "SUCCESS");
        answer
    }

    /// The answer behind the word that says that it is a reply.
    pub async fn ask(&mut self, program: u32, version: u32, procedure: u32, arguments: Words) -> Fields {
        self.xid += 1;
        let body = call(self.xid, program, version, procedure, &self.identity, &arguments);
        self.send(&record(&body)).await;
        let mut answer = Fields::new(self.receive().await.expect("an answer"));
        assert_eq!((answer.u32(), answer.u32()), (self.xid, 1), "the number, and that it is a reply");
        answer
    }

    /// MNT: the handle, or the status.
    pub async fn mount(&mut self, path: &str) -> Result<Vec<u8>, u32> {
        let mut answer = self.call(MOUNT, 1, Words::default().opaque(path.as_bytes())).await;
        let status = answer.u32();
        if status != 0 {
            answer.end();
            return Err(status);
        }
        let handle = answer.opaque();
        assert_eq!((answer.u32(), answer.u32()), (1, 1), "one flavor, AUTH_SYS");
        answer.end();
        Ok(handle)
    }
}
