//! What the crash tests share: starting, waiting for an end, and looking at everything after it.
//!
//! Always holds: a problem is reported with the seed that leads to it again.

mod damage;
mod faults;
mod load;
mod order;
mod points;

use trefoil_tests::workload::Writer;
use trefoil_tests::{Server, verify};

/// Whether the whole is to be run, or the slice for every commit.
pub fn full() -> bool {
    std::env::var("TREFOIL_CRASH").is_ok_and(|value| value == "full")
}

/// Asks every writer's oracle about what is there now.
pub fn problems(server: &Server, writers: &mut [Writer]) -> Vec<String> {
    let mut found = Vec::new();
    for writer in writers {
        writer.address = server.s3;
        match verify::verify(writer) {
            Ok(problems) => found.extend(problems),
            Err(problem) => found.push(format!("{}: {problem}", writer.name)),
        }
    }
    found
}

/// `trefoil check` after orphans were reclaimed: clean, and nothing left that no name leads to.
pub fn check_clean(server: &Server) -> Result<(), String> {
    server.command(&["check", "--repair", "--json"])?;
    let report = server.command(&["check", "--json"])?;
    if report["clean"] == true && report["orphan_blobs"] == 0 && report["problems_total"] == 0 {
        return Ok(());
    }
    Err(format!("trefoil check: {report}"))
}
