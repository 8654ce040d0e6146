//! On whose behalf a request comes, and what it may not say of itself.

use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use chassis::auth::SERVICE_TOKEN;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

/// What only the gateway and services say.
const NOT_FROM_OUTSIDE: &[&str] = &[SERVICE_TOKEN, "x-real-ip", "forwarded", "x-deadline-ms"];
/// What is between two neighbours on the way and goes no further.
const OF_THE_CONNECTION: &[&str] = &["connection", "keep-alive", "te", "upgrade", "expect"];
const FORWARDED: &str = "x-forwarded-";
const FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED_PROTO: &str = "x-forwarded-proto";

/// Those in front of the gateway who may say on whose behalf they ask: an address or a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrustedProxy(IpNet);

impl FromStr for TrustedProxy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        network.map(Self).map_err(|_| format!("{text:?} is neither an address nor a network such as 10.0.0.0/8"))
    }
}

/// Whom the request comes from, as far as it can be told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Client(pub(super) Option<IpAddr>);

/// Finds out who asks, and lets the services hear it from nobody but the gateway.
pub(super) fn tell(request: &mut Request, trusted: Option<TrustedProxy>) {
    let peer = request.extensions_mut().remove::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip().to_canonical());
    let trusts = |address: IpAddr| trusted.is_some_and(|proxy| proxy.0.contains(&address));
    let client = peer.map(|peer| behind(peer, request.headers(), trusts));
    let secure = peer.is_some_and(trusts) && request.headers().get(FORWARDED_PROTO).is_some_and(|told| told == "https");
    let headers = request.headers_mut();
    let unwanted: Vec<HeaderName> = headers.keys().filter(|name| is_unwanted(name.as_str())).cloned().collect();
    for name in unwanted {
        headers.remove(name);
    }
    if let Some(address) = client.and_then(|client| HeaderValue::from_str(&client.to_string()).ok()) {
        headers.insert("x-real-ip", address.clone());
        headers.insert(FORWARDED_FOR, address);
    }
    headers.insert(FORWARDED_PROTO, HeaderValue::from_static(if secure { "https" } else { "http" }));
    request.extensions_mut().insert(Client(client));
}

fn is_unwanted(name: &str) -> bool {
    // With an underscore a name could be taken for another one by what reads it.
    let plain = name.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'-');
    !plain || name.starts_with(FORWARDED) || NOT_FROM_OUTSIDE.contains(&name) || OF_THE_CONNECTION.contains(&name)
}

/// The first one, from the near end of the chain, that is not trusted; as nginx does with `real_ip_recursive`.
fn behind(peer: IpAddr, headers: &HeaderMap, trusts: impl Fn(IpAddr) -> bool) -> IpAddr {
    let told = headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
    let chain: Vec<&str> = told.flat_map(|value| value.split([',', ' '])).filter(|part| !part.is_empty()).collect();
    let mut client = peer;
    for hop in chain.into_iter().rev() {
        if !trusts(client) {
            break;
        }
        let Some(address) = address(hop) else { break };
        client = address;
    }
    client
}

fn address(hop: &str) -> Option<IpAddr> {
    let plain = hop.parse().ok();
    plain
        .or_else(|| hop.parse().ok().map(|socket: SocketAddr| socket.ip()))
        .map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn told(peer: &str, chain: &str) -> Request {
        let peer: SocketAddr = format!("{peer}:1").parse().expect("an address");
        let request = Request::builder().header(FORWARDED_FOR, chain).header(FORWARDED_PROTO, "https");
        let request = request.header("X_Real_IP", "6.6.6.6").header("x-forwarded-host", "elsewhere");
        let mut request = request.extension(ConnectInfo(peer)).body(Body::empty()).expect("a request");
        tell(&mut request, Some("10.0.0.0/8".parse().expect("a network")));
        request
    }

    fn client(peer: &str, chain: &str) -> String {
        told(peer, chain).headers()["x-real-ip"].to_str().expect("text").to_owned()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        assert_eq!(client("10.0.0.7", "203.0.113.9"), "203.0.113.9");
        assert_eq!(client("198.51.100.1", "203.0.113.9"), "198.51.100.1");
        assert_eq!(told("10.0.0.7", "203.0.113.9").headers()[FORWARDED_PROTO], "https");
        assert_eq!(told("198.51.100.1", "203.0.113.9").headers()[FORWARDED_PROTO], "http");
    }

    #[test]
    fn a_chain_is_followed_as_long_as_it_is_trusted() {
        assert_eq!(client("10.0.0.7", "6.6.6.6, 203.0.113.9, 10.0.0.8"), "203.0.113.9");
        assert_eq!(client("10.0.0.7", "10.0.0.9,10.0.0.8"), "10.0.0.9");
        assert_eq!(client("10.0.0.7", "203.0.113.9, unknown, 10.0.0.8"), "10.0.0.8");
        assert_eq!(client("10.0.0.7", "[2001:db8::1]:443"), "2001:db8::1");
    }

    #[test]
    fn what_a_client_says_of_itself_goes_no_further() {
        let request = told("198.51.100.1", "203.0.113.9");
        assert!(request.headers().get("x_real_ip").is_none() && request.headers().get("x-forwarded-host").is_none());
        assert_eq!(request.headers()[FORWARDED_FOR], "198.51.100.1");
    }

    #[test]
    fn a_proxy_is_an_address_or_a_network() {
        assert!("10.0.0.7".parse::<TrustedProxy>().is_ok() && "2001:db8::/32".parse::<TrustedProxy>().is_ok());
        assert!("my-proxy".parse::<TrustedProxy>().is_err());
    }
}
