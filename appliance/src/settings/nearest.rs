//! The known name that somebody probably meant.
//!
//! Always holds: a proposal differs from what was written by at most a third of its letters, or there is none.

/// The candidate nearest to `word` by edits, where one is near enough to be worth proposing.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.len().max(3)) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Letters to be inserted, deleted, replaced or exchanged with their neighbour (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.to_ascii_lowercase().into_bytes(), b.to_ascii_lowercase().into_bytes());
    // Nothing that long is a setting, and the table would grow with the square of it.
    if a.len() > 64 || b.len() > 64 {
        return usize::MAX;
    }
    let width = b.len() + 1;
    let mut table = vec![0; (a.len() + 1) * width];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            let at = |i: usize, j: usize| table[i * width + j];
            let best = match (i, j) {
                (0, _) => j,
                (_, 0) => i,
                _ => {
                    let replaced = at(i - 1, j - 1) + usize::from(a[i - 1] != b[j - 1]);
                    let mut best = replaced.min(at(i - 1, j) + 1).min(at(i, j - 1) + 1);
                    if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                        best = best.min(at(i - 2, j - 2) + 1);
                    }
                    best
                }
            };
            table[i * width + j] = best;
        }
    }
    table[a.len() * width + b.len()]
}
