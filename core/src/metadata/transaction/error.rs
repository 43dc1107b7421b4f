//! What ends a transaction's body early, and how the engine's errors read to a caller.
//!
//! Always holds: a conflict stays told apart from every other error until the transaction was run again, so that no client hears of one
//! that a second attempt would have cured.

use super::super::{CommitError, ReadError};
use crate::error::Error;

/// The error of a transaction's body. `?` makes it of [`Error`], [`ReadError`] and [`CommitError`].
#[derive(Clone, Debug, thiserror::Error)]
pub enum TxError {
    /// Something it read has changed: run it again.
    #[error("the transaction read what another has changed since")]
    Conflict,
    /// What the caller is to hear.
    #[error(transparent)]
    Other(Error),
}

impl From<Error> for TxError {
    fn from(error: Error) -> Self {
        TxError::Other(error)
    }
}

impl From<ReadError> for TxError {
    fn from(error: ReadError) -> Self {
        TxError::Other(error.into())
    }
}

impl From<CommitError> for TxError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict => TxError::Conflict,
            other => TxError::Other(other.into()),
        }
    }
}

/// Here damage of the index leaves the engine, and is counted.
impl From<ReadError> for Error {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Corrupt(_) => crate::content::corrupt(error.to_string()),
            ReadError::Failed(_) => Error::Internal(error.to_string()),
        }
    }
}

/// For commits outside of [`transact!`](crate::transact): there a conflict is run again instead.
impl From<CommitError> for Error {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict => Error::ConditionalConflict,
            CommitError::Full(reason) => Error::StorageFull(reason),
            CommitError::TooLarge(_) | CommitError::Failed(_) => Error::Internal(error.to_string()),
        }
    }
}

impl From<TxError> for Error {
    fn from(error: TxError) -> Self {
        match error {
            TxError::Conflict => Error::ConditionalConflict,
            TxError::Other(error) => error,
        }
    }
}
