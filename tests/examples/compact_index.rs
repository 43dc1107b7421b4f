//! Rewrites the index of a stopped store down to its last level, so that its size can be measured: `compact_index DIR`, the data
//! directory. Prints the figures of the index afterwards, one JSON object.
//!
//! Always holds: nothing is changed in what the index says, and a store that a server has open is refused.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use trefoil_core::metadata::rocksdb::{Options, RocksDb};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let directory = std::env::args().nth(1).ok_or("usage: compact_index DIR")?;
    let index = Path::new(&directory).join("index");
    // Opening would make an empty store.
    if !index.is_dir() {
        return Err(format!("{} is not there", index.display()));
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| error.to_string())?;
    let engine = RocksDb::open(&index, &Options::default()).map_err(|error| error.to_string())?;
    let seen = runtime.block_on(async {
        engine.compact().await.map_err(|error| error.to_string())?;
        let seen = engine.statistics();
        engine.close().await.map_err(|error| error.to_string())?;
        Ok::<_, String>(seen)
    })?;
    let (tables, blobs, keys) = (seen.table_bytes, seen.blob_bytes, seen.index_keys_estimate);
    writeln!(std::io::stdout(), "{{\"table_bytes\": {tables}, \"blob_bytes\": {blobs}, \"keys_estimate\": {keys}}}")
        .map_err(|error| error.to_string())
}
