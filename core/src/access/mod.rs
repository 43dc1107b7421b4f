//! Access: who is who, and may this principal do this?
//!
//! Always holds (T11): a decision is made here and nowhere else, below every door.

mod accounts;
mod decide;
mod grants;

pub use accounts::{AccessKey, Accounts, NewAccount, Secret};
pub use decide::{allows, require_account};
pub(crate) use grants::resolve;
