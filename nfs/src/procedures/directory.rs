//! READDIR and READDIRPLUS (RFC 1813, 3.3.16, 3.3.17).
//!
//! Always holds: an answer takes no more than the bytes that were asked for; one that has no room for a single entry is TOOSMALL, not an
//! end. Cookies are the core's, which mean the same whatever is removed meanwhile; so the verifier is always zero. `.` is 1, `..` is 2.

use trefoil_core::files::{Attributes, Entry, FileError};

use super::failed;
use crate::answer::Answer;
use crate::door::{Place, Request};
use crate::handle::HANDLE_BYTES;
use crate::limits::{ENTRIES_MAX, HANDLE_BYTES_MAX, TRANSFER_BYTES_MAX};
use crate::procedure::Procedure;
use crate::status::Status;
use crate::wire::{self, POST_OP_BYTES};
use crate::xdr::{Decoder, Encode, Garbage, padding};

const DOT: u64 = 1;
const DOT_DOT: u64 = 2;
/// cookieverf3
const VERIFIER: [u8; 8] = [0; 8];
/// What stands behind the last entry: that none follows, and whether that is the end.
const TAIL_BYTES: usize = 8;
/// An entry beside its name: that it follows, fileid, the name's length, cookie.
const ENTRY_BYTES: usize = 4 + 8 + 4 + 8;
/// What READDIRPLUS adds to an entry: attributes and handle.
const PLUS_BYTES: usize = POST_OP_BYTES + 4 + 4 + HANDLE_BYTES;
/// A name as it is guessed, to ask the core for about as many entries as an answer holds.
const NAME_GUESS_BYTES: usize = 16;

/// An answer that entries are put into.
struct Page<'a> {
    request: &'a Request<'a>,
    place: &'a Place,
    out: &'a mut Vec<u8>,
    plus: bool,
    /// Bytes that are left, and those of READDIRPLUS's dircount.
    left: usize,
    left_of_names: usize,
    entries: usize,
}

impl Page<'_> {
    /// Whether there was room. The first entry may take more than dircount, which is a hint: a page without an entry would be an end.
    fn put(&mut self, name: &[u8], node: u64, cookie: u64, attributes: Option<&Attributes>) -> bool {
        let plain = ENTRY_BYTES + name.len() + padding(name.len());
        let plus = match (self.plus, attributes) {
            (true, Some(_)) => PLUS_BYTES,
            (true, None) => 8,
            (false, _) => 0,
        };
        if plain + plus > self.left || (plain > self.left_of_names && self.entries > 0) {
            return false;
        }
        self.left -= plain + plus;
        self.left_of_names = self.left_of_names.saturating_sub(plain);
        self.entries += 1;
        self.out.boolean(true);
        self.out.u64(node);
        self.out.opaque(name);
        self.out.u64(cookie);
        if self.plus {
            wire::post_op(self.out, &self.place.view, attributes);
            match attributes {
                Some(_) => self.request.post_op_handle(self.out, self.place, node),
                None => self.out.boolean(false),
            }
        }
        true
    }

    fn entry_guess(&self) -> usize {
        ENTRY_BYTES + NAME_GUESS_BYTES + if self.plus { PLUS_BYTES } else { 0 }
    }

    /// How many entries there may be room for.
    fn guess(&self) -> usize {
        let of_names = self.left_of_names / (ENTRY_BYTES + NAME_GUESS_BYTES);
        (self.left / self.entry_guess()).min(of_names).clamp(1, ENTRIES_MAX)
    }

    /// Puts what there is room for. Whether that is all.
    async fn fill(&mut self, cookie: u64, directory: &Attributes) -> Result<bool, Status> {
        if cookie < DOT && !self.put(b".", self.place.node, DOT, Some(directory)) {
            return Ok(false);
        }
        if cookie < DOT_DOT {
            let (node, attributes) = self.parent(directory).await?;
            if !self.put(b"..", node, DOT_DOT, attributes.as_ref()) {
                return Ok(false);
            }
        }
        let mut after = cookie.max(DOT_DOT);
        loop {
            let (files, place, max) = (self.request.files(), self.place, self.guess());
            let page = files.read_directory(&place.view, &place.caller, place.node, after, max, self.plus).await?;
            for Entry { name, node, cookie, attributes, .. } in &page.entries {
                if !self.put(name, *node, *cookie, attributes.as_ref()) {
                    return Ok(false);
                }
                after = *cookie;
            }
            if page.end {
                return Ok(true);
            }
            // One more is not worth asking for.
            if page.entries.is_empty() || self.left < self.entry_guess() {
                return Ok(false);
            }
        }
    }

    async fn parent(&self, directory: &Attributes) -> Result<(u64, Option<Attributes>), Status> {
        let view = &self.place.view;
        let node = self.request.files().parent(view, self.place.node).await?;
        if node == directory.node {
            return Ok((node, Some(directory.clone())));
        }
        let attributes = if self.plus { self.request.files().attributes(view, node).await.ok() } else { None };
        Ok((node, attributes))
    }
}

/// Both procedures; `plus` says which.
pub async fn read(
    request: &Request<'_>,
    arguments: &mut Decoder<'_>,
    answer: &mut Answer,
    plus: bool,
) -> Result<Status, Garbage> {
    let procedure = if plus { Procedure::ReadDirPlus } else { Procedure::ReadDir };
    let handle = arguments.opaque(HANDLE_BYTES_MAX)?;
    let (cookie, _verifier) = (arguments.u64()?, arguments.fixed::<8>()?);
    let names_max = if plus { arguments.u32()? } else { u32::MAX };
    let max = arguments.u32()?.min(TRANSFER_BYTES_MAX) as usize;
    let place = match request.place(handle).await {
        Ok(place) => place,
        Err(status) => return failed(procedure, answer.head(), status),
    };
    let directory = match request.files().attributes(&place.view, place.node).await {
        Ok(directory) if directory.kind == trefoil_core::files::Kind::Directory => directory,
        Ok(_) => return failed(procedure, answer.head(), Status::of(&FileError::NotADirectory.into())),
        Err(error) => return failed(procedure, answer.head(), error.into()),
    };
    let (max, room) = request.room(max);
    answer.room = room;
    let out = answer.head();
    let start = out.len();
    out.u32(Status::Ok as u32);
    wire::post_op(out, &place.view, Some(&directory));
    out.bytes(&VERIFIER);
    // What counts is the answer without its status (RFC 1813: the size of READDIR3resok).
    let head = out.len() - start - 4;
    let filled = match max.checked_sub(head + TAIL_BYTES) {
        Some(left) => {
            let left_of_names = names_max as usize;
            let mut page = Page { request, place: &place, out, plus, left, left_of_names, entries: 0 };
            match page.fill(cookie, &directory).await {
                Ok(false) if page.entries == 0 => Err(Status::TooSmall),
                // What went before the failure is an answer; the next call meets the failure again.
                Err(_) if page.entries > 0 && cookie >= DOT_DOT => Ok(false),
                filled => filled,
            }
        }
        None => Err(Status::TooSmall),
    };
    let out = answer.head();
    match filled {
        Ok(end) => {
            out.boolean(false);
            out.boolean(end);
            Ok(Status::Ok)
        }
        Err(status) => {
            out.truncate(start);
            out.u32(status as u32);
            wire::post_op(out, &place.view, Some(&directory));
            Ok(status)
        }
    }
}
