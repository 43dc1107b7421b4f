//! Headers that ask for what is not built. They are refused, never accepted and ignored.
//!
//! Always holds: each write of an object or part goes through [`unsupported`]. Headers that would change nothing here are let
//! through: `x-amz-request-payer` (no bucket is requester-pays), `x-amz-mfa` (no bucket has MFA delete),
//! `x-amz-optional-object-attributes` (nothing is ever being restored).

use http::{HeaderMap, StatusCode};

use crate::error::Failure;

pub fn lock_missing() -> Failure {
    Failure::invalid_request("Bucket is missing Object Lock Configuration")
}

/// Of DeleteObject: no bucket has a lock that could be passed by. (DeleteObjects takes the header, which changes nothing:
/// `core/decisions/2026-11-27-delete-objects-takes-a-bypass.md`.)
pub fn bypass(headers: &HeaderMap) -> Result<(), Failure> {
    const NAME: &str = "x-amz-bypass-governance-retention";
    if !headers.contains_key(NAME) {
        return Ok(());
    }
    let message = "x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.";
    Err(Failure::new(StatusCode::BAD_REQUEST, "InvalidArgument", message).with("ArgumentName", NAME))
}

/// Of requests that make an object, an upload or a part.
pub fn unsupported(headers: &HeaderMap) -> Result<(), Failure> {
    for (name, value) in headers {
        let name = name.as_str();
        if !name.starts_with("x-amz-") {
            continue;
        }
        if name.starts_with("x-amz-server-side-encryption")
            || name.starts_with("x-amz-copy-source-server-side-encryption")
            || name == "x-amz-write-offset-bytes"
        {
            return Err(Failure::not_implemented(name));
        }
        if name.starts_with("x-amz-object-lock-") {
            return Err(lock_missing());
        }
        if name == "x-amz-storage-class" && value.as_bytes() != b"STANDARD" {
            return Err(Failure::new(
                StatusCode::BAD_REQUEST,
                "InvalidStorageClass",
                "The storage class you specified is not valid",
            )
            .with("StorageClassRequested", String::from_utf8_lossy(value.as_bytes())));
        }
    }
    Ok(())
}

/// Of requests that read an object: none is encrypted, so that keys do not apply.
pub fn unsupported_read(headers: &HeaderMap) -> Result<(), Failure> {
    for name in headers.keys() {
        let name = name.as_str();
        if name.starts_with("x-amz-server-side-encryption-customer-") {
            return Err(Failure::invalid_request("The encryption parameters are not applicable to this object."));
        }
        if name.starts_with("x-amz-server-side-encryption") {
            return Err(Failure::invalid_argument(
                name,
                "",
                format!("{name} header is not supported for this operation."),
            ));
        }
    }
    Ok(())
}
