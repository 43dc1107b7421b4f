//! Shapes of files and words in them.
//!
//! Always holds: a rule names the file and line that breaks it.

/// No source is longer; nine of ten are shorter than the second; half are shorter than the third.
const LINES_MAX: usize = 600;
/// A source shorter than this is read whole, so its opening need not say what holds in it.
const LINES_SMALL: usize = 40;
const LINES_P90_MAX: usize = 500;
const LINES_MEDIAN_MAX: usize = 200;

#[test]
fn each_source_says_what_it_is_and_what_always_holds() {
    let mut wrong = Vec::new();
    for name in super::sources() {
        let text = super::read(&name);
        if !text.starts_with("//! ") {
            wrong.push(format!("{name} does not open with //!"));
            continue;
        }
        let head: String = text.lines().take_while(|line| line.starts_with("//!")).collect::<Vec<_>>().join(" ");
        // A unit test's file holds what it tests, and a small one shows it; all others say it.
        let is_test = name.ends_with("/tests.rs") || name.contains("/tests/");
        let is_small = text.lines().count() < LINES_SMALL;
        if !is_test && !is_small && !head.to_lowercase().contains("always hold") {
            wrong.push(format!("{name} does not say what always holds"));
        }
    }
    assert!(wrong.is_empty(), "{} files:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn sources_are_short() {
    let mut lengths: Vec<(usize, String)> =
        super::sources().into_iter().map(|name| (super::read(&name).lines().count(), name)).collect();
    lengths.sort();
    let (median, p90) = (&lengths[lengths.len() / 2], &lengths[lengths.len() * 9 / 10]);
    println!("{} sources, median {} lines, p90 {}, longest {:?}", lengths.len(), median.0, p90.0, lengths.last());
    let long: Vec<&(usize, String)> = lengths.iter().filter(|(lines, _)| *lines > LINES_MAX).collect();
    assert!(long.is_empty(), "longer than {LINES_MAX} lines: {long:?}");
    assert!(p90.0 <= LINES_P90_MAX && median.0 <= LINES_MEDIAN_MAX, "median {}, p90 {}", median.0, p90.0);
}

#[test]
fn tests_stand_beside_and_not_inside() {
    for name in super::sources() {
        let text = super::read(&name);
        let inside = text.lines().any(|line| line.trim_start().starts_with("mod tests {"));
        assert!(!inside, "{name} holds its tests inside: put them in a file beside it");
    }
}

#[test]
fn nothing_of_one_machine_is_in_the_repository() {
    // Put together here, so that this file does not hold them.
    let words = [
        ["/work", "/shared"].concat(),
        ["/work", "/main"].concat(),
        ["/work", "/wt"].concat(),
        ["/work", "/brief"].concat(),
        ["DESIGN", ".md"].concat(),
        ["/root", "/.cargo"].concat(),
        ["/root", "/.cache"].concat(),
    ];
    let mut found = Vec::new();
    for name in super::files() {
        if name.starts_with("tests/results/") || name == "Cargo.lock" {
            continue;
        }
        for (number, line) in super::read(&name).lines().enumerate() {
            for word in &words {
                if line.contains(word) {
                    found.push(format!("{name}:{}: {word}", number + 1));
                }
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn nothing_is_left_to_do_in_the_sources() {
    for name in super::sources().iter().filter(|name| !name.starts_with("tests/tidy/")) {
        for (number, line) in super::read(name).lines().enumerate() {
            for word in ["todo!(", "unimplemented!(", "dbg!(", "FIXME", "XXX:"] {
                assert!(!line.contains(word), "{name}:{}: {word}", number + 1);
            }
        }
    }
}
