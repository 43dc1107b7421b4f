//! Endpoints that are and are not.

use super::Endpoint;

#[test]
fn endpoints_are_read() {
    for (url, host, address) in [
        ("http://127.0.0.1:8000", "127.0.0.1:8000", "127.0.0.1:8000"),
        ("http://localhost/", "localhost", "localhost:80"),
        ("http://localhost:80", "localhost", "localhost:80"),
        ("http://[::1]:9000/", "[::1]:9000", "[::1]:9000"),
        ("http://[::1]", "[::1]", "[::1]:80"),
    ] {
        let endpoint: Endpoint = url.parse().unwrap();
        assert_eq!((endpoint.host.as_str(), endpoint.address.as_str()), (host, address), "{url}");
    }
    for url in [
        "",
        "127.0.0.1:8000",
        "https://a",
        "http://",
        "http://a/b",
        "http://a:b",
        "http://:80",
        "http://a b",
        "http://a:99999",
    ] {
        assert!(url.parse::<Endpoint>().is_err(), "{url}");
    }
}
