//! Which crate may depend on which.
//!
//! Always holds: read from `cargo metadata`, so that no manifest can say one thing and mean another.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// Every arrow that may be. A door depends on the core; the appliance on doors and core; tests on the core as a library only, for
/// they run the appliance as a process.
const ARROWS: &[(&str, &[&str])] = &[
    ("trefoil-core", &[]),
    ("trefoil-s3", &["trefoil-core"]),
    ("trefoil-fuse", &["trefoil-core"]),
    ("trefoil-nfs", &["trefoil-core"]),
    ("trefoil-appliance", &["trefoil-core", "trefoil-s3", "trefoil-fuse", "trefoil-nfs"]),
    ("trefoil-tests", &["trefoil-core"]),
];

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(super::root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo prints JSON")
}

#[test]
fn crates_depend_only_along_the_arrows() {
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let metadata = metadata();
    let mut seen = BTreeSet::new();
    for package in metadata["packages"].as_array().expect("packages") {
        let name = package["name"].as_str().expect("a name");
        let may = allowed.get(name).unwrap_or_else(|| panic!("{name} is a crate that nobody knows: add its arrows"));
        seen.insert(name.to_owned());
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let target = dependency["name"].as_str().expect("a name");
            assert!(!target.starts_with("trefoil-") || may.contains(&target), "{name} must not depend on {target}");
        }
    }
    assert!(seen.contains("trefoil-core") && seen.contains("trefoil-appliance"), "{seen:?}");
}

#[test]
fn the_core_knows_no_wire() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().expect("packages");
    let core = packages.iter().find(|package| package["name"] == "trefoil-core").expect("the core");
    for dependency in core["dependencies"].as_array().expect("dependencies") {
        let name = dependency["name"].as_str().expect("a name");
        for wire in ["http", "hyper", "s3s", "quick-xml", "fuser", "nfsserve", "axum"] {
            assert_ne!(name, wire, "the core must not know {wire}");
        }
    }
}

#[test]
fn versions_stand_once_in_the_workspace() {
    for name in super::files().iter().filter(|name| name.ends_with("/Cargo.toml")) {
        let manifest: String = super::read(name);
        let mut inside = false;
        for line in manifest.lines() {
            if line.starts_with('[') {
                inside = line.contains("dependencies");
            } else if inside && line.contains('=') && !line.trim_start().starts_with('#') {
                assert!(line.contains("workspace = true"), "{name}: {line}: versions stand in the workspace's table");
            }
        }
    }
}
