//! Which operation a request asks for, found once: for its name in metrics, and for what is run behind the front.
//!
//! Always holds: nothing here lets a request pass or not.

use http::{HeaderMap, Method};

use crate::post_form;
use crate::table::{self, OPERATIONS, Operation};
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

    pub fn of(method: &Method, headers: &HeaderMap, target: &Target) -> Self {
        if post_form::should_be_form(method, headers, target) {
            return POST_OBJECT;
        }
        let Ok(found) = table::find(method, headers, target) else { return OTHER };
        OPERATIONS.iter().position(|operation| std::ptr::eq(operation, found)).map_or(OTHER, Self)
    }

    /// The row of the table, where there is one.
    pub fn operation(self) -> Option<&'static Operation> {
        OPERATIONS.get(self.0)
    }

    pub fn index(self) -> usize {
        self.0
    }

    pub fn name(self) -> &'static str {
        name_of(self.0)
    }
}

/// The name behind an index below [`Kind::COUNT`].
pub fn name_of(index: usize) -> &'static str {
    let none = if index == POST_OBJECT.0 { "PostObject" } else { "Other" };
    OPERATIONS.get(index).map_or(none, |operation| operation.name)
}
