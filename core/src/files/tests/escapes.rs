//! Escapes and names that S3 does not see, as targets: whatever is refused, nothing of what is there is lost.

use super::*;
use crate::objects::tests::bytes;

/// A directory and an object of its name, another directory, and what is in them.
async fn filled() -> (Files, Vec<String>) {
    let files = Files::new().await;
    for key in ["a", "a/x", "b/y", "o", "c", "c/z", "d/"] {
        files.s3.put(key, &bytes(1, 10)).await;
    }
    let keys = files.keys().await;
    (files, keys)
}

async fn unchanged(files: &Files, keys: &[String]) {
    assert_eq!(files.keys().await, keys);
    files.check().await;
}

#[tokio::test]
async fn a_directory_is_not_made_over_another_by_an_escape() {
    let (files, keys) = filled().await;
    let root = files.view.root;
    for name in ["%~sb", "%~sa", "%~so"] {
        let made = files.make(root, name, Make::Directory).await;
        let refused = error(made);
        assert!(matches!(refused, FileError::Invalid(_) | FileError::Exists), "{name}: {refused:?}");
    }
    unchanged(&files, &keys).await;
    // An object beside the directory is what the escape is for.
    files.make(root, "%~sb", Make::File(Exclusive::Yes)).await.unwrap();
    assert!(files.keys().await.contains(&"b".to_owned()));
    files.check().await;
}

#[tokio::test]
async fn an_exchange_of_a_directory_and_an_object_takes_no_name_of_a_third() {
    let (files, keys) = filled().await;
    let root = files.view.root;
    for (from, to, expected) in [
        // The object would come to lie on the one that `a` hides.
        ("a", "o", Some(FileError::Exists)),
        ("o", "a", Some(FileError::Exists)),
        // The directory would come to lie on another.
        ("b", "%~sc", Some(FileError::Exists)),
        ("%~sc", "b", Some(FileError::Exists)),
        // They have each other's name already.
        ("a", "%~sa", None),
        ("%~sa", "a", None),
    ] {
        let refused = error(files.rename((root, from), (root, to), RenameMode::Exchange).await);
        let matches = expected.map_or(matches!(refused, FileError::Invalid(_)), |expected| refused == expected);
        assert!(matches, "{from}, {to}: {refused:?}");
        unchanged(&files, &keys).await;
    }
    files.rename((root, "b"), (root, "o"), RenameMode::Exchange).await.unwrap();
    assert_eq!(files.keys().await, ["a", "a/x", "b", "c", "c/z", "d/", "o/y"]);
    files.check().await;
}

#[tokio::test]
async fn nothing_but_a_directory_gets_the_empty_name() {
    let (files, keys) = filled().await;
    let root = files.view.root;
    let object = files.lookup(root, "o").await.unwrap().node;
    for directory in [root, files.lookup(root, "d").await.unwrap().node] {
        let linked = files.service.link(&files.view, &files.root, object, directory, b"%~e").await;
        assert!(matches!(error(linked), FileError::Invalid(_)));
        for mode in [RenameMode::Replace, RenameMode::NoReplace] {
            let moved = files.rename((root, "o"), (directory, "%~e"), mode).await;
            assert!(matches!(error(moved), FileError::Invalid(_)));
        }
        unchanged(&files, &keys).await;
    }
    // A directory has it, and no object gets it in exchange.
    let empty = files.directory(root, "%~e").await;
    files.file(empty, "f").await;
    let keys = files.keys().await;
    assert!(keys.contains(&"/f".to_owned()), "{keys:?}");
    let exchanged = files.rename((root, "o"), (root, "%~e"), RenameMode::Exchange).await;
    assert!(matches!(error(exchanged), FileError::Invalid(_)));
    unchanged(&files, &keys).await;
    files.s3.service.set_versioning(&files.s3.root, &files.s3.bucket, crate::types::Versioning::Enabled).await.unwrap();
    let moved = files.rename((root, "o"), (files.lookup(root, "d").await.unwrap().node, "%~e"), RenameMode::Replace);
    assert!(matches!(error(moved.await), FileError::Invalid(_)));
    unchanged(&files, &keys).await;
}

/// NFS clients give such names to files only.
#[tokio::test]
async fn no_directory_gets_a_name_that_s3_does_not_see() {
    let (files, keys) = filled().await;
    let (root, silly) = (files.view.root, ".nfs0123456789ab");
    assert!(matches!(error(files.make(root, silly, Make::Directory).await), FileError::Invalid(_)));
    let moved = files.rename((root, "b"), (root, silly), RenameMode::Replace).await;
    assert!(matches!(error(moved), FileError::Invalid(_)));
    files.rename((root, "o"), (root, silly), RenameMode::Replace).await.unwrap();
    let exchanged = files.rename((root, "b"), (root, silly), RenameMode::Exchange).await;
    assert!(matches!(error(exchanged), FileError::Invalid(_)));
    files.rename((root, silly), (root, "o"), RenameMode::Replace).await.unwrap();
    unchanged(&files, &keys).await;
    files.set_versions_and_refuse(silly).await;
    unchanged(&files, &keys).await;
}

impl Files {
    async fn set_versions_and_refuse(&self, name: &str) {
        let state = crate::types::Versioning::Enabled;
        self.s3.service.set_versioning(&self.s3.root, &self.s3.bucket, state).await.unwrap();
        let made = self.make(self.view.root, name, Make::Directory).await;
        assert!(matches!(error(made), FileError::Invalid(_)));
    }
}
