//! Which operation a request asks for, as far as the front has to know: its name for metrics, and whether its body is a document,
//! which is held whole, so that room is needed for it.
//!
//! Always holds: what is run is decided behind the front; nothing here lets a request pass or not.

use http::{HeaderMap, Method, Uri};

use crate::post_form;
use crate::table::{self, Level, OPERATIONS};
use crate::target::Target;

#[cfg(test)]
mod tests;

/// Index of an operation, for counters: a row of the table, or [`OTHER`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind(usize);

/// What nothing in the table names: preflights, and what could not be read.
pub const OTHER: Kind = Kind(OPERATIONS.len());
/// Uploads by forms, which are no row: no header or parameter tells them apart.
const POST_OBJECT: Kind = Kind(OPERATIONS.len() + 1);

impl Kind {
    pub const COUNT: usize = OPERATIONS.len() + 2;

    pub fn of(method: &Method, uri: &Uri, headers: &HeaderMap, target: &Target) -> Self {
        let level = match (&target.bucket, &target.key) {
            (None, _) => Level::Service,
            (Some(_), None) => Level::Bucket,
            (Some(_), Some(_)) => Level::Object,
        };
        if post_form::should_be_form(method, headers, target) {
            return POST_OBJECT;
        }
        let Ok(found) = table::find(method, level, uri.query().unwrap_or_default(), headers) else { return OTHER };
        OPERATIONS.iter().position(|operation| std::ptr::eq(operation, found)).map_or(OTHER, Self)
    }

    pub fn index(self) -> usize {
        self.0
    }

    pub fn name(self) -> &'static str {
        name_of(self.0)
    }

    pub fn takes_document(self) -> bool {
        OPERATIONS.get(self.0).is_some_and(|operation| operation.document)
    }
}

/// The name behind an index below [`Kind::COUNT`].
pub fn name_of(index: usize) -> &'static str {
    let none = if index == POST_OBJECT.0 { "PostObject" } else { "Other" };
    OPERATIONS.get(index).map_or(none, |operation| operation.name)
}
