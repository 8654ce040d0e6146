//! The parts around the pages: header and footer, from `storefront/src/shell`.

use super::elements::{encoded, icon};
use super::menus::{self, MenuSection};
use super::view::View;
use contracts::Language;
use maud::{Markup, PreEscaped, html};

/// The choices of theme, in the order of the footer.
pub const THEMES: [&str; 3] = ["system", "light", "dark"];

/// Renders everything around the content of a page.
pub fn shell(view: &View<'_>, content: &Markup) -> Markup {
    // A purchase is finished more often when nothing leads away from it.
    let is_checkout = view.request.path.starts_with("/checkout");
    html! {
        a class="PageFrame_skip" href="#main" { (view.texts().shell.skip) }
        div class="PageFrame_progress" data-active="false" aria-hidden="true" {}
        div class="Shell_shell" {
            @if is_checkout { (checkout_header(view)) } @else { (header(view)) }
            main id="main" tabindex="-1" class="Shell_main" { (content) }
            (footer(view, is_checkout))
        }
        div class="visually-hidden" role="status" aria-live="polite" {}
    }
}

fn header(view: &View<'_>) -> Markup {
    let entries = menus::header(view);
    html! {
        header class="Header_header" {
            div class="Header_sticky" {
                div class="page Header_bar" {
                    (brand(view))
                    div class="Header_searchInBar" { (search_box(view, "shop-search")) }
                    div class="Header_actions" {
                        (log_in(view))
                        a class="Header_action" href="/cart" {
                            (icon(view, "bag", 22))
                            span class="Header_actionText" { (view.texts().shell.cart) }
                        }
                    }
                }
            }
            div class="Header_below" {
                div class="page Header_searchBelow" { (search_box(view, "shop-search-below")) }
                @if !entries.is_empty() {
                    nav aria-label=(view.texts().shell.menu) class="Header_nav" {
                        ul class="page Header_menu" {
                            @for entry in &entries { li { (menus::link(view, entry)) } }
                        }
                    }
                }
            }
        }
    }
}

/// The header of the checkout, which leads back to the cart and nowhere else.
fn checkout_header(view: &View<'_>) -> Markup {
    html! {
        header class="Header_header" {
            div class="Header_sticky" {
                div class="page Header_plainBar" {
                    (brand(view))
                    a class="Header_action" href="/cart" {
                        (icon(view, "bag", 22))
                        span { (view.texts().shell.back_to_cart) }
                    }
                }
            }
        }
    }
}

fn brand(view: &View<'_>) -> Markup {
    html! {
        a class="Header_brand" href="/" {
            @if let Some(logo) = view.storefront.as_ref().and_then(|storefront| storefront.logo.as_ref()) {
                img src=(logo.url) alt="" height="36" class="Header_logo" fetchPriority="high";
            } @else {
                (PreEscaped(&view.rendering.mark))
            }
            @if let Some(shop) = &view.shop {
                (shop.name)
            } @else {
                span class="visually-hidden" { (view.texts().shell.home) }
            }
        }
    }
}

fn log_in(view: &View<'_>) -> Markup {
    let is_sign_in = ["/login", "/register"].contains(&view.request.path);
    let next = if is_sign_in { String::new() } else { format!("?next={}", encoded(&view.path_and_query())) };
    html! {
        a class="Header_action" href={ "/login" (next) } {
            (icon(view, "person", 22))
            span class="Header_actionText" { (view.texts().shell.log_in) }
        }
    }
}

/// The form works without a script.
fn search_box(view: &View<'_>, id: &str) -> Markup {
    let shell = &view.texts().shell;
    let searched = if view.request.path == "/search" { view.parameter("q") } else { None };
    html! {
        search {
            form class="SearchBox_form" action="/search" {
                label for=(id) class="visually-hidden" { (shell.search_products) }
                div class="Combobox_combobox" {
                    input id=(id) class="SearchBox_input" type="text" role="combobox" autoComplete="off"
                        autoCapitalize="off" spellCheck="false" enterKeyHint="search" placeholder=(shell.search_products)
                        aria-expanded="false" aria-controls={ (id) "-list" } aria-autocomplete="list" name="q"
                        value=(searched.unwrap_or_default());
                    div class="Combobox_popup" hidden {
                        ul id={ (id) "-list" } role="listbox" aria-label=(shell.suggestions) class="Combobox_list" {}
                    }
                    span class="visually-hidden" role="status" {}
                }
                button type="submit" aria-label=(shell.search) class="SearchBox_submit" { (icon(view, "search", 20)) }
            }
        }
    }
}

/// The short footer of the checkout leads to the legal pages only, which the law wants everywhere.
fn footer(view: &View<'_>, is_short: bool) -> Markup {
    let shell = &view.texts().shell;
    html! {
        footer class="Footer_footer" {
            @if is_short { (legal_links(view)) } @else { (columns(view)) }
            div class="page" { (preferences(view)) }
            p class="page Footer_small" {
                @if view.shop.as_ref().is_some_and(|shop| shop.demo) { span { (shell.demo_note) } }
                @if let Some(shop) = view.shop.as_ref().filter(|_| !is_short) {
                    span { (if shop.prices_include_tax { &shell.prices_include_tax } else { &shell.prices_add_tax }) }
                }
                span { (shell.credits) }
            }
        }
    }
}

fn columns(view: &View<'_>) -> Markup {
    let shell = &view.texts().shell;
    html! {
        div class="page Footer_columns" {
            p class="Footer_name" { @if let Some(shop) = &view.shop { (shop.name) } }
            @for (index, MenuSection { title, entries }) in menus::footer(view).iter().enumerate() {
                (column(&format!("footer-{index}"), title, &html! {
                    @for entry in entries { li { (menus::link(view, entry)) } }
                }))
            }
            @if view.shop.as_ref().is_some_and(|shop| shop.demo) {
                (column("footer-developers", &shell.developers, &html! {
                    li { a href="/api/docs" { (shell.api_docs) } }
                    li { a href="/api/openapi.json" { (shell.open_api) } }
                    li { a href="/mailbox" { (shell.mailbox) } }
                }))
            }
        }
    }
}

fn column(id: &str, title: &str, links: &Markup) -> Markup {
    html! {
        nav aria-labelledby=(id) {
            h2 id=(id) { (title) }
            ul class="Footer_links" { (links) }
        }
    }
}

fn legal_links(view: &View<'_>) -> Markup {
    let entries = menus::legal(view);
    html! {
        @if !entries.is_empty() {
            nav aria-label=(view.texts().shell.legal) class="page Footer_legal" {
                ul class="Footer_links" {
                    @for entry in &entries {
                        li {
                            a target="_blank" rel="noopener" href=(entry.to) {
                                (entry.label)
                                span class="visually-hidden" { " " (super::elements::BETWEEN) (view.texts().common.new_tab) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn preferences(view: &View<'_>) -> Markup {
    let shell = &view.texts().shell;
    html! {
        div class="Preferences_preferences" {
            div role="group" aria-labelledby="language-choice" class="Preferences_group" {
                span id="language-choice" { (shell.language) }
                ul class="Preferences_options" {
                    @for language in Language::ALL {
                        li {
                            button type="button" lang=(language.as_str()) aria-pressed=(*language == view.language) {
                                @if let Some(own) = view.rendering.language(*language) { (own.name) }
                            }
                        }
                    }
                }
            }
            div role="group" aria-labelledby="theme-choice" class="Preferences_group" {
                span id="theme-choice" { (shell.theme) }
                ul class="Preferences_options" {
                    @for theme in THEMES {
                        li {
                            button type="button" aria-pressed=(theme == view.request.theme) {
                                @if let Some(name) = shell.themes.get(theme) { (name) }
                            }
                        }
                    }
                }
            }
        }
    }
}
