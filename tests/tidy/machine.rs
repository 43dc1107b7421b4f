//! What the tests need of a machine is installed by `make test`.
//!
//! Always holds: a program that a test starts is named here with the package that has it, and `scripts/install-deps.sh` installs
//! that package.

use std::collections::BTreeSet;

/// Programs that tests start, and their packages on Debian. Without one: they are there wherever cargo, git and make are.
const PROGRAMS: &[(&str, Option<&str>)] = &[
    ("cargo", None),
    ("git", None),
    ("mount", Some("mount")),
    ("openssl", Some("openssl")),
    ("python3", Some("python3")),
    ("setfacl", Some("acl")),
    ("sh", None),
    ("strace", Some("strace")),
    ("tar", Some("tar")),
    ("umount", Some("mount")),
    ("unshare", Some("util-linux")),
];

/// Words right behind each of the openings, up to the next quote.
fn words(text: &str, openings: &[&str]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for opening in openings {
        for (at, _) in text.match_indices(opening) {
            let word: String = text[at + opening.len()..].chars().take_while(|c| c.is_ascii_alphanumeric()).collect();
            found.insert(word);
        }
    }
    found
}

#[test]
fn every_program_that_a_test_starts_is_installed() {
    let mut started = BTreeSet::new();
    for name in super::sources().iter().filter(|name| name.starts_with("tests/") && *name != "tests/tidy/machine.rs") {
        let text = super::read(name);
        started.extend(words(&text, &["Command::new(\""]));
        // A wrapper is a list whose first word is the program; a script of a shell may start another.
        for line in text
            .lines()
            .filter(|line| line.contains("wrapper") || line.contains("strace") || line.contains("script = \""))
        {
            started.extend(words(line, &["[\"", "script = \""]));
        }
    }
    // The measurements' quick runs start no peers.
    for name in super::files().iter().filter(|name| name.ends_with(".py") && !name.starts_with("tests/bench/servers/"))
    {
        started.extend(words(&super::read(name), &["subprocess.run([\"", "subprocess.Popen([\"", "which(\""]));
    }
    let known: BTreeSet<String> = PROGRAMS.iter().map(|(program, _)| (*program).to_owned()).collect();
    let strange: Vec<_> = started.difference(&known).collect();
    assert!(strange.is_empty(), "who installs {strange:?}?");
    let script = super::read("scripts/install-deps.sh");
    let installed = script.lines().find(|line| line.contains("${tests:+strace")).expect("the packages of the tests");
    for package in PROGRAMS.iter().filter_map(|(_, package)| *package) {
        assert!(
            installed.split([' ', '+', '}']).any(|word| word == package),
            "scripts/install-deps.sh does not install {package}"
        );
    }
    let makefile = super::read("Makefile");
    assert!(makefile.contains("\ntest-build: test-deps "), "make test does not install what it needs");
}
