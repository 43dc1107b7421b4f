//! Where an object is, as answers that made one tell it.
//!
//! Always holds: it is by the name that the client used for this server, so that it leads there from where the client is.

use http::{HeaderMap, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// `virtual_host`: the bucket stands in the host. This server speaks no TLS, so the scheme is the one that it was asked by.
pub fn location(headers: &HeaderMap, virtual_host: bool, bucket: &str, key: &str) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let key = utf8_percent_encode(key, PATH);
    match virtual_host {
        true => format!("http://{host}/{key}"),
        false => format!("http://{host}/{bucket}/{key}"),
    }
}
