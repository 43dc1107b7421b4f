//! The server as a process: started on a directory of its own and ports that the system chose, killed, stopped, started again.
//!
//! Always holds: a [`Server`] that is dropped is dead and its own directory is gone. Waiting has limits. The binary is
//! `TREFOIL_BIN`, or the one that cargo built into the target directory that these tests run from.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::account::{Account, Key};

/// Longest wait for `ready`, and for the end after SIGTERM.
const START_TIMEOUT: Duration = Duration::from_secs(60);
const STOP_TIMEOUT: Duration = Duration::from_secs(30);
/// Lines of its standard error that are kept of one run: the first ones.
const LINES_MAX: usize = 10_000;

/// Where requests go and as whom.
#[derive(Clone, Debug)]
pub struct Target {
    pub address: SocketAddr,
    pub root: Key,
    /// An account that is not root. Absent where the endpoint is not ours to make accounts on.
    pub main: Option<Account>,
    pub alt: Option<Account>,
}

#[derive(Clone, Debug, Default)]
pub struct Options {
    /// An existing data directory that is to stay; else a temporary one.
    pub data_dir: Option<PathBuf>,
    /// Further variables, such as `TREFOIL_FAILPOINTS`.
    pub environment: Vec<(String, String)>,
    /// Further arguments of `serve`.
    pub arguments: Vec<String>,
    pub binary: Option<PathBuf>,
    /// What runs the binary, such as strace with its arguments.
    pub wrapper: Vec<String>,
}

impl Options {
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    pub fn arg(mut self, argument: &str) -> Self {
        self.arguments.push(argument.into());
        self
    }
}

pub struct Server {
    child: Option<Child>,
    /// Of standard error, of the present or last run.
    said: Arc<Mutex<Vec<String>>>,
    listener: Option<JoinHandle<()>>,
    options: Options,
    directory: PathBuf,
    owned: Option<tempfile::TempDir>,
    pub s3: SocketAddr,
    pub admin: SocketAddr,
    /// Where that door was asked for.
    pub nfs: Option<SocketAddr>,
    pub root: Key,
}

/// The binary under test.
pub fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("TREFOIL_BIN") {
        return PathBuf::from(path);
    }
    let test = std::env::current_exe().expect("a process knows its own binary");
    // target/PROFILE/deps/test-HASH
    let profile = test.parent().and_then(Path::parent).expect("a test lies in target/PROFILE/deps");
    profile.join("trefoil")
}

impl Server {
    /// Starts a server and waits until it is ready. Panics with what it said where it does not come up.
    pub fn start(options: Options) -> Self {
        match Self::try_start(options) {
            Ok(server) => server,
            Err(error) => panic!("{error}"),
        }
    }

    pub fn try_start(options: Options) -> Result<Self, String> {
        let owned = match &options.data_dir {
            Some(_) => None,
            None => Some(tempfile::tempdir().map_err(|error| error.to_string())?),
        };
        let directory = match (&options.data_dir, &owned) {
            (Some(directory), _) => directory.clone(),
            (None, Some(owned)) => owned.path().join("data"),
            (None, None) => return Err("no directory".into()),
        };
        let zero: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut server = Self {
            child: None,
            said: Arc::default(),
            listener: None,
            options,
            directory,
            owned,
            s3: zero,
            admin: zero,
            nfs: None,
            root: Key::new("TREFOILROOTKEY000001", "root/secret+of=the0tests1234567890abcdef"),
        };
        server.spawn()?;
        Ok(server)
    }

    fn spawn(&mut self) -> Result<(), String> {
        let binary = self.options.binary.clone().unwrap_or_else(binary);
        let mut words: Vec<String> = self.options.wrapper.clone();
        words.push(binary.display().to_string());
        words.push("serve".into());
        let mut command = Command::new(&words[0]);
        command
            .args(&words[1..])
            .arg("--data-dir")
            .arg(&self.directory)
            .arg("--s3-listen")
            .arg(self.s3.to_string())
            .arg("--admin-listen")
            .arg(self.admin.to_string())
            .args(&self.options.arguments)
            .env("TREFOIL_ACCESS_KEY_ID", &self.root.id)
            .env("TREFOIL_SECRET_ACCESS_KEY", &self.root.secret)
            .envs(self.options.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("{} does not start: {error}", words.join(" ")))?;
        let (send, receive) = mpsc::channel();
        let out = child.stdout.take().ok_or("no stdout")?;
        let err = child.stderr.take().ok_or("no stderr")?;
        let lines = send.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if lines.send((true, line)).is_err() {
                    break;
                }
            }
        });
        let show = std::env::var_os("TREFOIL_TEST_LOG").is_some();
        self.said = Arc::default();
        let said_by_it = Arc::clone(&self.said);
        self.listener = Some(std::thread::spawn(move || {
            for line in BufReader::new(err).lines().map_while(Result::ok) {
                if show {
                    eprintln!("server: {line}");
                }
                let mut kept = said_by_it.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.len() < LINES_MAX {
                    kept.push(line.clone());
                }
                drop(kept);
                // The receiver goes away once the server is ready; the pipe must be drained all the same.
                drop(send.send((false, line)));
            }
        }));
        let deadline = Instant::now() + START_TIMEOUT;
        let mut said = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match receive.recv_timeout(left) {
                Ok((true, line)) if line.starts_with("ready ") => {
                    self.read_ready(&line)?;
                    self.child = Some(child);
                    return Ok(());
                }
                Ok((_, line)) => said.push(line),
                Err(error) => {
                    // Its end is what we want; that it has ended already is fine.
                    drop(child.kill());
                    let status = child.wait().map(|status| status.to_string()).unwrap_or_default();
                    return Err(format!("the server is not ready ({error}, {status}); it said:\n{}", said.join("\n")));
                }
            }
        }
    }

    fn read_ready(&mut self, line: &str) -> Result<(), String> {
        let find = |name: &str| {
            line.split_whitespace()
                .find_map(|word| word.strip_prefix(name))
                .and_then(|address| address.parse::<SocketAddr>().ok())
                .ok_or_else(|| format!("no {name} in {line:?}"))
        };
        self.s3 = find("s3=")?;
        self.admin = find("admin=")?;
        self.nfs = find("nfs=").ok();
        Ok(())
    }

    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The server's own process id: that of the child, or with a wrapper that of the wrapper's child.
    pub fn pid(&self) -> u32 {
        let child = self.child.as_ref().expect("the server runs").id();
        if self.options.wrapper.is_empty() {
            return child;
        }
        let children = std::fs::read_to_string(format!("/proc/{child}/task/{child}/children")).unwrap_or_default();
        children.split_whitespace().next().and_then(|pid| pid.parse().ok()).unwrap_or(child)
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.pid()).expect("a process id fits");
        kill(Pid::from_raw(pid), signal).expect("the server can be signalled");
    }

    /// kill -9, and waits for the end.
    pub fn kill(&mut self) {
        self.signal(Signal::SIGKILL);
        self.wait_end();
    }

    /// SIGTERM, and waits for the end. The exit code.
    pub fn stop(&mut self) -> Option<i32> {
        self.signal(Signal::SIGTERM);
        self.wait_end().code()
    }

    /// Waits for an end that somebody else brings about: how it was. From then on [`Self::said`] is all that the server said.
    pub fn wait_end(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("the server runs");
        let deadline = Instant::now() + STOP_TIMEOUT;
        loop {
            if let Some(status) = child.try_wait().expect("a child can be waited for") {
                // A wrapper's children may hold the pipe open for longer.
                if self.options.wrapper.is_empty()
                    && let Some(listener) = self.listener.take()
                {
                    drop(listener.join());
                }
                return status;
            }
            if Instant::now() > deadline {
                drop(child.kill());
                drop(child.wait());
                panic!("the server did not end within {STOP_TIMEOUT:?}");
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// What the server has said on standard error since it was started last.
    pub fn said(&self) -> Vec<String> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether its end was already waited for.
    pub fn has_ended(&self) -> bool {
        self.child.is_none()
    }

    pub fn is_running(&mut self) -> bool {
        match &mut self.child {
            Some(child) => child.try_wait().expect("a child can be waited for").is_none(),
            None => false,
        }
    }

    /// Starts again on the same directory and ports, with other variables.
    pub fn restart_with(&mut self, environment: Vec<(String, String)>) -> Result<(), String> {
        assert!(self.child.is_none(), "the server still runs");
        self.options.environment = environment;
        self.spawn()
    }

    /// Starts again on the same directory and ports, with the same variables.
    pub fn restart_with_the_same(&mut self) -> Result<(), String> {
        self.restart_with(self.options.environment.clone())
    }

    pub fn restart(&mut self) {
        if let Err(error) = self.restart_with_the_same() {
            panic!("{error}");
        }
    }

    /// Runs a local command of the binary against this server's directory; its JSON.
    pub fn command(&self, arguments: &[&str]) -> Result<Value, String> {
        let binary = self.options.binary.clone().unwrap_or_else(binary);
        run_json(&binary, &self.directory, arguments)
    }

    /// Runs a command against this server's admin address, as from another machine: signed by the root key.
    pub fn remote_command(&self, arguments: &[&str]) -> Result<Value, String> {
        let binary = self.options.binary.clone().unwrap_or_else(binary);
        let mut command = Command::new(binary);
        command.args(arguments).args(["--admin", &self.admin.to_string()]);
        command.env("TREFOIL_ACCESS_KEY_ID", &self.root.id).env("TREFOIL_SECRET_ACCESS_KEY", &self.root.secret);
        read_json(command, arguments)
    }

    /// Makes an account with one key.
    pub fn account(&self, name: &str) -> Account {
        let email = format!("{name}@example.com");
        let display_name = format!("The {name}");
        let user = self
            .command(&["user", "create", name, "--display-name", &display_name, "--email", &email, "--json"])
            .unwrap_or_else(|error| panic!("{error}"));
        let key = self.command(&["key", "create", name, "--json"]).unwrap_or_else(|error| panic!("{error}"));
        let text = |value: &Value, field: &str| {
            value[field].as_str().unwrap_or_else(|| panic!("no {field} in {value}")).to_owned()
        };
        Account {
            name: name.into(),
            id: text(&user, "id"),
            display_name,
            email,
            key: Key::new(text(&key, "access_key_id"), text(&key, "secret_access_key")),
        }
    }

    /// The target of this server, with two accounts beside root.
    pub fn target(&self) -> Target {
        Target {
            address: self.s3,
            root: self.root.clone(),
            main: Some(self.account("main")),
            alt: Some(self.account("alt")),
        }
    }
}

/// Runs `BINARY arguments --data-dir DIRECTORY` and reads the JSON it prints.
pub fn run_json(binary: &Path, directory: &Path, arguments: &[&str]) -> Result<Value, String> {
    let mut command = Command::new(binary);
    command.args(arguments).arg("--data-dir").arg(directory);
    read_json(command, arguments)
}

fn read_json(mut command: Command, arguments: &[&str]) -> Result<Value, String> {
    let output =
        command.stdin(Stdio::null()).output().map_err(|error| format!("{arguments:?} does not run: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = || format!("{arguments:?}: {}\n{text}{}", output.status, String::from_utf8_lossy(&output.stderr));
    if !output.status.success() {
        return Err(said());
    }
    serde_json::from_str(&text).map_err(|error| format!("{error}\n{}", said()))
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // A wrapper may outlive its child; both must go.
            let pid = child.id();
            if !self.options.wrapper.is_empty()
                && let Ok(children) = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))
            {
                for inner in children.split_whitespace().filter_map(|text| text.parse().ok()) {
                    let _ = kill(Pid::from_raw(inner), Signal::SIGKILL);
                }
            }
            drop(child.kill());
            drop(child.wait());
        }
        drop(self.owned.take());
    }
}
