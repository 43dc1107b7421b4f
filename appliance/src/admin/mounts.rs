//! `/api/v1/mounts`: what is mounted where.
//!
//! Always holds: a mount that was made is kept before it is answered, unless it is not to be. Directories are those of the daemon's machine, in the daemon's
//! mount namespace.

use http::StatusCode;

use super::Admin;
use super::answer::{self, Answer};
use super::api::{MountView, Mounts, NewMount, Unmount};
use super::route::document;
use crate::mounts::{Listed, MountSpec, Refused};

pub fn list(admin: &Admin) -> Answer {
    let Some(mounts) = &admin.mounts else { return none() };
    answer::json(StatusCode::OK, &Mounts { mounts: mounts.list().into_iter().map(view).collect() })
}

pub async fn create(admin: &Admin, body: &[u8]) -> Answer {
    let NewMount { bucket, prefix, dir, options, keep } = match document(body) {
        Ok(new) => new,
        Err(refusal) => return *refusal,
    };
    let Some(mounts) = &admin.mounts else { return none() };
    match mounts.mount(MountSpec { bucket, prefix, dir, options }, keep).await {
        Ok(listed) => answer::json(StatusCode::CREATED, &view(listed)),
        Err(error) => refused(&error),
    }
}

pub async fn remove(admin: &Admin, body: &[u8]) -> Answer {
    let Unmount { dir, lazy } = match document(body) {
        Ok(unmount) => unmount,
        Err(refusal) => return *refusal,
    };
    let Some(mounts) = &admin.mounts else { return none() };
    match mounts.unmount(&dir, lazy).await {
        Ok(()) => answer::json(StatusCode::OK, &Mounts { mounts: mounts.list().into_iter().map(view).collect() }),
        Err(error) => refused(&error),
    }
}

fn view(Listed { spec, origin, state }: Listed) -> MountView {
    MountView { spec, origin, state }
}

fn none() -> Answer {
    answer::refusal(StatusCode::NOT_FOUND, "NotFound", "this daemon has no mounts")
}

fn refused(error: &Refused) -> Answer {
    let (status, code) = match error {
        Refused::Store(error) => return answer::error(error),
        Refused::Invalid(_) => (StatusCode::BAD_REQUEST, "InvalidRequest"),
        Refused::AnothersBucket(..) => (StatusCode::CONFLICT, "AnothersBucket"),
        Refused::Taken { .. } => (StatusCode::CONFLICT, "DirectoryTaken"),
        Refused::TooMany => (StatusCode::CONFLICT, "TooManyMounts"),
        Refused::NoPrefix(_) => (StatusCode::NOT_FOUND, "NoSuchDirectory"),
        Refused::Absent(_) => (StatusCode::NOT_FOUND, "NoSuchMount"),
        Refused::Mount(_) => (StatusCode::CONFLICT, "NotMounted"),
        Refused::Hangs(_) => (StatusCode::CONFLICT, "DirectoryHangs"),
        Refused::Late(_) => (StatusCode::SERVICE_UNAVAILABLE, "Late"),
        Refused::Ending => (StatusCode::SERVICE_UNAVAILABLE, "Ending"),
        Refused::Kept(_) => (StatusCode::INTERNAL_SERVER_ERROR, "Internal"),
    };
    answer::refusal(status, code, error.to_string())
}
