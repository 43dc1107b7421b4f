//! `trefoil settings`: every setting, with its value, where that came from, and what it means.
//!
//! Always holds: the output is a settings file that, read back, gives the same settings (a test reads it).

use std::process::ExitCode;

use clap::Args;

use super::{Common, Failure, print};
use crate::settings::Loaded;

#[derive(Debug, Args)]
pub struct SettingsArgs {
    #[command(flatten)]
    common: Common,
}

pub fn run(args: &SettingsArgs) -> Result<ExitCode, Failure> {
    let loaded = args.common.load()?;
    print(render(&loaded))?;
    Ok(ExitCode::SUCCESS)
}

/// The settings as a TOML file with comments.
pub fn render(loaded: &Loaded) -> String {
    let mut text = String::new();
    let mut table = "";
    for (setting, value, source) in loaded.each() {
        if setting.table != table {
            table = setting.table;
            let gap = if text.is_empty() { "" } else { "\n" };
            text.push_str(&format!("{gap}[{table}]\n"));
        }
        let value = toml::Value::String(value);
        text.push_str(&format!(
            "# {}\n# {} ({source})\n{} = {value}\n",
            setting.meaning,
            setting.variable(),
            setting.key
        ));
    }
    for mount in &loaded.settings.mounts {
        // A table of texts is always TOML.
        text.push_str(&format!("\n[[mount]]\n{}", toml::to_string(mount).unwrap_or_default()));
    }
    for export in &loaded.settings.exports {
        // A table of texts, numbers and booleans is always TOML.
        text.push_str(&format!("\n[[export]]\n{}", toml::to_string(export).unwrap_or_default()));
    }
    text
}
