//! The MOUNT program, version 3 (RFC 1813, 5): the way from a path to the first handle.
//!
//! Always holds: only directories of exports that let this client in are mounted, and the host list is asked again at every later call, so
//! that nothing hangs on what was mounted when. The list that DUMP shows is for people, bounded, and gone with the process. A list that is
//! large needs room; it ends early where there is none, and for clients that no export lets in.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::net::IpAddr;

use bytes::Bytes;
use parking_lot::Mutex;
use trefoil_core::files::{Caller, Kind};

use crate::answer::Answer;
use crate::door::Request;
use crate::handle::{HANDLE_BYTES, Named};
use crate::limits::{MOUNT_DEPTH_MAX, MOUNT_PATH_BYTES_MAX, MOUNTS_MAX, SMALL_ANSWER_BYTES_MAX};
use crate::procedure::Procedure;
use crate::rpc::AUTH_SYS;
use crate::status::Status;
use crate::xdr::{Decoder, Encode, Garbage};

/// Who has mounted what.
#[derive(Debug, Default)]
pub struct Mounts {
    list: Mutex<VecDeque<(IpAddr, String)>>,
}

impl Mounts {
    fn add(&self, client: IpAddr, path: String) {
        let mut list = self.list.lock();
        if list.iter().any(|(other, mounted)| *other == client && *mounted == path) {
            return;
        }
        if list.len() == MOUNTS_MAX {
            list.pop_front();
        }
        list.push_back((client, path));
    }

    fn remove(&self, client: IpAddr, path: Option<&str>) {
        self.list.lock().retain(|(other, mounted)| *other != client || path.is_some_and(|path| path != mounted));
    }

    fn list(&self) -> Vec<(IpAddr, String)> {
        self.list.lock().iter().cloned().collect()
    }
}

/// Carries out one call and writes its results behind what is in `answer`.
pub async fn carry_out(
    request: &Request<'_>,
    procedure: Procedure,
    arguments: &Bytes,
    answer: &mut Answer,
) -> Result<Status, Garbage> {
    let mut arguments = Decoder::new(arguments);
    let (client, mounts) = (request.peer.ip().to_canonical(), &request.door.mounts);
    match procedure {
        Procedure::Mount => {
            let path = arguments.opaque(usize::MAX)?;
            let out = answer.head();
            return Ok(match mount(request, path).await {
                Ok((handle, path)) => {
                    mounts.add(client, path);
                    out.u32(Status::Ok as u32);
                    out.opaque(&handle);
                    out.u32(1);
                    out.u32(AUTH_SYS);
                    Status::Ok
                }
                Err(status) => {
                    out.u32(mount_status(status));
                    status
                }
            });
        }
        Procedure::Dump => list(request, answer, mounts.list(), |out, (client, path)| {
            out.opaque(client.to_string().as_bytes());
            out.opaque(path.as_bytes());
        }),
        Procedure::Unmount => {
            let path = arguments.opaque(MOUNT_PATH_BYTES_MAX)?;
            if let Ok(components) = components(path) {
                mounts.remove(client, Some(&format!("/{}", components.join("/"))));
            }
        }
        Procedure::UnmountAll => mounts.remove(client, None),
        Procedure::Export => list(request, answer, request.door.exports.list(), |out, export| {
            out.opaque(format!("/{}", export.options.name).as_bytes());
            for host in export.options.hosts.iter() {
                out.boolean(true);
                out.opaque(host.to_string().as_bytes());
            }
            out.boolean(false);
        }),
        _ => {}
    }
    Ok(Status::Ok)
}

/// Writes a list as XDR has it: each entry behind a TRUE, and a FALSE behind the last.
fn list<T>(request: &Request<'_>, answer: &mut Answer, entries: Vec<T>, write: impl Fn(&mut Vec<u8>, &T)) {
    const END_BYTES: usize = 4;
    let out = answer.head();
    let mut fits = out.len();
    let admitted = request.door.exports.admit(request.peer);
    for entry in &entries {
        out.boolean(true);
        write(out, entry);
        if out.len() + END_BYTES <= SMALL_ANSWER_BYTES_MAX {
            fits = out.len();
        } else if !admitted {
            break;
        }
    }
    let bytes = out.len() + END_BYTES;
    let mut room = None;
    if bytes > SMALL_ANSWER_BYTES_MAX {
        if admitted {
            (_, room) = request.room(bytes);
        }
        if room.is_none() {
            out.truncate(fits);
            // It is held until the client has taken it.
            out.shrink_to_fit();
        }
    }
    out.boolean(false);
    answer.room = room;
}

/// The components of a path as clients write it: slashes at the end, or several in a row, mean nothing.
fn components(path: &[u8]) -> Result<Vec<&str>, Status> {
    if path.len() > MOUNT_PATH_BYTES_MAX {
        return Err(Status::NameTooLong);
    }
    let path = std::str::from_utf8(path).map_err(|_| Status::NoEnt)?;
    if !path.starts_with('/') || path.contains('\0') {
        return Err(Status::NoEnt);
    }
    let components: Vec<&str> = path.split('/').filter(|component| !component.is_empty()).collect();
    if components.len() > MOUNT_DEPTH_MAX {
        return Err(Status::NameTooLong);
    }
    if components.iter().any(|component| [".", ".."].contains(component)) {
        return Err(Status::Inval);
    }
    Ok(components)
}

/// The handle of `/NAME` or of a directory below it, and the path as it is listed.
async fn mount(request: &Request<'_>, path: &[u8]) -> Result<([u8; HANDLE_BYTES], String), Status> {
    let components = components(path)?;
    let (name, below) = components.split_first().ok_or(Status::NoEnt)?;
    let export = request.door.exports.by_name(name).ok_or(Status::NoEnt)?;
    if !export.admits(request.peer) {
        // Not for the log: whoever can connect could fill the disk. It is counted, as an error of MNT.
        tracing::debug!(client = %request.peer, export = name, "a mount was refused: the client is not in the export's host list");
        return Err(Status::Acces);
    }
    let files = request.files();
    let view = export.find(files).await.inspect_err(|error| {
        tracing::info!(client = %request.peer, export = name, %error, "a mount was refused");
    })?;
    let mut node = view.root;
    for component in below {
        // As mountd does it: whoever may mount gets there, and permissions are asked from there on.
        let found = files.lookup(&view, &Caller::root(), node, component.as_bytes()).await?;
        if found.kind != Kind::Directory {
            return Err(Status::NotDir);
        }
        node = found.node;
    }
    let handle = request.door.handles.make(Named { export: export.id, node });
    Ok((handle, format!("/{}", components.join("/"))))
}

/// mountstat3: the numbers that it has of nfsstat3, and the nearest for others.
fn mount_status(status: Status) -> u32 {
    let status = match status {
        Status::Ok
        | Status::Perm
        | Status::NoEnt
        | Status::Io
        | Status::Acces
        | Status::NotDir
        | Status::Inval
        | Status::NameTooLong
        | Status::NotSupp
        | Status::ServerFault => status,
        // The export's bucket, or its directory, is gone.
        Status::Stale => Status::NoEnt,
        _ => Status::ServerFault,
    };
    status as u32
}
