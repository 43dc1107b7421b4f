//! Calls of programs that are not there, and credentials that are none (RFC 5531, 9 and appendix A).
//!
//! Always holds: each has the RFC's own refusal; none is carried out.

use super::nfs;
use trefoil_tests::nfs::{Client, Credential, GARBAGE, MOUNT, NFS, Outcome, Words, call};

const BADCRED: Outcome = Outcome::Denied(1);
const BADVERF: Outcome = Outcome::Denied(3);
const TOOWEAK: Outcome = Outcome::Denied(5);

fn getattr(client: &mut Client, who: &Credential) -> Outcome {
    client.ask_with(|xid| call(xid, (NFS, 3, 1), who, &Words::default().opaque(b"none").0))
}

/// A call's head with any credential and verifier words.
fn head(xid: u32, rpc: u32, rest: Words) -> Vec<u8> {
    Words::default().u32(xid).u32(0).u32(rpc).u32(NFS).u32(3).u32(0).fixed(&rest.0).0
}

fn refused(client: &mut Client, target: (u32, u32, u32)) -> Outcome {
    client.ask_with(|xid| call(xid, target, &Credential::nobody(), b""))
}

nfs! {
    an_unknown_program: |door| {
        let mut client = door.client(Credential::nobody());
        // The portmapper, the lock manager, the monitor, ACLs, quotas.
        for program in [100_000, 100_021, 100_024, 100_227, 100_011, 0, u32::MAX] {
            assert_eq!(refused(&mut client, (program, 3, 0)), Outcome::Refused(1), "{program}");
        }
    };
    an_unknown_version: |door| {
        let mut client = door.client(Credential::nobody());
        for program in [NFS, MOUNT] {
            for version in [0, 1, 2, 4, u32::MAX] {
                assert_eq!(refused(&mut client, (program, version, 0)), Outcome::Refused(2), "{program} {version}");
            }
        }
    };
    an_unknown_procedure: |door| {
        let mut client = door.client(Credential::nobody());
        for (program, first) in [(NFS, 22), (MOUNT, 6)] {
            for procedure in [first, 1000, 1 << 31, u32::MAX] {
                assert_eq!(refused(&mut client, (program, 3, procedure)), Outcome::Refused(3), "{program} {procedure}");
            }
        }
    };
    another_version_of_rpc: |door| {
        let mut client = door.client(Credential::nobody());
        for rpc in [0, 1, 3, u32::MAX] {
            let none = Words::default().u32(0).u32(0).u32(0).u32(0);
            assert_eq!(client.ask_with(|xid| head(xid, rpc, none)), Outcome::WrongRpc, "{rpc}");
        }
    };
    a_flavor_that_is_not_served: |door| {
        let mut client = door.client(Credential::nobody());
        // AUTH_SHORT, AUTH_DH, RPCSEC_GSS, AUTH_TLS.
        for flavor in [2, 3, 6, 7, u32::MAX] {
            let who = Credential(Words::default().u32(flavor).opaque(&[0; 20]));
            assert_eq!(getattr(&mut client, &who), TOOWEAK, "{flavor}");
            let null = client.ask_with(|xid| call(xid, (NFS, 3, 0), &who, b""));
            assert!(matches!(null, Outcome::Done(_)), "whether there is a server is told to everybody");
        }
    };
    a_credential_beyond_its_bound: |door| {
        // Large records are read where some export lets the client in.
        door.export("open", "", &[]);
        let mut client = door.client(Credential::nobody());
        for length in [401, 65_536, 1 << 20] {
            let who = Credential::sys(&vec![0; length]);
            assert_eq!(getattr(&mut client, &who), BADCRED, "{length}");
        }
        for length in [404, 1 << 20, 1 << 31, u32::MAX] {
            let lie = Words::default().u32(1).u32(length).fixed(&[0; 400]);
            assert_eq!(client.ask_with(|xid| head(xid, 2, lie)), BADCRED, "{length}");
        }
    };
    a_verifier_beyond_its_bound: |door| {
        let mut client = door.client(Credential::nobody());
        for length in [401, 1 << 20, 1 << 31, u32::MAX] {
            let lie = Words::default().u32(0).u32(0).u32(0).u32(length).fixed(&[0; 404]);
            assert_eq!(client.ask_with(|xid| head(xid, 2, lie)), BADVERF, "{length}");
        }
    };
    more_groups_than_sixteen: |door| {
        let mut client = door.client(Credential::nobody());
        let groups: Vec<u32> = (0..17).collect();
        assert_eq!(getattr(&mut client, &Credential::unix(1, 1, &groups)), BADCRED);
        // Sixteen are a credential; what is called with it is another matter.
        assert!(matches!(getattr(&mut client, &Credential::unix(1, 1, &groups[..16])), Outcome::Done(_)));
    };
    groups_that_are_not_there: |door| {
        let mut client = door.client(Credential::nobody());
        for count in [1, 16, 17, 1 << 20, 1 << 31, u32::MAX] {
            let body = Words::default().u32(7).opaque(b"host").u32(1).u32(1).u32(count);
            assert_eq!(getattr(&mut client, &Credential::sys(&body.0)), BADCRED, "{count}");
        }
    };
    a_machine_with_a_long_name: |door| {
        door.export("open", "", &[]);
        let mut client = door.client(Credential::nobody());
        for (length, expected) in [(255, None), (256, Some(BADCRED)), (380, Some(BADCRED)), (65_536, Some(BADCRED))] {
            let body = Words::default().u32(7).opaque(&vec![b'm'; length]).u32(1).u32(1).u32(0);
            let outcome = getattr(&mut client, &Credential::sys(&body.0));
            match expected {
                Some(expected) => assert_eq!(outcome, expected, "{length}"),
                None => assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}"),
            }
        }
        for length in [300, 1 << 31, u32::MAX] {
            let body = Words::default().u32(7).u32(length).fixed(&[0; 100]);
            assert_eq!(getattr(&mut client, &Credential::sys(&body.0)), BADCRED, "{length}");
        }
    };
    a_credential_that_stops_anywhere: |door| {
        let mut client = door.client(Credential::nobody());
        let whole = Words::default().u32(7).opaque(b"host").u32(1).u32(1).u32(2).u32(5).u32(6).0;
        for end in 0..whole.len() {
            assert_eq!(getattr(&mut client, &Credential::sys(&whole[..end])), BADCRED, "{end} bytes");
        }
    };
    arguments_where_there_are_none: |door| {
        door.export("open", "", &[]);
        let mut client = door.client(Credential::nobody());
        for (program, procedure) in [(NFS, 0), (MOUNT, 0), (MOUNT, 2), (MOUNT, 4), (MOUNT, 5)] {
            let outcome = client.ask(program, procedure, &[0xff; 65_536]);
            assert!(matches!(outcome, Outcome::Done(_)), "{program} {procedure}: {outcome:?}");
        }
        assert_eq!(client.ask(MOUNT, 1, &[0xff; 65_536]), GARBAGE);
        assert_eq!(client.ask(MOUNT, 3, &[0xff; 65_536]), GARBAGE);
    };
}
