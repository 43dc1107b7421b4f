//! The command as a process: it says what it is, and a wrong line ends with status 2. That this test exists makes cargo build the
//! binary together with the tests, which the suites in `tests/` start.

use std::process::Command;

#[test]
fn it_says_its_version_and_refuses_a_wrong_line() {
    let run =
        |argument: &str| Command::new(env!("CARGO_BIN_EXE_trefoil")).arg(argument).output().expect("the binary starts");
    let version = run("--version");
    assert!(version.status.success());
    assert!(String::from_utf8_lossy(&version.stdout).contains(env!("CARGO_PKG_VERSION")));
    assert_eq!(run("--no-such-flag").status.code(), Some(2));
}
