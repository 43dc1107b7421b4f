//! PutObject (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>).

use http::{HeaderMap, header};
use trefoil_core::objects::PutObject;

use super::S3Door;
use super::call::{Call, parse_key};
use super::direct::{Input, Reply, bodiless};
use super::{acl, body, conditions, digests, metadata, object_headers, refuse, tags};

pub(super) async fn call(door: &S3Door, call: Call<Input>, body: s3s::Body) -> Reply {
    refuse::unsupported(&call.headers)?;
    let bucket = call.bucket(&door.service, call.input.bucket()).await?;
    let request = PutObject {
        bucket,
        key: parse_key(call.input.key().to_owned())?,
        upload: body::upload(&call, body)?,
        headers: object_headers::from_headers(&call.headers)?,
        user_metadata: metadata::from_headers(&call.headers)?,
        tags: tags::from_header(call.header("x-amz-tagging")?)?,
        acl: acl::from_headers(&call.headers)?,
        conditions: conditions::of_write(&call.headers)?,
        location: call.location()?,
    };
    let made = door.service.put(call.principal(), request).await?;
    let mut headers = HeaderMap::new();
    object_headers::set(&mut headers, header::ETAG, &format!("\"{}\"", made.etag));
    object_headers::set_version(&mut headers, made.version);
    digests::to_headers(made.checksum.as_ref(), &mut headers);
    Ok(bodiless(headers))
}
