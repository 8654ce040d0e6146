//! The client's address, and the request headers that clients must not set.

use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use chassis::auth::SERVICE_TOKEN;
use ipnet::IpNet;
use std::net::{AddrParseError, IpAddr, SocketAddr};
use std::str::FromStr;

/// Headers that only the edge and the services set.
const INTERNAL_HEADERS: &[&str] = &[SERVICE_TOKEN, "x-real-ip", "forwarded", "x-deadline-ms"];
/// Hop-by-hop headers, which belong to one connection.
const HOP_BY_HOP: &[&str] = &["connection", "keep-alive", "te", "upgrade", "expect"];
const FORWARDED_PREFIX: &str = "x-forwarded-";
const FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED_PROTO: &str = "x-forwarded-proto";

/// The proxies whose `X-Forwarded-*` headers are trusted: an address or a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrustedProxy(IpNet);

/// A trusted proxy that is neither an address nor a network.
#[derive(Debug, thiserror::Error)]
#[error("must be an address or a network such as 10.0.0.0/8")]
pub struct InvalidProxy(#[source] AddrParseError);

impl FromStr for TrustedProxy {
    type Err = InvalidProxy;

    fn from_str(text: &str) -> Result<Self, InvalidProxy> {
        let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        network.map(Self).map_err(InvalidProxy)
    }
}

/// The client's address; `None` for a request that did not come over a socket.
#[derive(Debug, Clone, Copy)]
pub(super) struct ClientAddress(pub(super) Option<IpAddr>);

/// Determines the client's address and sets the headers that carry it, in place of all that the client sent.
pub(super) fn identify(request: &mut Request, trusted: Option<TrustedProxy>) {
    // A dual-stack socket reports IPv4 clients as `::ffff:a.b.c.d`, which no IPv4 network contains.
    let peer = request.extensions_mut().remove::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip().to_canonical());
    let trusts = |address: IpAddr| trusted.is_some_and(|proxy| proxy.0.contains(&address));
    let client = peer.map(|peer| original_client(peer, request.headers(), trusts));
    // Any client can claim HTTPS, so only the proxy that terminates TLS is believed.
    let secure =
        peer.is_some_and(trusts) && request.headers().get(FORWARDED_PROTO).is_some_and(|scheme| scheme == "https");
    let headers = request.headers_mut();
    let removed: Vec<HeaderName> = headers.keys().filter(|name| is_removed(name.as_str())).cloned().collect();
    for name in removed {
        headers.remove(name);
    }
    if let Some(address) = client.and_then(|client| HeaderValue::from_str(&client.to_string()).ok()) {
        headers.insert("x-real-ip", address.clone());
        headers.insert(FORWARDED_FOR, address);
    }
    headers.insert(FORWARDED_PROTO, HeaderValue::from_static(if secure { "https" } else { "http" }));
    request.extensions_mut().insert(ClientAddress(client));
}

fn is_removed(name: &str) -> bool {
    // CGI-style readers take `x_real_ip` for `x-real-ip`, so names with other characters are removed, as nginx does.
    let plain = name.bytes().all(|character| character.is_ascii_alphanumeric() || character == b'-');
    !plain || name.starts_with(FORWARDED_PREFIX) || INTERNAL_HEADERS.contains(&name) || HOP_BY_HOP.contains(&name)
}

/// Returns the last address of the chain that is not a trusted proxy, as nginx does with `real_ip_recursive`. A client can
/// forge everything before it.
fn original_client(peer: IpAddr, headers: &HeaderMap, trusts: impl Fn(IpAddr) -> bool) -> IpAddr {
    let values = headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
    let chain: Vec<&str> = values.flat_map(|value| value.split([',', ' '])).filter(|part| !part.is_empty()).collect();
    let mut client = peer;
    for hop in chain.into_iter().rev() {
        if !trusts(client) {
            break;
        }
        let Some(address) = parse_hop(hop) else { break };
        client = address;
    }
    client
}

/// Parses an address with or without a port.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    let plain = hop.parse().ok();
    plain
        .or_else(|| hop.parse().ok().map(|socket: SocketAddr| socket.ip()))
        .map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn identified(peer: &str, chain: &str) -> Request {
        let peer: SocketAddr = format!("{peer}:1").parse().expect("an address");
        let request = Request::builder().header(FORWARDED_FOR, chain).header(FORWARDED_PROTO, "https");
        let request = request.header("X_Real_IP", "6.6.6.6").header("x-forwarded-host", "elsewhere");
        let mut request = request.extension(ConnectInfo(peer)).body(Body::empty()).expect("a request");
        identify(&mut request, Some("10.0.0.0/8".parse().expect("a network")));
        request
    }

    fn client(peer: &str, chain: &str) -> String {
        identified(peer, chain).headers()["x-real-ip"].to_str().expect("text").to_owned()
    }

    #[test]
    fn only_a_trusted_proxy_sets_the_client_and_the_scheme() {
        assert_eq!(client("10.0.0.7", "203.0.113.9"), "203.0.113.9");
        assert_eq!(client("198.51.100.1", "203.0.113.9"), "198.51.100.1");
        assert_eq!(identified("10.0.0.7", "203.0.113.9").headers()[FORWARDED_PROTO], "https");
        assert_eq!(identified("198.51.100.1", "203.0.113.9").headers()[FORWARDED_PROTO], "http");
    }

    #[test]
    fn the_client_is_the_last_untrusted_address_of_the_chain() {
        assert_eq!(client("10.0.0.7", "6.6.6.6, 203.0.113.9, 10.0.0.8"), "203.0.113.9");
        assert_eq!(client("10.0.0.7", "10.0.0.9,10.0.0.8"), "10.0.0.9");
        assert_eq!(client("10.0.0.7", "203.0.113.9, unknown, 10.0.0.8"), "10.0.0.8");
        assert_eq!(client("10.0.0.7", "[2001:db8::1]:443"), "2001:db8::1");
    }

    #[test]
    fn forwarding_headers_of_a_client_are_removed() {
        let request = identified("198.51.100.1", "203.0.113.9");
        assert!(request.headers().get("x_real_ip").is_none() && request.headers().get("x-forwarded-host").is_none());
        assert_eq!(request.headers()[FORWARDED_FOR], "198.51.100.1");
    }

    #[test]
    fn a_proxy_is_an_address_or_a_network() {
        assert!("10.0.0.7".parse::<TrustedProxy>().is_ok() && "2001:db8::/32".parse::<TrustedProxy>().is_ok());
        assert!("my-proxy".parse::<TrustedProxy>().is_err());
    }
}
