//! What a fixture holds: one of each kind of record, written through the door and looked at through it.
//!
//! Always holds: what [`Store::write`] puts, [`Store::is_whole`] looks at: sizes of every way to the disk, versions, tags,
//! ACLs, uploads open and completed, copies that share, accounts and keys, a rename's token, and work that was left to do.

use std::path::Path;
use std::time::{Duration, Instant};

use trefoil_tests::case::complete_xml;
use trefoil_tests::request::Auth;
use trefoil_tests::{Answer, Key, Request, Server, checksum};

/// Keys of the bucket `plain`, with the sizes of their bodies: nothing, inline, volume, file of its own, odd names.
const PLAIN: &[(&str, usize)] = &[
    ("empty", 0),
    ("small", 100),
    ("a/b/c/volume", 100_000),
    ("own-file", OWN_FILE_BYTES),
    ("a/", 0),
    ("a", 7),
    ("a%2F%2Fb/..", 9),
    ("%C3%A9%00z", 5),
];
/// Above it, a content has a file of its own.
const OWN_FILE_BYTES: usize = 9 << 20;
const PART_BYTES: usize = 5 << 20;
const LAST_PART_BYTES: usize = 70_000;
const OPEN_PART_BYTES: usize = 3_000;
const ZOE: (&str, &str) = ("FIXTUREKEYOFZOE00001", "fixture/secret+of=zoe");

/// A body that compresses well and differs everywhere.
fn body(seed: &str, size: usize) -> Vec<u8> {
    let line = format!("{seed} is what stands here\n");
    line.bytes().cycle().take(size).enumerate().map(|(at, byte)| byte ^ u8::try_from(at >> 16).unwrap_or(0)).collect()
}

/// Files of contents that have one of their own.
pub fn own_files(data: &Path) -> usize {
    let mut count = 0;
    let mut folders = vec![data.join("blobs/files")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                count += 1;
            }
        }
    }
    count
}

pub struct Store<'a>(pub &'a Server);

impl Store<'_> {
    fn ask(&self, auth: Auth, method: &str, target: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let mut request = Request::new(method, target, auth);
        request.headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
        request.body = body;
        let answer = request.send(self.0.s3).unwrap_or_else(|error| panic!("{method} {target}: {error}"));
        assert!(answer.status / 100 == 2, "{method} {target}: {} {}", answer.status, answer.text());
        answer
    }

    fn send(&self, method: &str, target: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        self.ask(Auth::Header(self.0.root.clone()), method, target, headers, body)
    }

    fn put(&self, target: &str, body: impl Into<Vec<u8>>) -> Answer {
        self.send("PUT", target, &[], body.into())
    }

    fn get(&self, target: &str) -> Answer {
        self.send("GET", target, &[], Vec::new())
    }

    fn zoe(&self, method: &str, target: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        self.ask(Auth::Header(Key::new(ZOE.0, ZOE.1)), method, target, headers, body)
    }

    fn begin(&self, key: &str) -> String {
        self.send("POST", &format!("/plain/{key}?uploads"), &[], Vec::new()).one("UploadId")
    }

    fn part(&self, key: &str, id: &str, number: u32, size: usize) -> String {
        self.put(&format!("/plain/{key}?partNumber={number}&uploadId={id}"), body(key, size)).need("etag")
    }

    fn complete(&self, key: &str, id: &str, parts: &[(u32, &str)]) {
        self.send("POST", &format!("/plain/{key}?uploadId={id}"), &[], complete_xml(parts).into_bytes())
            .root("CompleteMultipartUploadResult");
    }

    pub fn write(&self) {
        for bucket in ["plain", "versions"] {
            self.put(&format!("/{bucket}"), "");
        }
        for (key, size) in PLAIN {
            self.put(&format!("/plain/{key}"), body(key, *size));
        }
        self.put("/plain/small?tagging", tags("colour", "red"));
        self.put("/plain?tagging", tags("team", "blue"));
        let cors = "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>";
        self.put("/plain?cors", cors);

        let described = body("described", 50);
        let sum = checksum::value("sha256", &described);
        let headers =
            [("x-amz-meta-colour", "blue"), ("content-type", "text/x-fixture"), ("x-amz-checksum-sha256", &sum)];
        self.send("PUT", "/plain/described", &headers, described);
        self.send("PUT", "/plain/copied", &[("x-amz-copy-source", "/plain/own-file")], Vec::new());
        self.put("/plain/before", body("renamed", 40));
        let token = [("x-amz-rename-source", "/plain/before"), ("x-amz-client-token", "a-token")];
        self.send("PUT", "/plain/renamed?renameObject", &token, Vec::new());

        let id = self.begin("parts");
        let (first, second) = (self.part("parts", &id, 1, PART_BYTES), self.part("parts", &id, 2, LAST_PART_BYTES));
        self.complete("parts", &id, &[(1, &first), (2, &second)]);
        let id = self.begin("on-its-way");
        self.part("on-its-way", &id, 1, OPEN_PART_BYTES);

        self.put("/versions/d/k", body("null", 10));
        self.put("/versions?versioning", "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>");
        self.put("/versions/d/k", body("first", 100));
        self.put("/versions/d/k", body("second", 70_000));
        self.send("DELETE", "/versions/d/k", &[], Vec::new());

        let command = |words: &[&str]| self.0.command(words).unwrap_or_else(|error| panic!("{error}"));
        command(&["user", "create", "zoe", "--email", "zoe@example.com", "--display-name", "Zoe Z.", "--json"]);
        command(&["key", "create", "zoe", "--access-key-id", ZOE.0, "--secret-access-key", ZOE.1, "--json"]);
        self.zoe("PUT", "/zoes", &[("x-amz-acl", "public-read")], Vec::new());
        self.zoe("PUT", "/zoes/open", &[("x-amz-acl", "public-read")], body("open", 20));
    }

    /// Deletes what has a file of its own: the file goes later.
    pub fn leave_a_task(&self) {
        self.put("/plain/gone", body("gone", OWN_FILE_BYTES));
        self.send("DELETE", "/plain/gone", &[], Vec::new());
    }

    pub fn is_whole(&self) {
        for (key, size) in PLAIN {
            assert!(self.get(&format!("/plain/{key}")).body == body(key, *size), "{key}");
        }
        self.get("/plain/small?tagging").shows("TagSet/Tag/Key", "colour");
        self.get("/plain?tagging").shows("TagSet/Tag/Key", "team");
        self.get("/plain?cors").shows("CORSRule/AllowedMethod", "GET");

        let described = self.send("GET", "/plain/described", &[("x-amz-checksum-mode", "ENABLED")], Vec::new());
        let sum = checksum::value("sha256", &described.body);
        described
            .has("x-amz-meta-colour", "blue")
            .has("content-type", "text/x-fixture")
            .has("x-amz-checksum-sha256", &sum);
        assert!(described.body == body("described", 50));
        self.get("/plain/renamed").holds(body("renamed", 40));

        // A copy shares its content with what it was made of, and does not go with it.
        self.send("DELETE", "/plain/own-file", &[], Vec::new());
        assert!(self.get("/plain/copied").body == body("own-file", OWN_FILE_BYTES), "the copy");

        let parts = self.get("/plain/parts");
        assert_eq!(parts.body.len(), PART_BYTES + LAST_PART_BYTES);
        assert!(parts.body[..PART_BYTES] == body("parts", PART_BYTES) && parts.need("etag").ends_with("-2\""));
        let second = self.get("/plain/parts?partNumber=2");
        assert!(second.body == body("parts", LAST_PART_BYTES), "the second part");
        second.has("x-amz-mp-parts-count", "2");
        let open = self.get("/plain?uploads");
        open.shows("Upload/Key", "on-its-way");
        let id = open.one("Upload/UploadId");
        let etag = self.get(&format!("/plain/on-its-way?uploadId={id}")).one("Part/ETag");
        self.complete("on-its-way", &id, &[(1, &etag)]);
        self.get("/plain/on-its-way").holds(body("on-its-way", OPEN_PART_BYTES));

        let versions = self.get("/versions?versions");
        assert_eq!(versions.all("Version/VersionId").len(), 3, "{}", versions.text());
        assert_eq!(versions.all("DeleteMarker/VersionId").len(), 1);
        let last = &versions.all("Version/VersionId")[0];
        assert!(self.get(&format!("/versions/d/k?versionId={last}")).body == body("second", 70_000));
        self.get("/versions/d/k?versionId=null").holds(body("null", 10));

        self.zoe("GET", "/?prefix=zoes", &[], Vec::new()).shows("Buckets/Bucket/Name", "zoes");
        self.ask(Auth::Anonymous, "GET", "/zoes", &[], Vec::new()).shows("Contents/Key", "open");
        self.ask(Auth::Anonymous, "GET", "/zoes/open", &[], Vec::new()).holds(body("open", 20));
        self.zoe("GET", "/zoes/open?acl", &[], Vec::new()).shows("Owner/DisplayName", "Zoe Z.");

        // The work that was left is done: the copy's file is there, and that of what was deleted is not.
        let deadline = Instant::now() + Duration::from_secs(20);
        while own_files(self.0.directory()) > 1 {
            assert!(Instant::now() < deadline, "{} files of their own", own_files(self.0.directory()));
            std::thread::sleep(Duration::from_millis(100));
        }
        self.put("/plain/new", body("new", 100));
        self.get("/plain/new").holds(body("new", 100));
    }
}

fn tags(key: &str, value: &str) -> String {
    format!("<Tagging><TagSet><Tag><Key>{key}</Key><Value>{value}</Value></Tag></TagSet></Tagging>")
}
