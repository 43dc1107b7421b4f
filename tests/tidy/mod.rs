//! What the rules share: the repository's root and its files as git knows them.
//!
//! Always holds: a file that is neither tracked nor new and unignored is not looked at.

mod arrows;
mod codes;
mod crash_results;
mod files;
mod licences;
mod machine;
mod promises;
mod semantics;

use std::path::{Path, PathBuf};
use std::process::Command;

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the repository").to_owned()
}

/// Every file of the repository, relative to its root. A copy without git is walked instead.
pub fn files() -> Vec<String> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output();
    if let Ok(output) = output
        && output.status.success()
    {
        let text = String::from_utf8(output.stdout).expect("names are UTF-8");
        return text.lines().filter(|name| root().join(name).is_file()).map(str::to_owned).collect();
    }
    let mut found = Vec::new();
    walk(&root(), &mut found);
    found
}

fn walk(directory: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(directory).expect("a directory").flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if name == "target" || name == ".git" || name == "data" || name == "__pycache__" {
            continue;
        }
        if path.is_dir() {
            walk(&path, found);
        } else if let Ok(relative) = path.strip_prefix(root()) {
            found.push(relative.display().to_string());
        }
    }
}

pub fn read(name: &str) -> String {
    let bytes = std::fs::read(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    String::from_utf8_lossy(&bytes).into_owned()
}

pub fn sources() -> Vec<String> {
    files().into_iter().filter(|name| name.ends_with(".rs")).collect()
}
