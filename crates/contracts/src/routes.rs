//! The table of public routes, which maps paths to services.
//!
//! The in-process edge and nginx use the same table. Paths that are not listed are served by web: the storefront, or
//! 404 below `/api`.

/// A public route and its service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// The path pattern: `{}` matches one segment, a final `*` matches any non-empty rest.
    pub pattern: &'static str,
    /// The name of the service that handles the path.
    pub service: &'static str,
}

const fn route(pattern: &'static str, service: &'static str) -> Route {
    Route { pattern, service }
}

/// The public routes in order of precedence: the first match wins.
pub const ROUTES: &[Route] = &[
    // Reviews come first, because the patterns of catalogue below match their paths as well.
    route("/api/v1/products/{}/reviews", "ratings"),
    route("/api/v1/products/{}/reviews/*", "ratings"),
    route("/api/v1/ratings", "ratings"),
    route("/api/v1/reviews", "ratings"),
    route("/api/v1/reviews/*", "ratings"),
    route("/api/v1/shop", "catalogue"),
    route("/api/v1/storefront", "catalogue"),
    route("/api/v1/email-texts", "catalogue"),
    route("/api/v1/pages", "catalogue"),
    route("/api/v1/pages/*", "catalogue"),
    route("/api/v1/imports", "catalogue"),
    route("/api/v1/imports/*", "catalogue"),
    route("/api/v1/products", "catalogue"),
    route("/api/v1/products/*", "catalogue"),
    route("/api/v1/unpublished-products", "catalogue"),
    route("/api/v1/categories", "catalogue"),
    route("/api/v1/categories/*", "catalogue"),
    route("/api/v1/stock", "catalogue"),
    route("/api/v1/stock/*", "catalogue"),
    route("/api/v1/promotions", "catalogue"),
    route("/api/v1/promotions/*", "catalogue"),
    route("/api/v1/tax-rates", "catalogue"),
    route("/api/v1/images", "catalogue"),
    route("/api/v1/images/*", "catalogue"),
    route("/media/*", "catalogue"),
    route("/api/v1/auth/*", "user"),
    route("/api/v1/me", "user"),
    route("/api/v1/me/*", "user"),
    route("/api/v1/accounts", "user"),
    route("/api/v1/accounts/*", "user"),
    route("/api/v1/api-keys", "user"),
    route("/api/v1/api-keys/*", "user"),
    route("/.well-known/jwks.json", "user"),
    route("/api/v1/cart", "cart"),
    route("/api/v1/cart/*", "cart"),
    route("/api/v1/shipping/*", "shipping"),
    route("/api/v1/tracking/*", "shipping"),
    route("/api/v1/carrier-events", "shipping"),
    route("/api/v1/shipments", "shipping"),
    route("/api/v1/shipments/*", "shipping"),
    route("/api/v1/payment-methods", "payment"),
    route("/api/v1/checkout", "payment"),
    route("/api/v1/payments", "payment"),
    route("/api/v1/payments/*", "payment"),
    route("/api/v1/balances", "payment"),
    route("/api/v1/payouts", "payment"),
    route("/api/v1/webhook-events", "payment"),
    route("/api/v1/webhook-events/*", "payment"),
    route("/api/v1/webhooks/*", "payment"),
    // Payment forwards browsers to the sandbox, so that its pages have the shop's own origin.
    route("/api/v1/sandbox/*", "payment"),
    route("/sandbox/*", "payment"),
    route("/api/v1/orders", "dispatch"),
    route("/api/v1/orders/*", "dispatch"),
    route("/api/v1/packing-lists", "dispatch"),
    route("/api/v1/emails/*", "dispatch"),
    route("/api/v1/workflows", "dispatch"),
    route("/api/v1/workflows/*", "dispatch"),
    // These queues come before the pattern that sends all others, also unknown ones, to dispatch.
    route("/api/v1/dead-letters/cart", "cart"),
    route("/api/v1/dead-letters/cart/*", "cart"),
    route("/api/v1/dead-letters/ratings", "ratings"),
    route("/api/v1/dead-letters/ratings/*", "ratings"),
    route("/api/v1/dead-letters/*", "dispatch"),
    route("/mailbox", "dispatch"),
];

/// Returns the service that handles `path`. The path must still be percent-encoded.
pub fn service_for(path: &str) -> Option<&'static str> {
    ROUTES.iter().find(|route| matches(route.pattern, path)).map(|route| route.service)
}

fn matches(pattern: &str, path: &str) -> bool {
    // Decoding before splitting would turn an encoded slash in a SKU into a separator.
    let mut segments = path.split('/');
    for part in pattern.split('/') {
        match (part, segments.next()) {
            ("*", Some(rest)) => return !rest.is_empty(),
            ("{}", Some(segment)) if !segment.is_empty() => {}
            (literal, Some(segment)) if literal == segment => {}
            _ => return false,
        }
    }
    segments.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reviews_are_routed_to_ratings_and_products_to_catalogue() {
        assert_eq!(service_for("/api/v1/products/mug/reviews"), Some("ratings"));
        assert_eq!(service_for("/api/v1/products/mug/reviews/mine"), Some("ratings"));
        assert_eq!(service_for("/api/v1/products/mug"), Some("catalogue"));
        assert_eq!(service_for("/api/v1/products"), Some("catalogue"));
    }

    #[test]
    fn dead_letters_are_routed_to_the_service_of_their_queue() {
        assert_eq!(service_for("/api/v1/dead-letters/cart"), Some("cart"));
        assert_eq!(service_for("/api/v1/dead-letters/ratings/1/replay"), Some("ratings"));
        assert_eq!(service_for("/api/v1/dead-letters/dispatch"), Some("dispatch"));
        assert_eq!(
            service_for("/api/v1/dead-letters/cartoons"),
            Some("dispatch"),
            "dispatch answers 404 for unknown queues"
        );
    }

    #[test]
    fn internal_and_unknown_paths_are_not_routed() {
        assert_eq!(service_for("/internal/pricing"), None);
        assert_eq!(service_for("/api/v1/products/"), None);
        assert_eq!(service_for("/api/v1/cartoons"), None);
    }

    #[test]
    fn an_encoded_slash_stays_within_its_segment() {
        assert_eq!(service_for("/api/v1/cart/lines/A%2FB"), Some("cart"));
        assert_eq!(service_for("/api/v1/products/a%2Fb/reviews"), Some("ratings"));
    }
}
