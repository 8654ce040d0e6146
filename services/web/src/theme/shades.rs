//! The shades of the merchant's colour.
//!
//! They are derived so that text in them is readable: the contrast is at least that of WCAG 2.2, success criterion 1.4.3, on
//! the grounds of both themes.

use contracts::catalogue::Colour;

/// The smallest contrast of text that can be read.
const MIN_CONTRAST: f64 = 4.5;
const WHITE: Colour = Colour { red: 255, green: 255, blue: 255 };
const BLACK: Colour = Colour { red: 0, green: 0, blue: 0 };
/// The grounds of pages, `--ground` of `storefront/src/styles/tokens.css`.
const LIGHT_GROUND: Colour = Colour { red: 0xf6, green: 0xf7, blue: 0xf4 };
const DARK_GROUND: Colour = Colour { red: 0x12, green: 0x16, blue: 0x13 };
/// The ground that text is hardest to read on in each theme, `--sunken`: the darkest of the light ones, and the lightest of
/// the dark ones.
const LIGHT_SUNKEN: Colour = Colour { red: 0xea, green: 0xee, blue: 0xe8 };
const DARK_SUNKEN: Colour = Colour { red: 0x23, green: 0x2b, blue: 0x26 };
/// The two grounds of each theme.
const LIGHT: [Colour; 2] = [LIGHT_GROUND, LIGHT_SUNKEN];
const DARK: [Colour; 2] = [DARK_GROUND, DARK_SUNKEN];

/// The shades of the merchant's colour in one theme.
#[derive(Debug, PartialEq, Eq)]
struct Shades {
    /// The colour of links and buttons.
    accent: Colour,
    /// The colour of buttons that are pointed at.
    strong: Colour,
    /// The ground of what is selected.
    soft: Colour,
    /// The colour of the text on buttons.
    on_accent: Colour,
}

impl Shades {
    /// Derives shades for the grounds of a theme, moving the colour away from them towards `pole` until it is readable.
    fn derive(colour: Colour, [ground, sunken]: [Colour; 2], pole: Colour, on_accent: Colour) -> Self {
        let accent = readable(|percent| mix(colour, pole, percent), sunken, 0..=100).unwrap_or(pole);
        let strong = mix(accent, pole, 25);
        let soft = readable(|percent| mix(accent, ground, percent), accent, 84..=100).unwrap_or(ground);
        Self { accent, strong, soft, on_accent }
    }

    fn declarations(&self) -> String {
        let Self { accent, strong, soft, on_accent } = self;
        format!("--accent:{accent};--accent-strong:{strong};--accent-soft:{soft};--on-accent:{on_accent}")
    }
}

/// Returns the first of the colours that can be read beside `other`.
fn readable(
    colour: impl Fn(u16) -> Colour,
    other: Colour,
    mut percents: std::ops::RangeInclusive<u16>,
) -> Option<Colour> {
    percents.find_map(|percent| Some(colour(percent)).filter(|colour| contrast(*colour, other) >= MIN_CONTRAST))
}

/// Returns the stylesheet that sets the shades of a colour in both themes.
pub fn stylesheet(colour: Colour) -> String {
    let light = Shades::derive(colour, LIGHT, BLACK, WHITE).declarations();
    let dark = Shades::derive(colour, DARK, WHITE, DARK_GROUND).declarations();
    // `html` makes each selector more specific than that of the storefront's own stylesheet, whatever their order.
    format!(
        "html:root{{{light}}}@media(prefers-color-scheme:dark){{html:root:not([data-theme='light']){{{dark}}}}}\
         html:root[data-theme='light']{{{light}}}html:root[data-theme='dark']{{{dark}}}"
    )
}

/// Mixes two colours; `percent` is the part of the second one.
fn mix(one: Colour, other: Colour, percent: u16) -> Colour {
    let component = |one: u8, other: u8| {
        let sum = u16::from(one) * (100 - percent) + u16::from(other) * percent;
        u8::try_from((sum + 50) / 100).unwrap_or(u8::MAX)
    };
    Colour {
        red: component(one.red, other.red),
        green: component(one.green, other.green),
        blue: component(one.blue, other.blue),
    }
}

/// The contrast ratio of WCAG 2.2, from 1 to 21.
#[expect(clippy::float_arithmetic, reason = "a formula of real numbers, and no amount of money")]
fn contrast(one: Colour, other: Colour) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// The relative luminance of WCAG 2.2, from 0 to 1.
#[expect(clippy::float_arithmetic, reason = "a formula of real numbers, and no amount of money")]
fn luminance(colour: Colour) -> f64 {
    let linear = |component: u8| {
        let value = f64::from(component) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126f64.mul_add(linear(colour.red), 0.7152f64.mul_add(linear(colour.green), 0.0722 * linear(colour.blue)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(colour: Colour) -> [(Shades, [Colour; 2]); 2] {
        [(Shades::derive(colour, LIGHT, BLACK, WHITE), LIGHT), (Shades::derive(colour, DARK, WHITE, DARK_GROUND), DARK)]
    }

    #[test]
    fn every_colour_can_be_read_in_both_themes() {
        let steps = || (0..=255u8).step_by(15);
        for (red, green, blue) in
            steps().flat_map(|red| steps().flat_map(move |green| steps().map(move |blue| (red, green, blue))))
        {
            for (shades, [ground, sunken]) in both(Colour { red, green, blue }) {
                let pairs = [
                    (shades.accent, ground),
                    (shades.accent, sunken),
                    (shades.accent, shades.soft),
                    (shades.strong, shades.soft),
                    (shades.on_accent, shades.accent),
                    (shades.on_accent, shades.strong),
                ];
                for (one, other) in pairs {
                    assert!(contrast(one, other) >= MIN_CONTRAST, "{one} on {other} for {red} {green} {blue}");
                }
            }
        }
    }

    #[test]
    fn a_colour_that_can_be_read_stays_as_chosen() {
        let green: Colour = "#0f5a47".parse().unwrap();
        assert_eq!(both(green)[0].0.accent, green);
        assert!(stylesheet(green).starts_with("html:root{--accent:#0f5a47;"));
    }
}
