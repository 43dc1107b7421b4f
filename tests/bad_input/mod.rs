//! Requests that are malformed, oversized or hostile, by every door, and by what is wrong with them.
//!
//! Always holds: each test names one thing, claims the exact answer (where hyper gives it before there is a request, its status
//! alone), and that nothing was stored.

macro_rules! refused {
    ($($name:ident: $run:expr;)*) => {
        $(
            #[test]
            fn $name() {
                let run: fn(&trefoil_tests::Test) = $run;
                trefoil_tests::shared::with_bucket(super::options, stringify!($name), |t| {
                    run(t);
                    // Whatever was sent: nothing may have come of it.
                    t.get("/{b}?versions").is(200).omits("Version").omits("DeleteMarker");
                    t.get("/{b}?uploads").is(200).omits("Upload");
                });
            }
        )*
    };
}

mod bodies;
mod chunks;
mod forms;
mod framing;
mod fuse;
mod memory;
mod names;
mod nfs;
mod signatures;
mod slow;

use trefoil_tests::Options;

/// The shared server's options: the defaults, because a hostile client meets those, but for the waits, which would be most of
/// the tests' time.
pub fn options() -> Options {
    Options::default()
        .env("TREFOIL_S3_HEAD_TIMEOUT", "6")
        .env("TREFOIL_S3_BODY_TIMEOUT", "3")
        .arg("--nfs-listen")
        .arg("127.0.0.1:0")
}
