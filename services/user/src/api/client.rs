//! The client of a request: its network address and user agent.

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

const MAX_USER_AGENT_LENGTH: usize = 256;

/// The client that sent a request.
pub struct Client {
    /// The network address; `None` in process without a forwarding header.
    pub address: Option<IpAddr>,
    pub user_agent: String,
}

impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
        Ok(Self { address: client_address(peer, &parts.headers), user_agent: user_agent(&parts.headers) })
    }
}

/// Returns the client's address. The forwarding headers are trusted only from a peer in a private network, where the
/// reverse proxy runs: anyone else could forge them to escape the rate limit.
fn client_address(peer: Option<IpAddr>, headers: &HeaderMap) -> Option<IpAddr> {
    if peer.is_some_and(|peer| !is_private(peer)) {
        return peer;
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    // The last entry was added by our own proxy; the client may have made up those before it.
    let forwarded = || text("x-forwarded-for").and_then(|all| all.rsplit(',').next());
    let forwarded_for = text("x-real-ip").or_else(forwarded).and_then(|address| address.trim().parse().ok());
    forwarded_for.or(peer)
}

fn is_private(address: IpAddr) -> bool {
    // A dual-stack socket reports IPv4 peers as mapped IPv6 addresses.
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_loopback() || address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local(),
    }
}

fn user_agent(headers: &HeaderMap) -> String {
    let bytes = headers.get(header::USER_AGENT).map(|value| value.as_bytes()).unwrap_or_default();
    // The text is shown in the list of sessions, so it is bounded and free of control characters.
    String::from_utf8_lossy(bytes)
        .chars()
        .filter(|character| !character.is_control())
        .take(MAX_USER_AGENT_LENGTH)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn client(peer: Option<&str>, name: &'static str, value: &'static str) -> Option<String> {
        let peer = peer.map(|peer| peer.parse().expect("an address"));
        let headers = HeaderMap::from_iter([(name.parse().expect("a name"), HeaderValue::from_static(value))]);
        client_address(peer, &headers).map(|address| address.to_string())
    }

    #[test]
    fn forwarding_headers_are_trusted_from_private_peers_only() {
        assert_eq!(client(Some("10.0.0.7"), "x-real-ip", "203.0.113.9").as_deref(), Some("203.0.113.9"));
        assert_eq!(client(Some("198.51.100.1"), "x-real-ip", "203.0.113.9").as_deref(), Some("198.51.100.1"));
        assert_eq!(client(None, "x-real-ip", "203.0.113.9").as_deref(), Some("203.0.113.9"));
    }

    #[test]
    fn only_the_last_entry_of_a_proxy_chain_counts() {
        let chain = "6.6.6.6, 203.0.113.9";
        assert_eq!(client(Some("127.0.0.1"), "x-forwarded-for", chain).as_deref(), Some("203.0.113.9"));
    }

    #[test]
    fn invalid_headers_are_ignored() {
        assert_eq!(client(Some("127.0.0.1"), "x-real-ip", "over there").as_deref(), Some("127.0.0.1"));
        assert_eq!(client(None, "x-forwarded-for", ",,"), None);
    }

    #[test]
    fn a_user_agent_is_truncated_and_sanitised() {
        let mut headers = HeaderMap::new();
        headers.insert(header::USER_AGENT, HeaderValue::from_bytes(&[b'x'; 5000]).expect("a value"));
        assert_eq!(user_agent(&headers).len(), MAX_USER_AGENT_LENGTH);
        headers.insert(header::USER_AGENT, HeaderValue::from_bytes(b"Fire\tfox\xff").expect("a value"));
        assert_eq!(user_agent(&headers), "Firefox\u{fffd}");
    }
}
