//! `/api/v1/users`: the accounts.
//!
//! Always holds: an account that owns buckets stays.

use http::StatusCode;
use trefoil_core::access::NewAccount;
use trefoil_core::types::Account;

use super::Admin;
use super::answer::{self, Answer};
use super::api::{NewUser, User, Users};
use super::route::document;

pub fn list(admin: &Admin) -> Answer {
    let users = admin.accounts.list().iter().map(|account| view(account)).collect();
    answer::json(StatusCode::OK, &Users { users })
}

pub fn show(admin: &Admin, name: &str) -> Answer {
    match admin.accounts.by_name(name) {
        Some(account) => answer::json(StatusCode::OK, &view(&account)),
        None => absent(name),
    }
}

pub async fn create(admin: &Admin, body: &[u8]) -> Answer {
    let user: NewUser = match document(body) {
        Ok(user) => user,
        Err(refusal) => return *refusal,
    };
    let id = match user.id.map(|id| id.parse()).transpose() {
        Ok(id) => id,
        Err(error) => return answer::refusal(StatusCode::BAD_REQUEST, "InvalidRequest", format!("id: {error}")),
    };
    let account = NewAccount { name: user.name, display_name: user.display_name, email: user.email, id };
    match admin.accounts.create(account).await {
        Ok(account) => answer::json(StatusCode::CREATED, &view(&account)),
        Err(error) => answer::error(&error),
    }
}

pub async fn delete(admin: &Admin, name: &str) -> Answer {
    let Some(account) = admin.accounts.by_name(name) else { return absent(name) };
    match admin.accounts.delete(&account.name).await {
        Ok(()) => answer::no_content(),
        Err(error) => answer::error(&error),
    }
}

pub fn absent(name: &str) -> Answer {
    let message = format!("there is no user {name:?}; `trefoil user list` shows those that are");
    answer::refusal(StatusCode::NOT_FOUND, "NoSuchUser", message)
}

fn view(account: &Account) -> User {
    User {
        name: account.name.clone(),
        display_name: account.display_name.clone(),
        email: account.email.clone(),
        id: account.id.to_string(),
        is_root: account.is_root,
    }
}
