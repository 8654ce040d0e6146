//! The options of a product, from `storefront/src/catalogue/OptionPicker.tsx`, `variants.ts` and `colours.ts`.

use super::elements::BETWEEN;
use super::view::View;
use contracts::catalogue::{Availability, ProductView, VariantView};
use maud::{Markup, html};

pub fn is_buyable(variant: &VariantView) -> bool {
    variant.availability != Availability::OutOfStock
}

/// Returns the variant that the link names, else the first available one, else the first.
pub fn initial_variant<'p>(product: &'p ProductView, sku: Option<&str>) -> Option<&'p VariantView> {
    let variants = &product.variants;
    let named = variants.iter().find(|variant| Some(variant.sku.as_str()) == sku);
    named.or_else(|| variants.iter().find(|variant| is_buyable(variant))).or_else(|| variants.first())
}

/// One group of radio buttons per option. Unavailable values can still be selected, to show why.
pub fn option_picker(view: &View<'_>, product: &ProductView, variant: &VariantView) -> Markup {
    if product.options.is_empty() {
        return Markup::default();
    }
    let chosen = &variant.option_values;
    html! {
        div class="OptionPicker_options" {
            @for (index, option) in product.options.iter().enumerate() {
                fieldset {
                    legend {
                        (option.name) (BETWEEN) ": "
                        span class="OptionPicker_chosen" { @if let Some(value) = chosen.get(index) { (value) } }
                    }
                    div class="OptionPicker_values" {
                        @for value in &option.values {
                            @let state = state_of_choice(product, chosen, index, value.as_str());
                            label class="OptionPicker_value" data-state=(state) {
                                input type="radio" name={ "option-" (index) }
                                    checked[chosen.get(index).is_some_and(|one| one == value.as_str())];
                                span {
                                    @if let Some(colour) = colour_of(view, option.name.as_str(), value.as_str()) {
                                        span class="OptionPicker_swatch" style={ "background:" (colour) } {}
                                    }
                                    (value)
                                    span class="visually-hidden" {
                                        @if let Some(text) = view.texts().product.choice.get(state) { (text) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Returns the availability of the variant with this value and the other options unchanged.
fn state_of_choice(product: &ProductView, chosen: &[String], option: usize, value: &str) -> &'static str {
    let is_meant = |variant: &&VariantView| {
        (0..product.options.len()).all(|index| {
            let wanted = if index == option { Some(value) } else { chosen.get(index).map(String::as_str) };
            variant.option_values.get(index).map(String::as_str) == wanted
        })
    };
    match product.variants.iter().find(is_meant) {
        None => "missing",
        Some(variant) if is_buyable(variant) => "available",
        Some(_) => "sold-out",
    }
}

/// Returns the colour of an option's value, such as "Matt black", or `None` if the option or its colour is not known.
fn colour_of<'v>(view: &View<'v>, option: &str, value: &str) -> Option<&'v str> {
    let colours = &view.rendering.colours;
    let option = option.trim().to_lowercase();
    if !colours.options.contains(&option) {
        return None;
    }
    let name = value.trim().to_lowercase();
    // The last word names the colour in "Matt black", the first one in "bleu clair" and "Sea mist".
    let mut words = name.split(|c: char| c.is_whitespace() || c == '/' || c == '-');
    let first = words.next();
    let last = words.next_back().or(first);
    let known = [Some(name.as_str()), last, first].into_iter().flatten().find_map(|word| colours.names.get(word));
    known.map(String::as_str)
}
