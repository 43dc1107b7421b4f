//! Running a transaction until it no longer loses a race.
//!
//! Always holds: at most [`TRANSACTION_ATTEMPTS_MAX`] attempts; an attempt's locks are free before the next begins or waits; a result,
//! `Ok` or `Err`, is given out only if what it was decided from was true at one instant, and, where nothing was committed, once those who
//! cache have heard of what it was decided from: a refusal tells as much as a read. Those who have lost often go one by one, in
//! the order of their coming: so each of many that want the same key gets its turn, where chance alone would leave some behind.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::super::{CommitError, Durability, LockGuard, LockMode, MetadataStore, ReadError, keys};
use super::{Transaction, TxError};
use crate::error::Error;
use crate::limits::{TRANSACTION_ATTEMPTS_MAX, TRANSACTION_EAGER_ATTEMPTS, TRANSACTION_TURN_ATTEMPTS};

/// Runs a transaction's body, commits it, and does both again when it lost a race.
///
/// ```ignore
/// let etag = transact!(store, Durability::Synced, |tx| {
///     let old = tx.get(Table::Index, &key).await?;      // ReadError, CommitError and Error all pass through `?`
///     tx.put(Table::Index, key.clone(), value.clone());
///     Ok(etag_of(&old))
/// })?;
/// ```
///
/// `store` is anything that coerces to `&dyn MetadataStore`; `tx` is a `&mut Transaction`. The body is the inside of an `async` block
/// and gives `Result<T, TxError>`; the whole gives `Result<T, Error>`. The body may run several times: it must not move out of what it
/// captures (the compiler sees to that) and its side effects must bear repetition. When the body fails, nothing is written.
/// `return` and `?` end the body, not the function around it.
///
/// With `first = transaction` the first attempt goes on from what that transaction (an option) has read: a round trip less for a
/// caller who looked before and comes back soon.
#[macro_export]
macro_rules! transact {
    ($store:expr, $durability:expr, |$tx:ident| $body:expr) => {
        $crate::transact!($store, $durability, first = None, |$tx| $body)
    };
    ($store:expr, $durability:expr, first = $first:expr, |$tx:ident| $body:expr) => {{
        let mut retry = $crate::metadata::transaction::Retry::new($store, $first);
        loop {
            let mut transaction = retry.begin();
            let outcome = {
                #[allow(unused_variables)]
                let $tx = &mut transaction;
                $crate::metadata::transaction::typed(async { $body }).await
            };
            match retry.settle(transaction, outcome, $durability).await {
                $crate::metadata::transaction::Step::Done(result) => break result,
                $crate::metadata::transaction::Step::Again => {}
            }
        }
    }};
}

/// Gives the body of [`transact!`](crate::transact) its type, so that `?` knows what to convert to.
#[doc(hidden)]
pub fn typed<T, F: Future<Output = Result<T, TxError>>>(body: F) -> F {
    body
}

/// What follows an attempt.
pub enum Step<T> {
    Done(Result<T, Error>),
    Again,
}

/// The attempts of one transaction.
pub struct Retry<'a> {
    store: &'a dyn MetadataStore,
    attempts: u32,
    /// For the first attempt: it has read, and done nothing else.
    first: Option<Transaction<'a>>,
    /// Held by the one among those who have lost often whose turn it is. Taken while no other lock is held.
    turn: Option<Box<dyn LockGuard>>,
}

impl<'a> Retry<'a> {
    pub fn new(store: &'a dyn MetadataStore, first: Option<Transaction<'a>>) -> Self {
        debug_assert!(first.as_ref().is_none_or(|first| !first.has_writes()), "an attempt begins without writes");
        Self { store, attempts: 0, first, turn: None }
    }

    pub fn begin(&mut self) -> Transaction<'a> {
        self.attempts += 1;
        let mut transaction = self.first.take().unwrap_or_else(|| Transaction::new(self.store));
        transaction.repeated = self.attempts > 1;
        transaction.has_turn = self.turn.is_some();
        transaction
    }

    /// Commits what the body did, or checks what its refusal rests on. Waits before it asks for another attempt.
    pub async fn settle<T>(
        &mut self,
        transaction: Transaction<'a>,
        outcome: Result<T, TxError>,
        durability: Durability,
    ) -> Step<T> {
        let outcome = match outcome {
            Ok(value) => match self.conclude(transaction, durability).await {
                Ok(()) => return Step::Done(Ok(value)),
                Err(error) => TxError::from(error),
            },
            // The body may have been led to its error by values that never stood together.
            Err(TxError::Other(error)) => match self.conclude_reads(transaction).await {
                Ok(()) => TxError::Other(error),
                Err(error) => error.into(),
            },
            Err(TxError::Conflict) => {
                // Waits for a commit under way, where it has met one: or the next attempt meets the same.
                let checked = transaction.finish_reads().await;
                drop(transaction);
                match checked {
                    Ok(()) | Err(CommitError::Conflict) => TxError::Conflict,
                    Err(error) => error.into(),
                }
            }
        };
        match outcome {
            TxError::Other(error) => Step::Done(Err(error)),
            TxError::Conflict if self.attempts >= TRANSACTION_ATTEMPTS_MAX => Step::Done(Err(Error::Unavailable(
                format!("{TRANSACTION_ATTEMPTS_MAX} attempts each met another change of the same names; try again"),
            ))),
            TxError::Conflict => match self.wait().await {
                Ok(()) => Step::Again,
                Err(error) => Step::Done(Err(error.into())),
            },
        }
    }

    async fn conclude(&mut self, transaction: Transaction<'a>, durability: Durability) -> Result<(), CommitError> {
        match transaction.has_writes() {
            true => transaction.commit(durability).await,
            false => self.conclude_reads(transaction).await,
        }
    }

    async fn conclude_reads(&mut self, transaction: Transaction<'a>) -> Result<(), CommitError> {
        transaction.finish_reads().await?;
        let read = transaction.to_be_heard();
        // Its locks, too, and its turn: what is waited for may wait for them.
        drop(transaction);
        self.turn = None;
        self.store.heard(&read).await;
        Ok(())
    }

    async fn wait(&mut self) -> Result<(), ReadError> {
        if self.turn.is_some() {
            tokio::task::yield_now().await;
            return Ok(());
        }
        let Some(doublings) = self.attempts.checked_sub(TRANSACTION_EAGER_ATTEMPTS) else {
            tokio::task::yield_now().await;
            return Ok(());
        };
        if self.attempts >= TRANSACTION_TURN_ATTEMPTS {
            self.turn = Some(self.store.lock(keys::locks::TURN, LockMode::Exclusive).await?);
            return Ok(());
        }
        let bound = Duration::from_millis(1).saturating_mul(1 << doublings.min(TRANSACTION_TURN_ATTEMPTS));
        tokio::time::sleep(bound.mul_f64(spread())).await;
        Ok(())
    }
}

/// A number in 0..1 that differs from its neighbours', so that those who lost together do not come back together. No chance is
/// needed for that, and none is used: a run stays replayable.
fn spread() -> f64 {
    static DRAWS: AtomicU64 = AtomicU64::new(0);
    // Multiples of the golden ratio: each falls into the widest gap that those before it left.
    let draw = DRAWS.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    f64::from(u32::try_from(draw >> 32).unwrap_or(u32::MAX)) / f64::from(u32::MAX)
}
