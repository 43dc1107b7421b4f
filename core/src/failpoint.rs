//! Named places where a test build can stop, fail or delay the process.
//!
//! Always holds: without the `failpoints` feature, [`failpoint!`](crate::failpoint) compiles to nothing. With it, the variable
//! `TREFOIL_FAILPOINTS` holds `name=action` pairs joined by `;`. An action is `abort` (as kill -9 would: no destructors, no
//! flush), `error` (the surrounding function returns an I/O error), `sleep:MILLIS`, or one of these behind `N*`, which lets the
//! first N-1 passages go by. `trace:FILE` as the only word appends the name of each passage to FILE. `@FILE` stands for what is in
//! FILE at each passage, so that a test arms a point of a process that runs.
//! Names are `area.step`, for example `commit.before_write`; [`NAMES`] has all that exist, so that a test can visit each.

/// Passes a named fail point. `failpoint!("name")` may abort or sleep; `failpoint!("name", io)` may also `return Err(..)` with
/// anything that is `From<std::io::Error>`.
#[macro_export]
macro_rules! failpoint {
    ($name:literal) => {
        #[cfg(feature = "failpoints")]
        {
            let _ = $crate::failpoint::pass($name);
        }
    };
    ($name:literal, io) => {
        #[cfg(feature = "failpoints")]
        if let Err(error) = $crate::failpoint::pass($name) {
            return Err(error.into());
        }
    };
}

/// Every fail point in the code, by name. A test reads the sources and holds this list complete.
pub const NAMES: &[&str] = &[
    "account.before_commit",
    "account.changed",
    "blob.before_delete",
    "blob.deleted",
    "bucket.before_change",
    "bucket.before_configure",
    "bucket.before_create",
    "bucket.before_delete",
    "bucket.changed",
    "bucket.configured",
    "bucket.created",
    "bucket.deleted",
    "commit.after_write",
    "commit.answer_early",
    "commit.before_write",
    "commit.queued",
    "commit.sync_error",
    "content.after_put",
    "content.before_put",
    "copy.after_commit",
    "copy.before_commit",
    "copy.bytes_written",
    "delete.after_commit",
    "delete.before_commit",
    "epoch.before_take",
    "epoch.taken",
    "file.created",
    "file.directory_made",
    "file.directory_synced",
    "file.linked",
    "file.synced",
    "file.written",
    "flatten.before_commit",
    "flatten.before_release",
    "flatten.committed",
    "flatten.released",
    "ids.before_lease",
    "ids.leased",
    "node.before_commit",
    "node.changed",
    "part.after_commit",
    "part.before_commit",
    "put.after_commit",
    "put.before_commit",
    "reclaim.before_blob",
    "reclaim.before_done",
    "reclaim.before_pages",
    "rename.after_commit",
    "rename.before_commit",
    "rename.directory_before_commit",
    "session.before_commit",
    "session.committed",
    "session.stored",
    "sweep.before_delete",
    "upload.aborted",
    "upload.before_abort",
    "upload.before_complete",
    "upload.before_create",
    "upload.completed",
    "upload.created",
    "volume.before_sync",
    "volume.created",
    "volume.opened",
    "volume.reserved",
    "volume.synced",
    "volume.written",
];

#[cfg(feature = "failpoints")]
pub use enabled::pass;

/// Whether a deliberate fault of the code is to happen now: passes the fail point `name` and says whether it is armed with `error`.
#[cfg(feature = "failpoints")]
pub fn armed(name: &'static str) -> bool {
    pass(name).is_err()
}

#[cfg(feature = "failpoints")]
mod enabled {
    use std::collections::HashMap;
    use std::io::{self, Write as _};
    use std::path::PathBuf;
    use std::sync::{Mutex, OnceLock};

    #[derive(Debug, Clone)]
    enum Action {
        Abort,
        Error,
        Sleep(u64),
    }

    #[derive(Debug)]
    struct Armed {
        skip: u64,
        action: Action,
    }

    #[derive(Debug, Default)]
    struct Table {
        armed: HashMap<String, Armed>,
        trace: Option<PathBuf>,
        /// Where the words are read from, and what stood there last.
        source: Option<(PathBuf, String)>,
    }

    fn table() -> &'static Mutex<Table> {
        static TABLE: OnceLock<Mutex<Table>> = OnceLock::new();
        TABLE.get_or_init(|| Mutex::new(parse(&std::env::var("TREFOIL_FAILPOINTS").unwrap_or_default())))
    }

    fn parse(text: &str) -> Table {
        let mut table = Table::default();
        if let Some(file) = text.strip_prefix('@') {
            table.source = Some((file.into(), String::new()));
            return table;
        }
        if let Some(file) = text.strip_prefix("trace:") {
            table.trace = Some(file.into());
            return table;
        }
        for pair in text.split(';').filter(|pair| !pair.is_empty()) {
            let (name, action) =
                pair.split_once('=').unwrap_or_else(|| panic!("TREFOIL_FAILPOINTS: no '=' in {pair:?}"));
            let (skip, action) = match action.split_once('*') {
                Some((n, action)) => {
                    (n.parse::<u64>().expect("TREFOIL_FAILPOINTS: a count before '*'").max(1) - 1, action)
                }
                None => (0, action),
            };
            let action = match action.split_once(':') {
                None if action == "abort" => Action::Abort,
                None if action == "error" => Action::Error,
                Some(("sleep", millis)) => Action::Sleep(millis.parse().expect("TREFOIL_FAILPOINTS: sleep:MILLIS")),
                _ => panic!("TREFOIL_FAILPOINTS: unknown action {action:?}"),
            };
            table.armed.insert(name.to_owned(), Armed { skip, action });
        }
        table
    }

    impl Table {
        /// Takes in what stands in the source now. A source that is not there arms nothing.
        fn refresh(&mut self) {
            let Some((file, last)) = self.source.take() else { return };
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            if text != last {
                *self = parse(&text);
            }
            self.source = Some((file, text));
        }

        fn note(&self, name: &str) {
            let Some(file) = &self.trace else { return };
            let noted = std::fs::OpenOptions::new().create(true).append(true).open(file);
            if let Err(error) = noted.and_then(|mut file| file.write_all(format!("{name}\n").as_bytes())) {
                eprintln!("failpoint {name}: not noted: {error}");
            }
        }
    }

    /// Passes the fail point `name`: does what was armed for it.
    pub fn pass(name: &'static str) -> io::Result<()> {
        let action = {
            let mut table = table().lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            table.refresh();
            table.note(name);
            match table.armed.get_mut(name) {
                None => return Ok(()),
                Some(armed) if armed.skip > 0 => {
                    armed.skip -= 1;
                    return Ok(());
                }
                Some(armed) => armed.action.clone(),
            }
        };
        match action {
            Action::Abort => {
                eprintln!("failpoint {name}: abort");
                std::process::abort()
            }
            Action::Error => Err(io::Error::other(format!("injected at fail point {name}"))),
            Action::Sleep(millis) => {
                std::thread::sleep(std::time::Duration::from_millis(millis));
                Ok(())
            }
        }
    }
}
