//! The operations of S3, one file each: what a request says becomes a call of the core, and its answer a response.
//!
//! Always holds (T7): nothing here hashes an object, places, commits or queues. [`Operations::call`] is the only way in: it refuses
//! what is not built, reads documents, and lets s3s route, parse and render; all but the verbs of one object, which are [`direct`].

mod abort_multipart_upload;
pub(crate) mod acl;
mod body;
mod bucket_cors;
mod bucket_tagging;
mod bucket_versioning;
mod call;
mod complete_multipart_upload;
mod conditions;
mod copy_object;
mod copy_source;
mod create_bucket;
mod create_multipart_upload;
mod delete_bucket;
mod delete_object;
mod delete_objects;
pub(crate) mod digests;
mod direct;
pub(crate) mod document;
mod door;
mod encoding;
mod get_bucket_location;
mod get_object;
mod get_object_attributes;
mod head_bucket;
mod late;
mod list_buckets;
mod list_multipart_uploads;
mod list_object_versions;
mod list_objects;
mod list_objects_v2;
mod list_parts;
mod listing;
pub(crate) mod metadata;
mod not_configured;
mod object_acl;
pub(crate) mod object_headers;
mod object_tagging;
mod prepare;
mod put_object;
pub(crate) mod refuse;
mod rename_object;
mod rewrite;
pub(crate) mod tags;
#[cfg(test)]
mod tests;
pub mod time;
mod token;
mod upload_part;
mod upload_part_copy;
mod xml;

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use s3s::config::{S3Config, StaticConfigProvider};
use s3s::service::{S3Service, S3ServiceBuilder};
use trefoil_core::access::Accounts;
use trefoil_core::error::Error;
use trefoil_core::objects::ObjectService;

use self::document::Rooms;
pub use self::door::S3Door;
use crate::context::ErrorDetails;
use crate::error::Failure;
use crate::limits::{self, COMPLETE_QUICK};
use crate::operate::Asked;

/// All operations. Cheap to clone.
#[derive(Clone)]
pub struct Operations {
    service: S3Service,
    door: S3Door,
    /// For the documents of requests.
    rooms: Arc<Rooms>,
}

impl Operations {
    /// `region` is what clients are told that every bucket lives in.
    pub fn new(service: ObjectService, accounts: Arc<Accounts>, region: String) -> Self {
        Self::with_patience(service, accounts, region, COMPLETE_QUICK)
    }

    /// `quick` is how long a completion may take before its client is answered that it is under way.
    pub(crate) fn with_patience(
        service: ObjectService,
        accounts: Arc<Accounts>,
        region: String,
        quick: Duration,
    ) -> Self {
        let door = S3Door { service, accounts, region: region.into(), quick };
        let mut builder = S3ServiceBuilder::new(door.clone());
        builder.set_config(Arc::new(StaticConfigProvider::new(Arc::new(nothing_collected()))));
        Self { service: builder.build(), door, rooms: Arc::default() }
    }

    /// Answers a request of the kind that [`crate::operate::Operate`] says.
    pub async fn call(&self, asked: Asked) -> http::Response<s3s::Body> {
        let details = asked.auth.details.clone();
        match self.run(asked).await {
            Ok(response) => response,
            Err(failure) => render(failure, &details),
        }
    }

    async fn run(&self, asked: Asked) -> Result<http::Response<s3s::Body>, Failure> {
        prepare::check(&asked)?;
        match direct::Verb::of(asked.operation) {
            Some(verb) => direct::call(&self.door, verb, asked).await,
            // In a box, so that the others don't carry its size.
            None => Box::pin(self.run_by_s3s(asked)).await,
        }
    }

    async fn run_by_s3s(&self, asked: Asked) -> Result<http::Response<s3s::Body>, Failure> {
        let Asked { operation, auth, request, .. } = asked;
        let (mut parts, mut body) = request.into_parts();
        prepare::check_names(parts.uri.path())?;
        let mut sent = prepare::take_headers(&mut parts.headers, auth);
        // Held until the answer is there, for so long lives what the document is parsed into.
        let mut room;
        if let Some(schema) = operation.document {
            let checksum = match operation.name {
                "CompleteMultipartUpload" => document::Checksum::OfObject,
                _ => document::Checksum::OfDocument,
            };
            room = self.rooms.enter(&sent.auth.principal);
            let document =
                document::read(body, &sent.headers, &sent.auth, checksum, schema.bytes_max, &mut room).await?;
            let normal = document::normal(&document, schema).map_err(|failure| malformed(failure, operation))?;
            room.grow(normal.text.len() + normal.elements * limits::XML_ELEMENT_BYTES).await?;
            sent.document = normal.text.clone();
            body = normal.text.into();
        }
        let mut response = if operation.name == "RenameObject" {
            // s3s does not know it, and would take it for PutObject.
            rename_object::call(&self.door, parts.uri.path(), sent).await?
        } else {
            parts.extensions.insert(sent);
            let answered = self.service.call(http::Request::from_parts(parts, body)).await;
            answered.map_err(|error| Error::Internal(format!("s3s could not render an answer: {error:?}")))?
        };
        if is_acl(operation) && is_malformed_xml(&response) {
            return Err(acl::malformed_document());
        }
        rewrite::apply(&mut response);
        late::apply(&mut response);
        Ok(response)
    }
}

/// s3s collects no body: what it gets as a document is in memory already, and whatever else it might take for one is refused.
fn nothing_collected() -> S3Config {
    let mut config = S3Config::default();
    config.xml_max_body_size = 0;
    config.post_object_max_file_size = 0;
    config.form_max_field_size = 0;
    config.form_max_fields_size = 0;
    config.form_max_parts = 0;
    config
}

fn is_acl(operation: &crate::table::Operation) -> bool {
    matches!(operation.name, "PutBucketAcl" | "PutObjectAcl")
}

/// A malformed ACL has a code of its own.
fn malformed(failure: Failure, operation: &crate::table::Operation) -> Failure {
    if is_acl(operation) && failure.code == "MalformedXML" { acl::malformed_document() } else { failure }
}

/// Whether s3s could not parse the request's document. It renders its errors into one piece of memory.
fn is_malformed_xml(response: &http::Response<s3s::Body>) -> bool {
    const CODE: &[u8] = b"<Code>MalformedXML</Code>";
    response.status() == http::StatusCode::BAD_REQUEST
        && response.body().bytes().is_some_and(|document| document.windows(CODE.len()).any(|window| window == CODE))
}

impl crate::operate::Operate for Operations {
    fn call(&self, asked: Asked) -> BoxFuture<'_, http::Response<s3s::Body>> {
        Operations::call(self, asked).boxed()
    }
}

fn render(failure: Failure, details: &ErrorDetails) -> http::Response<s3s::Body> {
    let status = failure.status;
    failure.into_s3(details).to_http_response().unwrap_or_else(|error| {
        tracing::error!(?error, "an error could not be rendered");
        let mut response = http::Response::default();
        *response.status_mut() = status;
        response
    })
}
