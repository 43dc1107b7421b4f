//! Exports as they are written, kept, and refused.

use super::{ExportSpec, Kept, read, spec_id, write};
use trefoil_nfs::Squash;

fn spec(bucket: &str) -> ExportSpec {
    ExportSpec { name: "photos".into(), bucket: bucket.into(), ..ExportSpec::default() }
}

#[test]
fn a_spec_says_what_the_door_is_to_do() {
    let options = spec("photos").options().unwrap();
    assert_eq!((options.bucket.as_str(), options.prefix.as_str()), ("photos", ""));
    assert_eq!((options.squash, options.anonymous, options.read_only), (Squash::Root, (65_534, 65_534), false));
    assert_eq!((options.defaults.file_mode, options.defaults.directory_mode), (0o644, 0o755));
    assert!(options.hosts.admits("127.0.0.1".parse().unwrap()));
    assert!(!options.hosts.admits("192.0.2.1".parse().unwrap()));

    let options = ExportSpec { umask: "077".into(), squash: "all".into(), ..spec("photos/a/b/") }.options().unwrap();
    assert_eq!((options.bucket.as_str(), options.prefix.as_str()), ("photos", "a/b"));
    assert_eq!(
        (options.squash, options.defaults.file_mode, options.defaults.directory_mode),
        (Squash::All, 0o600, 0o700)
    );
}

#[test]
fn what_can_not_be_is_refused_with_its_cure() {
    for (spec, expected) in [
        (spec("No"), "bucket \"No\": the bucket name is not valid"),
        (spec("/photos"), "bucket \"/photos\": the bucket name is not valid"),
        (ExportSpec { squash: "some".into(), ..spec("photos") }, "squash is \"some\"; give root, all or none"),
        (ExportSpec { umask: "9".into(), ..spec("photos") }, "umask is \"9\"; give three octal digits"),
        (ExportSpec { umask: "1000".into(), ..spec("photos") }, "umask is \"1000\"; give three octal digits"),
        (ExportSpec { hosts: vec!["nas".into()], ..spec("photos") }, "\"nas\" is no host"),
    ] {
        let error = spec.options().unwrap_err();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn the_file_reads_back_as_it_was_written() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("exports.json");
    assert_eq!(read(&file).unwrap(), []);
    let kept = vec![Kept { id: format!("{:016x}", u64::MAX), export: spec("photos/a") }];
    write(&file, &kept).unwrap();
    assert_eq!(read(&file).unwrap(), kept);
    write(&file, &[]).unwrap();
    assert_eq!(read(&file).unwrap(), []);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    std::fs::write(&file, "[{\"id\": \"1\", \"export\": {\"nmae\": \"x\"}}]").unwrap();
    assert!(read(&file).is_err());
}

#[test]
fn the_id_of_an_export_of_the_settings_is_that_of_its_name_and_bucket() {
    assert_eq!(spec_id(&spec("photos")), spec_id(&ExportSpec { read_only: true, ..spec("photos") }));
    assert_ne!(spec_id(&spec("photos")), spec_id(&spec("photos/a")));
    assert_ne!(spec_id(&spec("photos")), spec_id(&ExportSpec { name: "p".into(), ..spec("photos") }));
}
