//! The rules of pages and of the storefront's menus.

use crate::product::{HANDLE_RULE, is_valid_handle};
use crate::sanitise;
use chassis::{Problem, problem};
use contracts::catalogue::{
    EmailTextsDraft, EmailWording, MenuGroup, MenuItem, MenuTarget, PLACEHOLDERS, PageDraft, PageText, StorefrontDraft,
    placeholders,
};
use contracts::{HttpUrl, Language};
use std::collections::BTreeMap;

/// The largest length of the HTML of a page, in bytes.
const MAX_HTML: usize = 200_000;
/// The largest number of items of a menu, and of a group of one.
const MAX_MENU_ITEMS: usize = 20;
/// The largest number of groups in the footer.
const MAX_MENU_GROUPS: usize = 4;

/// Sanitises the texts of a page.
///
/// # Errors
/// 422 without a text, and for one that is empty or too long.
pub fn sanitised(draft: PageDraft) -> Result<BTreeMap<Language, PageText>, Problem> {
    if draft.texts.is_empty() {
        return Err(Problem::invalid("/texts", "must have a text in at least one language"));
    }
    let mut texts = BTreeMap::new();
    for (language, text) in draft.texts {
        let pointer = format!("/texts/{}/body_html", language.as_str());
        let body_html = sanitise::description(&text.body_html);
        // Checked after sanitising, which can make it longer: what is stored must be accepted when it is sent back.
        if body_html.len() > MAX_HTML {
            return Err(Problem::invalid(pointer, format!("must have at most {MAX_HTML} bytes")));
        }
        // An empty imprint would count as one.
        if sanitise::text(&body_html).is_empty() {
            return Err(Problem::invalid(pointer, "must have some text"));
        }
        texts.insert(language, PageText { title: text.title, body_html });
    }
    Ok(texts)
}

/// Checks the settings of the storefront.
///
/// # Errors
/// 422 with all errors.
pub fn validate_storefront(draft: &StorefrontDraft) -> Result<(), Problem> {
    // All errors are collected, so that an editor can fix them at once.
    let mut found = problem::INVALID.detail("The storefront is invalid; see errors.");
    if draft.version < 0 {
        found = found.field("/version", "must not be negative");
    }
    let notices = draft.legal_guarantee.iter();
    let notices = notices.map(|(language, image)| (format!("/legal_guarantee/{}", language.as_str()), image));
    let images = draft.logo.iter().map(|logo| ("/logo".to_owned(), logo)).chain(notices.clone());
    for (pointer, _) in images.filter(|(_, image)| !image.url.starts_with("/media/")) {
        found = found.field(format!("{pointer}/url"), "must be the URL of an uploaded image");
    }
    for (pointer, _) in notices.filter(|(_, image)| image.alt.trim().is_empty()) {
        found =
            found.field(format!("{pointer}/alt"), "must have the text of the notice, for screen readers and emails");
    }
    found = validate_items(found, "/header_menu", &draft.header_menu);
    if draft.footer_menu.len() > MAX_MENU_GROUPS {
        found = found.field("/footer_menu", format!("must have at most {MAX_MENU_GROUPS} groups"));
    }
    for (index, group) in draft.footer_menu.iter().enumerate() {
        found = validate_group(found, &format!("/footer_menu/{index}"), group);
    }
    if found.errors.is_empty() { Ok(()) } else { Err(found) }
}

/// Checks the merchant's wording of emails.
///
/// # Errors
/// 422 with all errors.
pub fn validate_email_texts(draft: &EmailTextsDraft) -> Result<(), Problem> {
    let mut found = problem::INVALID.detail("The emails are invalid; see errors.");
    if draft.version < 0 {
        found = found.field("/version", "must not be negative");
    }
    for (kind, wordings) in &draft.texts {
        for (language, EmailWording { subject, message }) in wordings {
            let pointer = format!("/texts/{}/{}", kind.as_str(), language.as_str());
            let subject = subject.as_ref().map_or("", |subject| subject.as_str());
            // Facts such as a reason may be long, so a subject has none.
            found = validate_placeholders(found, &format!("{pointer}/subject"), subject, &[]);
            found = validate_placeholders(found, &format!("{pointer}/message"), message.as_str(), kind.facts());
        }
    }
    if found.errors.is_empty() { Ok(()) } else { Err(found) }
}

fn validate_placeholders(found: Problem, pointer: &str, text: &str, facts: &[&str]) -> Problem {
    let is_known = |name: &str| PLACEHOLDERS.contains(&name) || facts.contains(&name);
    let Some(unknown) = placeholders(text).find(|name| !is_known(name)) else { return found };
    let known: Vec<String> = PLACEHOLDERS.iter().chain(facts).map(|name| format!("{{{name}}}")).collect();
    found.field(pointer, format!("has the unknown placeholder {{{unknown}}}; known are {}", known.join(", ")))
}

fn validate_group(mut found: Problem, pointer: &str, group: &MenuGroup) -> Problem {
    if group.titles.is_empty() {
        found = found.field(format!("{pointer}/titles"), "must have a heading in at least one language");
    }
    validate_items(found, &format!("{pointer}/items"), &group.items)
}

fn validate_items(mut found: Problem, pointer: &str, items: &[MenuItem]) -> Problem {
    if items.len() > MAX_MENU_ITEMS {
        found = found.field(pointer, format!("must have at most {MAX_MENU_ITEMS} items"));
    }
    for (index, item) in items.iter().enumerate() {
        let url = match &item.target {
            MenuTarget::Link { url } => url,
            MenuTarget::Category { handle } | MenuTarget::Page { handle } if !is_valid_handle(handle) => {
                found = found.field(format!("{pointer}/{index}/target/handle"), HANDLE_RULE);
                continue;
            }
            MenuTarget::Category { .. } | MenuTarget::Page { .. } | MenuTarget::Products => continue,
        };
        if !is_link(url.as_str()) {
            let rule = "must be a path that begins with / or a URL that begins with https://";
            found = found.field(format!("{pointer}/{index}/target/url"), rule);
        }
        if item.labels.is_empty() {
            found = found.field(format!("{pointer}/{index}/labels"), "must have a label in at least one language");
        }
    }
    found
}

/// Returns true for a path of the shop, and for an HTTPS URL.
///
/// Browsers read `//` and `/\` at the beginning as that of another server's address.
fn is_link(url: &str) -> bool {
    let is_path = url.starts_with('/') && !url.starts_with("//") && !url.starts_with("/\\");
    is_path || (url.starts_with("https://") && url.parse::<HttpUrl>().is_ok())
}
