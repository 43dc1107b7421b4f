//! A request's way through the front: target, credentials, body, then the operations, then the envelope.
//!
//! Always holds: nothing of a body is asked for before the credentials were checked; what reaches the operations is path style, carries no
//! credentials, and has a decoded body; a panic below is a 500, counted, and the connection goes on.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::FutureExt;
use http::request::Parts as Head;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version, header};
use hyper::body::Incoming;
use trefoil_core::clock::Clock;
use trefoil_core::random::Random;

use crate::auth::{Authenticator, Credentials, Identity, Payload};
use crate::body::{Decoded, Framing, framing};
use crate::classify::{Kind, OTHER};
use crate::config::S3Config;
use crate::context::{AuthContext, ErrorDetails};
use crate::error::Failure;
use crate::inbound::{Inbound, Pace};
use crate::limits;
use crate::metrics::Metrics;
use crate::objects::FrontObjects;
use crate::operate::{self, Operate};
use crate::request_id::RequestIds;
use crate::response::{self, Context, Ended, ReplyBody};
use crate::target::Target;
use crate::{cors, post_form, table};

/// What a door is made of.
pub struct Parts {
    pub operations: Arc<dyn Operate>,
    pub objects: Arc<dyn FrontObjects>,
    pub credentials: Arc<dyn Credentials>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
}

pub struct Front {
    pub config: S3Config,
    pub auth: Authenticator,
    pub objects: Arc<dyn FrontObjects>,
    pub clock: Arc<dyn Clock>,
    pub metrics: Arc<Metrics>,
    operations: Arc<dyn Operate>,
    ids: RequestIds,
}

/// What an answer's envelope needs of the request.
struct Asked {
    method: Method,
    origin: Option<HeaderValue>,
    requested_method: Option<HeaderValue>,
    requested_headers: Option<HeaderValue>,
    details: ErrorDetails,
    request_id: String,
}

impl Front {
    pub fn new(config: S3Config, parts: Parts) -> Self {
        Self {
            auth: Authenticator::new(&config, parts.credentials, Arc::clone(&parts.clock)),
            config,
            objects: parts.objects,
            clock: parts.clock,
            metrics: Arc::new(Metrics::default()),
            operations: parts.operations,
            ids: RequestIds::new(&*parts.random),
        }
    }

    /// Answers, whatever happens. Sets `lingers` where the client may still be sending when its connection is closed.
    pub async fn respond(&self, request: Request<Incoming>, lingers: Arc<AtomicBool>) -> Response<ReplyBody> {
        let (head, body) = request.into_parts();
        let asked = Asked {
            method: head.method.clone(),
            origin: head.headers.get(header::ORIGIN).cloned(),
            requested_method: head.headers.get(header::ACCESS_CONTROL_REQUEST_METHOD).cloned(),
            requested_headers: head.headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned(),
            details: ErrorDetails::default(),
            request_id: self.ids.next(),
        };
        let target = check_head(&head).and_then(|()| Target::parse(&head.uri, &head.headers, &self.config.domains));
        let target = target.map(Arc::new);
        let kind = target.as_ref().map_or(OTHER, |target| Kind::of(&head.method, &head.headers, target));
        let ended = Ended::begin(Arc::clone(&self.metrics), kind, asked.request_id.clone());
        let expects = expects_continue(&head.headers);
        let body = Inbound::new(body, expects, Pace::from(&self.config), Arc::clone(&lingers)).counted(&self.metrics);
        let unread = body.unread();
        let mut resource = String::new();
        let mut bucket = None;
        let answer = match target {
            Ok(target) => {
                if asked.origin.is_some() {
                    bucket.clone_from(&target.bucket);
                }
                let answer = AssertUnwindSafe(self.answer(head, body, &target, kind, &asked)).catch_unwind().await;
                let answer = answer.unwrap_or_else(|_| {
                    self.metrics.panics.fetch_add(1, Ordering::Relaxed);
                    tracing::error!(request = asked.request_id, operation = kind.name(), "a handler panicked");
                    Err(internal())
                });
                if answer.as_ref().map_or(true, |answer| is_error(answer.status())) {
                    resource = target.resource();
                }
                answer
            }
            Err(failure) => {
                // What becomes of it decides what becomes of the connection.
                drop(body);
                resource.push_str(head.uri.path());
                Err(failure)
            }
        };
        let mut response = self.envelope(answer, &resource, &asked, ended).await;
        if unread.load(Ordering::Relaxed) {
            // RFC 9110, section 10.1.1. hyper would take the next request's first bytes for the body that never came.
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if response.headers().contains_key(header::CONNECTION) {
            lingers.store(true, Ordering::Relaxed);
        }
        if let (Some(origin), Some(bucket)) = (&asked.origin, &bucket)
            && asked.method != Method::OPTIONS
        {
            let requested =
                cors::Requested { method: asked.requested_method.as_ref(), headers: asked.requested_headers.as_ref() };
            cors::decorate(self, bucket, &asked.method, origin, requested, response.headers_mut()).await;
        }
        response
    }

    /// The error document where it is one, and what every answer has.
    async fn envelope(
        &self,
        answer: Result<Response<s3s::Body>, Failure>,
        resource: &str,
        asked: &Asked,
        ended: Ended,
    ) -> Response<ReplyBody> {
        let host_id = self.ids.host_id();
        let head = asked.method == Method::HEAD;
        let context = Context { resource, request_id: &asked.request_id, host_id, head };
        let fail = |failure: Failure| {
            tracing::debug!(request = asked.request_id, code = &*failure.code, message = &*failure.message, "refused");
            response::failure(failure, context)
        };
        let response = match answer {
            Ok(response) if is_error(response.status()) => fail(response::read_error(response, asked.details.get())),
            Ok(response) => response,
            Err(failure) => fail(failure),
        };
        let (mut parts, body) = response.into_parts();
        let mut body = ReplyBody::new(body, ended);
        if head {
            body.replace(s3s::Body::empty());
        } else if asked.method == Method::GET
            && parts.status.is_success()
            && let Err(error) = body.prefetch().await
        {
            let failed = fail(body_failure(error));
            let (failed_parts, failed_body) = failed.into_parts();
            parts = failed_parts;
            body.replace(failed_body);
        }
        response::seal(&mut parts.headers, &asked.request_id, host_id);
        if parts.status == StatusCode::BAD_REQUEST && matches!(asked.method, Method::PUT | Method::POST) {
            // The sender may have lost count of its bytes; what it takes for its next request must not be read as one.
            parts.headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        body.set_status(parts.status.as_u16());
        Response::from_parts(parts, body)
    }

    async fn answer(
        &self,
        mut head: Head,
        body: Inbound,
        target: &Arc<Target>,
        kind: Kind,
        asked: &Asked,
    ) -> Result<Response<s3s::Body>, Failure> {
        if target.bucket.as_deref() == Some("_") {
            // Internal routes are on the admin address; no bucket has this name.
            return Err(Failure::new(StatusCode::NOT_FOUND, "NoSuchBucket", "The specified bucket does not exist")
                .with("BucketName", "_"));
        }
        if head.method == Method::OPTIONS {
            return cors::preflight(self, &head, target).await;
        }
        let form = post_form::should_be_form(&head.method, &head.headers, target);
        if form && post_form::is_form(&head) {
            return post_form::answer(self, &head, target, body).await;
        }
        if form {
            return Err(Failure::new(
                StatusCode::PRECONDITION_FAILED,
                "PreconditionFailed",
                "At least one of the pre-conditions you specified did not hold",
            )
            .with("Condition", "Bucket POST must be of the enclosure-type multipart/form-data"));
        }
        let mut identity = self.auth.authenticate(&head, target)?;
        let moved = identity.headers.take().map(|headers| head.headers = headers);
        let operation = match kind.operation().filter(|_| moved.is_none()) {
            Some(operation) => operation,
            None => table::find(&head.method, &head.headers, target)?,
        };
        let (request, auth) = self.decode(head, body, target, identity, asked)?;
        let target = Arc::clone(target);
        Ok(self.operations.call(operate::Asked { operation, target, auth, request }).await)
    }

    /// The request as the operations are to see it, and what they need to know of its sender.
    fn decode(
        &self,
        mut head: Head,
        body: Inbound,
        target: &Target,
        identity: Identity,
        asked: &Asked,
    ) -> Result<(s3s::HttpRequest, AuthContext), Failure> {
        let Identity { principal, payload, signer, headers: _ } = identity;
        let framing = framing(&mut head.headers, payload, signer)?;
        let mut context = AuthContext {
            principal,
            expected_sha256: None,
            trailer: framing.trailer(),
            request_id: asked.request_id.clone(),
            host_id: self.ids.host_id().clone(),
            virtual_host: target.virtual_host,
            details: asked.details.clone(),
        };
        if let Payload::Sha256(digest) = payload {
            context.expected_sha256 = Some(digest);
        }
        let body = if body.is_finished() && matches!(framing, Framing::Plain { .. }) {
            s3s::Body::empty()
        } else {
            s3s::Body::http_body(Decoded::new(body, framing))
        };
        for name in [header::AUTHORIZATION, header::EXPECT, header::TRANSFER_ENCODING] {
            head.headers.remove(name);
        }
        if let Some(uri) = target.forwarded(&head.uri)? {
            head.uri = uri;
        }
        Ok((Request::from_parts(head, body), context))
    }
}

fn is_error(status: StatusCode) -> bool {
    status.is_client_error() || status.is_server_error() || status == StatusCode::NOT_MODIFIED
}

fn internal() -> Failure {
    Failure::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "InternalError",
        "We encountered an internal error. Please try again.",
    )
}

/// What went wrong with a body that was to be sent.
fn body_failure(error: s3s::StdError) -> Failure {
    match error.downcast::<trefoil_core::error::Error>() {
        Ok(error) => Failure::from(*error),
        Err(error) => {
            tracing::error!(%error, "an answer's body failed");
            internal()
        }
    }
}

fn expects_continue(headers: &HeaderMap) -> bool {
    headers.get(header::EXPECT).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

/// S3's bound of all headers together; RFC 9112, section 3.2: exactly one `Host` in HTTP/1.1.
fn check_head(head: &Head) -> Result<(), Failure> {
    let bytes: usize =
        head.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len()).sum();
    if bytes > limits::HEADER_FIELDS_BYTES_MAX {
        let message = "Your request header section exceeds the maximum allowed request header section size.";
        return Err(Failure::new(StatusCode::BAD_REQUEST, "RequestHeaderSectionTooLarge", message)
            .with("MaxSizeAllowed", limits::HEADER_FIELDS_BYTES_MAX));
    }
    let hosts = head.headers.get_all(header::HOST).iter().count();
    if hosts > 1 || (hosts == 0 && head.version >= Version::HTTP_11) {
        return Err(Failure::invalid_request("Missing required header for this request: Host"));
    }
    Ok(())
}
