//! The pages of hosted payments.

use super::{Page, escape, message_page};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chassis::SystemContext;
use contracts::Money;

/// Card names to choose from, with the label of the outcome that each selects.
const OUTCOMES: [(&str, &str); 6] = [
    ("AUTHORISED", "Authorised"),
    ("REFUSED", "Refused"),
    ("REFUSED51", "Limit exceeded"),
    ("FRAUD", "Fraud"),
    ("CHALLENGE", "Challenge"),
    ("BOUNCE", "Refund fails"),
];

/// Fills in the name. Without scripts, customers enter it themselves.
const SCRIPT: &str = "
for (const pick of document.querySelectorAll('button.pick')) {
  pick.addEventListener('click', () => { document.getElementById('name').value = pick.value; });
}";

/// Renders the payment form, with an error when it is shown again.
pub(crate) fn payment_form(
    id: &str,
    amount: Money,
    browser_url: &str,
    error: Option<&str>,
    system: &SystemContext,
) -> Response {
    let alert = error.map_or(String::new(), |text| format!("<p role=\"alert\">{}</p>\n", escape(text)));
    // The type keeps the browser from submitting the form with one of these buttons.
    let outcomes: String = OUTCOMES
        .iter()
        .map(|(name, label)| format!("<button type=\"button\" class=\"pick\" value=\"{name}\">{label}</button>\n"))
        .collect();
    let body = format!(
        "<h1>Pay by card</h1>\n<p class=\"amount\">{amount}</p>\n\
         <p class=\"note\">This is a test page in place of Worldpay's. No money moves; the name on the card selects the outcome.</p>\n\
         {alert}<form method=\"post\" action=\"{}/sandbox/pay/{}\">\n\
         <fieldset><legend>Outcome</legend>\n{outcomes}</fieldset>\n\
         <label>Name on the card <input id=\"name\" name=\"card_holder_name\" autocomplete=\"cc-name\" required value=\"AUTHORISED\"></label>\n\
         <label>Card number <input name=\"card_number\" inputmode=\"numeric\" autocomplete=\"cc-number\" required value=\"4444 3333 2222 1111\"></label>\n\
         <div class=\"row\">\n\
         <label>Month <input name=\"expiry_month\" inputmode=\"numeric\" autocomplete=\"cc-exp-month\" required value=\"12\"></label>\n\
         <label>Year <input name=\"expiry_year\" inputmode=\"numeric\" autocomplete=\"cc-exp-year\" required value=\"2035\"></label>\n\
         <label>CVC <input name=\"cvc\" inputmode=\"numeric\" autocomplete=\"cc-csc\" required value=\"123\"></label>\n</div>\n\
         <button class=\"main\" name=\"action\" value=\"pay\">Pay {amount}</button>\n\
         <button name=\"action\" value=\"cancel\" formnovalidate>Cancel</button>\n</form>",
        escape(browser_url),
        escape(id),
    );
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Page { status, title: "Pay by card - Sandbox", body, script: SCRIPT, posts_to_shop: true }.render(system)
}

/// Redirects to the shop, or shows the outcome when the merchant gave no URL for it.
pub(crate) fn outcome(url: Option<&str>, title: &str, system: &SystemContext) -> Response {
    match url {
        Some(url) => {
            // Status 303 makes the browser follow with GET after it posted the form (RFC 9110).
            (StatusCode::SEE_OTHER, [(header::LOCATION, url), (header::CACHE_CONTROL, "no-store")]).into_response()
        }
        None => message_page(StatusCode::OK, title, "You can close this page and return to the shop.", system),
    }
}
