//! Symbolic links that point out: clients follow them, the server never does.
//!
//! Always holds: a link is a text, whatever the text says; S3 gets the text and no more.

use super::{INVAL, NAMETOOLONG, NOENT, NOTDIR, nfs};
use trefoil_tests::nfs::{Set, Words};

const OUT: [&[u8]; 6] =
    [b"/etc/passwd", b"../../../../../../etc/passwd", b"..", b"/", b"/proc/self/environ", b"\xff\xfe/not/text"];

nfs! {
    a_link_is_read_and_not_followed: |door| {
        let (mut client, root, file) = door.file();
        for (number, target) in OUT.into_iter().enumerate() {
            let name = format!("link{number}");
            let link = client.symlink(&root, name.as_bytes(), target).expect("made");
            let mut text = client.nfs(5, &Words::default().opaque(&link)).ok();
            text.skip_attributes();
            assert_eq!(text.opaque(), target);
            assert_eq!(client.lookup(&link, b"passwd"), Err(NOTDIR), "{name}");
            assert_eq!(client.lookup(&link, b".."), Err(NOTDIR), "{name}");
            assert_eq!(client.create(&link, b"x", Set::default()), Err(NOTDIR), "{name}");
            assert_eq!(client.nfs(16, &Words::default().opaque(&link).u64(0).u64(0).u32(4096)).status(), NOTDIR);
            assert_eq!(client.read(&link, 0, 100), Err(INVAL), "{name}");
            assert_eq!(client.write(&link, 0, b"x"), INVAL, "{name}");
            // A further name of the link, and not of what it says.
            let words = Words::default().opaque(&link).opaque(&root).opaque(format!("{name}-too").as_bytes());
            assert_eq!(client.nfs(15, &words).status(), 0);
        }
        assert_eq!(client.nfs(5, &Words::default().opaque(&file)).status(), INVAL);
        assert_eq!(client.nfs(5, &Words::default().opaque(&root)).status(), INVAL);
    };
    s3_gets_the_text: |door| {
        let (mut client, root, _) = door.file();
        for (number, target) in OUT.into_iter().enumerate() {
            client.symlink(&root, format!("link{number}").as_bytes(), target).expect("made");
            door.t.get(&format!("/{{b}}/link{number}")).root().is(200).holds(target);
            door.t.get(&format!("/{{b}}/link{number}/passwd")).root().fails(404, "NoSuchKey");
            door.t.get(&format!("/{{b}}/link{number}/../../etc/passwd")).root().fails(404, "NoSuchKey");
            door.t.put("/{b}/copy").with("x-amz-copy-source", &format!("{}/link{number}", door.t.bucket)).root().is(200);
            door.t.get("/{b}/copy").root().is(200).holds(target);
        }
    };
    a_mount_of_a_path_through_a_link: |door| {
        let (mut client, root, _) = door.file();
        let name = format!("/{}-root", door.t.bucket);
        client.mkdir(&root, b"d", Set::mode(0o755)).expect("made");
        for target in [&b"d"[..], b"/", b"..", b"/etc"] {
            client.symlink(&root, b"link", target).expect("made");
            assert_eq!(client.mount(&format!("{name}/link")), Err(NOTDIR));
            assert_eq!(client.mount(&format!("{name}/link/x")), Err(NOTDIR));
            assert_eq!(client.nfs(12, &Words::default().opaque(&root).opaque(b"link")).status(), 0);
        }
        assert!(client.mount(&format!("{name}/d")).is_ok());
        assert_eq!(client.mount(&format!("{name}/file")), Err(NOTDIR));
    };
    targets_that_are_none: |door| {
        let (mut client, root, _) = door.file();
        for (target, status) in
            [(vec![], NOENT), (vec![b'x'; 4096], NAMETOOLONG), (vec![b'x'; 65_536], NAMETOOLONG), (b"a\0b".to_vec(), INVAL)]
        {
            assert_eq!(client.symlink(&root, b"link", &target), Err(status), "{} bytes", target.len());
        }
        assert!(client.symlink(&root, b"link", &[b'x'; 4095]).is_ok());
    };
}
