//! The admin API over its two doors, on a store in memory.

use std::collections::HashMap;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;
use trefoil_core::access::{Accounts, Secret};
use trefoil_core::clock::SystemClock;
use trefoil_core::data::Location;
use trefoil_core::data::memory::MemoryStore as MemoryBlobs;
use trefoil_core::metadata::memory::MemoryStore as MemoryIndex;
use trefoil_core::objects::{AclChange, CreateBucket, ObjectService, Parts};
use trefoil_core::random::SystemRandom;
use trefoil_core::types::{BucketName, Principal, TagSet};

use super::{Admin, Front, Listener, RootVerifier, api, bind_socket, serve};
use crate::cli::sigv4::{Signer, hash_hex};

const ROOT: (&str, &str) = ("ROOTKEY", "root-secret-of-the-tests");

struct Fixture {
    front: Arc<Front>,
    service: ObjectService,
    dir: tempfile::TempDir,
    address: String,
    stop: watch::Sender<bool>,
}

async fn fixture() -> Fixture {
    let metadata = Arc::new(MemoryIndex::new());
    let (clock, random) = (Arc::new(SystemClock), Arc::new(SystemRandom));
    let root = (ROOT.0.to_owned(), Secret::new(ROOT.1));
    let accounts = Arc::new(Accounts::load(metadata.clone(), clock.clone(), random.clone(), root).await.unwrap());
    let location = Location { name: "files".into(), store: MemoryBlobs::new(1 << 20), inline: true };
    let service = ObjectService::new(Parts {
        metadata,
        locations: HashMap::from([("files".to_owned(), location)]),
        default_location: "files".into(),
        accounts: accounts.clone(),
        clock: clock.clone(),
        random,
        region: "us-east-1".into(),
    });
    let info = api::Info {
        version: "0".into(),
        pid: 1,
        s3: "127.0.0.1:1".into(),
        admin: "127.0.0.1:2".into(),
        nfs: None,
        data_dir: "/d".into(),
        uptime_seconds: 0,
    };
    let verifier = Box::new(RootVerifier::new(accounts, clock));
    let (stop, stopped) = watch::channel(false);
    let front = Arc::new(Front::new());
    front.open(Admin::new(service.clone(), verifier, Vec::new(), info, stopped.clone()));
    let dir = tempfile::tempdir().unwrap();
    let socket = bind_socket(&dir.path().join("admin.sock")).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(serve(front.clone(), Listener::Socket(socket), stopped.clone()));
    tokio::spawn(serve(front.clone(), Listener::Address(listener), stopped));
    Fixture { front, service, dir, address, stop }
}

async fn send<S>(stream: S, request: Request<Full<Bytes>>) -> (StatusCode, String)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let response = sender.send_request(request).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

impl Fixture {
    /// Over the socket.
    async fn ask(&self, method: &str, path: &str, body: impl Into<Bytes>) -> (StatusCode, Value) {
        let stream = tokio::net::UnixStream::connect(self.dir.path().join("admin.sock")).await.unwrap();
        let request =
            Request::builder().method(method).uri(path).header("host", "x").body(Full::new(body.into())).unwrap();
        let (status, text) = send(stream, request).await;
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// Over the address, signed with this key; `sign_body` is the body that the signature covers.
    async fn ask_signed(&self, key: (&str, &str), path: &str, sign_body: &str, body: &str) -> (StatusCode, String) {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        let hash = hash_hex(sign_body.as_bytes());
        let mut signer = Signer::new(key.0, key.1, "us-east-1", &self.address, now);
        let (date, authorization) = signer.authorization("POST", path, "", &hash);
        let request = Request::post(path)
            .header("host", &self.address)
            .header("x-amz-date", date)
            .header("x-amz-content-sha256", hash)
            .header("authorization", authorization)
            .body(Full::new(Bytes::from(body.to_owned())))
            .unwrap();
        send(tokio::net::TcpStream::connect(&self.address).await.unwrap(), request).await
    }

    async fn ask_unsigned(&self, path: &str) -> (StatusCode, String) {
        let request = Request::get(path).header("host", &self.address).body(Full::default()).unwrap();
        send(tokio::net::TcpStream::connect(&self.address).await.unwrap(), request).await
    }
}

#[tokio::test]
async fn users_and_keys_are_made_listed_and_deleted() {
    let fixture = fixture().await;
    let mode = std::fs::metadata(fixture.dir.path().join("admin.sock")).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);

    let new = json!({"name": "zoe", "display_name": "Zoé", "email": "zoe@example.com"}).to_string();
    let (status, zoe) = fixture.ask("POST", "/api/v1/users", new.clone()).await;
    assert_eq!(status, StatusCode::CREATED, "{zoe}");
    assert_eq!((zoe["name"].as_str(), zoe["display_name"].as_str()), (Some("zoe"), Some("Zoé")));
    assert_eq!(zoe["id"].as_str().unwrap().len(), 64);
    let (status, error) = fixture.ask("POST", "/api/v1/users", new).await;
    assert!(status.is_client_error() && !error["error"]["message"].as_str().unwrap().is_empty(), "{status} {error}");

    let (_, users) = fixture.ask("GET", "/api/v1/users", "").await;
    let names: Vec<_> = users["users"].as_array().unwrap().iter().map(|user| user["name"].as_str().unwrap()).collect();
    assert_eq!((names.len(), names[1]), (2, "zoe"));
    assert_eq!(users["users"][0]["is_root"], true);
    assert_eq!(fixture.ask("GET", "/api/v1/users/zoe", "").await.1, zoe);

    let (status, key) = fixture.ask("POST", "/api/v1/users/zoe/keys", "").await;
    assert_eq!(status, StatusCode::CREATED, "{key}");
    let id = key["access_key_id"].as_str().unwrap();
    let (account, secret) = fixture.service.accounts().by_access_key(id).unwrap();
    assert_eq!((account.name.as_str(), Some(secret.expose())), ("zoe", key["secret_access_key"].as_str()));
    let own = json!({"access_key_id": "OWNKEY", "secret_access_key": "own-secret-123"}).to_string();
    let (status, key) = fixture.ask("POST", "/api/v1/users/zoe/keys", own).await;
    assert_eq!((status, key["access_key_id"].as_str()), (StatusCode::CREATED, Some("OWNKEY")), "{key}");
    let (_, keys) = fixture.ask("GET", "/api/v1/users/zoe/keys", "").await;
    assert_eq!(keys["keys"].as_array().unwrap().len(), 2);
    assert!(!keys.to_string().contains("secret"), "{keys}");
    assert!(keys["keys"][0]["created"].as_str().unwrap().ends_with('Z'), "{keys}");

    assert_eq!(fixture.ask("DELETE", "/api/v1/keys/OWNKEY", "").await.0, StatusCode::NO_CONTENT);
    assert!(fixture.service.accounts().by_access_key("OWNKEY").is_none());
    let (status, error) = fixture.ask("DELETE", "/api/v1/keys/OWNKEY", "").await;
    assert_eq!((status, error["error"]["code"].as_str()), (StatusCode::NOT_FOUND, Some("NoSuchAccessKey")));
    assert_eq!(fixture.ask("DELETE", "/api/v1/users/zoe", "").await.0, StatusCode::NO_CONTENT);
    assert!(fixture.service.accounts().by_access_key(id).is_none());
    let (status, error) = fixture.ask("GET", "/api/v1/users/zoe/keys", "").await;
    assert_eq!((status, error["error"]["code"].as_str()), (StatusCode::NOT_FOUND, Some("NoSuchUser")));
}

#[tokio::test]
async fn a_user_with_buckets_and_root_stay() {
    let fixture = fixture().await;
    fixture.ask("POST", "/api/v1/users", json!({"name": "zoe"}).to_string()).await;
    let zoe = fixture.service.accounts().by_name("zoe").unwrap();
    let bucket = CreateBucket {
        bucket: "zoes".parse::<BucketName>().unwrap(),
        location: None,
        acl: AclChange::default(),
        tags: TagSet::default(),
    };
    fixture.service.create_bucket(&Principal::Account(zoe), bucket).await.unwrap();
    let (status, error) = fixture.ask("DELETE", "/api/v1/users/zoe", "").await;
    assert!(status.is_client_error(), "{status} {error}");
    assert!(fixture.service.accounts().by_name("zoe").is_some());
    let root = fixture.service.accounts().root().name.clone();
    assert!(fixture.ask("DELETE", &format!("/api/v1/users/{root}"), "").await.0.is_client_error());
}

#[tokio::test]
async fn wrong_requests_are_refused() {
    let fixture = fixture().await;
    for (method, path, body, expected) in [
        ("GET", "/api/v1/nothing", "", StatusCode::NOT_FOUND),
        ("GET", "/api/v2/users", "", StatusCode::NOT_FOUND),
        ("GET", "/", "", StatusCode::NOT_FOUND),
        ("PUT", "/api/v1/users", "", StatusCode::METHOD_NOT_ALLOWED),
        ("POST", "/api/v1/users", "", StatusCode::BAD_REQUEST),
        ("POST", "/api/v1/users", "{\"name\":\"a\",\"admin\":true}", StatusCode::BAD_REQUEST),
        ("POST", "/api/v1/users", "{\"name\":\"a\",\"id\":\"x\"}", StatusCode::BAD_REQUEST),
        ("POST", "/api/v1/users", "{\"name\":\"a/b\"}", StatusCode::BAD_REQUEST),
        ("POST", "/api/v1/users/root/keys", "{\"access_key_id\":\"abc\"}", StatusCode::BAD_REQUEST),
        ("POST", "/api/v1/users/nobody/keys", "{}", StatusCode::NOT_FOUND),
        ("GET", "/_/nothing", "", StatusCode::NOT_FOUND),
        ("POST", "/_/metrics", "", StatusCode::METHOD_NOT_ALLOWED),
    ] {
        let (status, answer) = fixture.ask(method, path, body).await;
        assert_eq!(status, expected, "{method} {path} {body}: {answer}");
        assert!(answer["error"]["message"].is_string(), "{method} {path}: {answer}");
    }
    let long = "x".repeat(crate::limits::ADMIN_BODY_BYTES_MAX + 1);
    assert_eq!(fixture.ask("POST", "/api/v1/users", long).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(fixture.service.accounts().list().len(), 1);
}

#[tokio::test]
async fn health_and_metrics_need_no_signature() {
    let fixture = fixture().await;
    assert_eq!(fixture.ask_unsigned("/_/health/live").await, (StatusCode::OK, "live\n".into()));
    assert_eq!(fixture.ask_unsigned("/_/health/ready").await.0, StatusCode::SERVICE_UNAVAILABLE);
    fixture.front.set_ready(true);
    assert_eq!(fixture.ask_unsigned("/_/health/ready").await, (StatusCode::OK, "ready\n".into()));
    let (status, text) = fixture.ask_unsigned("/_/metrics").await;
    assert!(status == StatusCode::OK && text.contains("\ntrefoil_build_info{"), "{text}");
}

#[tokio::test]
async fn before_there_is_a_store_probes_are_answered_and_the_api_says_to_wait() {
    let (_stop, stopped) = watch::channel(false);
    let dir = tempfile::tempdir().unwrap();
    let socket = bind_socket(&dir.path().join("admin.sock")).unwrap();
    tokio::spawn(serve(Arc::new(Front::new()), Listener::Socket(socket), stopped));
    for (path, expected) in [
        ("/_/health/live", StatusCode::OK),
        ("/_/health/ready", StatusCode::SERVICE_UNAVAILABLE),
        ("/_/metrics", StatusCode::OK),
        ("/api/v1/users", StatusCode::SERVICE_UNAVAILABLE),
    ] {
        let stream = tokio::net::UnixStream::connect(dir.path().join("admin.sock")).await.unwrap();
        let request = Request::get(path).header("host", "x").body(Full::default()).unwrap();
        assert_eq!(send(stream, request).await.0, expected, "{path}");
    }
}

#[tokio::test]
async fn a_directory_that_a_crash_left_is_no_way_to_the_socket() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("admin.new")).unwrap();
    std::fs::set_permissions(dir.path().join("admin.new"), std::fs::Permissions::from_mode(0o777)).unwrap();
    std::fs::write(dir.path().join("admin.new/s"), "").unwrap();
    let _socket = bind_socket(&dir.path().join("admin.sock")).unwrap();
    let names: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["admin.sock"]);
    let mode = std::fs::metadata(dir.path().join("admin.sock")).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
}

#[tokio::test]
async fn clients_that_hold_connections_keep_no_probe_from_its_answer() {
    let fixture = fixture().await;
    let mut held = Vec::new();
    for _ in 0..crate::limits::ADMIN_CONNECTIONS_MAX {
        let mut stream = tokio::net::TcpStream::connect(&fixture.address).await.unwrap();
        // One that has its answer and does not take it, and now half a request.
        stream.write_all(b"GET /_/health/live HTTP/1.1\r\nhost: x\r\n\r\nGET /_/").await.unwrap();
        held.push(stream);
    }
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    let begun = std::time::Instant::now();
    assert_eq!(fixture.ask_unsigned("/_/health/live").await.0, StatusCode::OK);
    assert!(begun.elapsed() < crate::limits::ADMIN_HEAD_TIMEOUT, "it waited until they were cut off");
    // The oldest made room: it ends, before its own time is over.
    let _ = held[0].read_to_end(&mut Vec::new()).await;
    assert!(begun.elapsed() < crate::limits::ADMIN_HEAD_TIMEOUT, "the oldest was not given up");
}

#[tokio::test]
async fn the_address_takes_only_the_root_key() {
    let fixture = fixture().await;
    let (path, body) = ("/api/v1/users", "{\"name\":\"zoe\"}");
    assert_eq!(fixture.ask_unsigned("/api/v1/users").await.0, StatusCode::FORBIDDEN);
    assert!(fixture.ask_unsigned("/_/metrics").await.1.contains("\ntrefoil_admin_refused_total 1\n"));
    assert_eq!(fixture.ask_signed(("NOKEY", "no-secret-at-all"), path, body, body).await.0, StatusCode::FORBIDDEN);
    assert_eq!(fixture.ask_signed((ROOT.0, "not-the-secret"), path, body, body).await.0, StatusCode::FORBIDDEN);
    let (status, text) = fixture.ask_signed(ROOT, path, "{\"name\":\"eve\"}", body).await;
    assert!(status == StatusCode::FORBIDDEN && text.contains("not the one that was signed"), "{text}");
    assert_eq!(fixture.service.accounts().list().len(), 1);

    let (status, text) = fixture.ask_signed(ROOT, path, body, body).await;
    assert_eq!(status, StatusCode::CREATED, "{text}");
    // Another account's key is right, and still not enough.
    let key = "{\"access_key_id\":\"ZOEKEY\",\"secret_access_key\":\"zoes-secret-1\"}";
    let (status, text) = fixture.ask_signed(ROOT, "/api/v1/users/zoe/keys", key, key).await;
    assert_eq!(status, StatusCode::CREATED, "{text}");
    let (status, text) =
        fixture.ask_signed(("ZOEKEY", "zoes-secret-1"), path, "{\"name\":\"b\"}", "{\"name\":\"b\"}").await;
    assert!(status == StatusCode::FORBIDDEN && text.contains("root"), "{text}");
}

#[tokio::test]
async fn a_check_runs_once_at_a_time_and_keeps_its_result() {
    let fixture = fixture().await;
    assert_eq!(fixture.ask("GET", "/api/v1/check", "").await.1, json!({"state": "idle"}));
    let (status, state) = fixture.ask("POST", "/api/v1/check", "{\"repair\":true}").await;
    assert_eq!(status, StatusCode::ACCEPTED, "{state}");
    let mut state = state;
    for _ in 0..500 {
        if state["state"] != "running" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        state = fixture.ask("GET", "/api/v1/check", "").await.1;
    }
    assert_eq!((&state["state"], &state["report"]["clean"]), (&json!("done"), &json!(true)), "{state}");
}

#[tokio::test]
async fn shutdown_ends_both_doors() {
    let fixture = fixture().await;
    fixture.stop.send(true).unwrap();
    for _ in 0..500 {
        if tokio::net::TcpStream::connect(&fixture.address).await.is_err() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the address still takes connections");
}
