//! Who is in a list, and what is none.

use std::net::IpAddr;

use super::{Hosts, InvalidHosts};
use crate::limits::HOSTS_MAX;

fn admits(list: &str, address: &str) -> bool {
    let hosts = Hosts::parse(list.split(',')).expect("a list");
    hosts.admits(address.parse::<IpAddr>().expect("an address"))
}

#[test]
fn addresses_and_networks_admit_their_own() {
    for (list, address, expected) in [
        ("*", "203.0.113.9", true),
        ("*", "2001:db8::1", true),
        ("10.1.2.3", "10.1.2.3", true),
        ("10.1.2.3", "10.1.2.4", false),
        ("10.1.2.3", "::ffff:10.1.2.3", true),
        ("::ffff:10.1.2.3", "10.1.2.3", true),
        ("::ffff:10.1.2.3", "::ffff:10.1.2.3", true),
        ("::ffff:10.1.2.3", "10.1.2.4", false),
        ("::ffff:10.0.0.0/104", "10.255.0.1", true),
        ("::ffff:10.0.0.0/104", "11.0.0.1", false),
        ("::ffff:0:0/96", "198.51.100.1", true),
        ("::ffff:0:0/96", "2001:db8::1", false),
        ("10.0.0.0/8", "10.255.0.1", true),
        ("10.9.9.9/8", "10.255.0.1", true),
        ("10.0.0.0/8", "11.0.0.1", false),
        ("10.0.0.0/31", "10.0.0.1", true),
        ("10.0.0.0/31", "10.0.0.2", false),
        ("0.0.0.0/0", "198.51.100.1", true),
        ("0.0.0.0/0", "2001:db8::1", false),
        ("2001:db8::/32", "2001:db8:ffff::1", true),
        ("2001:db8::/32", "2001:db9::1", false),
        ("::/0", "2001:db8::1", true),
        ("10.0.0.1,192.0.2.0/24", "192.0.2.200", true),
    ] {
        assert_eq!(admits(list, address), expected, "{address} in {list}");
    }
    assert!(!Hosts::default().admits("127.0.0.1".parse().expect("an address")));
    assert!(Hosts::local().admits("127.0.0.1".parse().expect("an address")));
    assert!(Hosts::local().admits("::1".parse().expect("an address")));
    assert!(!Hosts::local().admits("192.0.2.1".parse().expect("an address")));
}

#[test]
fn names_and_other_texts_are_no_hosts() {
    for text in ["", "localhost", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/x", "10.0.0", "**", " 10.0.0.1"] {
        assert_eq!(Hosts::parse([text]), Err(InvalidHosts::Host(text.to_owned())));
    }
    assert_eq!(Hosts::parse(std::iter::repeat_n("*", HOSTS_MAX + 1)), Err(InvalidHosts::TooMany));
}

#[test]
fn a_list_reads_back_as_it_is_shown() {
    let texts = ["*", "10.0.0.0/8", "10.1.2.3", "fd00::/8", "::1"];
    let shown: Vec<String> = Hosts::parse(texts).expect("a list").iter().map(ToString::to_string).collect();
    assert_eq!(shown, texts);
    let mapped = Hosts::parse(["::ffff:10.1.2.3", "::ffff:10.0.0.0/104"]).expect("a list");
    assert_eq!(mapped, Hosts::parse(["10.1.2.3", "10.0.0.0/8"]).expect("a list"));
}
