//! The addresses an image may be fetched from. This prevents server-side request forgery (SSRF): an image URL must not
//! reach the shop's own network.

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The set of addresses that may be contacted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchPolicy {
    /// Allows only public addresses.
    PublicInternet,
    /// Also allows the loopback interface, for tests. No setting selects it.
    PublicInternetAndLoopback,
}

/// A host that is not on the public internet, or resolves to no public address.
#[derive(Debug, thiserror::Error)]
#[error("{0} is not on the public internet")]
pub struct BlockedAddress(String);

/// The reason a URL must not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum UrlError {
    /// The scheme is neither HTTP nor HTTPS.
    #[error("{0}: only http and https are supported")]
    Scheme(String),
    /// The URL names no host.
    #[error("has no host")]
    NoHost,
    /// The host is an address that is not public.
    #[error(transparent)]
    Blocked(#[from] BlockedAddress),
}

impl FetchPolicy {
    /// Returns true if the address may be contacted.
    pub fn allows(self, address: IpAddr) -> bool {
        // An IPv4 address can be written as an IPv6 one (::ffff:127.0.0.1).
        let canonical = address.to_canonical();
        is_public(canonical) || (self == Self::PublicInternetAndLoopback && canonical.is_loopback())
    }

    /// Checks the scheme and the literal address of a URL. Host names are checked when they are resolved.
    ///
    /// # Errors
    /// When the URL must not be fetched.
    pub fn check(self, url: &Url) -> Result<(), UrlError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(UrlError::Scheme(url.scheme().to_owned()));
        }
        let host = url.host_str().ok_or(UrlError::NoHost)?;
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        match bare.parse::<IpAddr>() {
            Ok(address) if !self.allows(address) => Err(BlockedAddress(bare.to_owned()).into()),
            _ => Ok(()),
        }
    }
}

/// Resolves host names to allowed addresses only.
///
/// The client connects to nothing but the addresses returned here. A check before the request would not be enough: the
/// name could resolve to another address afterwards (DNS rebinding).
pub struct PublicResolver(pub FetchPolicy);

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = self.0;
        Box::pin(async move {
            // With port 0 the client uses the port of the URL.
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found.filter(|address| policy.allows(address.ip())).collect();
            if allowed.is_empty() {
                return Err(BlockedAddress(name.as_str().to_owned()).into());
            }
            let addresses: Addrs = Box::new(allowed.into_iter());
            Ok(addresses)
        })
    }
}

/// Returns false for the special-purpose blocks of the IANA registries, multicast and reserved addresses.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let special = match address.octets() {
        // This network; private; loopback; link-local, which serves cloud metadata.
        [0 | 10 | 127, ..] | [169, 254, ..] | [192, 168, ..] => true,
        [172, second, ..] => (16..32).contains(&second),
        // Carrier-grade NAT, which some clouds use for metadata.
        [100, second, ..] => (64..128).contains(&second),
        // Protocol assignments, documentation, relays, benchmarks.
        [192, 0, 0 | 2, _] | [192, 88, 99, _] | [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => true,
        // Azure serves its metadata at this public address.
        [168, 63, 129, 16] => true,
        // Multicast, reserved, broadcast.
        [first, ..] => first >= 224,
    };
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    if let [0x64, 0xff9b, 0, 0, 0, 0, high, low] = segments {
        // An IPv4 address behind a NAT64 translator.
        let [[a, b], [c, d]] = [high.to_be_bytes(), low.to_be_bytes()];
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    let [first, second, ..] = segments;
    let special = match first {
        // Protocol assignments (Teredo among them), documentation, 6to4: these embed other addresses.
        0x2001 => second < 0x200 || second == 0xdb8,
        0x2002 => true,
        0x3fff => second < 0x1000,
        // Global unicast is 2000::/3; everything else is local, multicast or unassigned.
        _ => first & 0xe000 != 0x2000,
    };
    !special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_private_networks_are_blocked() {
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.255.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "168.63.129.16",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "2002:7f00:1::",
            "3fff::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
        ] {
            assert!(!FetchPolicy::PublicInternet.allows(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn public_addresses_are_allowed() {
        for address in [
            "1.1.1.1",
            "172.15.0.1",
            "172.32.0.1",
            "100.63.0.1",
            "100.128.0.1",
            "192.0.1.1",
            "2606:4700::1111",
            "2a00:1450:4001::1",
            "64:ff9b::101:101",
            "::ffff:8.8.8.8",
        ] {
            assert!(FetchPolicy::PublicInternet.allows(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn the_test_policy_adds_only_loopback() {
        assert!(FetchPolicy::PublicInternetAndLoopback.allows("127.0.0.1".parse().unwrap()));
        assert!(FetchPolicy::PublicInternetAndLoopback.allows("::1".parse().unwrap()));
        assert!(!FetchPolicy::PublicInternetAndLoopback.allows("10.0.0.1".parse().unwrap()));
    }

    #[test]
    fn disguised_addresses_and_other_schemes_are_blocked() {
        for url in [
            "http://2130706433/",
            "http://0x7f.1/",
            "http://0177.0.0.1/",
            "http://[::1]/",
            "http://[::ffff:7f00:1]/",
            "http://127.1/",
            "http://169.254.169.254/latest/meta-data",
            "ftp://example.com/a.png",
            "file:///etc/passwd",
        ] {
            assert!(FetchPolicy::PublicInternet.check(&url.parse().unwrap()).is_err(), "{url}");
        }
        assert!(FetchPolicy::PublicInternet.check(&"https://example.com/a.png".parse().unwrap()).is_ok());
    }
}
