//! What the listings of a bucket have in common.
//!
//! Always holds: names, and only names, are written in the encoding that the request asked for; an entry's elements come in the
//! order of AWS's examples.

use std::collections::HashMap;

use trefoil_core::access::Accounts;
use trefoil_core::objects::ListEntry;
use trefoil_core::types::AccountId;

use super::digests;
use super::encoding::Encoding;
use super::xml::Xml;

/// About what an entry takes in XML beside its key, to allot a page at once.
pub const ENTRY_BYTES: usize = 320;

/// Display names, looked up once a page: most entries have the same owner.
pub struct Owners<'a> {
    accounts: &'a Accounts,
    seen: HashMap<AccountId, (String, Option<String>)>,
}

impl<'a> Owners<'a> {
    pub fn new(accounts: &'a Accounts) -> Self {
        Self { accounts, seen: HashMap::new() }
    }

    pub fn write(&mut self, element: &str, id: AccountId, xml: &mut Xml) {
        xml.open(element);
        self.write_inner(id, xml);
        xml.close(element);
    }

    /// Without an element of its own.
    pub fn write_inner(&mut self, id: AccountId, xml: &mut Xml) {
        let (id, name) = self.seen.entry(id).or_insert_with(|| {
            let name = self.accounts.by_id(id).map(|account| account.display_name.clone());
            (id.to_string(), name)
        });
        xml.text("ID", id);
        xml.opt("DisplayName", name.as_deref());
    }
}

/// An element that the request may have given, encoded.
pub fn name(element: &str, value: Option<&str>, encoding: Encoding, xml: &mut Xml) {
    if let Some(value) = value {
        xml.text(element, &encoding.encode(value));
    }
}

/// A `Contents` element.
pub fn entry(entry: &ListEntry, encoding: Encoding, owners: Option<&mut Owners<'_>>, xml: &mut Xml) {
    xml.open("Contents");
    xml.text("Key", &encoding.encode(&entry.key));
    xml.time("LastModified", entry.modified);
    xml.etag(&entry.etag.to_string());
    digests::to_xml(entry.checksum, xml);
    xml.number("Size", entry.size);
    if let Some(owners) = owners {
        owners.write("Owner", entry.owner, xml);
    }
    xml.text("StorageClass", "STANDARD");
    xml.close("Contents");
}

pub fn common_prefixes(prefixes: &[String], encoding: Encoding, xml: &mut Xml) {
    for prefix in prefixes {
        xml.open("CommonPrefixes");
        xml.text("Prefix", &encoding.encode(prefix));
        xml.close("CommonPrefixes");
    }
}

/// Size of a page's document, roughly.
pub fn capacity(entries: usize) -> usize {
    1024 + entries * (ENTRY_BYTES + 64)
}
