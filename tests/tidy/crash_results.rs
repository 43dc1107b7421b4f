//! That the crash tests crash every operation of the README's table.
//!
//! Always holds: an operation that is built and changes something has a step in the tour of some shape.

use std::collections::BTreeSet;

use trefoil_tests::workload::{Shape, tour};

fn steps() -> BTreeSet<String> {
    Shape::ALL.iter().flat_map(|shape| tour(*shape)).map(|step| step.name.to_owned()).collect()
}

/// What changes something and is built, by the README's table.
fn operations_that_change() -> BTreeSet<String> {
    let readme = super::read("README.md");
    let rows = readme.lines().filter_map(|line| {
        let cells: Vec<&str> = line.trim().trim_matches('|').split('|').map(str::trim).collect();
        let [name, request, "yes", _] = cells[..] else { return None };
        let request = request.trim_start_matches('`');
        (!request.starts_with("GET ") && !request.starts_with("HEAD ") && !request.starts_with("OPTIONS "))
            .then(|| name.to_owned())
    });
    rows.collect()
}

#[test]
fn every_operation_that_changes_something_is_crashed() {
    let crashed: BTreeSet<String> =
        steps().iter().map(|step| step.split(',').next().unwrap_or(step).to_owned()).collect();
    let operations = operations_that_change();
    assert!(operations.len() >= 20, "{operations:?}");
    let missing: Vec<&String> = operations.difference(&crashed).collect();
    assert!(missing.is_empty(), "no step of the crash tests' tour makes {missing:?}");
}
