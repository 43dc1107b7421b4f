//! What is left where a replacement does not end.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;

use super::{read, replace, replace_json};

#[test]
fn a_file_is_replaced_whole_or_not() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file.json");
    assert_eq!(read(&path, 100).unwrap(), None);
    replace_json(&path, &["one"]).unwrap();
    let one = read(&path, 100).unwrap().unwrap();
    assert_eq!(serde_json::from_slice::<[String; 1]>(&one).unwrap(), ["one"]);
    // A crash leaves half of the next beside it, with another mode.
    std::fs::write(dir.path().join("file.json.new"), "a half that is longer than what comes after it").unwrap();
    let failed = replace(&path, |file| {
        file.write_all(b"half")?;
        Err(std::io::Error::other("no room"))
    });
    assert!(failed.is_err());
    assert_eq!(read(&path, 100).unwrap().unwrap(), one);
    replace(&path, |file| file.write_all(b"two")).unwrap();
    assert_eq!(read(&path, 100).unwrap().unwrap(), b"two");
    assert_eq!(read(&path, 2).unwrap().unwrap(), b"tw", "and no more than that");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
}
