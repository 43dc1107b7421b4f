//! The endpoint's URL.
//!
//! Always holds: only `http://host[:port]`; what a load generator can't do is refused.

#[cfg(test)]
mod tests;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// As the `Host` header has it: with the port unless it is 80.
    pub host: String,
    /// What to connect to: `name:port`.
    pub address: String,
}

impl std::str::FromStr for Endpoint {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, String> {
        let shape = "give it as http://HOST:PORT";
        if url.starts_with("https://") {
            return Err(
                "only plain HTTP is measured, as TLS would measure the cipher; give the endpoint behind it as \
                        http://HOST:PORT, or put a TLS proxy on this machine before it"
                    .into(),
            );
        }
        let rest = url.strip_prefix("http://").ok_or(shape)?;
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
        if authority.is_empty() || !authority.bytes().all(is_host) {
            return Err(shape.into());
        }
        let has_port =
            authority.rsplit_once(':').is_some_and(|(host, _)| !host.starts_with('[') || host.ends_with(']'));
        if !has_port {
            return Ok(Self { host: authority.to_owned(), address: format!("{authority}:80") });
        }
        let (host, port) = authority.rsplit_once(':').ok_or(shape)?;
        if host.is_empty() || port.parse::<u16>().is_err() {
            return Err(shape.into());
        }
        let shown = if port == "80" { host } else { authority };
        Ok(Self { host: shown.to_owned(), address: authority.to_owned() })
    }
}
