//! `trefoil user`: accounts, each with its own buckets, keys and canonical id.
//!
//! Always holds: a name goes into a path only when it needs no encoding there.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::remote::{Remote, RemoteArgs, block_on};
use super::table::{Align, Table};
use super::{Failure, print, print_json};
use crate::admin::api::{NewUser, User, Users};

#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Create a user
    Create(CreateArgs),
    /// List all users
    List(ListArgs),
    /// Delete a user and its keys; its buckets must be gone
    Delete(DeleteArgs),
}

#[derive(Debug, Args)]
pub struct CreateArgs {
    /// Short name, unique
    name: String,
    /// Name that listings and grants show [default: the short name]
    #[arg(long)]
    display_name: Option<String>,
    /// Address by which grants can name the user, unique
    #[arg(long)]
    email: Option<String>,
    /// Canonical id, 64 hexadecimal digits [default: drawn at random]
    #[arg(long)]
    id: Option<String>,
    #[command(flatten)]
    remote: RemoteArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    remote: RemoteArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct DeleteArgs {
    name: String,
    #[command(flatten)]
    remote: RemoteArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(command: &UserCommand) -> Result<ExitCode, Failure> {
    match command {
        UserCommand::Create(args) => {
            let new = NewUser {
                name: args.name.clone(),
                display_name: args.display_name.clone(),
                email: args.email.clone(),
                id: args.id.clone(),
            };
            let remote = Remote::new(&args.remote)?;
            let user: User = block_on(async { Ok(remote.post("/api/v1/users", &new).await?) })?;
            if args.json {
                print_json(&user)?;
            } else {
                print(table(std::slice::from_ref(&user)))?;
                eprintln!("next: trefoil key create {}", user.name);
            }
        }
        UserCommand::List(args) => {
            let remote = Remote::new(&args.remote)?;
            let users: Users = block_on(async { Ok(remote.get("/api/v1/users").await?) })?;
            if args.json {
                print_json(&users)?;
            } else {
                print(table(&users.users))?;
            }
        }
        UserCommand::Delete(args) => {
            let path = format!("/api/v1/users/{}", segment(&args.name, "user")?);
            let remote = Remote::new(&args.remote)?;
            block_on(async { Ok(remote.delete(&path).await?) })?;
            if args.json {
                print_json(&serde_json::json!({ "deleted": args.name }))?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The text as a path's segment, where it can be a name at all.
pub fn segment<'a>(text: &'a str, what: &str) -> Result<&'a str, Failure> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.+=,@".contains(&byte);
    if text.is_empty() || text.len() > 128 || !text.bytes().all(plain) {
        return Err(Failure(format!("{text:?} can't be a {what}; `trefoil user list` shows the users")));
    }
    Ok(text)
}

fn table(users: &[User]) -> Table {
    let columns = ["NAME", "DISPLAY NAME", "E-MAIL", "CANONICAL ID"].map(|name| (name, Align::Left));
    let mut table = Table::new(&columns);
    for user in users {
        let name = if user.is_root { format!("{} (root)", user.name) } else { user.name.clone() };
        table.row([name, user.display_name.clone(), user.email.clone().unwrap_or_default(), user.id.clone()]);
    }
    table
}
