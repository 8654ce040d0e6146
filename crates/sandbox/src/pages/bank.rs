//! Replacements for the bank's 3-D Secure pages.

use super::{Page, escape};
use axum::http::StatusCode;
use axum::response::Response;
use chassis::SystemContext;
use contracts::Money;

/// Renders the challenge page; the token identifies the payment.
pub(crate) fn challenge_page(amount: Money, jwt: &str, browser_url: &str, system: &SystemContext) -> Response {
    let title = "Confirm your payment - Sandbox Bank";
    let body = format!(
        "<h1>Confirm your payment</h1>\n<p class=\"amount\">{amount}</p>\n\
         <p class=\"note\">This is a test page in place of your bank's. No money moves.</p>\n\
         <form method=\"post\" action=\"{}/sandbox/challenge/decision\">\n\
         <input type=\"hidden\" name=\"JWT\" value=\"{}\">\n\
         <button class=\"main\" name=\"decision\" value=\"confirmed\">Confirm payment</button>\n\
         <button name=\"decision\" value=\"denied\">Deny</button>\n</form>",
        escape(browser_url),
        escape(jwt),
    );
    Page { status: StatusCode::OK, title, body, script: "", posts_to_shop: false }.render(system)
}

/// Renders the page that returns to the shop automatically, or by a button when scripts are disabled.
pub(crate) fn return_to_shop(return_url: &str, payment: &str, system: &SystemContext) -> Response {
    let title = "Back to the shop - Sandbox Bank";
    // Banks post these three fields at the end of a challenge. Shops must not trust their content.
    let body = format!(
        "<h1>Thank you</h1>\n<p>You are being returned to the shop.</p>\n\
         <form method=\"post\" action=\"{}\" id=\"back\">\n\
         <input type=\"hidden\" name=\"TransactionId\" value=\"{}\">\n\
         <input type=\"hidden\" name=\"Response\" value=\"\">\n<input type=\"hidden\" name=\"MD\" value=\"\">\n\
         <button class=\"main\">Continue</button>\n</form>",
        escape(return_url),
        escape(payment),
    );
    let script = "document.getElementById('back').submit();";
    Page { status: StatusCode::OK, title, body, script, posts_to_shop: true }.render(system)
}

/// Renders the device data page, which collects nothing and reports success to its parent frame.
pub(crate) fn device_data(system: &SystemContext) -> Response {
    let message = serde_json::json!({
        "MessageType": "profile.completed",
        // Worldpay's collection references begin with `0_`.
        "SessionId": format!("0_{}", system.id()),
        "Status": true,
    });
    // The message is JSON text. Serialised once more as a JSON string, it is a valid JavaScript literal.
    let script = format!("window.parent.postMessage({}, '*');", serde_json::Value::String(message.to_string()));
    let body = "<p>This is a test page in place of device data collection.</p>".to_owned();
    Page { status: StatusCode::OK, title: "Device data - Sandbox Bank", body, script: &script, posts_to_shop: false }
        .render(system)
}
