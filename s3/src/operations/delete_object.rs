//! DeleteObject (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html>).

use http::{HeaderMap, HeaderValue, StatusCode};
use trefoil_core::objects::DeleteObject;

use super::S3Door;
use super::call::{Call, parse_existing_key, parse_opt_version};
use super::direct::{Input, Reply, bodiless};
use super::{conditions, object_headers, refuse};
use crate::error::DELETE_MARKER;

pub(super) async fn call(door: &S3Door, call: Call<Input>) -> Reply {
    refuse::bypass(&call.headers)?;
    let request = DeleteObject {
        bucket: call.bucket(&door.service, call.input.bucket()).await?,
        key: parse_existing_key(call.input.key().to_owned())?,
        version: parse_opt_version(call.input.parameter("versionId")?)?,
        conditions: conditions::of_delete(&call.headers)?,
    };
    let deleted = door.service.delete(call.principal(), request).await?;
    let mut headers = HeaderMap::new();
    if deleted.delete_marker {
        headers.insert(DELETE_MARKER, HeaderValue::from_static("true"));
    }
    object_headers::set_version(&mut headers, deleted.version);
    let mut response = bodiless(headers);
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}
