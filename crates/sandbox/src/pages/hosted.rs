//! The hosted payment page.

use super::{Page, escaped, notice};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chassis::SystemContext;
use contracts::Money;

/// Names on a card for trying things out, with what each brings about.
const PICKS: [(&str, &str); 6] = [
    ("AUTHORISED", "Authorised"),
    ("REFUSED", "Refused"),
    ("REFUSED51", "Limit reached"),
    ("FRAUD", "Fraud"),
    ("CHALLENGE", "Ask me"),
    ("BOUNCE", "Refunds fail"),
];

/// Fills the name in; without scripts people type it.
const SCRIPT: &str = "
for (const pick of document.querySelectorAll('button.pick')) {
  pick.addEventListener('click', () => { document.getElementById('name').value = pick.value; });
}";

/// The page on which a customer pays; with what was wrong, when it is shown again.
pub(crate) fn payment_form(
    id: &str,
    amount: Money,
    browser_url: &str,
    wrong: Option<&str>,
    system: &SystemContext,
) -> Response {
    let alert = wrong.map_or(String::new(), |text| format!("<p role=\"alert\">{}</p>\n", escaped(text)));
    let picks: String = PICKS
        .iter()
        .map(|(name, label)| format!("<button type=\"button\" class=\"pick\" value=\"{name}\">{label}</button>\n"))
        .collect();
    let body = format!(
        "<h1>Pay by card</h1>\n<p class=\"amount\">{amount}</p>\n\
         <p class=\"note\">This page stands for Worldpay's. No money moves; the name on the card chooses what happens.</p>\n\
         {alert}<form method=\"post\" action=\"{}/sandbox/pay/{}\">\n\
         <fieldset><legend>What is to happen</legend>\n{picks}</fieldset>\n\
         <label>Name on the card <input id=\"name\" name=\"card_holder_name\" autocomplete=\"cc-name\" required value=\"AUTHORISED\"></label>\n\
         <label>Card number <input name=\"card_number\" inputmode=\"numeric\" autocomplete=\"cc-number\" required value=\"4444 3333 2222 1111\"></label>\n\
         <div class=\"row\">\n\
         <label>Month <input name=\"expiry_month\" inputmode=\"numeric\" autocomplete=\"cc-exp-month\" required value=\"12\"></label>\n\
         <label>Year <input name=\"expiry_year\" inputmode=\"numeric\" autocomplete=\"cc-exp-year\" required value=\"2035\"></label>\n\
         <label>CVC <input name=\"cvc\" inputmode=\"numeric\" autocomplete=\"cc-csc\" required value=\"123\"></label>\n</div>\n\
         <button class=\"main\" name=\"action\" value=\"pay\">Pay {amount}</button>\n\
         <button name=\"action\" value=\"cancel\" formnovalidate>Cancel</button>\n</form>",
        escaped(browser_url),
        escaped(id),
    );
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Page { status, title: "Pay by card - Sandbox", body, script: SCRIPT, leads_away: true }.answer(system)
}

/// Leads back to the shop; where it named no address for this end, says how it ended.
pub(crate) fn outcome(url: Option<&str>, title: &str, system: &SystemContext) -> Response {
    match url {
        Some(url) => {
            (StatusCode::SEE_OTHER, [(header::LOCATION, url), (header::CACHE_CONTROL, "no-store")]).into_response()
        }
        None => notice(StatusCode::OK, title, "You can close this page and go back to the shop.", system),
    }
}
