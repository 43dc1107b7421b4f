//! Access: who is who, and may this principal do this?

mod accounts;

pub use accounts::{Accounts, AccessKey, NewAccount, Secret};
