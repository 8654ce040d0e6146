//! The page of a product, from `storefront/src/pages/ProductPage.tsx`.

use super::elements::{encoded, icon, loading, product_image, skeleton};
use super::menus::category_path;
use super::options::{initial_variant, is_buyable, option_picker};
use super::products::{Offer, price};
use super::view::View;
use crate::pages::first_data;
use contracts::catalogue::{Availability, ProductView, VariantView};
use maud::{Markup, PreEscaped, html};

/// The largest quantity that can be entered.
const MAX_QUANTITY: u32 = 999;

pub fn product(view: &View<'_>) -> Markup {
    let path = view.request.route.map(|route| first_data::product_path(route.parameter, view.language));
    let Some(product) = path.and_then(|path| view.response::<ProductView>(&path)) else {
        return product_skeleton(view);
    };
    let requested = view.parameter("variant");
    let variant = initial_variant(&product, requested.as_deref());
    html! {
        div class="page" {
            (breadcrumb(view, &product))
            div class="ProductPage_top" {
                (gallery(view, &product, variant))
                div class="ProductPage_buy" {
                    div class="ProductPage_names" {
                        p class="ProductPage_vendor" {
                            a href={ "/products?vendor=" (encoded(&product.vendor)) } { (product.vendor) }
                        }
                        h1 { (product.title) }
                    }
                    @if let Some(variant) = variant {
                        (offer(view, &product, variant))
                        (option_picker(view, &product, variant))
                        (add_to_cart(view, &product, variant))
                    }
                    // Safe: catalogue sanitises descriptions when a merchant saves them.
                    div class="ProductPage_description" { (PreEscaped(&product.description_html)) }
                    (sections(view, &product, variant))
                }
            }
            (reviews(view, &product))
        }
    }
}

fn breadcrumb(view: &View<'_>, product: &ProductView) -> Markup {
    let category = product.category.as_ref().and_then(|handle| view.category(handle));
    html! {
        nav aria-label=(view.texts().product.breadcrumb) class="ProductPage_breadcrumb" {
            ol class="ProductPage_crumbs" {
                li { a href="/products" { (view.texts().shell.all_products) } }
                @if let Some(category) = category {
                    li { a href=(category_path(&category.handle)) { (category.name) } }
                }
            }
        }
    }
}

fn gallery(view: &View<'_>, product: &ProductView, variant: Option<&VariantView>) -> Markup {
    let texts = &view.texts().product;
    let images = &product.images;
    let wanted = variant.and_then(|variant| variant.image).and_then(|index| usize::try_from(index).ok());
    let shown = wanted.filter(|index| *index < images.len()).unwrap_or(0);
    let image = images.get(shown);
    let total = images.len().to_string();
    let label = |index: usize, alt: &str| {
        let number = (index + 1).to_string();
        if alt.is_empty() {
            texts.image.with(&[&number, &total])
        } else {
            texts.image_with_text.with(&[&number, &total, alt])
        }
    };
    html! {
        div class="Gallery_gallery" {
            div class="Gallery_main" {
                (product_image(view, image, image.map_or("", |image| &image.alt), "main", true))
                @if image.is_some() {
                    button type="button" class="Gallery_enlarge" aria-label=(texts.enlarge.with(&[&product.title]))
                        aria-haspopup="dialog" {
                        span class="Gallery_corner" { (icon(view, "enlarge", 20)) }
                    }
                }
                @if images.len() > 1 {
                    p class="Gallery_position" { (texts.image_count.with(&[&(shown + 1).to_string(), &total])) }
                }
            }
            @if images.len() > 1 {
                ul class="Gallery_thumbs" aria-label=(texts.images) {
                    @for (index, one) in images.iter().enumerate() {
                        li {
                            button type="button" aria-label=(label(index, &one.alt)) aria-pressed=(index == shown) {
                                (product_image(view, Some(one), "", "thumbnail", false))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn offer(view: &View<'_>, product: &ProductView, variant: &VariantView) -> Markup {
    let prices =
        Offer { price: variant.price, compare_at_price: variant.compare_at_price, prior_price: variant.prior_price };
    let exception = product.withdrawal_exception.map(|exception| exception.as_str());
    html! {
        div aria-live="polite" aria-atomic="true" class="ProductPage_offer" {
            (price(view, prices, false, true))
            @if let Some(unit_price) = &variant.unit_price {
                @let per = unit_price.per.to_string();
                p class="Price_unit numeric" {
                    // One unit is written without its number, as on price labels.
                    (view.numbers.money(unit_price.price)) (super::elements::BETWEEN) " / " (super::elements::BETWEEN)
                    (per.strip_prefix("1 ").unwrap_or(&per))
                }
            }
            @if let Some(text) = tax_note(view, variant) { p class="ProductPage_tax" { (text) } }
            (availability(view, variant))
            @if let Some(text) = exception.and_then(|name| view.texts().product.withdrawal_exceptions.get(name)) {
                p class="ProductPage_tax" { (text) }
            }
        }
    }
}

/// Says whether tax is part of the price, and that delivery is not, as the law wants beside every price.
fn tax_note<'v>(view: &View<'v>, variant: &VariantView) -> Option<&'v str> {
    let texts = &view.texts().product;
    let shop = view.shop.as_ref()?;
    Some(match (shop.prices_include_tax, variant.requires_shipping) {
        (true, true) => &texts.tax_included,
        (true, false) => &texts.tax_included_only,
        (false, true) => &texts.tax_added,
        (false, false) => &texts.tax_added_only,
    })
}

fn availability(view: &View<'_>, variant: &VariantView) -> Markup {
    let texts = &view.texts().product;
    let (name, class) = match variant.availability {
        Availability::InStock => ("in_stock", "Availability_line Availability_in_stock"),
        Availability::Low => ("low", "Availability_line Availability_low"),
        Availability::OutOfStock => ("out_of_stock", "Availability_line Availability_out_of_stock"),
        Availability::Backorder => ("backorder", "Availability_line Availability_backorder"),
    };
    let left = variant.available_quantity.filter(|left| name == "low" && *left > 0);
    let text = left.map_or_else(
        || texts.availability.get(name).cloned().unwrap_or_default(),
        |left| view.counted(&texts.only_left, left.into(), &[&left.to_string()]),
    );
    html! { p class=(class) { (text) } }
}

fn add_to_cart(view: &View<'_>, product: &ProductView, variant: &VariantView) -> Markup {
    const CLASS: &str = "Button_button Button_primary Button_large Button_wide";
    let texts = view.texts();
    if !is_buyable(variant) {
        return html! { button disabled type="button" class=(CLASS) { (texts.catalogue.sold_out) } };
    }
    let label = texts.common.quantity_of.with(&[&product.title]);
    let limit = variant.available_quantity.unwrap_or(MAX_QUANTITY);
    html! {
        div class="ProductPage_add" {
            div class="QuantityStepper_stepper" role="group" aria-label=(label) {
                button type="button" aria-label=(texts.common.decrease) disabled { (icon(view, "minus", 16)) }
                input aria-label=(label) inputMode="numeric" value="1";
                button type="button" aria-label=(texts.common.increase) disabled[limit <= 1] { (icon(view, "plus", 16)) }
            }
            button type="button" class=(CLASS) { (texts.product.add_to_cart) }
        }
    }
}

/// Further facts, in sections to open. Their content is rendered once they are opened, but for the first one.
fn sections(view: &View<'_>, product: &ProductView, variant: Option<&VariantView>) -> Markup {
    let texts = &view.texts().product;
    let is_shipped = variant.is_none_or(|variant| variant.requires_shipping);
    html! {
        div class="ProductSections_sections" {
            details class="ProductSections_section" open {
                (summary(view, &texts.details))
                div class="ProductSections_body" { (facts(view, product, variant)) }
            }
            @if is_shipped {
                details class="ProductSections_section" { (summary(view, &texts.delivery)) }
                details class="ProductSections_section" { (summary(view, &texts.returns)) }
            }
            @if product.safety.is_some() {
                details class="ProductSections_section" { (summary(view, &texts.safety)) }
            }
        }
    }
}

fn summary(view: &View<'_>, title: &str) -> Markup {
    html! { summary { h2 { (title) } " " (icon(view, "chevron", 20)) } }
}

fn facts(view: &View<'_>, product: &ProductView, variant: Option<&VariantView>) -> Markup {
    let texts = &view.texts().product;
    html! {
        dl class="ProductSections_details" {
            @if let Some(variant) = variant {
                @if variant.weight_grams > 0 {
                    div { dt { (texts.weight) } dd { (view.numbers.weight(variant.weight_grams)) } }
                }
                div { dt { (texts.sku) } dd { (variant.sku) } }
                @if let Some(barcode) = variant.barcode.as_ref().filter(|barcode| !barcode.is_empty()) {
                    div { dt { (texts.barcode) } dd { (barcode) } }
                }
            }
            @if !product.tags.is_empty() {
                div {
                    dt { (texts.tags) }
                    dd class="ProductSections_tags" {
                        @for tag in &product.tags { a href={ "/products?tag=" (encoded(tag)) } { (tag) } }
                    }
                }
            }
        }
    }
}

/// The reviews are loaded by the page.
fn reviews(view: &View<'_>, product: &ProductView) -> Markup {
    let texts = &view.texts().reviews;
    let next = encoded(&format!("/products/{}", product.handle));
    let log_in = html! { a href={ "/login?next=" (next) } { (view.texts().shell.log_in) } }.into_string();
    html! {
        section id="reviews" aria-labelledby="reviews-title" class="Reviews_section" {
            div class="Reviews_side" {
                h2 id="reviews-title" { (texts.title) }
                p class="Reviews_login" { (PreEscaped(texts.log_in_to_write.with(&[&log_in]))) }
            }
            div class="Reviews_list" { (loading(&texts.loading, &skeleton("width:100%;height:10rem"))) }
        }
    }
}

fn product_skeleton(view: &View<'_>) -> Markup {
    let content = html! {
        div class="ProductPage_top" style="margin-top:4rem" {
            (skeleton("aspect-ratio:1"))
            div class="ProductPage_buy" {
                (skeleton("width:75%;height:2.5rem"))
                (skeleton("width:30%;height:1.6rem"))
                (skeleton("width:100%;height:8rem"))
                (skeleton("width:100%;height:3.25rem"))
            }
        }
    };
    html! { div class="page" { (loading(&view.texts().product.loading, &content)) } }
}
