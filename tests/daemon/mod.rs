//! What the tests of the command share: a process whose words are kept.
//!
//! Always holds: a [`Daemon`] that is dropped is dead; no root credentials come from the environment unless a test gives them.

mod commands;
mod drain;
mod exports;
mod mounts;
mod start;

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use trefoil_tests::server::binary;

/// The command with these arguments, and nothing of our environment that it would take for its own.
fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TREFOIL_") {
            command.env_remove(name);
        }
    }
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Runs it to its end.
fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    command(arguments).envs(environment.iter().copied()).output().expect("the binary starts")
}

fn words(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A running `trefoil serve`.
struct Daemon {
    child: Child,
    ready: String,
}

impl Daemon {
    /// Starts it on free ports and waits for its ready line.
    fn start(directory: &Path) -> Self {
        let mut child =
            command(&["serve", "--s3-listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--data-dir"])
                .arg(directory)
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .expect("the binary starts");
        let mut ready = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut ready).expect("a line");
        Self { child, ready }
    }

    /// SIGTERM; the exit status, and everything that it said on standard error.
    fn stop(mut self) -> (Option<i32>, String) {
        signal(self.child.id(), Signal::SIGTERM);
        let mut said = String::new();
        let mut errors = self.child.stderr.take().expect("its errors");
        errors.read_to_string(&mut said).expect("text");
        (self.child.wait().expect("it ends").code(), said)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn signal(pid: u32, signal: Signal) {
    kill(Pid::from_raw(i32::try_from(pid).expect("a process id fits")), signal).expect("it can be signalled");
}
