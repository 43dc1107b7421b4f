//! The report's two forms.

use std::time::Duration;

use super::{Costs, Measured, Report};
use crate::cli::bench_s3::phase::Outcome;
use crate::cli::bench_s3::plan::Operation;

fn report() -> Report {
    let mut outcome = Outcome { body_bytes: 400 * 4096, elapsed: Duration::from_secs(2), ..Outcome::default() };
    (0..400).for_each(|_| outcome.latencies.record(Duration::from_millis(1)));
    outcome.errors.insert("SlowDown".into(), 3);
    let costs = Costs {
        client_cpu: Duration::from_millis(6),
        server_cpu: Some(Duration::from_millis(32)),
        server_resident_bytes: Some(64 << 20),
    };
    let put = Measured::new(Operation::Put, outcome, costs);
    let nothing = Costs { client_cpu: Duration::ZERO, server_cpu: None, server_resident_bytes: None };
    let get = Measured::new(Operation::Get, Outcome { elapsed: Duration::from_secs(1), ..Outcome::default() }, nothing);
    Report {
        endpoint: "http://127.0.0.1:8000".into(),
        bucket: "b".into(),
        size_bytes: 4096,
        clients: 16,
        duration_seconds: 2.0,
        objects: 400,
        operations: vec![put, get],
        left_over_count: 0,
    }
}

#[test]
fn the_table_shows_rates_and_names_errors() {
    let expected = "\
OPERATION  OPS/S  MIB/S  P50 MS  P99 MS  P99.9 MS  MAX MS  ERRORS  CLIENT US/OP  SERVER US/OP  SERVER MIB
put        200.0    0.8   1.000   1.000     1.000   1.000       3          15.0          80.0        64.0
get          0.0    0.0   0.000   0.000     0.000   0.000       0             -             -           -
put errors: SlowDown 3
";
    assert_eq!(report().table(), expected);
}

#[test]
fn json_says_null_for_what_was_not_measured() {
    let json = serde_json::to_value(report()).unwrap();
    assert_eq!(json["operations"][0]["errors"]["SlowDown"], 3);
    assert_eq!(json["operations"][0]["operations_per_second"], 200.0);
    assert_eq!(json["operations"][0]["server_cpu_microseconds_per_operation"], 80.0);
    assert_eq!(json["operations"][1]["server_cpu_microseconds_per_operation"], serde_json::Value::Null);
}
