//! RPC and MOUNT: what is answered, and how, before any file is looked at.

use std::time::Duration;

use trefoil_core::access::NewAccount;
use trefoil_core::objects::{AclChange, CreateBucket};
use trefoil_core::types::{Principal, TagSet};

use super::client::{As, Client, MOUNT, NFS, Words, call, record};
use super::fixture::{BUCKET, KEY, fixture};
use crate::handle::{Handles, Named};

fn handle(export: u64, node: u64) -> Words {
    Words::default().opaque(&Handles::new(&KEY).make(Named { export, node }))
}

#[tokio::test]
async fn nothing_is_done_and_answered() {
    let fixture = fixture().await;
    for identity in [As::Nobody, As::Unix(1000, 100, (0..16).collect())] {
        let mut client = fixture.client(identity).await;
        client.call(NFS, 0, Words::default()).await.end();
        client.call(MOUNT, 0, Words::default()).await.end();
    }
}

#[tokio::test]
async fn what_is_not_served_is_told_with_what_is() {
    let fixture = fixture().await;
    let mut client = fixture.root().await;
    for (program, version, procedure, expected) in [
        // NFS_ACL and NLM, by which clients find out whether there are any.
        (100_227, 3, 0, &[0, 0, 0, 1][..]),
        (100_021, 4, 0, &[0, 0, 0, 1]),
        (NFS, 2, 0, &[0, 0, 0, 2, 3, 3]),
        (NFS, 4, 0, &[0, 0, 0, 2, 3, 3]),
        (MOUNT, 1, 0, &[0, 0, 0, 2, 3, 3]),
        (NFS, 3, 22, &[0, 0, 0, 3]),
        (MOUNT, 3, 6, &[0, 0, 0, 3]),
        (NFS, 3, u32::MAX, &[0, 0, 0, 3]),
        // GETATTR without a handle.
        (NFS, 3, 1, &[0, 0, 0, 4]),
    ] {
        let mut answer = client.ask(program, version, procedure, Words::default()).await;
        for word in expected {
            assert_eq!(answer.u32(), *word, "{program} {version} {procedure}: {expected:?}");
        }
        answer.end();
    }
}

#[tokio::test]
async fn credentials_that_are_not_taken_are_denied() {
    let fixture = fixture().await;
    let mut client = fixture.root().await;
    client.identity = As::Unix(0, 0, vec![0; 17]);
    let mut answer = client.ask(NFS, 3, 0, Words::default()).await;
    assert_eq!([answer.u32(), answer.u32(), answer.u32()], [1, 1, 1], "MSG_DENIED, AUTH_ERROR, AUTH_BADCRED");
    // RPCSEC_GSS: TOOWEAK, but for NULL.
    for (procedure, expected) in [(0, &[9, 1, 0, 0, 0, 0][..]), (1, &[9, 1, 1, 1, 5])] {
        let head = Words::default().u32(9).u32(0).u32(2).u32(NFS).u32(3).u32(procedure);
        client.send(&record(&head.u32(6).opaque(b"gss").u32(0).opaque(b"").0)).await;
        let answer = client.receive().await.expect("an answer");
        assert_eq!(answer, expected.iter().fold(Words::default(), |words, word| words.u32(*word)).0);
    }
}

#[tokio::test]
async fn mounts_are_let_in_by_name_host_and_port() {
    let fixture = fixture().await;
    let mut client = fixture.root().await;
    for (path, status) in [
        ("/elsewhere", 13),
        ("/elsewhere/a/b", 13),
        ("/secure", 13),
        ("/none", 2),
        ("/", 2),
        ("open", 2),
        ("/open/../root", 22),
        (&format!("/{}", "x".repeat(1024)), 63),
    ] {
        assert_eq!(client.mount(path).await, Err(status), "{path}");
    }
}

/// Whoever may make buckets could wait for a name to be free, and put something before those who mount it.
#[tokio::test]
async fn an_export_goes_over_to_no_other_account_s_bucket_by_itself() {
    let fixture = fixture().await;
    let mut client = fixture.root().await;
    client.mount("/open").await.expect("mounted");
    let (store, bucket) = (&fixture.store, BUCKET.parse().expect("a bucket's name"));
    store.objects.delete_bucket(&store.root, &bucket).await.expect("deleted");
    // Its owner's again.
    store.bucket(bucket.clone()).await.expect("made");
    client.mount("/open").await.expect("mounted");
    store.objects.delete_bucket(&store.root, &bucket).await.expect("deleted");
    let account = NewAccount { name: "bob".into(), ..NewAccount::default() };
    let bob = Principal::Account(store.accounts.create(account).await.expect("an account"));
    let create = CreateBucket { bucket, location: None, acl: AclChange::default(), tags: TagSet::default() };
    store.objects.create_bucket(&bob, create).await.expect("made");
    assert_eq!(client.mount("/open").await, Err(13));
}

#[tokio::test]
async fn handles_open_only_what_this_server_showed() {
    let fixture = fixture().await;
    let mut client = fixture.root().await;
    let made = Handles::new(&KEY).make(Named { export: 1, node: 1 });
    let mut forged = made;
    forged[20] ^= 1;
    for (handle, status) in [
        (&forged[..], 10_001),
        (&made[..35], 10_001),
        (b"", 10_001),
        (&[0; 64], 10_001),
        (&Handles::new(&[0; 32]).make(Named { export: 1, node: 1 })[..], 10_001),
        // No such export, and one that does not let us in.
        (&Handles::new(&KEY).make(Named { export: 99, node: 1 })[..], 70),
        (&Handles::new(&KEY).make(Named { export: 5, node: 1 })[..], 13),
        (&Handles::new(&KEY).make(Named { export: 6, node: 1 })[..], 13),
    ] {
        let mut answer = client.call(NFS, 1, Words::default().opaque(handle)).await;
        assert_eq!(answer.u32(), status, "{handle:?}");
        answer.end();
    }
    let mut answer = client.ask(NFS, 3, 1, Words::default().opaque(&[0; 65])).await;
    assert_eq!([answer.u32(), answer.u32(), answer.u32(), answer.u32()], [0, 0, 0, 4], "65 bytes are no handle");
}

#[tokio::test]
async fn an_export_that_is_removed_is_stale_at_once() {
    let fixture = fixture().await;
    let mut client = fixture.root().await;
    assert!(fixture.exports.remove("elsewhere"));
    assert_eq!(client.call(NFS, 1, handle(5, 1)).await.u32(), 70);
    assert_eq!(client.mount("/elsewhere").await, Err(2));
}

#[tokio::test]
async fn exports_are_listed_with_their_hosts() {
    let fixture = fixture().await;
    let mut client = fixture.client(As::Nobody).await;
    let mut answer = client.call(MOUNT, 5, Words::default()).await;
    let mut exports = Vec::new();
    while answer.boolean() {
        let (path, mut hosts) = (answer.text(), Vec::new());
        while answer.boolean() {
            hosts.push(answer.text());
        }
        exports.push((path, hosts.join(" ")));
    }
    answer.end();
    assert_eq!(exports.len(), 7);
    assert_eq!(exports[0], ("/elsewhere".into(), "192.0.2.1".into()));
    assert_eq!(exports[2], ("/open".into(), "127.0.0.0/8 ::1".into()));
    // Nobody has mounted anything, and forgetting that is no error.
    assert!(!client.call(MOUNT, 2, Words::default()).await.boolean());
    client.call(MOUNT, 3, Words::default().opaque(b"/open")).await.end();
    client.call(MOUNT, 4, Words::default()).await.end();
}

#[tokio::test]
async fn fragments_are_put_together_and_many_calls_are_answered() {
    let fixture = fixture().await;
    let mut client = fixture.root().await;
    let body = call(7, NFS, 3, 0, &As::Nobody, &Words::default());
    for cut in 0..body.len() {
        let first = Words::default().u32(u32::try_from(cut).expect("short")).fixed(&body[..cut]).0;
        client.send(&[first, record(&body[cut..])].concat()).await;
        assert_eq!(client.receive().await.map(|answer| answer.len()), Some(24));
    }
    // A reply is passed over; what follows is answered.
    let reply = Words::default().u32(1).u32(1).u32(0).u32(0).u32(0).u32(0).0;
    client.send(&[record(&reply), record(&body)].concat()).await;
    assert_eq!(client.receive().await.map(|answer| answer[..4].to_vec()), Some(vec![0, 0, 0, 7]));
    let count = 3000;
    let flood: Vec<u8> =
        (0..count).flat_map(|xid| record(&call(xid, NFS, 3, 1, &As::Nobody, &handle(99, 1)))).collect();
    client.send(&flood).await;
    let mut answered: Vec<u32> = Vec::new();
    while answered.len() < count as usize {
        let answer = client.receive().await.expect("an answer");
        assert_eq!(answer[24..], 70_u32.to_be_bytes());
        answered.push(u32::from_be_bytes(answer[..4].try_into().expect("four")));
    }
    answered.sort_unstable();
    assert!(answered.into_iter().eq(0..count));
    let counted = fixture.metrics.procedures().into_iter().find(|procedure| procedure.name == "GETATTR");
    assert_eq!(counted.map(|counts| (counts.requests, counts.errors)), Some((count.into(), count.into())));
}

#[tokio::test]
async fn a_repeated_call_gets_the_same_answer_over_another_connection() {
    let fixture = fixture().await;
    let mut first = fixture.root().await;
    // REMOVE with a handle of an export that is gone: the answer is kept, though the export comes back.
    let arguments = handle(99, 1).opaque(b"name");
    let body = call(5, NFS, 3, 12, &first.identity, &arguments);
    first.send(&record(&body)).await;
    let answer = first.receive().await.expect("an answer");
    let mut second = fixture.root().await;
    second.send(&record(&body)).await;
    assert_eq!(second.receive().await.expect("an answer"), answer);
    assert_eq!(fixture.metrics.repeated.load(std::sync::atomic::Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_stopped_server_takes_no_more() {
    let mut fixture = fixture().await;
    let mut client: Client = fixture.root().await;
    client.call(NFS, 0, Words::default()).await.end();
    drop(fixture.stop.take());
    tokio::time::timeout(Duration::from_secs(10), &mut fixture.served).await.expect("in time").expect("no panic");
    assert!(client.is_closed().await);
    assert!(tokio::net::TcpStream::connect(fixture.address).await.is_err());
}
