//! What a dependency may be, as `.deny.toml` says it: the part that needs no tool of its own. `make deny` says the rest.
//!
//! Always holds: read from `cargo metadata` and Cargo.lock, for every crate that is linked into the binary or the tests.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

/// The strings of the list `key = [ … ]` in .deny.toml.
fn list(key: &str) -> BTreeSet<String> {
    let text = super::read(".deny.toml");
    let start = text.find(&format!("\n{key} = [")).unwrap_or_else(|| panic!(".deny.toml has no {key}"));
    let list = text[start..].split(']').next().unwrap_or_default();
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Whether a licence expression (SPDX, or the older `A/B`) can be met with what is allowed.
fn is_allowed(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let flat = expression.replace(['(', ')'], " ").replace('/', " OR ");
    // Each conjunct must be met; written without brackets in mind, which no dependency nests deeper.
    flat.split(" AND ").all(|conjunct| conjunct.split(" OR ").any(|licence| allowed.contains(licence.trim())))
}

#[test]
fn an_expression_is_met_by_one_of_its_choices_and_all_of_its_parts() {
    let allowed = BTreeSet::from(["MIT".to_owned(), "ISC".to_owned()]);
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("GPL-3.0 OR MIT", true),
        ("Apache-2.0/MIT", true),
        ("ISC AND (Apache-2.0 OR MIT)", true),
        ("ISC AND GPL-3.0", false),
        ("", false),
    ] {
        assert_eq!(is_allowed(expression, &allowed), expected, "{expression}");
    }
}

#[test]
fn licences_are_those_that_go_with_ours() {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--locked",
            "--offline",
            "--filter-platform",
            "x86_64-unknown-linux-gnu",
        ])
        .current_dir(super::root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let allowed = list("allow");
    let packages = metadata["packages"].as_array().expect("packages");
    let wrong: Vec<String> = packages
        .iter()
        .filter(|package| !is_allowed(package["license"].as_str().unwrap_or_default(), &allowed))
        .map(|package| format!("{} {}: {}", package["name"], package["version"], package["license"]))
        .collect();
    assert!(packages.len() > 100, "{} packages", packages.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn sources_and_bans_are_kept() {
    let sources = list("allow-registry");
    let mut name = String::new();
    for line in super::read("Cargo.lock").lines() {
        let Some((key, value)) = line.split_once(" = ") else { continue };
        let value = value.trim_matches('"');
        match key {
            "name" => {
                name = value.to_owned();
                assert_ne!(name, "openssl-sys", ".deny.toml bans it");
            }
            "version" => assert!(name != "hyper" || !value.starts_with("0."), ".deny.toml bans hyper {value}"),
            "source" => {
                let source = value.strip_prefix("registry+").unwrap_or_else(|| panic!("{name} comes from {value}"));
                assert!(sources.contains(source), "{name} comes from {source}");
            }
            _ => {}
        }
    }
}
