//! What stands for the bank's pages of 3-D Secure.

use super::{Page, escaped};
use axum::http::StatusCode;
use axum::response::Response;
use chassis::SystemContext;
use contracts::Money;

/// Asks the customer; the ticket says about which payment.
pub(crate) fn question(amount: Money, ticket: &str, browser_url: &str, system: &SystemContext) -> Response {
    let title = "Is this you? - Sandbox Bank";
    let body = format!(
        "<h1>Is this you?</h1>\n<p>A shop asks you to pay</p>\n<p class=\"amount\">{amount}</p>\n\
         <p class=\"note\">This page stands for your bank's. No money moves.</p>\n\
         <form method=\"post\" action=\"{}/sandbox/challenge/decision\">\n\
         <input type=\"hidden\" name=\"JWT\" value=\"{}\">\n\
         <button class=\"main\" name=\"decision\" value=\"confirmed\">Confirm payment</button>\n\
         <button name=\"decision\" value=\"denied\">Deny</button>\n</form>",
        escaped(browser_url),
        escaped(ticket),
    );
    Page { status: StatusCode::OK, title, body, script: "", leads_away: false }.answer(system)
}

/// Leads back to the shop by itself, as banks do; by a button where there are no scripts.
pub(crate) fn way_back(return_url: &str, payment: &str, system: &SystemContext) -> Response {
    let title = "Back to the shop - Sandbox Bank";
    let body = format!(
        "<h1>Thank you</h1>\n<p>You are on your way back to the shop.</p>\n\
         <form method=\"post\" action=\"{}\" id=\"back\">\n\
         <input type=\"hidden\" name=\"TransactionId\" value=\"{}\">\n\
         <input type=\"hidden\" name=\"Response\" value=\"\">\n<input type=\"hidden\" name=\"MD\" value=\"\">\n\
         <button class=\"main\">Continue</button>\n</form>",
        escaped(return_url),
        escaped(payment),
    );
    let script = "document.getElementById('back').submit();";
    Page { status: StatusCode::OK, title, body, script, leads_away: true }.answer(system)
}

/// The page in a hidden frame that collects nothing and says that it has.
pub(crate) fn device_data(system: &SystemContext) -> Response {
    let message = serde_json::json!({
        "MessageType": "profile.completed",
        "SessionId": format!("0_{}", system.id()),
        "Status": true,
    });
    // The message is a text of JSON, and a JSON text written as JSON is one of JavaScript.
    let script = format!("window.parent.postMessage({}, '*');", serde_json::Value::String(message.to_string()));
    let body = "<p>This page stands for the one that collects data of your device.</p>".to_owned();
    Page { status: StatusCode::OK, title: "Device data - Sandbox Bank", body, script: &script, leads_away: false }
        .answer(system)
}
