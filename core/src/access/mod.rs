//! Access: who is who, and may this principal do this?
//!
//! Always holds (T11): a decision is made here and nowhere else, below every door.

mod accounts;
mod decide;
mod grants;

/// What access keys look like, for whoever reads or draws one before there are accounts.
pub mod access_keys {
    pub use super::accounts::rules::{
        access_key_id as check_id, draw_access_key_id as draw_id, draw_secret, secret as check_secret,
    };
}
pub use accounts::{AccessKey, Accounts, NewAccount, Secret};
pub use decide::{allows, require_account};
pub(crate) use grants::resolve;
