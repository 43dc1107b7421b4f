//! ListObjects, both versions: documents, pages, encodings.

use super::harness::Store;

async fn filled() -> Store {
    let store = Store::with_bucket().await;
    for key in ["a b", "dir/x", "dir/y", "e+f", "z"] {
        store.put(&key.replace(' ', "%20").replace('+', "%2B"), "1").await;
    }
    store
}

#[tokio::test]
async fn the_first_version_byte_for_byte() {
    let store = Store::with_bucket().await;
    store.ask("PUT", "/photos/a%26b").header("x-amz-checksum-crc32", "g9zvtw==").body("1").send().await.expect(200);
    let list = store.ask("GET", "/photos?prefix=a&delimiter=/").send().await.expect(200);
    assert_eq!(list.header("content-type"), Some("application/xml"));
    let (start, rest) = list.text().split_once("<LastModified>").expect("an entry");
    let (time, end) = rest.split_once("</LastModified>").expect("an entry");
    assert_eq!(
        start,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>photos</Name><Prefix>a</Prefix>\
         <Marker></Marker><MaxKeys>1000</MaxKeys><Delimiter>/</Delimiter><IsTruncated>false</IsTruncated><Contents>\
         <Key>a&amp;b</Key>"
    );
    assert!(time.len() == 24 && time.ends_with('Z'), "{time}");
    let id = store.alice.id;
    assert_eq!(
        end,
        format!(
            "<ETag>&quot;c4ca4238a0b923820dcc509a6f75849b&quot;</ETag><ChecksumAlgorithm>CRC32</ChecksumAlgorithm>\
             <ChecksumType>FULL_OBJECT</ChecksumType><Size>1</Size><Owner><ID>{id}</ID>\
             <DisplayName>alice of Trefoil</DisplayName></Owner><StorageClass>STANDARD</StorageClass></Contents>\
             </ListBucketResult>"
        )
    );
}

#[tokio::test]
async fn pages_of_the_first_version() {
    let store = filled().await;
    let first = store.ask("GET", "/photos?max-keys=2&delimiter=/").send().await.expect(200);
    assert_eq!((first.elements("Key"), first.element("CommonPrefixes")), (vec!["a b"], Some("<Prefix>dir/</Prefix>")));
    assert_eq!((first.element("IsTruncated"), first.element("NextMarker")), (Some("true"), Some("dir/")));
    let next = store.ask("GET", "/photos?max-keys=2&delimiter=/&marker=dir/").send().await.expect(200);
    assert_eq!((next.elements("Key"), next.element("NextMarker")), (vec!["e+f", "z"], None));
    let flat = store.ask("GET", "/photos?max-keys=2").send().await.expect(200);
    assert_eq!((flat.element("IsTruncated"), flat.element("NextMarker")), (Some("true"), None));
    let none = store.ask("GET", "/photos?max-keys=0").send().await.expect(200);
    assert_eq!((none.element("IsTruncated"), none.elements("Key").len()), (Some("false"), 0));
    let many = store.ask("GET", "/photos?max-keys=5000").send().await.expect(200);
    assert_eq!(many.element("MaxKeys"), Some("1000"));
}

#[tokio::test]
async fn pages_of_the_second_version_survive_deletions() {
    let store = filled().await;
    let first = store.ask("GET", "/photos?list-type=2&max-keys=2").send().await.expect(200);
    assert_eq!((first.elements("Key"), first.element("KeyCount")), (vec!["a b", "dir/x"], Some("2")));
    assert_eq!(first.element("Owner"), None);
    let token = first.element("NextContinuationToken").expect("more");
    for key in ["dir/x", "dir/y"] {
        store.ask("DELETE", &format!("/photos/{key}")).send().await.expect(204);
    }
    let uri = format!("/photos?list-type=2&max-keys=2&fetch-owner=true&continuation-token={token}");
    let next = store.ask("GET", &uri).send().await.expect(200);
    assert_eq!((next.elements("Key"), next.element("ContinuationToken")), (vec!["e+f", "z"], Some(token)));
    assert_eq!((next.element("IsTruncated"), next.element("NextContinuationToken")), (Some("false"), None));
    assert!(next.element("Owner").is_some());
    let after = store.ask("GET", "/photos?list-type=2&start-after=e").send().await.expect(200);
    assert_eq!((after.elements("Key"), after.element("StartAfter")), (vec!["e+f", "z"], Some("e")));
    let empty = store.ask("GET", "/photos?list-type=2&continuation-token=&delimiter=").send().await.expect(200);
    assert_eq!((empty.element("ContinuationToken"), empty.element("Delimiter")), (Some(""), None));
}

#[tokio::test]
async fn names_are_encoded_where_asked() {
    let store = filled().await;
    let uri = "/photos?list-type=2&encoding-type=url&delimiter=%20&start-after=%20&prefix=";
    let list = store.ask("GET", uri).send().await.expect(200);
    assert_eq!(list.elements("Key"), ["dir/x", "dir/y", "e%2Bf", "z"]);
    assert_eq!(list.element("CommonPrefixes"), Some("<Prefix>a%20</Prefix>"));
    assert_eq!((list.element("Delimiter"), list.element("StartAfter")), (Some("%20"), Some("%20")));
    assert_eq!(list.element("EncodingType"), Some("url"));
}

#[tokio::test]
async fn strangers_see_no_names() {
    let store = filled().await;
    store.ask("GET", "/photos").by_bob().send().await.expect_error(403, "AccessDenied");
    store.ask("GET", "/photos?list-type=2").by_nobody().send().await.expect_error(403, "AccessDenied");
}
