//! Accounts and their keys, as a test knows them.
//!
//! Always holds: the values are the test's own or were told by the server's command line; nothing is guessed.

/// An access key and its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    pub id: String,
    pub secret: String,
}

impl Key {
    pub fn new(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self { id: id.into(), secret: secret.into() }
    }
}

/// An account with one key.
#[derive(Clone, Debug)]
pub struct Account {
    pub name: String,
    /// The canonical id: 64 hexadecimal digits.
    pub id: String,
    pub display_name: String,
    pub email: String,
    pub key: Key,
}
