//! What the first start says to do next.
//!
//! Always holds: it goes to standard error, once in the life of a store, however many starts failed before it could be said; what
//! it tells to type works as it stands. A secret of the environment is not in it; no secret is ever in the log.

#[cfg(test)]
mod tests;

use std::fmt::Write;
use std::path::Path;

use crate::credentials::{Origin, RootCredentials, SECRET_VARIABLE};
use crate::data_dir::{DataDir, Running};

pub fn print(running: &Running, dir: &DataDir, credentials: &RootCredentials, region: &str) {
    if dir.is_welcomed() && credentials.origin != Origin::Made {
        return;
    }
    // The command as it was started, which need not be where a shell looks.
    let command = std::env::current_exe().unwrap_or_else(|_| "trefoil".into());
    eprint!("{}", text(running, dir, credentials, region, &command));
    if let Err(error) = dir.set_welcomed() {
        tracing::warn!(%error, "the next start says again what was said now");
    }
}

/// Where the root key's secret is kept, for every start's log.
pub fn secret_in(dir: &DataDir, credentials: &RootCredentials) -> String {
    match credentials.origin {
        Origin::Environment => format!("the variable {SECRET_VARIABLE}"),
        Origin::Made | Origin::File => dir.credentials_file().display().to_string(),
    }
}

fn text(running: &Running, dir: &DataDir, credentials: &RootCredentials, region: &str, command: &Path) -> String {
    let endpoint = format!("http://{}", reachable(running.s3));
    let secret = match credentials.origin {
        Origin::Made | Origin::File => credentials.secret.expose().to_owned(),
        Origin::Environment => format!("\"${SECRET_VARIABLE}\""),
    };
    let id = &credentials.access_key_id;
    let folder = command.parent().unwrap_or(Path::new(".")).display();
    let admin = reachable(running.admin);
    let mut text = String::new();
    // Writing to a String can't fail.
    let _ = write!(
        text,
        "
Trefoil serves S3 at {endpoint}

    export AWS_ACCESS_KEY_ID={id}
    export AWS_SECRET_ACCESS_KEY={secret}
    export AWS_DEFAULT_REGION={region}
    export PATH=\"{folder}:$PATH\"

    trefoil bench s3 --endpoint {endpoint} --region {region} --duration 1
    aws --endpoint-url {endpoint} s3 mb s3://photos
    echo hello | aws --endpoint-url {endpoint} s3 cp - s3://photos/hello
    rclone lsf \":s3,provider=Other,env_auth,region={region},endpoint='{endpoint}':photos\"

Health and metrics are at http://{admin}/_/health/ready and /_/metrics.
"
    );
    if credentials.origin != Origin::Environment {
        let _ = writeln!(text, "This secret is not shown again; it is kept in {}.", dir.credentials_file().display());
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
