//! Who is at the other end of the line, as far as it can be told.

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

const LONGEST_USER_AGENT: usize = 256;

/// The client of a request.
pub struct Client {
    /// Its network address, when it is known.
    pub address: Option<IpAddr>,
    /// What it calls itself.
    pub user_agent: String,
}

impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        Ok(Self { address: address(peer, &parts.headers), user_agent: user_agent(&parts.headers) })
    }
}

/// A gateway in front of us stands in a private network and says whom it speaks for; anybody else speaks for himself.
fn address(peer: Option<IpAddr>, headers: &HeaderMap) -> Option<IpAddr> {
    if peer.is_some_and(|peer| !is_private(peer)) {
        return peer;
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    // The last one was added by the gateway next to us, those before it may be made up.
    let forwarded = || text("x-forwarded-for").and_then(|all| all.rsplit(',').next());
    let told = text("x-real-ip").or_else(forwarded).and_then(|address| address.trim().parse().ok());
    told.or(peer)
}

fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_loopback() || address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local(),
    }
}

fn user_agent(headers: &HeaderMap) -> String {
    let bytes = headers.get(header::USER_AGENT).map(|value| value.as_bytes()).unwrap_or_default();
    String::from_utf8_lossy(bytes)
        .chars()
        .filter(|character| !character.is_control())
        .take(LONGEST_USER_AGENT)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn told(peer: Option<&str>, name: &'static str, value: &'static str) -> Option<String> {
        let peer = peer.map(|peer| peer.parse().expect("an address"));
        let headers = HeaderMap::from_iter([(name.parse().expect("a name"), HeaderValue::from_static(value))]);
        address(peer, &headers).map(|address| address.to_string())
    }

    #[test]
    fn a_gateway_is_believed_and_a_stranger_is_not() {
        assert_eq!(told(Some("10.0.0.7"), "x-real-ip", "203.0.113.9").as_deref(), Some("203.0.113.9"));
        assert_eq!(told(Some("198.51.100.1"), "x-real-ip", "203.0.113.9").as_deref(), Some("198.51.100.1"));
        assert_eq!(told(None, "x-real-ip", "203.0.113.9").as_deref(), Some("203.0.113.9"));
    }

    #[test]
    fn of_a_chain_of_gateways_only_the_last_word_counts() {
        let chain = "6.6.6.6, 203.0.113.9";
        assert_eq!(told(Some("127.0.0.1"), "x-forwarded-for", chain).as_deref(), Some("203.0.113.9"));
    }

    #[test]
    fn nonsense_is_as_good_as_nothing() {
        assert_eq!(told(Some("127.0.0.1"), "x-real-ip", "over there").as_deref(), Some("127.0.0.1"));
        assert_eq!(told(None, "x-forwarded-for", ",,"), None);
    }

    #[test]
    fn a_user_agent_is_cut_and_cleaned() {
        let mut headers = HeaderMap::new();
        headers.insert(header::USER_AGENT, HeaderValue::from_bytes(&[b'x'; 5000]).expect("a value"));
        assert_eq!(user_agent(&headers).len(), LONGEST_USER_AGENT);
        headers.insert(header::USER_AGENT, HeaderValue::from_bytes(b"Fire\tfox\xff").expect("a value"));
        assert_eq!(user_agent(&headers), "Firefox\u{fffd}");
    }
}
