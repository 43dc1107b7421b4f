//! `/api/v1/exports`: what the NFS door shows.
//!
//! Always holds: an export that was made is kept before it is answered, and serves at once; one that was deleted is gone at once.

use http::StatusCode;

use super::Admin;
use super::answer::{self, Answer};
use super::api::{Export, Exports};
use super::route::document;
use crate::exports::{ExportManager, ExportSpec, Listed, Refused};

pub async fn list(admin: &Admin) -> Answer {
    let Some(exports) = &admin.exports else { return none() };
    let all = exports.list().await.into_iter().map(view).collect();
    answer::json(StatusCode::OK, &Exports { exports: all, address: address(exports) })
}

pub async fn create(admin: &Admin, body: &[u8]) -> Answer {
    let spec: ExportSpec = match document(body) {
        Ok(spec) => spec,
        Err(refusal) => return *refusal,
    };
    let Some(exports) = &admin.exports else { return none() };
    let name = spec.name.clone();
    if let Err(error) = exports.create(spec).await {
        return refused(&error);
    }
    let made: Vec<Export> =
        exports.list().await.into_iter().filter(|listed| listed.spec.name == name).map(view).collect();
    answer::json(StatusCode::CREATED, &Exports { exports: made, address: address(exports) })
}

pub async fn delete(admin: &Admin, name: &str) -> Answer {
    let Some(exports) = &admin.exports else { return none() };
    match exports.delete(name).await {
        Ok(()) => answer::no_content(),
        Err(error) => refused(&error),
    }
}

fn address(exports: &ExportManager) -> Option<String> {
    exports.address().map(|address| address.to_string())
}

fn view(Listed { spec, origin, problem }: Listed) -> Export {
    Export { spec, origin, problem }
}

fn none() -> Answer {
    answer::refusal(StatusCode::NOT_FOUND, "NotFound", "this daemon has no exports")
}

fn refused(error: &Refused) -> Answer {
    let (status, code) = match error {
        Refused::Store(error) => return answer::error(error),
        Refused::Invalid(_) => (StatusCode::BAD_REQUEST, "InvalidRequest"),
        Refused::Exists(_) => (StatusCode::CONFLICT, "ExportExists"),
        Refused::OfTheSettings(_) => (StatusCode::CONFLICT, "ExportOfTheSettings"),
        Refused::NoDirectory(_) => (StatusCode::NOT_FOUND, "NoSuchDirectory"),
        Refused::Absent(_) => (StatusCode::NOT_FOUND, "NoSuchExport"),
        Refused::Kept(_) => (StatusCode::INTERNAL_SERVER_ERROR, "Internal"),
    };
    answer::refusal(status, code, error.to_string())
}
