//! Lists of hosts: who may use an export.
//!
//! Always holds: an entry is an address, a network (`10.0.0.0/8`, `fd00::/8`), or `*`; no name, for a name means whatever a resolver
//! says just then. An IPv4 address in IPv6's form (`::ffff:10.0.0.1`) is the IPv4 address, in a list and of a client. A list without entries
//! lets nobody in.

#[cfg(test)]
mod tests;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::limits::HOSTS_MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    Any,
    /// An address, and how many of its bits count.
    Network(IpAddr, u8),
}

/// Bits in front of an IPv4 address in IPv6's form (RFC 4291, 2.5.5.2).
const MAPPED_BITS: u8 = 96;

/// A text that is no list of hosts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHosts {
    #[error("{0:?} is no host: give addresses, networks like 10.0.0.0/8, or *")]
    Host(String),
    #[error("a list of hosts has at most {HOSTS_MAX} entries")]
    TooMany,
}

impl Host {
    fn admits(&self, address: IpAddr) -> bool {
        match (self, address) {
            (Host::Any, _) => true,
            (Host::Network(IpAddr::V4(network), bits), IpAddr::V4(address)) => {
                u32::from(*network) ^ u32::from(address) <= u32::MAX.checked_shr((*bits).into()).unwrap_or(0)
            }
            (Host::Network(IpAddr::V6(network), bits), IpAddr::V6(address)) => {
                u128::from(*network) ^ u128::from(address) <= u128::MAX.checked_shr((*bits).into()).unwrap_or(0)
            }
            _ => false,
        }
    }
}

impl FromStr for Host {
    type Err = InvalidHosts;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || InvalidHosts::Host(text.to_owned());
        if text == "*" {
            return Ok(Host::Any);
        }
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        if bits > most {
            return Err(wrong());
        }
        match address {
            IpAddr::V6(six) if bits >= MAPPED_BITS => Ok(match six.to_ipv4_mapped() {
                Some(four) => Host::Network(four.into(), bits - MAPPED_BITS),
                None => Host::Network(address, bits),
            }),
            _ => Ok(Host::Network(address, bits)),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Host::Any => f.write_str("*"),
            Host::Network(IpAddr::V4(address), 32) => write!(f, "{address}"),
            Host::Network(IpAddr::V6(address), 128) => write!(f, "{address}"),
            Host::Network(address, bits) => write!(f, "{address}/{bits}"),
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hosts(Vec<Host>);

impl Hosts {
    /// This machine, and nobody else.
    pub fn local() -> Self {
        Self(vec![Host::Network(Ipv4Addr::new(127, 0, 0, 0).into(), 8), Host::Network(Ipv6Addr::LOCALHOST.into(), 128)])
    }

    pub fn parse<'a>(entries: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidHosts> {
        let mut hosts = Vec::new();
        for entry in entries {
            if hosts.len() == HOSTS_MAX {
                return Err(InvalidHosts::TooMany);
            }
            hosts.push(entry.parse()?);
        }
        Ok(Self(hosts))
    }

    pub fn admits(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|host| host.admits(address))
    }

    pub fn iter(&self) -> impl Iterator<Item = &Host> {
        self.0.iter()
    }
}
