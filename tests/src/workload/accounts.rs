//! An account of the writer's own and its keys, by the commands that an administrator types.
//!
//! Always holds: a command that fails leaves its change possible; only one that the daemon refused changed nothing, and no command
//! here is to be refused.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Gone, Writer};
use crate::oracle::{Change, State, Subject};
use crate::server::run_json;

impl Writer {
    pub fn own_account(&self) -> String {
        format!("account-{}", self.name)
    }

    pub(super) fn account_keys(&self) -> Option<BTreeSet<String>> {
        match self.oracle.world.get(&Subject::Account(self.own_account())) {
            Some(State::Account { keys }) => Some(keys.clone()),
            _ => None,
        }
    }

    fn command(&mut self, keys: Option<BTreeSet<String>>, arguments: &[&str]) -> Result<(), Gone> {
        let Some((binary, directory)) = self.commands.clone() else { return Ok(()) };
        let change: Change = vec![(Subject::Account(self.own_account()), keys.map(|keys| State::Account { keys }))];
        self.oracle.sent(vec![change]);
        match run_json(&binary, &directory, &[arguments, &["--json"]].concat()) {
            Ok(_) => self.oracle.acknowledged(),
            // A daemon that is there has refused it, and was not to.
            Err(problem) if self.is_served() => {
                self.complaints.push(format!("{}: {problem}", self.name));
                self.oracle.refused();
            }
            Err(_) => return Err(Gone),
        }
        Ok(())
    }

    /// Whether the daemon is still there a moment later.
    pub(super) fn is_served(&self) -> bool {
        std::thread::sleep(Duration::from_millis(100));
        std::net::TcpStream::connect(self.address).is_ok()
    }

    pub(super) fn create_account(&mut self) -> Result<(), Gone> {
        let name = self.own_account();
        self.command(Some(BTreeSet::new()), &["user", "create", &name])
    }

    pub(super) fn delete_account(&mut self) -> Result<(), Gone> {
        let name = self.own_account();
        self.command(None, &["user", "delete", &name])
    }

    pub(super) fn create_key(&mut self) -> Result<(), Gone> {
        let Some(mut keys) = self.account_keys() else { return Ok(()) };
        let id = format!("CRASHKEY{:012}", self.serial() % 1_000_000_000_000);
        keys.insert(id.clone());
        let name = self.own_account();
        let secret = ["--secret-access-key", "a/secret+of=the0tests1234567890abcdefgh"];
        self.command(Some(keys), &[&["key", "create", &name, "--access-key-id", &id][..], &secret].concat())
    }

    pub(super) fn delete_key(&mut self) -> Result<(), Gone> {
        let Some(mut keys) = self.account_keys() else { return Ok(()) };
        let Some(id) = keys.pop_first() else { return Ok(()) };
        self.command(Some(keys), &["key", "delete", &id])
    }

    pub(super) fn account_gone(&mut self) -> Result<(), Gone> {
        match self.account_keys() {
            Some(_) => self.delete_account(),
            None => Ok(()),
        }
    }

    pub(super) fn account_there(&mut self) -> Result<(), Gone> {
        match self.account_keys() {
            Some(_) => Ok(()),
            None => self.create_account(),
        }
    }
}
