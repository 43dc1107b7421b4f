//! Contents that files are written into: pages of pieces, over what was there before.
//!
//! Always holds: a page is `MAPPED_PAGE_BYTES` of its content; a blob or inline slot belongs to one page, so that what a page no longer names
//! nobody does.

mod page;

pub use page::{Patch, blobs, crowded, cut, overlay, page_of, pieces_of, scattered, slots};

#[cfg(test)]
mod tests;
