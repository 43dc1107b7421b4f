//! NFSv3 (RFC 1813): what is loaded of it.
//!
//! Always holds: one call a function; the caller is root, by AUTH_SYS.

use super::{Answer, Client, NFS, RemoteFile, opaque};

const MOUNT: u32 = 100_005;
const VERSION: u32 = 3;
/// Procedures.
const MNT: u32 = 1;
const GETATTR: u32 = 1;
const READ: u32 = 6;
const WRITE: u32 = 7;
const CREATE: u32 = 8;
const COMMIT: u32 = 21;
/// accept_stat
const PROC_UNAVAIL: u32 = 3;

/// The root's handle.
pub fn mount(client: &mut Client, export: &str) -> Result<Vec<u8>, String> {
    let call = client.call(MOUNT, VERSION, MNT, &opaque(export.as_bytes()));
    client.send(&[&call])?;
    client.receive()?.success()?.opaque()
}

/// A call of GETATTR, to be sent.
pub fn getattr(client: &mut Client, handle: &[u8]) -> Vec<u8> {
    client.call(NFS, VERSION, GETATTR, &opaque(handle))
}

/// post_op_attr
fn attributes(answer: &mut Answer) -> Result<(), String> {
    if answer.u32()? == 1 { answer.skip(84) } else { Ok(()) }
}

pub struct File {
    handle: Vec<u8>,
}

impl File {
    /// An empty file of that name; UNCHECKED.
    pub fn create(client: &mut Client, directory: &[u8], name: &str) -> Result<Self, String> {
        let mut arguments = opaque(directory);
        arguments.extend(opaque(name.as_bytes()));
        // A mode, no owner and group, a size of 0, no times.
        [0, 1, 0o644, 0, 0, 1, 0, 0, 0, 0].iter().for_each(|word: &u32| arguments.extend(word.to_be_bytes()));
        let call = client.call(NFS, VERSION, CREATE, &arguments);
        client.send(&[&call])?;
        let mut made = client.receive()?.success()?;
        if made.u32()? == 1 { Ok(Self { handle: made.opaque()? }) } else { Err("CREATE gave no handle".into()) }
    }

    /// The handle and an offset.
    fn at(&self, offset: u64) -> Vec<u8> {
        let mut arguments = opaque(&self.handle);
        arguments.extend(offset.to_be_bytes());
        arguments
    }
}

impl RemoteFile for File {
    fn write(&mut self, client: &mut Client, offset: u64, data: &[u8]) -> Result<(), String> {
        let mut head = self.at(offset);
        let length = super::length(data.len());
        // UNSTABLE is 0.
        [length, 0, length].iter().for_each(|word| head.extend(word.to_be_bytes()));
        client.call_with(NFS, VERSION, WRITE, &head, data)
    }

    fn written(&mut self, answer: Answer) -> Result<u32, String> {
        let mut answer = answer.success()?;
        // wcc_data
        if answer.u32()? == 1 {
            answer.skip(24)?;
        }
        attributes(&mut answer)?;
        answer.u32()
    }

    fn commit(&mut self, client: &mut Client) -> Result<bool, String> {
        let mut arguments = self.at(0);
        arguments.extend([0; 4]);
        let call = client.call(NFS, VERSION, COMMIT, &arguments);
        client.send(&[&call])?;
        let answer = client.receive()?;
        // nfsserve calls each WRITE synced, and has no COMMIT.
        if answer.accept == PROC_UNAVAIL { Ok(false) } else { answer.success().map(|_| true) }
    }

    fn read(&mut self, client: &mut Client, offset: u64, count: u32) -> Result<(), String> {
        let mut arguments = self.at(offset);
        arguments.extend(count.to_be_bytes());
        let call = client.call(NFS, VERSION, READ, &arguments);
        client.send(&[&call])
    }

    fn data(&mut self, answer: Answer) -> Result<Answer, String> {
        let mut answer = answer.success()?;
        attributes(&mut answer)?;
        // The count, which the data's length says again, and whether that is the end.
        answer.skip(8)?;
        Ok(answer)
    }
}
