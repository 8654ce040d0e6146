//! How many requests one address may make.

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};

/// So many requests come between two times that addresses which have been quiet are forgotten.
const BETWEEN_SWEEPS: u32 = 4096;

/// Requests in a time, as nginx writes it: `100r/s`, `30r/m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    requests: NonZeroU32,
    every: Every,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Every {
    Second,
    Minute,
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no rate such as 100r/s or 30r/m");
        let (requests, every) = match (text.strip_suffix("r/s"), text.strip_suffix("r/m")) {
            (Some(requests), _) => (requests, Every::Second),
            (_, Some(requests)) => (requests, Every::Minute),
            _ => return Err(wrong()),
        };
        Ok(Self { requests: requests.parse().map_err(|_| wrong())?, every })
    }
}

/// Counts the requests of each address.
pub(super) struct Counter {
    seen: DefaultKeyedRateLimiter<IpAddr>,
    since_sweep: AtomicU32,
}

impl Counter {
    /// A steady `rate`, and `burst` requests more at once after a quiet time.
    pub(super) fn new(rate: Rate, burst: u32) -> Self {
        let quota = match rate.every {
            Every::Second => Quota::per_second(rate.requests),
            Every::Minute => Quota::per_minute(rate.requests),
        };
        // The burst comes on top of the one request that is always allowed.
        let at_once = NonZeroU32::MIN.saturating_add(burst);
        Self { seen: RateLimiter::keyed(quota.allow_burst(at_once)), since_sweep: AtomicU32::new(0) }
    }

    /// Whether one more request of `client` is within the limit. What comes from this machine itself is not counted: a
    /// proxy on it that is not trusted to name its clients asks for all of them.
    pub(super) fn admits(&self, client: IpAddr) -> bool {
        if client.is_loopback() {
            return true;
        }
        if self.since_sweep.fetch_add(1, Ordering::Relaxed) == BETWEEN_SWEEPS {
            self.since_sweep.store(0, Ordering::Relaxed);
            self.seen.retain_recent();
        }
        self.seen.check_key(&client).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOMEBODY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 9));
    const NEIGHBOUR: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 10));

    fn counter(rate: &str, burst: u32) -> Counter {
        Counter::new(rate.parse().expect("a rate"), burst)
    }

    #[test]
    fn an_address_may_make_one_request_and_the_burst_at_once() {
        let counter = counter("1r/m", 2);
        let admitted = (0..10).filter(|_| counter.admits(SOMEBODY)).count();
        assert_eq!(admitted, 3);
        assert!(counter.admits(NEIGHBOUR), "another address is another matter");
    }

    #[test]
    fn this_machine_itself_is_not_counted() {
        let counter = counter("1r/m", 0);
        assert!((0..10).all(|_| counter.admits(std::net::Ipv4Addr::LOCALHOST.into())));
    }

    #[test]
    fn addresses_that_have_been_quiet_are_forgotten() {
        let counter = counter("100000r/s", 0);
        for number in 0..3 * BETWEEN_SWEEPS {
            assert!(counter.admits(std::net::Ipv4Addr::from_bits(0xCB00_0000 + number).into()));
        }
        assert!(counter.seen.len() <= 2 * BETWEEN_SWEEPS as usize, "{}", counter.seen.len());
    }

    #[test]
    fn a_rate_is_written_as_nginx_writes_it() {
        assert!("100r/s".parse::<Rate>().is_ok() && "30r/m".parse::<Rate>().is_ok());
        assert!(["", "100", "0r/s", "r/s", "-1r/s", "1r/h"].iter().all(|text| text.parse::<Rate>().is_err()));
    }
}
