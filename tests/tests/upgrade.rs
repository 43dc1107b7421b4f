//! Stores that earlier releases wrote are opened by this one, whole, for ever.
//!
//! Always holds: `tests/upgrade/fixtures/VERSION.tar.gz` is a data directory as that release left it, and never changes once that
//! release is out. Each holds the same things, listed in `CONTENTS`; `make fixture` (the ignored test) writes the present version's.

use std::path::{Path, PathBuf};
use std::process::Command;

use trefoil_tests::request::Auth;
use trefoil_tests::{Answer, Options, Request, Server};

/// Keys of the bucket `plain`, with the sizes of their bodies: nothing, inline, volume, file of its own, odd names.
const CONTENTS: &[(&str, usize)] = &[
    ("empty", 0),
    ("small", 100),
    ("a/b/c/volume", 100_000),
    ("own-file", 9 << 20),
    ("a/", 0),
    ("a", 7),
    ("a%2F%2Fb/..", 9),
    ("%C3%A9%00z", 5),
];

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("upgrade/fixtures")
}

/// A body that compresses well and differs everywhere.
fn body(seed: &str, size: usize) -> Vec<u8> {
    let line = format!("{seed} is what stands here\n");
    line.bytes().cycle().take(size).enumerate().map(|(at, byte)| byte ^ u8::try_from(at >> 16).unwrap_or(0)).collect()
}

fn send(server: &Server, method: &str, target: &str, body: Vec<u8>) -> Answer {
    let mut request = Request::new(method, target, Auth::Header(server.root.clone()));
    request.body = body;
    request.send(server.s3).unwrap_or_else(|error| panic!("{method} {target}: {error}"))
}

fn start(directory: &Path) -> Server {
    Server::start(Options { data_dir: Some(directory.to_owned()), ..Options::default() })
}

fn must(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{}", answer.text());
}

#[test]
fn every_released_store_opens_whole() {
    let mut seen = 0;
    for entry in std::fs::read_dir(fixtures()).expect("the fixtures") {
        let archive = entry.expect("a fixture").path();
        if !archive.to_string_lossy().ends_with(".tar.gz") {
            continue;
        }
        seen += 1;
        assert!(archive.metadata().expect("a fixture").len() <= 1 << 20, "{}: at most 1 MiB", archive.display());
        let directory = tempfile::tempdir().expect("a directory");
        let tar = Command::new("tar").arg("-xzSf").arg(&archive).arg("-C").arg(directory.path()).status();
        assert!(tar.expect("tar").success());
        let mut server = start(&directory.path().join("data"));
        for (key, size) in CONTENTS {
            let answer = send(&server, "GET", &format!("/plain/{key}"), Vec::new());
            must(&answer, 200);
            assert!(answer.body == body(key, *size), "{}: {key}", archive.display());
        }
        let tags = send(&server, "GET", "/plain/small?tagging", Vec::new());
        must(&tags, 200);
        tags.shows("TagSet/Tag/Key", "colour");
        let versions = send(&server, "GET", "/versions?versions", Vec::new());
        must(&versions, 200);
        assert_eq!(versions.all("Version/VersionId").len(), 3, "{}", versions.text());
        assert_eq!(versions.all("DeleteMarker/VersionId").len(), 1);
        must(&send(&server, "GET", "/plain?cors", Vec::new()), 200);
        send(&server, "GET", "/plain?uploads", Vec::new()).shows("Upload/Key", "on-its-way");
        must(&send(&server, "PUT", "/plain/new", body("new", 100)), 200);
        let report = server.command(&["check", "--json"]).expect("a clean check");
        assert_eq!(report["problems_total"], 0, "{report}");
        assert_eq!(server.stop(), Some(0));
    }
    assert!(seen > 0, "there is no fixture");
}

#[test]
#[ignore = "writes the present version's fixture: make fixture"]
fn write_the_fixture() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut server = start(&directory.path().join("data"));
    for bucket in ["plain", "versions"] {
        must(&send(&server, "PUT", &format!("/{bucket}"), Vec::new()), 200);
    }
    for (key, size) in CONTENTS {
        must(&send(&server, "PUT", &format!("/plain/{key}"), body(key, *size)), 200);
    }
    let tagging = b"<Tagging><TagSet><Tag><Key>colour</Key><Value>red</Value></Tag></TagSet></Tagging>".to_vec();
    must(&send(&server, "PUT", "/plain/small?tagging", tagging), 200);
    let cors =
        b"<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>\
                 </CORSConfiguration>"
            .to_vec();
    must(&send(&server, "PUT", "/plain?cors", cors), 200);
    must(&send(&server, "POST", "/plain/on-its-way?uploads", Vec::new()), 200);
    let enabled = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>".to_vec();
    must(&send(&server, "PUT", "/versions/d/k", body("null", 10)), 200);
    must(&send(&server, "PUT", "/versions?versioning", enabled), 200);
    must(&send(&server, "PUT", "/versions/d/k", body("first", 100)), 200);
    must(&send(&server, "PUT", "/versions/d/k", body("second", 70_000)), 200);
    must(&send(&server, "DELETE", "/versions/d/k", Vec::new()), 204);
    assert_eq!(server.stop(), Some(0));
    let archive = fixtures().join(format!("{}.tar.gz", env!("CARGO_PKG_VERSION")));
    let tar = Command::new("tar").arg("-czSf").arg(&archive).arg("-C").arg(directory.path()).arg("data").status();
    assert!(tar.expect("tar").success());
}
