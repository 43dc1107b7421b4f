//! What the first start says to do next.
//!
//! Always holds: it goes to standard error, once in the life of a store; the secret is in it only when it was made just now, and
//! never in the log.

#[cfg(test)]
mod tests;

use std::fmt::Write;

use crate::credentials::{Origin, RootCredentials};
use crate::data_dir::Running;

pub fn print(running: &Running, credentials: &RootCredentials, is_new: bool) {
    if is_new || credentials.origin == Origin::Made {
        eprint!("{}", text(running, credentials));
    }
}

fn text(running: &Running, credentials: &RootCredentials) -> String {
    let endpoint = format!("http://{}", reachable(running.s3));
    let secret = match credentials.origin {
        Origin::Made => credentials.secret.expose(),
        Origin::Environment => "…   # the value of TREFOIL_SECRET_ACCESS_KEY",
        Origin::File => "…   # in the file root-credentials of the data directory",
    };
    let id = &credentials.access_key_id;
    let mut text = String::new();
    // Writing to a String can't fail.
    let _ = write!(
        text,
        "
Trefoil serves S3 at {endpoint}

    export AWS_ACCESS_KEY_ID={id}
    export AWS_SECRET_ACCESS_KEY={secret}
    export AWS_DEFAULT_REGION=us-east-1

    aws --endpoint-url {endpoint} s3 mb s3://photos
    aws --endpoint-url {endpoint} s3 cp cat.jpg s3://photos/
    rclone copy ./pictures :s3,provider=Other,env_auth,endpoint={endpoint}:photos

Health and metrics are at http://{}/_/health/ready and /_/metrics.
",
        reachable(running.admin)
    );
    if credentials.origin == Origin::Made {
        text.push_str(
            "This secret is not shown again; it is kept in the file root-credentials of the data directory.\n",
        );
    }
    text.push('\n');
    text
}

/// An address that a client on this machine can use: one that is bound to all is reached by the local one.
fn reachable(address: std::net::SocketAddr) -> std::net::SocketAddr {
    let mut address = address;
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() {
            std::net::Ipv4Addr::LOCALHOST.into()
        } else {
            std::net::Ipv6Addr::LOCALHOST.into()
        });
    }
    address
}
