//! UploadPart (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html>).

use http::{HeaderMap, header};
use s3s::S3Response;
use s3s::dto::{UploadPartInput, UploadPartOutput};
use trefoil_core::error::Error;
use trefoil_core::objects::UploadPart;

use super::S3Door;
use super::call::{Answer, Call, parse_key};
use super::get_object::part_number;
use super::{body, digests, object_headers, refuse};
use crate::error::Failure;

pub(super) async fn call(door: &S3Door, mut call: Call<UploadPartInput>) -> Answer<UploadPartOutput> {
    refuse::unsupported(&call.headers)?;
    let number = part_number(call.input.part_number)?;
    let bucket = call.bucket(&door.service, &call.input.bucket).await?;
    let missing = || Failure::from(Error::Internal("s3s gave a part without a body".into()));
    let body = call.input.body.take().ok_or_else(missing)?;
    let request = UploadPart {
        bucket,
        key: parse_key(std::mem::take(&mut call.input.key))?,
        upload_id: std::mem::take(&mut call.input.upload_id),
        number,
        upload: body::upload(&call, body)?,
    };
    let made = door.service.upload_part(call.principal(), request).await?;
    let mut headers = HeaderMap::new();
    object_headers::set(&mut headers, header::ETAG, &format!("\"{}\"", made.etag));
    digests::value_to_headers(made.checksum.as_ref(), &mut headers);
    Ok(S3Response::with_headers(UploadPartOutput::default(), headers))
}
