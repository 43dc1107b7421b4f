//! AWS's own examples of signature version 2.

use super::{sign, string_to_sign};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

#[test]
fn the_examples_of_the_page() {
    let text = string_to_sign("GET", "/awsexamplebucket1/photos/puppy.jpg", &[], "Tue, 27 Mar 2007 19:36:42 +0000");
    assert_eq!(sign(SECRET, &text), "qgk2+6Sv9/oM7G3qLEjTH1a1l1g=");
    let text = string_to_sign("GET", "/awsexamplebucket1/?acl", &[], "Tue, 27 Mar 2007 19:44:46 +0000");
    assert_eq!(text, "GET\n\n\nTue, 27 Mar 2007 19:44:46 +0000\n/awsexamplebucket1/?acl");
    let headers = [("X-Amz-Meta-B".to_owned(), b"2".to_vec()), ("x-amz-acl".to_owned(), b"private".to_vec())];
    let text = string_to_sign("PUT", "/b/k?x=1&uploadId=a%2Bb", &headers, "");
    assert_eq!(text, "PUT\n\n\n\nx-amz-acl:private\nx-amz-meta-b:2\n/b/k?uploadId=a+b");
}
