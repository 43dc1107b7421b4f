//! Calls that promise, or send, or ask for far more than a server may hold: memory stays bounded.
//!
//! Always holds: each test has a server of its own, and its peak of resident memory is read from the kernel.

use std::net::SocketAddr;

use trefoil_tests::nfs::{Client, Credential, NFS, Set, VERSION, Words, call, fragment, record};
use trefoil_tests::{Options, Server, Test, process};

/// What calls may cost that are refused, or promise and never send, beyond what the server had before.
const GROWTH_MAX: u64 = 64 << 20;
/// What large records and answers may take together: the door's room for them, and as much again for what reading takes beside, for
/// buffers of connections, and for what the allocator keeps for a while.
const ROOM_GROWTH_MAX: u64 = 2 * (256 << 20);

struct Target {
    test: Test,
    address: SocketAddr,
    root: Vec<u8>,
    file: Vec<u8>,
}

impl Target {
    fn client(&self) -> Client {
        Client::open(self.address, Credential::unix(0, 0, &[]))
    }
}

/// Runs against a server of its own, with a file of 1 MiB in its one export.
fn bounded(name: &str, most: u64, run: impl FnOnce(&Target)) {
    let server = Server::start(Options::default().arg("--nfs-listen").arg("127.0.0.1:0"));
    let test = Test::new(server.target(), name.to_owned());
    test.put("/{b}").is(200);
    let bucket = test.bucket.clone();
    server.command(&["export", "create", "open", &bucket, "--squash", "none", "--json"]).expect("an export");
    let address = server.nfs.expect("the NFS door listens");
    let mut client = Client::open(address, Credential::unix(0, 0, &[]));
    let root = client.mount("/open").expect("mounted");
    let file = client.create(&root, b"file", Set::mode(0o644)).expect("made");
    assert_eq!(client.write(&file, 0, &vec![1; 1 << 20]), 0);
    assert_eq!(client.read(&file, 0, 1 << 20).map(|bytes| bytes.len()), Ok(1 << 20));
    let target = Target { test, address, root, file };
    let before = process::rss(server.pid()).expect("the server runs");
    process::reset_peak(server.pid()).expect("the peak can be reset");
    run(&target);
    let peak = process::peak_rss(server.pid()).expect("the server runs");
    let growth = peak.saturating_sub(before);
    println!("{name}: {} MiB before, {} MiB more at most", before >> 20, growth >> 20);
    assert!(growth <= most, "{name} took {} MiB", growth >> 20);
    super::is_well(address);
    target.test.head("/{b}/file").root().is(200);
    let panics: Vec<String> = server.said().into_iter().filter(|line| line.contains("panicked")).collect();
    assert!(panics.is_empty(), "{panics:?}");
}

/// Many clients at once, each on a connection of its own.
fn together(address: SocketAddr, clients: usize, run: impl Fn(&mut Client) + Sync) {
    std::thread::scope(|scope| {
        for _ in 0..clients {
            scope.spawn(|| run(&mut Client::open(address, Credential::unix(0, 0, &[]))));
        }
    });
}

#[test]
fn records_of_which_the_mark_is_all_that_comes() {
    bounded("nfs-marks", GROWTH_MAX, |target| {
        let held: Vec<Client> = (0..900)
            .map(|number| {
                let mut client = target.client();
                let promised = if number % 2 == 0 {
                    fragment(&[0; 64], false)
                } else {
                    (1_u32 << 20 | 1 << 31).to_be_bytes().to_vec()
                };
                client.send(&promised).expect("sent");
                client
            })
            .collect();
        std::thread::sleep(std::time::Duration::from_secs(1));
        super::is_well(target.address);
        drop(held);
    });
}

#[test]
fn records_that_are_sent_but_for_their_last_byte() {
    bounded("nfs-almost-whole", ROOM_GROWTH_MAX, |target| {
        let almost = record(&vec![0; 1 << 20]);
        let mut held: Vec<Client> = (0..400).map(|_| target.client()).collect();
        std::thread::scope(|scope| {
            for client in &mut held {
                let almost = &almost;
                // Where there is no room the server does not read on; a part of it lies in the kernel then.
                scope.spawn(move || {
                    client.stream().set_write_timeout(Some(std::time::Duration::from_secs(2))).expect("a socket");
                    drop(client.send(&almost[..almost.len() - 1]));
                });
            }
        });
        super::is_well(target.address);
        drop(held);
    });
}

#[test]
fn names_of_a_mebibyte_many_times() {
    bounded("nfs-long-names", ROOM_GROWTH_MAX, |target| {
        let words = Words::default().opaque(&target.root).opaque(&vec![b'x'; 1 << 20]);
        together(target.address, 16, |client| {
            for _ in 0..20 {
                assert_eq!(client.nfs(3, &words).status(), super::NAMETOOLONG);
            }
        });
    });
}

#[test]
fn names_of_64_kibibytes_many_times() {
    bounded("nfs-64k-names", GROWTH_MAX, |target| {
        let words = Words::default().opaque(&target.root).opaque(&[b'x'; 65_536]);
        together(target.address, 16, |client| {
            for _ in 0..100 {
                assert_eq!(client.nfs(12, &words).status(), super::NAMETOOLONG);
            }
        });
    });
}

#[test]
fn lengths_of_four_gibibytes_many_times() {
    bounded("nfs-lengths", GROWTH_MAX, |target| {
        let words = Words::default().opaque(&target.root).u32(u32::MAX).u32(0);
        together(target.address, 16, |client| {
            for procedure in [3, 8, 9, 10, 11, 12, 13, 14, 15].repeat(50) {
                assert_eq!(client.nfs(procedure, &words), trefoil_tests::nfs::GARBAGE);
            }
        });
    });
}

#[test]
fn reads_that_nobody_takes() {
    bounded("nfs-unread", ROOM_GROWTH_MAX, |target| {
        let words = Words::default().opaque(&target.file).u64(0).u32(u32::MAX);
        let held: Vec<Client> = (0..300)
            .map(|_| {
                let mut client = target.client();
                let calls: Vec<u8> =
                    (0..64).flat_map(|xid| record(&call(xid, (NFS, VERSION, 6), &client.who, &words.0))).collect();
                client.send(&calls).expect("sent");
                client
            })
            .collect();
        std::thread::sleep(std::time::Duration::from_secs(2));
        super::is_well(target.address);
        drop(held);
    });
}

#[test]
fn small_reads_that_nobody_takes() {
    bounded("nfs-unread-small", ROOM_GROWTH_MAX, |target| {
        let words = Words::default().opaque(&target.file).u64(0).u32(64 << 10);
        let held: Vec<Client> = (0..900)
            .map(|_| {
                let mut client = target.client();
                let calls: Vec<u8> =
                    (0..128).flat_map(|xid| record(&call(xid, (NFS, VERSION, 6), &client.who, &words.0))).collect();
                client.send(&calls).expect("sent");
                client
            })
            .collect();
        std::thread::sleep(std::time::Duration::from_secs(3));
        super::is_well(target.address);
        drop(held);
    });
}

#[test]
fn pages_of_a_large_directory_that_nobody_takes() {
    bounded("nfs-pages", ROOM_GROWTH_MAX, |target| {
        let mut client = target.client();
        for number in 0..3000 {
            client.create(&target.root, format!("{number:0>200}").as_bytes(), Set::default()).expect("made");
        }
        let words = Words::default().opaque(&target.root).u64(0).u64(0).u32(u32::MAX).u32(u32::MAX);
        let held: Vec<Client> = (0..24)
            .map(|_| {
                let mut client = target.client();
                let calls: Vec<u8> =
                    (0..64).flat_map(|xid| record(&call(xid, (NFS, VERSION, 17), &client.who, &words.0))).collect();
                client.send(&calls).expect("sent");
                client
            })
            .collect();
        std::thread::sleep(std::time::Duration::from_secs(3));
        super::is_well(target.address);
        drop(held);
    });
}

#[test]
fn writes_far_apart_that_wait() {
    bounded("nfs-scattered", ROOM_GROWTH_MAX, |target| {
        let file = &target.file;
        together(target.address, 8, |client| {
            for number in 0..500_u64 {
                let offset = number * ((1 << 30) + 4097);
                let words = Words::default().opaque(file).u64(offset).u32(4096).u32(0).opaque(&[7; 4096]);
                assert_eq!(client.nfs(7, &words).status(), 0);
            }
        });
        assert_eq!(target.client().setattr(&target.file, Set::size(1)), 0);
    });
}

#[test]
fn a_thousand_connections_that_say_nothing() {
    bounded("nfs-idle", GROWTH_MAX, |target| {
        let held: Vec<Client> = (0..1000).map(|_| target.client()).collect();
        super::is_well(target.address);
        drop(held);
    });
}
