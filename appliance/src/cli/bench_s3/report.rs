//! What a run showed: a table for people, one JSON object for programs.
//!
//! Always holds: both show the same numbers; times are in the unit that their name ends in; what could not be measured is absent
//! (null), never zero.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::phase::Outcome;
use super::plan::Operation;
use crate::cli::table::{Align, Table};

#[derive(Debug, Serialize)]
pub struct Report {
    pub endpoint: String,
    pub bucket: String,
    pub size_bytes: u64,
    pub clients: u64,
    /// What was asked for; each operation says what it took.
    pub duration_seconds: f64,
    pub objects: u64,
    pub operations: Vec<Measured>,
    /// What could not be deleted at the end.
    pub left_over_count: u64,
}

#[derive(Debug, Serialize)]
pub struct Measured {
    pub operation: &'static str,
    pub count: u64,
    pub seconds: f64,
    pub operations_per_second: f64,
    /// Content moved, without heads.
    pub mebibytes_per_second: f64,
    pub p50_milliseconds: f64,
    pub p99_milliseconds: f64,
    pub p999_milliseconds: f64,
    pub max_milliseconds: f64,
    pub error_count: u64,
    pub errors: BTreeMap<String, u64>,
    pub client_cpu_microseconds_per_operation: Option<f64>,
    pub server_cpu_microseconds_per_operation: Option<f64>,
    /// At the end of the phase.
    pub server_resident_bytes: Option<u64>,
}

/// CPU and memory of a phase.
#[derive(Clone, Copy, Debug)]
pub struct Costs {
    pub client_cpu: Duration,
    pub server_cpu: Option<Duration>,
    pub server_resident_bytes: Option<u64>,
}

// A count of operations or bytes is far below 2^53, where f64 is exact.
#[allow(clippy::cast_precision_loss)]
impl Measured {
    pub fn new(operation: Operation, outcome: Outcome, costs: Costs) -> Self {
        let count = outcome.latencies.count();
        let seconds = outcome.elapsed.as_secs_f64();
        let rate = |amount: f64| if seconds > 0.0 { amount / seconds } else { 0.0 };
        let milliseconds = |duration: Duration| duration.as_secs_f64() * 1e3;
        let each = |cpu: Duration| (count > 0).then(|| cpu.as_secs_f64() * 1e6 / count as f64);
        Self {
            operation: operation.name(),
            count,
            seconds,
            operations_per_second: rate(count as f64),
            mebibytes_per_second: rate(outcome.body_bytes as f64 / f64::from(1 << 20)),
            p50_milliseconds: milliseconds(outcome.latencies.percentile(0.5)),
            p99_milliseconds: milliseconds(outcome.latencies.percentile(0.99)),
            p999_milliseconds: milliseconds(outcome.latencies.percentile(0.999)),
            max_milliseconds: milliseconds(outcome.latencies.max()),
            error_count: outcome.error_count(),
            errors: outcome.errors,
            client_cpu_microseconds_per_operation: each(costs.client_cpu),
            server_cpu_microseconds_per_operation: costs.server_cpu.and_then(each),
            server_resident_bytes: costs.server_resident_bytes,
        }
    }
}

impl Report {
    pub fn table(&self) -> String {
        let mut columns = vec![("OPERATION", Align::Left)];
        let numbers = [
            "OPS/S",
            "MIB/S",
            "P50 MS",
            "P99 MS",
            "P99.9 MS",
            "MAX MS",
            "ERRORS",
            "CLIENT US/OP",
            "SERVER US/OP",
            "SERVER MIB",
        ];
        columns.extend(numbers.map(|name| (name, Align::Right)));
        let mut table = Table::new(&columns);
        let optional = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.1}"));
        #[allow(clippy::cast_precision_loss)]
        for row in &self.operations {
            let resident = row.server_resident_bytes.map(|bytes| bytes as f64 / f64::from(1 << 20));
            table.row([
                row.operation.to_owned(),
                format!("{:.1}", row.operations_per_second),
                format!("{:.1}", row.mebibytes_per_second),
                format!("{:.3}", row.p50_milliseconds),
                format!("{:.3}", row.p99_milliseconds),
                format!("{:.3}", row.p999_milliseconds),
                format!("{:.3}", row.max_milliseconds),
                row.error_count.to_string(),
                optional(row.client_cpu_microseconds_per_operation),
                optional(row.server_cpu_microseconds_per_operation),
                optional(resident),
            ]);
        }
        let mut text = table.to_string();
        for row in self.operations.iter().filter(|row| row.error_count > 0) {
            let codes: Vec<String> = row.errors.iter().map(|(code, count)| format!("{code} {count}")).collect();
            text.push_str(&format!("{} errors: {}\n", row.operation, codes.join(", ")));
        }
        text
    }
}
