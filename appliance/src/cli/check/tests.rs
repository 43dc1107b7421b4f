//! How a check's report reads.

use super::{describe, render};
use crate::check::{CheckReport, CheckState, ProblemView};

#[test]
fn the_verdict_is_the_last_line() {
    let last = |report: &CheckReport| render(report).lines().last().unwrap().to_owned();
    let mut report = CheckReport { clean: true, objects: 12, ..CheckReport::default() };
    assert_eq!(last(&report), "clean");
    assert!(render(&report).contains("\nobjects                  12\n"), "{}", render(&report));
    (report.clean, report.orphan_blobs, report.orphan_blobs_deleted) = (false, 3, 1);
    assert_eq!(last(&report), "2 orphan blobs take space; run `trefoil check --repair` to reclaim them");
    report.problems_total = 1;
    report.problems.push(ProblemView { kind: "damaged_bytes".into(), what: "photos/a\nb".into() });
    let text = render(&report);
    assert!(text.contains("\ndamaged_bytes: photos/a\\nb\n1 problems; keep a copy"), "{text}");
}

#[test]
fn states_have_their_name_in_the_document() {
    let done = serde_json::to_value(CheckState::Done { report: CheckReport::default() }).unwrap();
    assert_eq!((done["state"].as_str(), done["report"]["clean"].as_bool()), (Some("done"), Some(false)));
    let running: CheckState =
        serde_json::from_str(r#"{"state":"running","progress":{"names_done":1,"bytes_done":2048,"bytes_total":4096}}"#)
            .unwrap();
    let CheckState::Running { progress } = running else { panic!("{running:?}") };
    assert_eq!(describe(progress), "1 names, 2.00 KiB of 4.00 KiB, 0 blobs");
}
