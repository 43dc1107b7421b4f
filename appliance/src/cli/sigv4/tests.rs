//! The signer against Amazon's published example
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>, "GET Bucket Lifecycle", which signs exactly
//! the three headers that the signer does).

use super::{EMPTY_HASH, Signer, hash_hex};

#[test]
fn the_published_example_has_its_published_signature() {
    let (id, secret) = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    // 2013-05-24T00:00:00Z; the signer was last used the day before.
    let mut signer = Signer::new(id, secret, "us-east-1", "examplebucket.s3.amazonaws.com", 1_369_353_600 - 1);
    signer.at(1_369_353_600);
    let mut head = Vec::new();
    signer.head(&mut head, "GET", "/", "lifecycle=", EMPTY_HASH, None);
    let head = String::from_utf8(head).unwrap();
    assert!(head.starts_with("GET /?lifecycle= HTTP/1.1\r\nhost: examplebucket.s3.amazonaws.com\r\n"), "{head}");
    assert!(head.contains("x-amz-date: 20130524T000000Z\r\n"), "{head}");
    assert!(head.contains("Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"), "{head}");
    assert!(head.contains("Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543\r\n"), "{head}");
    assert!(head.ends_with("\r\n\r\n"), "{head}");
    // The listing example: another query, same headers.
    head_of(&mut signer, "max-keys=2&prefix=J", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

fn head_of(signer: &mut Signer, query: &str, signature: &str) {
    let mut head = Vec::new();
    signer.head(&mut head, "GET", "/", query, EMPTY_HASH, Some(0));
    let head = String::from_utf8(head).unwrap();
    assert!(head.contains(signature), "{head}");
    assert!(head.ends_with("\r\ncontent-length: 0\r\n\r\n"), "{head}");
}

#[test]
fn the_empty_hash_is_that_of_nothing() {
    assert_eq!(hash_hex(b""), EMPTY_HASH);
}
