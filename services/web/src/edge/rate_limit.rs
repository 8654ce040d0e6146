//! The rate limit of client addresses.

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};

/// The number of requests between two removals of idle addresses, which bounds the memory of the limiter.
const SWEEP_INTERVAL: u32 = 4096;

/// A request rate in the notation of nginx: `100r/s`, `30r/m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    requests: NonZeroU32,
    unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Second,
    Minute,
}

/// A rate that is not written as `100r/s` or `30r/m`.
#[derive(Debug, thiserror::Error)]
#[error("must be a rate such as 100r/s or 30r/m")]
pub struct InvalidRate;

impl FromStr for Rate {
    type Err = InvalidRate;

    fn from_str(text: &str) -> Result<Self, InvalidRate> {
        let (requests, unit) = match (text.strip_suffix("r/s"), text.strip_suffix("r/m")) {
            (Some(requests), _) => (requests, Unit::Second),
            (_, Some(requests)) => (requests, Unit::Minute),
            _ => return Err(InvalidRate),
        };
        Ok(Self { requests: requests.parse().map_err(|_| InvalidRate)?, unit })
    }
}

/// Limits the requests of each client address.
pub(super) struct RateLimit {
    addresses: DefaultKeyedRateLimiter<IpAddr>,
    since_sweep: AtomicU32,
}

impl RateLimit {
    /// Creates a limit of `rate` with up to `burst` further requests at once.
    pub(super) fn new(rate: Rate, burst: u32) -> Self {
        let quota = match rate.unit {
            Unit::Second => Quota::per_second(rate.requests),
            Unit::Minute => Quota::per_minute(rate.requests),
        };
        // nginx counts the burst on top of the one request that is always allowed.
        let capacity = NonZeroU32::MIN.saturating_add(burst);
        Self { addresses: RateLimiter::keyed(quota.allow_burst(capacity)), since_sweep: AtomicU32::new(0) }
    }

    /// Counts a request and returns true if it is within the limit. Loopback addresses are not limited: a local proxy that
    /// is not trusted to name its clients sends the requests of all of them.
    pub(super) fn admits(&self, client: IpAddr) -> bool {
        if client.is_loopback() {
            return true;
        }
        // Relaxed: a race only moves a sweep by some requests.
        if self.since_sweep.fetch_add(1, Ordering::Relaxed) == SWEEP_INTERVAL {
            self.since_sweep.store(0, Ordering::Relaxed);
            self.addresses.retain_recent();
        }
        self.addresses.check_key(&client).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 9));
    const OTHER_CLIENT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 10));

    fn limit(rate: &str, burst: u32) -> RateLimit {
        RateLimit::new(rate.parse().expect("a rate"), burst)
    }

    #[test]
    fn an_address_may_make_one_request_and_the_burst_at_once() {
        let limit = limit("1r/m", 2);
        let admitted = (0..10).filter(|_| limit.admits(CLIENT)).count();
        assert_eq!(admitted, 3);
        assert!(limit.admits(OTHER_CLIENT), "each address has its own limit");
    }

    #[test]
    fn loopback_addresses_are_not_limited() {
        let limit = limit("1r/m", 0);
        assert!((0..10).all(|_| limit.admits(std::net::Ipv4Addr::LOCALHOST.into())));
    }

    #[test]
    fn idle_addresses_are_removed() {
        let limit = limit("100000r/s", 0);
        for number in 0..3 * SWEEP_INTERVAL {
            assert!(limit.admits(std::net::Ipv4Addr::from_bits(0xCB00_0000 + number).into()));
        }
        assert!(limit.addresses.len() <= 2 * SWEEP_INTERVAL as usize, "{}", limit.addresses.len());
    }

    #[test]
    fn a_rate_is_parsed_in_the_notation_of_nginx() {
        assert!("100r/s".parse::<Rate>().is_ok() && "30r/m".parse::<Rate>().is_ok());
        assert!(["", "100", "0r/s", "r/s", "-1r/s", "1r/h"].iter().all(|text| text.parse::<Rate>().is_err()));
    }
}
