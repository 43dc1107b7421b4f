//! The error documents that s3s renders: read back, to be rendered whole.
//!
//! Always holds: what can't be read is an `InternalError`; nothing of it is passed on unread.

use http::{Response, StatusCode};
use quick_xml::Reader;
use quick_xml::events::Event;

use crate::error::Failure;

/// A failure from the answer of s3s to a request that went wrong, with the elements that the operation left.
pub fn read_error(response: Response<s3s::Body>, details: &[(&'static str, String)]) -> Failure {
    let (head, body) = response.into_parts();
    let (code, message) = match body_bytes(body) {
        Some(bytes) => read(&bytes),
        None => (None, None),
    };
    let code = code.unwrap_or_else(|| default_code(head.status).to_owned());
    let mut failure = Failure::new(head.status, "", message.unwrap_or_default());
    failure.code = code.into();
    failure.details = details.to_vec();
    failure.headers = Box::new(head.headers);
    failure
}

fn body_bytes(mut body: s3s::Body) -> Option<bytes::Bytes> {
    body.take_bytes()
}

fn read(bytes: &[u8]) -> (Option<String>, Option<String>) {
    let (mut code, mut message) = (None, None);
    let mut reader = Reader::from_reader(bytes);
    let mut name = Vec::new();
    let mut text = String::new();
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) => {
                name = start.name().as_ref().to_vec();
                text.clear();
            }
            Ok(Event::Text(piece)) => text.push_str(&piece.decode().unwrap_or_default()),
            Ok(Event::GeneralRef(reference)) => {
                let character = match reference.resolve_char_ref() {
                    Ok(Some(character)) => Some(character),
                    _ => match &*reference.decode().unwrap_or_default() {
                        "amp" => Some('&'),
                        "lt" => Some('<'),
                        "gt" => Some('>'),
                        "quot" => Some('"'),
                        "apos" => Some('\''),
                        _ => None,
                    },
                };
                text.extend(character);
            }
            Ok(Event::End(end)) => {
                let value = std::mem::take(&mut text);
                match (end.name().as_ref(), &name[..]) {
                    (b"Code", b"Code") => code = Some(value),
                    (b"Message", b"Message") => message = Some(value),
                    _ => {}
                }
                name.clear();
            }
            Ok(Event::Eof) | Err(_) => return (code, message),
            Ok(_) => {}
        }
    }
}

fn default_code(status: StatusCode) -> &'static str {
    match status.as_u16() {
        304 => "NotModified",
        400 => "InvalidRequest",
        403 => "AccessDenied",
        404 => "NoSuchKey",
        405 => "MethodNotAllowed",
        409 => "OperationAborted",
        411 => "MissingContentLength",
        412 => "PreconditionFailed",
        416 => "InvalidRange",
        501 => "NotImplemented",
        503 => "ServiceUnavailable",
        _ => "InternalError",
    }
}

/// AWS's words for codes that s3s gives without a message.
pub fn default_message(code: &str) -> &'static str {
    match code {
        "AccessDenied" => "Access Denied",
        "InvalidBucketName" => "The specified bucket is not valid.",
        "InvalidURI" => "Couldn't parse the specified URI.",
        "KeyTooLongError" => "Your key is too long",
        "MalformedXML" => "The XML you provided was not well-formed or did not validate against our published schema",
        "MethodNotAllowed" => "The specified method is not allowed against this resource.",
        "MissingContentLength" => "You must provide the Content-Length HTTP header.",
        "MissingRequestBodyError" => "Request Body is empty",
        "MaxMessageLengthExceeded" => "Your request was too big.",
        "NotImplemented" => "A header you provided implies functionality that is not implemented",
        "InvalidArgument" => "Invalid Argument",
        "InvalidRequest" => "Invalid Request",
        "IncompleteBody" => "You did not provide the number of bytes specified by the Content-Length HTTP header",
        "NoSuchBucket" => "The specified bucket does not exist",
        "NoSuchKey" => "The specified key does not exist.",
        "NoSuchUpload" => {
            "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed."
        }
        "PreconditionFailed" => "At least one of the pre-conditions you specified did not hold",
        "InvalidRange" => "The requested range is not satisfiable",
        "ServiceUnavailable" | "SlowDown" => "Please reduce your request rate.",
        "InternalError" => "We encountered an internal error. Please try again.",
        _ => "The request could not be carried out.",
    }
}
