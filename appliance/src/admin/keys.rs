//! `/api/v1/users/NAME/keys` and `/api/v1/keys/ID`: the access keys.
//!
//! Always holds: a secret is in the answer that makes its key, and in no other.

use http::StatusCode;
use trefoil_core::access::Secret;
use trefoil_core::clock::Timestamp;

use super::answer::{self, Answer};
use super::api::{Key, Keys, MadeKey, NewKey};
use super::route::document;
use super::{Admin, users};

pub fn list(admin: &Admin, name: &str) -> Answer {
    let Some(account) = admin.accounts.by_name(name) else { return users::absent(name) };
    let view = |key: trefoil_core::access::AccessKey| Key {
        access_key_id: key.id,
        user: account.name.clone(),
        created: rfc3339(key.created),
    };
    let keys = admin.accounts.keys(account.id).into_iter().map(view).collect();
    answer::json(StatusCode::OK, &Keys { keys })
}

pub async fn create(admin: &Admin, name: &str, body: &[u8]) -> Answer {
    let key: NewKey = match document(if body.is_empty() { b"{}" } else { body }) {
        Ok(key) => key,
        Err(refusal) => return *refusal,
    };
    let given = match (key.access_key_id, key.secret_access_key) {
        (Some(id), Some(secret)) => Some((id, Secret::new(secret))),
        (None, None) => None,
        _ => {
            let message = "give both access_key_id and secret_access_key, or neither and both are drawn";
            return answer::refusal(StatusCode::BAD_REQUEST, "InvalidRequest", message);
        }
    };
    let Some(account) = admin.accounts.by_name(name) else { return users::absent(name) };
    match admin.accounts.create_key(account.id, given).await {
        Ok(key) => {
            let made = MadeKey {
                access_key_id: key.id,
                secret_access_key: key.secret.expose().to_owned(),
                user: account.name.clone(),
                created: rfc3339(key.created),
            };
            answer::json(StatusCode::CREATED, &made)
        }
        Err(error) => answer::error(&error),
    }
}

pub async fn delete(admin: &Admin, id: &str) -> Answer {
    if admin.accounts.by_access_key(id).is_none() {
        let message = format!("there is no access key {id:?}; `trefoil key list USER` shows those that are");
        return answer::refusal(StatusCode::NOT_FOUND, "NoSuchAccessKey", message);
    }
    match admin.accounts.delete_key(id).await {
        Ok(()) => answer::no_content(),
        Err(error) => answer::error(&error),
    }
}

fn rfc3339(timestamp: Timestamp) -> String {
    let format = time::format_description::well_known::Rfc3339;
    let seconds = i64::try_from(timestamp.as_secs()).unwrap_or(0);
    let instant = time::OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
    instant.format(&format).unwrap_or_default()
}
