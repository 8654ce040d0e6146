//! Which addresses may be asked for a picture: those of the public internet.

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// How far a fetcher reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The public internet.
    Internet,
    /// That, and this machine itself. For tests; no setting leads here.
    InternetAndLoopback,
}

/// The address of a name, or a name itself, is not on the public internet.
#[derive(Debug, thiserror::Error)]
#[error("{0} is not on the public internet")]
pub struct Refused(String);

impl Reach {
    /// Whether an address may be asked.
    pub fn allows(self, address: IpAddr) -> bool {
        let plain = address.to_canonical();
        is_public(plain) || (self == Self::InternetAndLoopback && plain.is_loopback())
    }

    /// Whether a URL may be fetched as far as it shows. Names are judged when they are resolved.
    pub fn check(self, url: &Url) -> Result<(), String> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!("{}: is neither http nor https", url.scheme()));
        }
        let host = url.host_str().ok_or("has no host")?;
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        match bare.parse::<IpAddr>() {
            Ok(address) if !self.allows(address) => Err(Refused(bare.to_owned()).to_string()),
            _ => Ok(()),
        }
    }
}

/// Resolves names to addresses that may be asked. Only what this returns is connected to, so that a name cannot be
/// resolved to one address when it is checked and to another when it is used.
pub struct Resolver(pub Reach);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found.filter(|address| reach.allows(address.ip())).collect();
            if allowed.is_empty() {
                return Err(Refused(name.as_str().to_owned()).into());
            }
            let addresses: Addrs = Box::new(allowed.into_iter());
            Ok(addresses)
        })
    }
}

/// Special-purpose blocks of IANA's registry, multicast, and what is no unicast at all.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let refused = match address.octets() {
        // This network; private; loopback; link-local, where clouds keep their metadata.
        [0 | 10 | 127, ..] | [169, 254, ..] | [192, 168, ..] => true,
        [172, second, ..] => (16..32).contains(&second),
        // Shared by carriers (CGNAT), metadata of some clouds among them.
        [100, second, ..] => (64..128).contains(&second),
        // Protocol assignments, documentation, relays, benchmarks.
        [192, 0, 0 | 2, _] | [192, 88, 99, _] | [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => true,
        // The metadata of Azure, which answers at a public address.
        [168, 63, 129, 16] => true,
        // Multicast, reserved, broadcast.
        [first, ..] => first >= 224,
    };
    !refused
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    if let [0x64, 0xff9b, 0, 0, 0, 0, high, low] = segments {
        // The IPv4 internet behind a translator (NAT64).
        let [[a, b], [c, d]] = [high.to_be_bytes(), low.to_be_bytes()];
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    let [first, second, ..] = segments;
    let refused = match first {
        // Protocol assignments (Teredo among them), documentation, 6to4: these carry other addresses inside.
        0x2001 => second < 0x200 || second == 0xdb8,
        0x2002 => true,
        0x3fff => second < 0x1000,
        // Global unicast is 2000::/3; all else is local, multicast or nothing.
        _ => first & 0xe000 != 0x2000,
    };
    !refused
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_inside_any_network_are_refused() {
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
            assert!(!Reach::Internet.allows(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn addresses_of_the_internet_are_allowed() {
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
            assert!(Reach::Internet.allows(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn only_loopback_is_added_for_tests() {
        assert!(Reach::InternetAndLoopback.allows("127.0.0.1".parse().unwrap()));
        assert!(Reach::InternetAndLoopback.allows("::1".parse().unwrap()));
        assert!(!Reach::InternetAndLoopback.allows("10.0.0.1".parse().unwrap()));
    }

    #[test]
    fn disguised_and_other_addresses_are_refused() {
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
            assert!(Reach::Internet.check(&url.parse().unwrap()).is_err(), "{url}");
        }
        assert!(Reach::Internet.check(&"https://example.com/a.png".parse().unwrap()).is_ok());
    }
}
