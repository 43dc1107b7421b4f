//! Log lines: one subscriber for the process, on standard error.
//!
//! Always holds: standard output carries results only (the ready line, tables, JSON). Text has colours only on a terminal.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::settings::{LogFormat, LogSettings};

/// Starts logging. To be called once.
pub fn start(settings: &LogSettings) -> Result<(), String> {
    let directives = format!("{},{}", trefoil_s3::LOG_DIRECTIVE, settings.level);
    let filter = EnvFilter::builder().parse(directives).map_err(|error| format!("log.level: {error}"))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none());
    match settings.format {
        LogFormat::Text => builder.with_target(true).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    }
    .map_err(|error| format!("logging could not be started: {error}"))
}
