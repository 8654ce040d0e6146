//! The names of the services, as they appear in keys, hosts, metrics and on the command line.

/// All services, in the order in which they are listed to people.
pub const SERVICES: &[&str] = &["user", "catalogue", "cart", "payment", "shipping", "ratings", "dispatch", "web"];
/// The services that this program can run: all, unless it was built with the feature of a single service.
pub const COMPILED_SERVICES: &[&str] = &[
    #[cfg(feature = "user")]
    "user",
    #[cfg(feature = "catalogue")]
    "catalogue",
    #[cfg(feature = "cart")]
    "cart",
    #[cfg(feature = "payment")]
    "payment",
    #[cfg(feature = "shipping")]
    "shipping",
    #[cfg(feature = "ratings")]
    "ratings",
    #[cfg(feature = "dispatch")]
    "dispatch",
    #[cfg(feature = "web")]
    "web",
];
/// The name under which the program itself, for example `shopstack demo`, calls services.
pub const PROGRAM: &str = "shopstack";
