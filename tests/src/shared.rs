//! One server for all tests of a binary.
//!
//! Always holds: it is started by the first test that asks, and is dead with its directory gone when the test process exits.

use std::sync::{Mutex, OnceLock, PoisonError};

use crate::case::Test;
use crate::server::{Options, Server, Target};

static SERVER: Mutex<Option<Server>> = Mutex::new(None);
static SHARED: OnceLock<(Target, u32)> = OnceLock::new();

extern "C" fn stop() {
    drop(SERVER.lock().unwrap_or_else(PoisonError::into_inner).take());
}

/// The shared server's target and process id. The options count for the first call.
pub fn shared(options: impl FnOnce() -> Options) -> &'static (Target, u32) {
    SHARED.get_or_init(|| {
        let server = Server::start(options());
        let found = (server.target(), server.pid());
        *SERVER.lock().unwrap_or_else(PoisonError::into_inner) = Some(server);
        // SAFETY: `stop` is a plain function without arguments that does not unwind across the boundary in any way that
        // matters: a panic at exit aborts, which is an end as well.
        let registered = unsafe { libc::atexit(stop) };
        assert_eq!(registered, 0, "the exit handler can be registered");
        found
    })
}

/// Asks the shared server, which must have been started.
pub fn server<T>(ask: impl FnOnce(&Server) -> T) -> T {
    let server = SERVER.lock().unwrap_or_else(PoisonError::into_inner);
    ask(server.as_ref().expect("the shared server was started"))
}

/// Runs one test in a bucket of its own on the shared server and holds that the server is still there afterwards.
pub fn with_bucket(options: impl FnOnce() -> Options, name: &str, run: impl FnOnce(&Test)) {
    let (target, _) = shared(options);
    let name: String = name.replace('_', "-").chars().take(50).collect();
    let test = Test::new(target.clone(), format!("{}-{}", name.trim_end_matches('-'), std::process::id()));
    test.put("/{b}").is(200);
    run(&test);
    test.head("/{b}").is(200);
}
