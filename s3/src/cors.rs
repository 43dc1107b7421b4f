//! Cross-origin requests of browsers: preflights, and the headers on actual answers
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html>).
//!
//! Always holds: the first rule that fits origin, method and headers decides; without one a preflight is 403 `AccessForbidden` and
//! an actual answer has no CORS header but `Vary`.

use http::request::Parts as Head;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use trefoil_core::objects::{CorsConfiguration, CorsRule};
use trefoil_core::types::BucketName;

use crate::error::Failure;
use crate::front::Front;
use crate::target::{Target, invalid_bucket_name};

#[cfg(test)]
mod tests;

const VARY: HeaderValue =
    HeaderValue::from_static("Origin, Access-Control-Request-Headers, Access-Control-Request-Method");

fn bad_request(message: String) -> Failure {
    Failure::new(StatusCode::BAD_REQUEST, "BadRequest", message)
}

fn forbidden(message: &'static str, method: &str, target: &Target) -> Failure {
    let resource = if target.key.is_some() { "OBJECT" } else { "BUCKET" };
    Failure::new(StatusCode::FORBIDDEN, "AccessForbidden", message)
        .with("Method", method)
        .with("ResourceType", resource)
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim).filter(|text| !text.is_empty())
}

/// Answers `OPTIONS`. It carries no credentials, and needs none.
pub async fn preflight(front: &Front, head: &Head, target: &Target) -> Result<Response<s3s::Body>, Failure> {
    let Some(origin) = text(&head.headers, &header::ORIGIN) else {
        return Err(bad_request("Insufficient information. Origin request header needed.".to_owned()));
    };
    let method = text(&head.headers, &header::ACCESS_CONTROL_REQUEST_METHOD).unwrap_or("null");
    if !matches!(method, "GET" | "PUT" | "POST" | "DELETE" | "HEAD") {
        return Err(bad_request(format!("Invalid Access-Control-Request-Method: {}", crate::auth::echo(method))));
    }
    let Some(bucket) = &target.bucket else { return Err(invalid_bucket_name("")) };
    let bucket: BucketName = bucket.parse().map_err(|_| invalid_bucket_name(bucket))?;
    let Some(rules) = front.objects.cors(&bucket).await? else {
        return Err(forbidden("CORSResponse: CORS is not enabled for this bucket.", method, target));
    };
    let asked = text(&head.headers, &header::ACCESS_CONTROL_REQUEST_HEADERS);
    let Some(rule) = find(&rules, origin, method, asked) else {
        return Err(forbidden(
            "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / \
             Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
            method,
            target,
        ));
    };
    let mut response = Response::new(s3s::Body::empty());
    allow(rule, origin, asked, response.headers_mut());
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
    Ok(response)
}

/// Adds the headers to an actual answer, good or bad. A request that names another method is measured by that, as by AWS.
pub async fn decorate(
    front: &Front,
    bucket: &str,
    method: &Method,
    origin: &HeaderValue,
    requested: Requested<'_>,
    headers: &mut HeaderMap,
) {
    let (Ok(bucket), Ok(origin)) = (bucket.parse::<BucketName>(), origin.to_str()) else { return };
    let rules = match front.objects.cors(&bucket).await {
        Ok(Some(rules)) => rules,
        Ok(None) => return,
        Err(error) => {
            // The answer stands without them; a browser then refuses it to its page.
            tracing::warn!(%error, "the CORS rules could not be read");
            return;
        }
    };
    headers.insert(header::VARY, VARY);
    let value = |value: Option<&'_ HeaderValue>| value.and_then(|value| value.to_str().ok()).map(str::to_owned);
    let method = value(requested.method).unwrap_or_else(|| method.as_str().to_owned());
    let asked = value(requested.headers);
    if let Some(rule) = find(&rules, origin.trim(), method.trim(), asked.as_deref()) {
        allow(rule, origin.trim(), asked.as_deref(), headers);
    }
}

/// What a request says of the request that a browser wants to make.
#[derive(Clone, Copy, Debug)]
pub struct Requested<'a> {
    pub method: Option<&'a HeaderValue>,
    pub headers: Option<&'a HeaderValue>,
}

fn find<'a>(rules: &'a CorsConfiguration, origin: &str, method: &str, asked: Option<&str>) -> Option<&'a CorsRule> {
    rules.rules.iter().find(|rule| {
        rule.allowed_methods.iter().any(|allowed| allowed == method)
            && rule.allowed_origins.iter().any(|allowed| fits(allowed, origin, false))
            && names(asked).all(|name| rule.allowed_headers.iter().any(|allowed| fits(allowed, name, true)))
    })
}

fn names(asked: Option<&str>) -> impl Iterator<Item = &str> {
    asked.unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty())
}

/// `pattern` has at most one `*`, which stands for any text.
fn fits(pattern: &str, text: &str, ignore_case: bool) -> bool {
    let (pattern, text) = match ignore_case {
        true => (pattern.to_ascii_lowercase(), text.to_ascii_lowercase()),
        false => (pattern.to_owned(), text.to_owned()),
    };
    match pattern.split_once('*') {
        None => pattern == text,
        Some((front, back)) => {
            text.len() >= front.len() + back.len() && text.starts_with(front) && text.ends_with(back)
        }
    }
}

fn allow(rule: &CorsRule, origin: &str, asked: Option<&str>, headers: &mut HeaderMap) {
    let any = rule.allowed_origins.iter().any(|allowed| allowed == "*");
    let mut set = |name: HeaderName, text: &str| {
        // What was configured or sent came as text of one line; anything else is not told.
        if let Ok(value) = HeaderValue::from_str(text) {
            headers.insert(name, value);
        }
    };
    set(header::ACCESS_CONTROL_ALLOW_ORIGIN, if any { "*" } else { origin });
    set(header::ACCESS_CONTROL_ALLOW_METHODS, &rule.allowed_methods.join(", "));
    if let Some(asked) = asked {
        set(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            &names(Some(asked)).collect::<Vec<_>>().join(", ").to_ascii_lowercase(),
        );
    }
    if !rule.expose_headers.is_empty() {
        set(header::ACCESS_CONTROL_EXPOSE_HEADERS, &rule.expose_headers.join(", "));
    }
    if let Some(seconds) = rule.max_age_seconds {
        set(header::ACCESS_CONTROL_MAX_AGE, &seconds.to_string());
    }
    if !any {
        set(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
    }
    headers.insert(header::VARY, VARY);
}
