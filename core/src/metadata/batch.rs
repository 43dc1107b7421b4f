//! What engines ask of a batch, whichever engine it is.
//!
//! Always holds: a batch that passes [`Batch::check`] is within the engine's limits, so what a commit may hold in memory is bounded.

use super::{Batch, CommitError, EngineLimits, Table, Write};
use crate::limits::{
    METADATA_INLINE_BYTES_MAX, METADATA_KEY_BYTES_MAX, METADATA_VALUE_BYTES_MAX, TRANSACTION_BYTES_MAX,
    TRANSACTION_WRITES_MAX,
};

impl EngineLimits {
    /// What the engines inside this process can hold.
    pub const EMBEDDED: Self = Self {
        key_bytes_max: METADATA_KEY_BYTES_MAX,
        value_bytes_max: METADATA_VALUE_BYTES_MAX,
        transaction_writes_max: TRANSACTION_WRITES_MAX,
    };
}

impl Write {
    /// What is written.
    pub fn target(&self) -> (Table, &[u8]) {
        match self {
            Write::Put { table, key, .. } | Write::Delete { table, key } => (*table, key),
            Write::Add { key, .. } | Write::Max { key, .. } => (Table::Index, key),
        }
    }

    fn value_bytes(&self) -> usize {
        match self {
            Write::Put { value, .. } => value.len(),
            Write::Delete { .. } => 0,
            Write::Add { .. } | Write::Max { .. } => size_of::<i64>(),
        }
    }
}

impl Batch {
    /// Bytes of all keys and values, read and written.
    pub fn bytes(&self) -> usize {
        let written: usize = self.writes.iter().map(|write| write.target().1.len() + write.value_bytes()).sum();
        let read: usize = self.reads.iter().map(|(_, key, _)| key.len()).sum();
        written + read
    }

    /// Refuses what the engine can't hold, before anything is done.
    pub fn check(&self, limits: &EngineLimits) -> Result<(), CommitError> {
        let too_large = |message: String| Err(CommitError::TooLarge(message));
        let (count, max) = (self.writes.len(), limits.transaction_writes_max);
        if count > max {
            return too_large(format!("{count} writes are more than {max}"));
        }
        for write in &self.writes {
            let (table, key) = write.target();
            let (size, max) = (key.len(), limits.key_bytes_max);
            if size > max {
                return too_large(format!("a key of {size} bytes is longer than {max}"));
            }
            let max = match table {
                Table::Index => limits.value_bytes_max,
                Table::Inline => METADATA_INLINE_BYTES_MAX,
            };
            let size = write.value_bytes();
            if size > max {
                return too_large(format!("a value of {size} bytes is longer than {max}"));
            }
        }
        let (size, max) = (self.bytes(), TRANSACTION_BYTES_MAX);
        if size > max {
            return too_large(format!("{size} bytes are more than {max}"));
        }
        Ok(())
    }
}
