//! The exposition format.

use super::{Exposition, Kind};

#[test]
fn samples_stand_under_their_metric_and_labels_are_escaped() {
    let mut exposition = Exposition::default();
    exposition.single("trefoil_a_total", Kind::Counter, "Counts a.", 3);
    exposition.metric("trefoil_b_bytes", Kind::Gauge, "Bytes of b.");
    exposition.sample("trefoil_b_bytes", &[("name", "x\"y\\z\n"), ("kind", "k")], 1.5);
    let expected = "\
# HELP trefoil_a_total Counts a.
# TYPE trefoil_a_total counter
trefoil_a_total 3
# HELP trefoil_b_bytes Bytes of b.
# TYPE trefoil_b_bytes gauge
trefoil_b_bytes{name=\"x\\\"y\\\\z\\n\",kind=\"k\"} 1.5
";
    assert_eq!(exposition.into_text(), expected);
}

#[test]
fn histograms_are_cumulative() {
    let mut exposition = Exposition::default();
    exposition.histogram("h_seconds", &[("op", "Get")], &[0.1, 1.0], &[2, 3, 1], 4.25);
    let expected = "\
h_seconds_bucket{op=\"Get\",le=\"0.1\"} 2
h_seconds_bucket{op=\"Get\",le=\"1\"} 5
h_seconds_bucket{op=\"Get\",le=\"+Inf\"} 6
h_seconds_sum{op=\"Get\"} 4.25
h_seconds_count{op=\"Get\"} 6
";
    assert_eq!(exposition.into_text(), expected);
}

#[test]
fn the_process_tells_about_itself() {
    let mut exposition = Exposition::default();
    super::process::source()(&mut exposition);
    let text = exposition.into_text();
    for name in ["trefoil_build_info{version=\"", "trefoil_process_resident_memory_bytes ", "trefoil_process_open_fds "]
    {
        assert!(text.contains(name), "{text}");
    }
}
