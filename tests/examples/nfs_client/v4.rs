//! NFSv4.1 (RFC 8881): what is loaded of it. nfs-ganesha's NFSv3 wants rpcbind, and Debian's libnfs can't send a large WRITE by
//! version 4: its buffer for a call is too small.
//!
//! Always holds: a session with as many slots as calls are on the way; a slot is used again once its answer was read.

use std::collections::HashMap;

use super::{Answer, Client, NFS, RemoteFile, opaque};

const VERSION: u32 = 4;
const COMPOUND: u32 = 1;
/// Operations.
const COMMIT: u32 = 5;
const GETFH: u32 = 10;
const LOOKUP: u32 = 15;
const OPEN: u32 = 18;
const PUTFH: u32 = 22;
const PUTROOTFH: u32 = 24;
const READ: u32 = 25;
const WRITE: u32 = 38;
const EXCHANGE_ID: u32 = 42;
const CREATE_SESSION: u32 = 43;
const SEQUENCE: u32 = 53;
const RECLAIM_COMPLETE: u32 = 58;

const SLOTS: u32 = 16;
/// Of a call and of an answer: 1 MiB and what is around it.
const CALL_BYTES_MAX: u32 = (1 << 20) + (64 << 10);
/// sessionid, sequenceid, slotid, highest and target slotid, flags.
const SEQUENCE_ANSWER_BYTES: usize = 16 + 5 * 4;

/// Operations as they are sent.
#[derive(Default)]
struct Operations {
    count: u32,
    bytes: Vec<u8>,
}

impl Operations {
    fn add(mut self, operation: u32) -> Self {
        self.count += 1;
        self.words(&[operation])
    }

    fn words(mut self, words: &[u32]) -> Self {
        words.iter().for_each(|word| self.bytes.extend(word.to_be_bytes()));
        self
    }

    fn u64(mut self, word: u64) -> Self {
        self.bytes.extend(word.to_be_bytes());
        self
    }

    fn raw(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend(bytes);
        self
    }

    /// The arguments of COMPOUND: no tag, minor version 1.
    fn compound(self) -> Vec<u8> {
        let mut arguments = vec![];
        [0, 1, self.count].iter().for_each(|word: &u32| arguments.extend(word.to_be_bytes()));
        arguments.extend(self.bytes);
        arguments
    }
}

/// An open file in a session.
pub struct File {
    session: Vec<u8>,
    /// Sequence numbers of the last calls.
    slots: Vec<u32>,
    free: Vec<u32>,
    /// Which slot a call under way has.
    used: HashMap<u32, u32>,
    handle: Vec<u8>,
    state: Vec<u8>,
}

/// The answer of a compound whose operations have all succeeded, at the first of them.
fn begin(answer: Answer) -> Result<Answer, String> {
    let mut answer = answer.success()?;
    answer.opaque()?;
    answer.skip(4)?;
    Ok(answer)
}

/// The head of an operation's answer: its number and status, which is that of the whole.
fn next(answer: &mut Answer, operation: u32) -> Result<(), String> {
    let found = answer.u32()?;
    if found == operation {
        answer.skip(4)
    } else {
        Err(format!("operation {found} was answered, and not {operation}"))
    }
}

fn ask(client: &mut Client, operations: Operations) -> Result<Answer, String> {
    let call = client.call(NFS, VERSION, COMPOUND, &operations.compound());
    client.send(&[&call])?;
    begin(client.receive()?)
}

impl File {
    /// Begins a session, and makes an empty file in the directory that the path names from the root.
    pub fn create(client: &mut Client, path: &str, name: &str) -> Result<Self, String> {
        let owner = format!("trefoil-load-{}", std::process::id());
        // A verifier, the owner, no flags, no protection of state, nothing on who made the client.
        let exchange = Operations::default().add(EXCHANGE_ID).u64(1).raw(&opaque(owner.as_bytes())).words(&[0, 0, 0]);
        let mut answer = ask(client, exchange)?;
        next(&mut answer, EXCHANGE_ID)?;
        let (id, sequence) = (answer.u64()?, answer.u32()?);
        let channel = [0, CALL_BYTES_MAX, CALL_BYTES_MAX, 4096, 16, SLOTS, 0];
        // No flags; both channels; a program for calls back, without credentials.
        let session = Operations::default().add(CREATE_SESSION).u64(id).words(&[sequence, 0]).words(&channel);
        let mut answer = ask(client, session.words(&channel).words(&[0x4000_0000, 1, 0]))?;
        next(&mut answer, CREATE_SESSION)?;
        let session = answer.fixed(16)?;
        let (slots, free) = (vec![0; SLOTS as usize], (0..SLOTS).rev().collect());
        let mut this = Self { session, slots, free, used: HashMap::new(), handle: vec![], state: vec![] };
        let all = this.sequence()?.0.add(RECLAIM_COMPLETE).words(&[0]);
        this.ask(client, all)?;
        let mut open = this.sequence()?.0.add(PUTROOTFH);
        for part in path.split('/').filter(|part| !part.is_empty()) {
            open = open.add(LOOKUP).raw(&opaque(part.as_bytes()));
        }
        let parts = path.split('/').filter(|part| !part.is_empty()).count();
        // To read and write, nothing denied; created UNCHECKED, without attributes; by its name.
        let open = open.add(OPEN).words(&[0, 3, 0]).u64(id).raw(&opaque(owner.as_bytes())).words(&[1, 0, 0, 0]);
        let open = open.words(&[0]).raw(&opaque(name.as_bytes())).add(GETFH);
        let mut answer = this.ask(client, open)?;
        next(&mut answer, PUTROOTFH)?;
        for _ in 0..parts {
            next(&mut answer, LOOKUP)?;
        }
        next(&mut answer, OPEN)?;
        this.state = answer.fixed(16)?;
        // The directory's change (atomic, before, after), flags, the attributes that were set; no delegation is taken.
        answer.skip(4 + 8 + 8 + 4)?;
        let words = answer.u32()? as usize;
        answer.skip(words * 4)?;
        match answer.u32()? {
            0 => {}
            // OPEN_DELEGATE_NONE_EXT: why not, and for two of the reasons a boolean.
            3 => match answer.u32()? {
                1 | 2 => answer.skip(4)?,
                _ => {}
            },
            other => return Err(format!("a delegation of type {other}")),
        }
        next(&mut answer, GETFH)?;
        this.handle = answer.opaque()?;
        Ok(this)
    }

    /// A compound begins with its place in the session.
    fn sequence(&mut self) -> Result<(Operations, u32), String> {
        let slot = self.free.pop().ok_or("more calls than slots")?;
        let number = &mut self.slots[slot as usize];
        *number += 1;
        let words = [*number, slot, SLOTS - 1, 0];
        Ok((Operations::default().add(SEQUENCE).raw(&self.session).words(&words), slot))
    }

    /// Alone: nothing else is under way.
    fn ask(&mut self, client: &mut Client, operations: Operations) -> Result<Answer, String> {
        let mut answer = ask(client, operations)?;
        self.free = (0..SLOTS).rev().collect();
        next(&mut answer, SEQUENCE)?;
        answer.skip(SEQUENCE_ANSWER_BYTES)?;
        Ok(answer)
    }

    /// A compound on the file.
    fn on_file(&mut self) -> Result<(Operations, u32), String> {
        let (begun, slot) = self.sequence()?;
        Ok((begun.add(PUTFH).raw(&opaque(&self.handle)), slot))
    }

    /// An answer to one of those, at the operation behind PUTFH.
    fn answered(&mut self, answer: Answer, operation: u32) -> Result<Answer, String> {
        self.free.push(self.used.remove(&answer.xid).ok_or("an answer to no call")?);
        let mut answer = begin(answer)?;
        next(&mut answer, SEQUENCE)?;
        answer.skip(SEQUENCE_ANSWER_BYTES)?;
        next(&mut answer, PUTFH)?;
        next(&mut answer, operation)?;
        Ok(answer)
    }
}

impl RemoteFile for File {
    fn write(&mut self, client: &mut Client, offset: u64, data: &[u8]) -> Result<(), String> {
        let (begun, slot) = self.on_file()?;
        // UNSTABLE is 0.
        let all = begun.add(WRITE).raw(&self.state).u64(offset).words(&[0, super::length(data.len())]);
        client.call_with(NFS, VERSION, COMPOUND, &all.compound(), data)?;
        self.used.insert(client.xid, slot);
        Ok(())
    }

    fn written(&mut self, answer: Answer) -> Result<u32, String> {
        self.answered(answer, WRITE)?.u32()
    }

    fn commit(&mut self, client: &mut Client) -> Result<bool, String> {
        let (begun, _) = self.on_file()?;
        self.ask(client, begun.add(COMMIT).u64(0).words(&[0])).map(|_| true)
    }

    fn read(&mut self, client: &mut Client, offset: u64, count: u32) -> Result<(), String> {
        let (begun, slot) = self.on_file()?;
        let all = begun.add(READ).raw(&self.state).u64(offset).words(&[count]);
        let call = client.call(NFS, VERSION, COMPOUND, &all.compound());
        client.send(&[&call])?;
        self.used.insert(client.xid, slot);
        Ok(())
    }

    fn data(&mut self, answer: Answer) -> Result<Answer, String> {
        let mut answer = self.answered(answer, READ)?;
        // Whether that is the end.
        answer.skip(4)?;
        Ok(answer)
    }
}
