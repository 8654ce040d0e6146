//! The HTTP API of payment.

mod customers;
mod internal;
mod sandbox;
mod staff;
mod webhooks;

use crate::checkout::Checkout;
use chassis::transport::Transport;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// All routes, including those of the sandbox's pages if there is a sandbox.
pub fn routes(checkout: Checkout, sandbox: Option<Transport>) -> OpenApiRouter {
    let routes = OpenApiRouter::new()
        .routes(routes!(customers::list_payment_methods))
        .routes(routes!(customers::check_out))
        .routes(routes!(customers::get_payment))
        .routes(routes!(customers::create_payment_attempt))
        .routes(routes!(customers::confirm_payment))
        .routes(routes!(customers::abandon_payment_challenge))
        .routes(routes!(customers::return_from_bank, customers::return_from_bank_by_form))
        .routes(routes!(internal::get_order_record))
        .routes(routes!(internal::get_awaited_transfer))
        .routes(routes!(internal::execute_money_command))
        .routes(routes!(staff::list_payments))
        .routes(routes!(staff::get_payment_details))
        .routes(routes!(staff::resolve_payment_operation))
        .routes(routes!(staff::record_transfer))
        .routes(routes!(staff::list_balances))
        .routes(routes!(staff::list_payouts, staff::record_payout))
        .routes(routes!(webhooks::receive_webhook))
        .routes(routes!(webhooks::list_webhook_events))
        .routes(routes!(webhooks::replay_webhook_event))
        .routes(routes!(webhooks::discard_webhook_event))
        .with_state(checkout);
    match sandbox {
        Some(transport) => routes.merge(sandbox::routes(transport)),
        None => routes,
    }
}
