//! `trefoil serve`: runs the daemon in the foreground.
//!
//! Always holds: standard output gets one line, `ready s3=ADDR admin=ADDR` (and ` nfs=ADDR` where that door listens), once requests are
//! served.

use std::process::ExitCode;

use clap::Args;

use super::{Common, Failure};

#[derive(Debug, Args)]
pub struct ServeArgs {
    #[command(flatten)]
    common: Common,
    /// Address and port of the S3 door; port 0 takes a free one [default: 127.0.0.1:8000]
    #[arg(long, value_name = "ADDR")]
    s3_listen: Option<String>,
    /// Address and port of health, metrics and the admin API [default: 127.0.0.1:8001]
    #[arg(long, value_name = "ADDR")]
    admin_listen: Option<String>,
    /// Address and port of the NFS door, like 127.0.0.1:2049; port 0 takes a free one [default: it does not listen]
    #[arg(long, value_name = "ADDR")]
    nfs_listen: Option<String>,
}

pub fn run(args: &ServeArgs) -> Result<ExitCode, Failure> {
    let mut flags = args.common.flags()?;
    let given =
        [("s3.listen", &args.s3_listen), ("admin.listen", &args.admin_listen), ("nfs.listen", &args.nfs_listen)];
    flags.values.extend(given.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))));
    crate::daemon::serve(&crate::settings::load(&flags)?).map_err(Failure)?;
    Ok(ExitCode::SUCCESS)
}
