//! Is a history of concurrent operations what some order of them, one after another, would have given?
//!
//! Always holds (Wing and Gong, with Lowe's memory of states that were tried): the order that is looked for keeps every operation
//! between its call and its answer, and every answer is what the state at that point gives. Found or refuted, never guessed.

use std::collections::HashSet;
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

/// Operations of one history: a bit each.
pub const OPERATIONS_MAX: usize = 64;

/// An operation with its answer, and when it was called and answered on the history's own clock.
#[derive(Clone, Debug)]
pub struct Recorded<O> {
    pub called: u64,
    pub answered: u64,
    pub operation: O,
}

/// Collects what many tasks do.
pub struct Recorder<O> {
    clock: AtomicU64,
    history: Mutex<Vec<Recorded<O>>>,
}

impl<O> Default for Recorder<O> {
    fn default() -> Self {
        Self { clock: AtomicU64::new(0), history: Mutex::default() }
    }
}

impl<O> Recorder<O> {
    /// Runs an operation that gives itself with its answer.
    pub async fn run(&self, operation: impl Future<Output = O>) {
        let called = self.clock.fetch_add(1, Ordering::SeqCst);
        let operation = operation.await;
        let answered = self.clock.fetch_add(1, Ordering::SeqCst);
        self.history.lock().push(Recorded { called, answered, operation });
    }

    pub fn take(&self) -> Vec<Recorded<O>> {
        std::mem::take(&mut *self.history.lock())
    }
}

/// Looks for an order. `step` gives the state after an operation, or `None` where its answer can't be in that state.
pub fn check<S: Clone + Eq + Hash, O: Debug>(
    initial: &S,
    history: &[Recorded<O>],
    step: impl Fn(&S, &O) -> Option<S>,
) -> Result<(), String> {
    assert!(history.len() <= OPERATIONS_MAX, "{} operations are too many for one history", history.len());
    let all = (0..history.len()).fold(0_u64, |bits, at| bits | 1 << at);
    let mut seen = HashSet::new();
    let mut open = vec![(0_u64, initial.clone())];
    let mut furthest = 0_u64;
    while let Some((done, state)) = open.pop() {
        if done == all {
            return Ok(());
        }
        if !seen.insert((done, state.clone())) {
            continue;
        }
        if done.count_ones() > furthest.count_ones() {
            furthest = done;
        }
        let left = || history.iter().enumerate().filter(|(at, _)| done & 1 << at == 0);
        // What was called after another's answer comes after it.
        let first_answer = left().map(|(_, recorded)| recorded.answered).min().unwrap_or(u64::MAX);
        for (at, recorded) in left().filter(|(_, recorded)| recorded.called < first_answer) {
            if let Some(next) = step(&state, &recorded.operation) {
                open.push((done | 1 << at, next));
            }
        }
    }
    let mut text = String::from("no order explains this history (* marks what the longest attempt explained):\n");
    let mut lines: Vec<_> = history.iter().enumerate().collect();
    lines.sort_by_key(|(_, recorded)| recorded.called);
    for (at, recorded) in lines {
        let mark = if furthest & 1 << at == 0 { ' ' } else { '*' };
        text += &format!("{mark} {:>4}..{:<4} {:?}\n", recorded.called, recorded.answered, recorded.operation);
    }
    Err(text)
}

#[cfg(test)]
mod of_the_checker {
    use super::*;

    #[derive(Clone, Debug)]
    enum Op {
        Write(u64),
        Read(u64),
    }

    fn step(state: &u64, op: &Op) -> Option<u64> {
        match op {
            Op::Write(value) => Some(*value),
            Op::Read(value) => (value == state).then_some(*state),
        }
    }

    fn at(called: u64, answered: u64, operation: Op) -> Recorded<Op> {
        Recorded { called, answered, operation }
    }

    #[test]
    fn an_order_is_found_where_there_is_one() {
        // A read that runs beside a write may see either value, but not the old one after the new one was seen.
        check(&0, &[at(0, 9, Op::Write(1)), at(1, 2, Op::Read(0)), at(3, 4, Op::Read(1))], step).unwrap();
        check(&0, &[at(0, 9, Op::Write(1)), at(1, 8, Op::Read(1)), at(2, 7, Op::Read(0))], step).unwrap();
        check(&0, &[], step).unwrap();
    }

    #[test]
    fn what_no_order_explains_is_refused() {
        let stale = [at(0, 1, Op::Write(1)), at(2, 3, Op::Read(0))];
        let back = [at(0, 9, Op::Write(1)), at(1, 2, Op::Read(1)), at(3, 4, Op::Read(0))];
        let lost = [at(0, 3, Op::Write(1)), at(1, 4, Op::Write(2)), at(5, 6, Op::Read(2)), at(7, 8, Op::Read(1))];
        let invented = [at(0, 1, Op::Read(7))];
        for history in [&stale[..], &back, &lost, &invented] {
            assert!(check(&0, history, step).is_err(), "{history:?}");
        }
    }
}
