//! Accounts as they are made, found, restarted with and deleted; what is refused; what fails on the way.

use super::fake_index::FakeIndex;
use super::*;
use crate::clock::ManualClock;
use crate::metadata::{CommitError, Durability, counter, keys};
use crate::random::SeededRandom;

const ROOT_KEY: &str = "root-key";

struct Bench {
    index: Arc<FakeIndex>,
    clock: Arc<ManualClock>,
    random: Arc<SeededRandom>,
}

impl Bench {
    fn new() -> Self {
        let clock = ManualClock::at(Timestamp::from_secs(1000));
        Self { index: Arc::default(), clock: Arc::new(clock), random: Arc::new(SeededRandom::new(7)) }
    }

    async fn load_with(&self, id: &str, secret: &str) -> Result<Accounts> {
        let root = (id.to_owned(), Secret::new(secret));
        Accounts::load(self.index.clone(), self.clock.clone(), self.random.clone(), root).await
    }

    async fn load(&self) -> Accounts {
        self.load_with(ROOT_KEY, "root-secret").await.unwrap()
    }
}

fn named(name: &str) -> NewAccount {
    NewAccount { name: name.into(), ..NewAccount::default() }
}

type Keys = Vec<(String, String, Timestamp)>;

/// The whole table, to be compared.
fn all(accounts: &Accounts) -> Vec<(Account, Keys)> {
    let keys = |id| accounts.keys(id).into_iter().map(|key| (key.id, key.secret.expose().to_owned(), key.created));
    accounts.list().iter().map(|account| (Account::clone(account), keys(account.id).collect())).collect()
}

#[tokio::test]
async fn root_is_made_once_and_takes_each_starts_key() {
    let bench = Bench::new();
    let first = bench.load().await;
    let root = first.root();
    assert!(root.is_root && root.name == "root");
    let (account, secret) = first.by_access_key(ROOT_KEY).unwrap();
    assert_eq!((account.id, secret.expose()), (root.id, "root-secret"));

    bench.clock.advance_nanos(5);
    let second = bench.load_with("another", "other-secret").await.unwrap();
    assert_eq!(second.root().id, root.id);
    assert!(second.by_access_key(ROOT_KEY).is_none(), "the key of an earlier start is void");
    assert_eq!(second.by_access_key("another").unwrap().1.expose(), "other-secret");
    assert_eq!(bench.index.map.lock().len(), 1, "the root key is not in the index");
}

#[tokio::test]
async fn accounts_are_found_by_everything_and_survive_a_restart() {
    let bench = Bench::new();
    let accounts = bench.load().await;
    let given = AccountId([9; 32]);
    let new = NewAccount {
        name: "zoe".into(),
        display_name: Some("Zoë Z.".into()),
        email: Some("Zoe@Example.com".into()),
        id: Some(given),
    };
    let zoe = accounts.create(new).await.unwrap();
    for name in ["eve", "bob", "mia", "Ann"] {
        let account = accounts.create(named(name)).await.unwrap();
        assert_eq!((account.display_name.as_str(), account.is_root), (name, false));
        for _ in 0..2 {
            bench.clock.advance_nanos(1);
            accounts.create_key(account.id, None).await.unwrap();
        }
    }
    assert_eq!(zoe.id, given);
    assert_eq!(accounts.by_id(given).unwrap().display_name, "Zoë Z.");
    assert_eq!(accounts.by_name("zoe").unwrap().id, given);
    assert_eq!(accounts.by_email("zoe@example.COM").unwrap().id, given);
    assert!(accounts.by_name("Zoe").is_none() && accounts.by_email("zoe@example.org").is_none());
    let names: Vec<_> = accounts.list().iter().map(|account| account.name.clone()).collect();
    assert_eq!(names, ["root", "Ann", "bob", "eve", "mia", "zoe"]);

    let again = bench.load().await;
    assert_eq!(all(&again), all(&accounts));
    assert!(bench.index.commits.lock().iter().all(|durability| *durability == Durability::Synced));
}

#[tokio::test]
async fn keys_are_drawn_or_given_and_fail_once_deleted() {
    let accounts = Bench::new().load().await;
    let bob = accounts.create(named("bob")).await.unwrap();
    let drawn = accounts.create_key(bob.id, None).await.unwrap();
    let tail = drawn.id.strip_prefix("TRFL").expect("the prefix");
    assert!(tail.len() == 16 && tail.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()), "{tail}");
    assert_eq!(drawn.secret.expose().len(), 40);
    rules::access_key_id(&drawn.id).unwrap();
    rules::secret(&drawn.secret).unwrap();

    let given = accounts.create_key(bob.id, Some(("abc".into(), Secret::new("12345678")))).await.unwrap();
    let (account, secret) = accounts.by_access_key("abc").unwrap();
    assert_eq!((account.id, secret), (bob.id, given.secret));
    assert_eq!(accounts.keys(bob.id).len(), 2);

    accounts.delete_key("abc").await.unwrap();
    assert!(accounts.by_access_key("abc").is_none());
    let error = accounts.delete_key("abc").await.unwrap_err();
    assert!(matches!(error, Error::InvalidArgument { name: "access-key-id", .. }), "{error:?}");
    assert_eq!(accounts.keys(bob.id).len(), 1);
}

#[tokio::test]
async fn deleting_takes_the_keys_along_and_spares_owners_and_root() {
    let bench = Bench::new();
    let accounts = bench.load().await;
    let (bob, eve) = (accounts.create(named("bob")).await.unwrap(), accounts.create(named("eve")).await.unwrap());
    let (of_bob, of_eve) =
        (accounts.create_key(bob.id, None).await.unwrap(), accounts.create_key(eve.id, None).await.unwrap());

    bench.index.map.lock().insert(keys::owned_buckets(bob.id), counter::encode(1));
    assert!(matches!(accounts.delete("bob").await.unwrap_err(), Error::InvalidRequest(_)));
    assert!(accounts.by_access_key(&of_bob.id).is_some());
    bench.index.map.lock().insert(keys::owned_buckets(bob.id), counter::encode(0));
    accounts.delete("bob").await.unwrap();
    for accounts in [accounts.clone(), bench.load().await] {
        assert!(accounts.by_name("bob").is_none() && accounts.by_access_key(&of_bob.id).is_none());
        assert!(accounts.by_access_key(&of_eve.id).is_some());
    }
    assert!(matches!(accounts.delete("bob").await.unwrap_err(), Error::InvalidArgument { name: "name", .. }));
    assert!(matches!(accounts.delete("root").await.unwrap_err(), Error::InvalidRequest(_)));
    assert!(matches!(accounts.delete_key(ROOT_KEY).await.unwrap_err(), Error::InvalidRequest(_)));
    let error = accounts.create_key(bob.id, None).await.unwrap_err();
    assert!(matches!(error, Error::InvalidArgument { name: "account", .. }), "{error:?}");

    // The name, and with another account the key's id, may be used again.
    let again = accounts.create(named("bob")).await.unwrap();
    assert_ne!(again.id, bob.id);
    accounts.create_key(again.id, Some((of_bob.id, of_bob.secret))).await.unwrap();
}

#[tokio::test]
async fn what_is_taken_is_refused() {
    let bench = Bench::new();
    let accounts = bench.load().await;
    let id = Some(AccountId([1; 32]));
    let bob = NewAccount { email: Some("bob@example.com".into()), id, ..named("bob") };
    let bob = accounts.create(bob).await.unwrap();
    accounts.create_key(bob.id, Some(("bobs-key".into(), Secret::new("12345678")))).await.unwrap();
    let before = (all(&accounts), bench.index.map.lock().clone());

    let taken = [
        named("bob"),
        named("root"),
        NewAccount { email: Some("BOB@example.com".into()), ..named("rob") },
        NewAccount { id, ..named("rob") },
    ];
    for account in taken {
        let error = accounts.create(account.clone()).await.unwrap_err();
        assert!(matches!(error, Error::InvalidRequest(_)), "{account:?}: {error:?}");
    }
    for key in ["bobs-key", ROOT_KEY] {
        let error =
            accounts.create_key(accounts.root().id, Some((key.into(), Secret::new("12345678")))).await.unwrap_err();
        assert!(matches!(error, Error::InvalidRequest(_)), "{key}: {error:?}");
    }
    assert!(before == (all(&accounts), bench.index.map.lock().clone()), "what is refused changes nothing");

    // A start with a root key that belongs to somebody.
    let error = bench.load_with("bobs-key", "12345678").await.err().unwrap();
    assert!(matches!(&error, Error::InvalidRequest(text) if text.contains("bobs-key")), "{error:?}");
}

#[tokio::test]
async fn t11_what_is_malformed_is_refused_and_no_secret_is_told() {
    let accounts = Bench::new().load().await;
    let long = "x".repeat(300);
    for name in ["", "a b", "a/b", "ä", "a\0", &long] {
        let error = accounts.create(named(name)).await.unwrap_err();
        assert!(matches!(error, Error::InvalidArgument { name: "name", .. }), "{name:?}: {error:?}");
    }
    for email in ["", "a", "@a", "a@", "a@b@c", "a b@c", "a@b\n", &format!("{long}@b")] {
        let error = accounts.create(NewAccount { email: Some(email.into()), ..named("bob") }).await.unwrap_err();
        assert!(matches!(error, Error::InvalidArgument { name: "email", .. }), "{email:?}: {error:?}");
    }
    for display in ["", "a\nb", &long] {
        let error =
            accounts.create(NewAccount { display_name: Some(display.into()), ..named("bob") }).await.unwrap_err();
        assert!(matches!(error, Error::InvalidArgument { name: "display-name", .. }), "{display:?}: {error:?}");
    }
    let root = accounts.root().id;
    for id in ["", "ab", "a b c", "a/b", "ä-key", &long] {
        let error = accounts.create_key(root, Some((id.into(), Secret::new("12345678")))).await.unwrap_err();
        assert!(matches!(error, Error::InvalidArgument { name: "access-key-id", .. }), "{id:?}: {error:?}");
    }
    for secret in ["sesame!", "open sesame", "open\nsesame", "ösesame!", &long] {
        let error = accounts.create_key(root, Some(("abc".into(), Secret::new(secret)))).await.unwrap_err();
        assert!(matches!(error, Error::InvalidArgument { name: "secret-access-key", .. }));
        assert!(!format!("{error:?} {error}").contains(secret), "{error:?}");
    }
    let key = accounts.create_key(root, Some(("abc".into(), Secret::new("open-sesame")))).await.unwrap();
    assert!(!format!("{key:?}").contains("sesame"));
    assert_eq!(accounts.list().len(), 1);
}

#[tokio::test]
async fn a_failed_commit_shows_nothing_and_a_conflict_is_run_again() {
    let bench = Bench::new();
    let accounts = bench.load().await;
    bench.index.faults.lock().extend([CommitError::Conflict, CommitError::Conflict]);
    let bob = accounts.create(named("bob")).await.unwrap();

    let before = all(&accounts);
    for (fault, expected) in [
        (CommitError::Full("x".into()), Error::StorageFull("x".into())),
        (CommitError::Failed("x".into()), Error::Internal("the index has stopped: x".into())),
    ] {
        let fail = || bench.index.faults.lock().push_back(fault.clone());
        let same = |error: Error| assert_eq!(format!("{error:?}"), format!("{expected:?}"));
        fail();
        same(accounts.create(named("eve")).await.unwrap_err());
        fail();
        same(accounts.create_key(bob.id, None).await.unwrap_err());
        fail();
        same(accounts.delete("bob").await.unwrap_err());
    }
    assert_eq!(all(&accounts), before);
    bench.index.faults.lock().extend(vec![CommitError::Conflict; 1000]);
    assert!(matches!(accounts.create(named("eve")).await.unwrap_err(), Error::Unavailable(_)));
    assert_eq!(all(&accounts), before);
}

#[tokio::test]
async fn a_change_nobody_waits_for_goes_to_its_end() {
    let bench = Bench::new();
    let accounts = bench.load().await;
    let gate = bench.index.gate.clone().lock_owned().await;
    {
        let create = accounts.create(named("bob"));
        tokio::time::timeout(std::time::Duration::from_millis(20), create).await.expect_err("it waits for the gate");
    }
    assert!(accounts.by_name("bob").is_none(), "nothing shows before it is committed");
    drop(gate);
    // Changes are made one after another: this one comes after the abandoned one.
    accounts.create(named("eve")).await.unwrap();
    assert!(accounts.by_name("bob").is_some());
    assert_eq!(all(&bench.load().await), all(&accounts));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_racing_creators_one_wins() {
    let bench = Bench::new();
    let accounts = bench.load().await;
    let racers = (0..16).map(|_| {
        let accounts = accounts.clone();
        tokio::spawn(async move { accounts.create(named("bob")).await.is_ok() })
    });
    let won = futures::future::join_all(racers).await.into_iter().filter(|won| *won.as_ref().unwrap()).count();
    assert_eq!(won, 1);
    assert_eq!(bench.index.map.lock().len(), 2);
}

#[tokio::test]
async fn damaged_records_stop_the_start() {
    let bench = Bench::new();
    let accounts = bench.load().await;
    let bob = accounts.create(named("bob")).await.unwrap();
    accounts.create_key(bob.id, Some(("bobs-key".into(), Secret::new("12345678")))).await.unwrap();
    let whole = bench.index.map.lock().clone();

    for key in whole.keys() {
        let mut value = whole[key].to_vec();
        value[3] ^= 4;
        bench.index.map.lock().insert(key.clone(), value.into());
        assert!(matches!(bench.load_with(ROOT_KEY, "root-secret").await, Err(Error::Corrupt(_))), "{key:?}");
        *bench.index.map.lock() = whole.clone();
    }
    // A key whose account is gone; a second root.
    bench.index.map.lock().remove(&account_keys::account(bob.id));
    assert!(matches!(bench.load_with(ROOT_KEY, "root-secret").await, Err(Error::Corrupt(_))));
    *bench.index.map.lock() = whole.clone();
    let root = whole[&account_keys::account(accounts.root().id)].clone();
    let second = AccountRecord { name: "root2".into(), ..AccountRecord::decode(&root).unwrap() };
    bench.index.map.lock().insert(account_keys::account(AccountId([3; 32])), second.encode());
    assert!(matches!(bench.load_with(ROOT_KEY, "root-secret").await, Err(Error::Corrupt(_))));
}
