//! What is known of a directory beside its name.
//!
//! Always holds: its record says where its dentry is, and its count is the number of live directories in it.

use super::Report;
use super::names::value;
use crate::error::{Error, Result};
use crate::metadata::Snapshot;
use crate::metadata::counter;
use crate::metadata::keys::{self, Id};
use crate::metadata::records::{DirectoryRecord, Home, Record};

/// Compares what is recorded of a directory with where it was found, and with how many directories were found in it.
pub(super) async fn check(
    snapshot: &dyn Snapshot,
    report: &mut Report,
    (directory, path): (Id, &str),
    found_at: &Home,
    directories: u64,
) -> Result<()> {
    let record = value(snapshot, keys::directory(directory)).await?;
    match record.and_then(|record| Ok(record.as_deref().map(DirectoryRecord::decode).transpose()?)) {
        Ok(None) => report.problem("missing_directory", format!("the directory {path} has no record")),
        Ok(Some(record)) if record.home != *found_at => {
            report.problem("misplaced_directory", format!("the record of {path} says that it is elsewhere"));
        }
        Ok(Some(_)) => {}
        Err(error) => report.problem("damaged_record", format!("the directory {path}: {error}")),
    }
    match value(snapshot, keys::directory_count(directory)).await? {
        Ok(count) => match counter::decode(count.as_deref()).map_err(Error::Corrupt) {
            Ok(count) if u64::try_from(count) == Ok(directories) => {}
            Ok(count) => {
                let message = format!("{path} has {directories} directories, and is said to have {count}");
                report.problem("wrong_count", message);
            }
            Err(error) => report.problem("damaged_record", format!("the count of {path}: {error}")),
        },
        Err(error) => report.problem("damaged_record", format!("the count of {path}: {error}")),
    }
    Ok(())
}
