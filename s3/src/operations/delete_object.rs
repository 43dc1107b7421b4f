//! DeleteObject (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html>).

use s3s::S3Response;
use s3s::dto::{DeleteObjectInput, DeleteObjectOutput};
use trefoil_core::objects::DeleteObject;

use super::S3Door;
use super::call::{Answer, Call, parse_key, parse_opt_version};
use super::{conditions, refuse};

pub(super) async fn call(door: &S3Door, mut call: Call<DeleteObjectInput>) -> Answer<DeleteObjectOutput> {
    refuse::bypass(&call.headers)?;
    let request = DeleteObject {
        bucket: call.bucket(&door.service, &call.input.bucket).await?,
        key: parse_key(std::mem::take(&mut call.input.key))?,
        version: parse_opt_version(call.input.version_id.as_deref())?,
        conditions: conditions::of_delete(&call.headers)?,
    };
    let deleted = door.service.delete(call.principal(), request).await?;
    Ok(S3Response::new(DeleteObjectOutput {
        delete_marker: deleted.delete_marker.then_some(true),
        version_id: deleted.version.map(|version| version.to_string()),
        ..DeleteObjectOutput::default()
    }))
}
