//! `trefoil key`: access keys.
//!
//! Always holds: a secret is printed once, by the command that makes it.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::remote::{Remote, RemoteArgs, block_on};
use super::table::{Align, Table};
use super::user::segment;
use super::{Failure, print, print_json};
use crate::admin::api::{Keys, MadeKey, NewKey};

#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Create a key for a user and print its secret, once
    Create(CreateArgs),
    /// List the keys of a user
    List(ListArgs),
    /// Delete a key; requests signed with it fail at once
    Delete(DeleteArgs),
}

#[derive(Debug, Args)]
pub struct CreateArgs {
    /// Name of the user
    user: String,
    /// An id of one's own [default: drawn at random]
    #[arg(long, requires = "secret_access_key")]
    access_key_id: Option<String>,
    /// A secret of one's own; other users of this machine can see it in the list of processes
    #[arg(long, requires = "access_key_id")]
    secret_access_key: Option<String>,
    #[command(flatten)]
    remote: RemoteArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct ListArgs {
    /// Name of the user
    user: String,
    #[command(flatten)]
    remote: RemoteArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct DeleteArgs {
    /// Access key id
    id: String,
    #[command(flatten)]
    remote: RemoteArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(command: &KeyCommand) -> Result<ExitCode, Failure> {
    match command {
        KeyCommand::Create(args) => {
            let path = format!("/api/v1/users/{}/keys", segment(&args.user, "user")?);
            let new =
                NewKey { access_key_id: args.access_key_id.clone(), secret_access_key: args.secret_access_key.clone() };
            let remote = Remote::new(&args.remote)?;
            let key: MadeKey = block_on(async { Ok(remote.post(&path, &new).await?) })?;
            if args.json {
                print_json(&key)?;
            } else {
                print(format!(
                    "export AWS_ACCESS_KEY_ID={}\nexport AWS_SECRET_ACCESS_KEY={}\n",
                    key.access_key_id,
                    quoted(&key.secret_access_key)
                ))?;
            }
        }
        KeyCommand::List(args) => {
            let path = format!("/api/v1/users/{}/keys", segment(&args.user, "user")?);
            let remote = Remote::new(&args.remote)?;
            let keys: Keys = block_on(async { Ok(remote.get(&path).await?) })?;
            if args.json {
                print_json(&keys)?;
            } else {
                let mut table = Table::new(&["ACCESS KEY ID", "USER", "CREATED"].map(|name| (name, Align::Left)));
                keys.keys.into_iter().for_each(|key| table.row([key.access_key_id, key.user, key.created]));
                print(table)?;
            }
        }
        KeyCommand::Delete(args) => {
            let path = format!("/api/v1/keys/{}", segment(&args.id, "access key id")?);
            let remote = Remote::new(&args.remote)?;
            block_on(async { Ok(remote.delete(&path).await?) })?;
            if args.json {
                print_json(&serde_json::json!({ "deleted": args.id }))?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The text as a shell takes it for one word.
fn quoted(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./+=".contains(&byte);
    if text.bytes().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}
