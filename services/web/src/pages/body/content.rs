//! Pages that the merchant wrote, from `storefront/src/pages/ContentPage.tsx`, and pages that depend on the visitor.

use super::elements::{encoded, loading, skeleton};
use super::view::View;
use contracts::catalogue::Page;
use maud::{Markup, PreEscaped, html};

pub fn content(view: &View<'_>) -> Markup {
    let path = view.request.route.map(|route| format!("/api/v1/pages/{}", route.parameter));
    let page: Option<Page> = path.and_then(|path| view.response(&path));
    let Some((language, text)) = page.as_ref().and_then(|page| view.merchant_text(&page.texts)) else {
        let content = html! {
            (skeleton("width:60%;height:2.5rem"))
            (skeleton("height:30rem;max-width:42rem;margin-top:2rem"))
        };
        return html! {
            div class="page ContentPage_page" { (loading(&view.texts().common.loading, &content)) }
        };
    };
    html! {
        article class="page ContentPage_page" lang=[view.lang(language)] {
            h1 { (text.title) }
            // Safe: catalogue sanitises pages when a merchant saves them.
            div class="ContentPage_body" { (PreEscaped(&text.body_html)) }
        }
    }
}

/// The page that the login leads to, in the fixed content of the pages for logging in.
const NEXT: &str = "%2FNEXT";

/// Returns a page that shows the same to every visitor until it has read the visitor's data.
pub fn fixed(view: &View<'_>, route: &str) -> Markup {
    let has_payment = view.parameter("payment").is_some_and(|id| !id.is_empty());
    let content = match route {
        "/checkout/return" if has_payment => view.rendering.content("/checkout/return?payment", view.language),
        "/checkout/transfer" if has_payment => view.rendering.content("/checkout/transfer?payment", view.language),
        "/orders/:id" => view.rendering.content("/orders/1", view.language),
        "/login" => view.rendering.content("/login?next", view.language),
        "/register" => view.rendering.content("/register?next", view.language),
        path => view.rendering.content(path, view.language),
    };
    let Some(content) = content else { return Markup::default() };
    if !content.contains(NEXT) {
        return PreEscaped(content.to_owned());
    }
    PreEscaped(content.replace(NEXT, &encoded(&safe_next(view.parameter("next")))))
}

/// Returns the path to open after login, never a URL of another site: browsers take "//host" and "/\host" for one.
fn safe_next(next: Option<String>) -> String {
    let is_path = |next: &String| next.strip_prefix('/').is_some_and(|rest| !rest.starts_with(['/', '\\']));
    next.filter(is_path).unwrap_or_else(|| "/account".to_owned())
}
