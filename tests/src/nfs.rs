//! NFSv3 and MOUNT3 at the bytes of their records (RFC 5531, RFC 1813): what a hostile client needs, and nothing that repairs.
//!
//! Always holds: what is sent is exactly what the caller gave; an answer is whole, and the server's outcome one of few. Reads have a
//! time limit, answers a size limit.

mod arguments;
mod words;

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

pub use arguments::{Part, Set, arguments, join, mount_arguments};
pub use words::{Fields, Words};

pub const NFS: u32 = 100_003;
pub const MOUNT: u32 = 100_005;
pub const VERSION: u32 = 3;
/// Longest wait for an answer, and for the connection.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// The largest answer that is taken: READ's of 1 MiB, with its head.
const ANSWER_BYTES_MAX: usize = 2 << 20;
const LAST: u32 = 1 << 31;
/// Where the next client's numbers begin.
static NUMBERS: AtomicU32 = AtomicU32::new(1 << 12);

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was carried out: the results.
    Done(Fields),
    /// MSG_ACCEPTED with that accept_stat: 1 PROG_UNAVAIL, 2 PROG_MISMATCH, 3 PROC_UNAVAIL, 4 GARBAGE_ARGS, 5 SYSTEM_ERR.
    Refused(u32),
    /// MSG_DENIED: RPC_MISMATCH.
    WrongRpc,
    /// MSG_DENIED: AUTH_ERROR with that auth_stat: 1 BADCRED, 3 BADVERF, 5 TOOWEAK.
    Denied(u32),
    /// The server ended the connection.
    Closed,
}

pub const GARBAGE: Outcome = Outcome::Refused(4);

impl Outcome {
    /// The status of results that begin with one (nfsstat3, mountstat3).
    #[track_caller]
    pub fn status(&self) -> u32 {
        match self {
            Outcome::Done(results) => results.clone().u32(),
            other => panic!("no status: {other:?}"),
        }
    }

    /// The results behind status 0.
    #[track_caller]
    pub fn ok(self) -> Fields {
        match self {
            Outcome::Done(mut results) => {
                assert_eq!(results.u32(), 0, "a status of failure");
                results
            }
            other => panic!("not carried out: {other:?}"),
        }
    }
}

/// Credentials as they are sent: flavor, length, body.
#[derive(Clone, Debug)]
pub struct Credential(pub Words);

impl Credential {
    pub fn nobody() -> Self {
        Self(Words::default().u32(0).opaque(b""))
    }

    /// AUTH_SYS (RFC 5531, appendix A).
    pub fn unix(uid: u32, gid: u32, groups: &[u32]) -> Self {
        let count = u32::try_from(groups.len()).expect("few groups");
        let body = Words::default().u32(7).opaque(b"client").u32(uid).u32(gid).u32(count);
        Self::sys(&groups.iter().fold(body, |body, group| body.u32(*group)).0)
    }

    /// AUTH_SYS with a body of any shape.
    pub fn sys(body: &[u8]) -> Self {
        Self(Words::default().u32(1).opaque(body))
    }
}

/// A record of one fragment.
pub fn record(body: &[u8]) -> Vec<u8> {
    fragment(body, true)
}

pub fn fragment(body: &[u8], last: bool) -> Vec<u8> {
    let length = u32::try_from(body.len()).expect("a fragment's length fits");
    Words::default().u32(if last { length | LAST } else { length }).fixed(body).0
}

/// A call without its mark, with an empty verifier.
pub fn call(xid: u32, (program, version, procedure): (u32, u32, u32), who: &Credential, arguments: &[u8]) -> Vec<u8> {
    let head = Words::default().u32(xid).u32(0).u32(2).u32(program).u32(version).u32(procedure);
    head.fixed(&who.0.0).u32(0).u32(0).fixed(arguments).0
}

/// One connection, and who speaks on it.
pub struct Client {
    stream: TcpStream,
    pub who: Credential,
    xid: u32,
}

impl Client {
    pub fn open(address: SocketAddr, who: Credential) -> Self {
        let stream = TcpStream::connect_timeout(&address, PATIENCE).expect("the door listens");
        stream.set_nodelay(true).expect("a TCP socket");
        stream.set_read_timeout(Some(PATIENCE)).expect("a TCP socket");
        stream.set_write_timeout(Some(PATIENCE)).expect("a TCP socket");
        // Requests of one number and content are repetitions of each other, whatever connection they come by.
        Self { stream, who, xid: NUMBERS.fetch_add(1 << 12, Ordering::Relaxed) }
    }

    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// The next answer; `None` where the server has ended the connection.
    pub fn receive(&mut self) -> Option<Vec<u8>> {
        let mut answer = Vec::new();
        loop {
            let mut mark = [0; 4];
            match self.stream.read_exact(&mut mark) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => panic!("no answer within {PATIENCE:?}"),
                Err(_) => return None,
            }
            let mark = u32::from_be_bytes(mark);
            let length = usize::try_from(mark & !LAST).expect("32 bits fit");
            assert!(answer.len() + length <= ANSWER_BYTES_MAX, "an answer of more than {ANSWER_BYTES_MAX} bytes");
            let at = answer.len();
            answer.resize(at + length, 0);
            self.stream.read_exact(&mut answer[at..]).ok()?;
            if mark & LAST != 0 {
                return Some(answer);
            }
        }
    }

    /// Reads the answer of the call with that number.
    pub fn outcome(&mut self, xid: u32) -> Outcome {
        let Some(answer) = self.receive() else { return Outcome::Closed };
        let mut answer = Fields::new(answer);
        assert_eq!((answer.u32(), answer.u32()), (xid, 1), "the call's number, and that it is a reply");
        match (answer.u32(), answer.u32()) {
            (0, 0) => {
                assert_eq!(answer.opaque(), b"", "an empty verifier");
                match answer.u32() {
                    0 => Outcome::Done(answer),
                    2 => {
                        assert_eq!((answer.u32(), answer.u32()), (VERSION, VERSION), "the version that is served");
                        Outcome::Refused(2)
                    }
                    status => {
                        answer.end();
                        Outcome::Refused(status)
                    }
                }
            }
            (1, 0) => {
                assert_eq!((answer.u32(), answer.u32()), (2, 2), "the version of RPC");
                Outcome::WrongRpc
            }
            (1, 1) => Outcome::Denied(answer.u32()),
            other => panic!("no reply of RPC: {other:?}"),
        }
    }

    fn next(&mut self) -> u32 {
        self.xid = self.xid.wrapping_add(1);
        self.xid
    }

    /// Sends the body of a call, made for the number that it is given.
    pub fn ask_with(&mut self, body: impl FnOnce(u32) -> Vec<u8>) -> Outcome {
        let xid = self.next();
        let record = record(&body(xid));
        // A server may hang up before all is written.
        drop(self.send(&record));
        self.outcome(xid)
    }

    pub fn ask(&mut self, program: u32, procedure: u32, arguments: &[u8]) -> Outcome {
        let who = self.who.clone();
        self.ask_with(|xid| call(xid, (program, VERSION, procedure), &who, arguments))
    }

    pub fn nfs(&mut self, procedure: u32, arguments: &Words) -> Outcome {
        self.ask(NFS, procedure, &arguments.0)
    }

    /// MNT: the handle, or the status.
    pub fn mount(&mut self, path: &str) -> Result<Vec<u8>, u32> {
        let outcome = self.ask(MOUNT, 1, &Words::default().opaque(path.as_bytes()).0);
        match outcome.status() {
            0 => Ok(outcome.ok().opaque()),
            status => Err(status),
        }
    }

    /// CREATE, GUARDED or MKDIR or SYMLINK: the handle of what was made, or the status.
    fn made(&mut self, procedure: u32, arguments: &Words) -> Result<Vec<u8>, u32> {
        let outcome = self.nfs(procedure, arguments);
        match outcome.status() {
            0 => {
                let mut results = outcome.ok();
                assert_eq!(results.u32(), 1, "a handle follows");
                Ok(results.opaque())
            }
            status => Err(status),
        }
    }

    pub fn create(&mut self, directory: &[u8], name: &[u8], set: Set) -> Result<Vec<u8>, u32> {
        self.made(8, &Words::default().opaque(directory).opaque(name).u32(1).set(set))
    }

    pub fn mkdir(&mut self, directory: &[u8], name: &[u8], set: Set) -> Result<Vec<u8>, u32> {
        self.made(9, &Words::default().opaque(directory).opaque(name).set(set))
    }

    pub fn symlink(&mut self, directory: &[u8], name: &[u8], target: &[u8]) -> Result<Vec<u8>, u32> {
        self.made(10, &Words::default().opaque(directory).opaque(name).set(Set::default()).opaque(target))
    }

    pub fn lookup(&mut self, directory: &[u8], name: &[u8]) -> Result<Vec<u8>, u32> {
        let outcome = self.nfs(3, &Words::default().opaque(directory).opaque(name));
        match outcome.status() {
            0 => Ok(outcome.ok().opaque()),
            status => Err(status),
        }
    }

    pub fn setattr(&mut self, handle: &[u8], set: Set) -> u32 {
        self.nfs(2, &Words::default().opaque(handle).set(set).u32(0)).status()
    }

    /// FILE_SYNC.
    pub fn write(&mut self, handle: &[u8], offset: u64, data: &[u8]) -> u32 {
        let count = u32::try_from(data.len()).expect("a WRITE's length fits");
        self.nfs(7, &Words::default().opaque(handle).u64(offset).u32(count).u32(2).opaque(data)).status()
    }

    pub fn read(&mut self, handle: &[u8], offset: u64, count: u32) -> Result<Vec<u8>, u32> {
        let outcome = self.nfs(6, &Words::default().opaque(handle).u64(offset).u32(count));
        match outcome.status() {
            0 => {
                let mut results = outcome.ok();
                results.skip_attributes();
                // How many, and whether that is the end.
                results.u32();
                results.u32();
                Ok(results.opaque())
            }
            status => Err(status),
        }
    }

    /// Mode, uid and gid.
    pub fn mode(&mut self, handle: &[u8]) -> Result<(u32, u32, u32), u32> {
        let outcome = self.nfs(1, &Words::default().opaque(handle));
        match outcome.status() {
            0 => {
                let mut results = outcome.ok();
                let (_kind, mode, _links) = (results.u32(), results.u32(), results.u32());
                Ok((mode, results.u32(), results.u32()))
            }
            status => Err(status),
        }
    }
}
