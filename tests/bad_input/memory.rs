//! Requests that promise or send far more than a server may hold: memory stays bounded.
//!
//! Always holds: each test has a server of its own, and its peak of resident memory is read from the kernel.

use trefoil_tests::form::{BOUNDARY, Form};
use trefoil_tests::wire::Connection;
use trefoil_tests::{Options, Payload, Server, Test, process};

/// What a request may cost beyond what the server had before.
const GROWTH_MAX: u64 = 64 << 20;

fn bounded(name: &str, run: impl FnOnce(&Test)) {
    let server = Server::start(Options::default());
    let test = Test::new(server.target(), name.to_owned());
    test.put("/{b}").is(200);
    test.object("warm", "up");
    test.delete("/{b}/warm").is(204);
    let before = process::rss(server.pid()).expect("the server runs");
    process::reset_peak(server.pid()).expect("the peak can be reset");
    run(&test);
    let peak = process::peak_rss(server.pid()).expect("the server runs");
    let growth = peak.saturating_sub(before);
    println!("{name}: {} MiB before, {} MiB more at most", before >> 20, growth >> 20);
    assert!(growth <= GROWTH_MAX, "{name} took {} MiB", growth >> 20);
    test.get("/{b}?versions").is(200).omits("Version");
}

/// Sends a head and then blocks, up to `total` bytes or until the server has had enough.
fn pour(t: &Test, head: &[u8], total: u64) -> Connection {
    let mut connection = Connection::open(t.target.address).expect("a connection");
    connection.send(head).expect("sent");
    connection.send_until_refused(&vec![b'x'; 1 << 20], total);
    connection
}

/// The exact error, and nothing but it.
fn refused(mut connection: Connection, method: &str, code: &str) {
    let answer = connection.receive(method).unwrap_or_else(|error| panic!("no answer: {error}"));
    assert_eq!((answer.status, answer.code()), (400, code.to_owned()), "{}", answer.text());
}

#[test]
fn a_chunk_of_four_gibibytes() {
    bounded("four-gib-chunk", |t| {
        let size: u64 = 0xffff_ffff;
        let call =
            t.put("/{b}/k").payload(Payload::UnsignedChunks(1)).with("x-amz-decoded-content-length", &size.to_string());
        let mut wire = call.request.wire(t.target.address);
        wire.set("Content-Length", (size + 100).to_string());
        let mut head = wire.head();
        head.extend(b"ffffffff\r\n");
        // A third of a GiB shows whether it is gathered; the rest would only take time.
        let mut connection = pour(t, &head, 320 << 20);
        connection.finish().expect("half closed");
        refused(connection, "PUT", "IncompleteBody");
    });
}

#[test]
fn a_form_of_five_gibibytes() {
    bounded("five-gib-form", |t| {
        t.put("/{b}?acl").with("x-amz-acl", "public-read-write").is(200);
        let mut head = format!(
            "POST /{} HTTP/1.1\r\nHost: a\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
            t.bucket,
            Form::content_type(),
            5_u64 << 30
        );
        head.push_str(&format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nk\r\n"));
        head.push_str(&format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n"
        ));
        let mut connection = pour(t, head.as_bytes(), 320 << 20);
        connection.finish().expect("half closed");
        refused(connection, "POST", "MalformedPOSTRequest");
    });
}

#[test]
fn a_document_of_a_gibibyte() {
    bounded("one-gib-document", |t| {
        let call = t.post("/{b}?delete").payload(Payload::Unsigned).with("content-length", &(1_u64 << 30).to_string());
        let head = call.with("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==").request.wire(t.target.address).head();
        refused(pour(t, &head, 1 << 30), "POST", "MaxMessageLengthExceeded");
    });
}

#[test]
fn a_document_a_million_deep_many_times() {
    bounded("deep-documents", |t| {
        let body = "<a>".repeat(1_000_000);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                let request = t.post("/{b}?delete").body(&body).md5().request;
                let address = t.target.address;
                scope.spawn(move || {
                    assert_eq!(request.send(address).expect("an answer").code(), "MalformedXML");
                });
            }
        });
    });
}

/// Small elements, of which something large is made: each document is refused, none is parsed into all that it asks for.
#[test]
fn wide_documents_many_times() {
    bounded("wide-documents", |t| {
        let wide = |root: &str, child: &str| format!("<{root}>{}</{root}>", child.repeat(500_000));
        let grants = format!(
            "<AccessControlPolicy><AccessControlList>{}</AccessControlList></AccessControlPolicy>",
            "<Grant></Grant>".repeat(500_000)
        );
        let rounds = [
            ("PUT", "/{b}?acl", grants, "MalformedACLError"),
            ("POST", "/{b}/k?uploadId=x", wide("CompleteMultipartUpload", "<Part/>"), "MalformedXML"),
            ("PUT", "/{b}/k?tagging", wide("Tagging", "<TagSet/>"), "MalformedXML"),
        ];
        for (method, target, body, code) in &rounds {
            std::thread::scope(|scope| {
                for _ in 0..8 {
                    let request = t.call(method, target).anonymous().body(body).request;
                    let address = t.target.address;
                    scope.spawn(move || {
                        let answer = request.send(address).expect("an answer");
                        assert_eq!((answer.status, answer.code().as_str()), (400, *code), "{}", answer.text());
                    });
                }
            });
        }
    });
}

/// A document under a name in another spelling is a document, and bounded as one; so is one whose length nobody told.
#[test]
fn documents_poured_in_by_strangers() {
    bounded("poured-documents", |t| {
        let address = t.target.address;
        let spelled = ["%61cl", "%74agging", "%6cegal-hold", "%72etention"];
        std::thread::scope(|scope| {
            for n in 0..32_usize {
                let (name, bucket) = (spelled[n % spelled.len()], t.bucket.clone());
                scope.spawn(move || {
                    let length = if n < 16 { "Content-Length: 15728640" } else { "Transfer-Encoding: chunked" };
                    let head = format!("PUT /{bucket}/k?{name} HTTP/1.1\r\nHost: a\r\n{length}\r\n\r\n");
                    let mut connection = Connection::open(address).expect("a connection");
                    connection.send(head.as_bytes()).expect("sent");
                    let piece = [format!("{:x}\r\n", 1 << 20).into_bytes(), vec![b'x'; 1 << 20], b"\r\n".to_vec()];
                    connection.send_until_refused(&if n < 16 { piece[1].clone() } else { piece.concat() }, 15 << 20);
                    let answer = connection.receive("PUT").expect("an answer");
                    let expected = (400, "MaxMessageLengthExceeded");
                    assert_eq!((answer.status, answer.code().as_str()), expected, "{}", answer.text());
                });
            }
        });
    });
}

#[test]
fn a_hundred_thousand_headers_many_times() {
    bounded("many-headers", |t| {
        let mut head = String::from("GET / HTTP/1.1\r\nHost: a\r\n");
        for n in 0..100_000 {
            head.push_str(&format!("x-{n}: v\r\n"));
        }
        for _ in 0..20 {
            let mut connection = Connection::open(t.target.address).expect("a connection");
            connection.send_until_refused(head.as_bytes(), head.len() as u64);
        }
    });
}

#[test]
fn a_thousand_idle_connections() {
    bounded("idle-connections", |t| {
        let held: Vec<Connection> = (0..1000).filter_map(|_| Connection::open(t.target.address).ok()).collect();
        assert!(held.len() > 900, "{}", held.len());
        t.head("/{b}").is(200);
    });
}

#[test]
fn a_client_that_never_reads() {
    bounded("never-reads", |t| {
        let body = vec![b'x'; 32 << 20];
        t.put("/{b}/k").payload(Payload::Unsigned).body(&body).is(200);
        let head = t.get("/{b}/k").request.wire(t.target.address).bytes();
        let mut held = Vec::new();
        for _ in 0..16 {
            let mut connection = Connection::open(t.target.address).expect("a connection");
            connection.send(&head).expect("sent");
            held.push(connection);
        }
        std::thread::sleep(std::time::Duration::from_secs(2));
        t.head("/{b}/k").is(200);
        drop(held);
        t.delete("/{b}/k").is(204);
    });
}
