//! That the crash tests crash every operation of the README's table, and that `tests/results/crash.json` is of a full run of them.
//!
//! Always holds: an operation that is built and changes something has a step in the tour of some shape; the full run crashed at every
//! point that the code names, in every shape, and went through all cycles of kill -9 under load, without a problem.

use std::collections::BTreeSet;

use serde_json::Value;
use trefoil_core::failpoint::NAMES;
use trefoil_tests::workload::{Shape, tour};

/// Fewer prove too little.
const CYCLES_MIN: u64 = 200;
const WRITERS_MIN: u64 = 16;

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

fn texts(value: &Value) -> BTreeSet<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

#[test]
fn the_full_run_is_of_every_point_and_shape() {
    let results: Value = serde_json::from_str(&super::read("tests/results/crash.json")).expect("JSON");
    let (points, files) = (&results["points"], &results["files"]);
    let crashed = &texts(&points["points"]) | &texts(&files["points"]);
    let missing: Vec<&str> = NAMES.iter().copied().filter(|name| !crashed.contains(name)).collect();
    assert!(missing.is_empty(), "no crash at {missing:?}: run make crash again");
    for shape in Shape::ALL {
        let steps = &points["shapes"][shape.name()];
        let missing: Vec<&str> =
            tour(shape).iter().map(|step| step.name).filter(|step| texts(&steps[*step]).is_empty()).collect();
        assert!(missing.is_empty(), "{}: no crash during {missing:?}: run make crash again", shape.name());
    }
    assert_eq!((&points["problems"], &files["problems"]), (&0.into(), &0.into()));
    let load = &results["load"];
    let at_least = |field: &str, least: u64| {
        assert!(load[field].as_u64() >= Some(least), "{field} of the cycles under load: {}", load[field]);
    };
    at_least("cycles", CYCLES_MIN);
    at_least("writers", WRITERS_MIN);
    at_least("acknowledged", CYCLES_MIN * 10);
    assert_eq!(load["problems"], 0);
}
