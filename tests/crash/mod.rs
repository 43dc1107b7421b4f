//! What the crash tests share: starting, waiting for an end, looking at everything after it, and the results of a full run.
//!
//! Always holds: a problem is reported with what leads to it again.

mod damage;
mod faults;
mod files;
mod load;
mod order;
mod points;
mod space;

use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};
use trefoil_tests::survey::verify;
use trefoil_tests::workload::Writer;
use trefoil_tests::{Server, Test};

/// Whether the whole is to be run, or the slice for every commit.
pub fn full() -> bool {
    std::env::var("TREFOIL_CRASH").is_ok_and(|value| value == "full")
}

/// A test's view of a server, as root, with a bucket's name.
pub fn test_on(server: &Server, bucket: &str) -> Test {
    let target = trefoil_tests::Target { address: server.s3, root: server.root.clone(), main: None, alt: None };
    Test::new(target, bucket.into())
}

/// Asks every writer's oracle about what is there now; then lets each end its uploads and looks at what became of them.
pub fn problems(server: &Server, writers: &mut [Writer]) -> Vec<String> {
    let mut found = Vec::new();
    std::thread::scope(|scope| {
        let looks: Vec<_> = writers
            .iter_mut()
            .map(|writer| {
                scope.spawn(|| {
                    writer.address = server.s3;
                    let mut problems = verify(writer);
                    let before = writer.oracle.acknowledged;
                    if writer.end_uploads().is_err() {
                        problems.push(format!("{}: the server was gone while uploads were ended", writer.name));
                    } else if writer.oracle.acknowledged > before {
                        problems.extend(verify(writer));
                    }
                    problems.append(&mut writer.complaints);
                    problems
                })
            })
            .collect();
        for look in looks {
            found.extend(look.join().unwrap_or_else(|_| vec!["a look at what is there has panicked".to_owned()]));
        }
    });
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

/// Notes an outcome of a full run in the file that `TREFOIL_CRASH_RESULTS` names.
pub fn note_result(section: &str, outcome: Value) {
    static ONE_BY_ONE: Mutex<()> = Mutex::new(());
    let Some(file) = std::env::var_os("TREFOIL_CRASH_RESULTS").filter(|_| full()) else { return };
    let _alone = ONE_BY_ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut results: Value =
        std::fs::read(&file).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_else(|| json!({}));
    results["suite"] = json!("crash");
    results["commit"] = json!(std::env::var("TREFOIL_COMMIT").unwrap_or_default());
    let today = time::OffsetDateTime::now_utc().date();
    results["date"] = json!(format!("{:04}-{:02}-{:02}", today.year(), u8::from(today.month()), today.day()));
    results[section] = outcome;
    let text = serde_json::to_string_pretty(&results).expect("JSON can be written");
    std::fs::write(&file, text + "\n").expect("the results can be written");
}
