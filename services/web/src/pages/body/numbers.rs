//! Amounts of money and weights in the form of a locale, from the samples that the storefront's build exports.

use crate::pages::rendering::{NumberForms, Rendering};
use contracts::{Language, Money};

/// The forms of a locale, and those of its language.
#[derive(Debug, Clone, Copy)]
pub struct Numbers<'r>([Option<&'r NumberForms>; 2]);

impl<'r> Numbers<'r> {
    pub fn new(rendering: &'r Rendering, locale: &str, language: Language) -> Self {
        Self(rendering.numbers(locale, language))
    }

    fn find(&self, value: impl Fn(&'r NumberForms) -> Option<&'r String>) -> Option<&'r str> {
        self.0.into_iter().flatten().find_map(value).map(String::as_str)
    }

    /// Returns an amount with the symbol of its currency.
    pub fn money(&self, money: Money) -> String {
        let code = money.currency.code();
        let symbol = self.find(|forms| forms.symbols.get(code)).unwrap_or(code);
        let exception = self.find(|forms| forms.exceptions.get(code));
        let Some(sample) = exception.or_else(|| self.find(|forms| forms.money.as_ref())) else {
            return money.to_string();
        };
        let text = number(sample, &decimal(money));
        // A symbol that ends like a word is set apart from the digits.
        let is_word = exception.is_none() && symbol.ends_with(|last: char| last.is_alphabetic() || last == '.');
        let touches =
            text.split_once('¤').is_some_and(|(_, after)| after.starts_with(|next: char| next.is_ascii_digit()));
        let symbol = if is_word && touches { format!("{symbol}\u{a0}") } else { symbol.to_owned() };
        text.replacen('¤', &symbol, 1)
    }

    /// Returns a weight in grams, or in kilograms with at most two decimals.
    pub fn weight(&self, grams: u32) -> String {
        if grams < 1000 {
            let sample = self.find(|forms| forms.gram.as_ref()).unwrap_or("1.00 g");
            return number(sample, &grams.to_string());
        }
        let hundredths = (u64::from(grams) + 5) / 10;
        let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
        let sample = self.find(|forms| forms.kilogram.as_ref()).unwrap_or("1.00 kg");
        number(sample, text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// Returns an amount as a plain decimal number, such as `19.99`.
pub fn decimal(money: Money) -> String {
    let text = money.to_string();
    text.split(' ').next().unwrap_or_default().to_owned()
}

/// Returns an amount as the fields for prices have it: without the decimals of a whole amount.
pub fn input_text(money: Money) -> String {
    let text = decimal(money);
    match text.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|digit| digit == b'0') => whole.to_owned(),
        _ => text,
    }
}

/// Writes a decimal number in the form of a sample of `1234567.89`, such as `1.234.567,89 kg`.
fn number(sample: &str, decimal: &str) -> String {
    let is_digit = |c: char| c.is_ascii_digit();
    let (Some(start), Some(end)) = (sample.find(is_digit), sample.rfind(is_digit)) else { return decimal.to_owned() };
    let (digits, suffix) = sample[start..].split_at(end + 1 - start);
    let separators: Vec<&str> = digits.split(is_digit).filter(|separator| !separator.is_empty()).collect();
    let point = separators.last().copied().unwrap_or(".");
    let groups: Vec<&str> = digits.split(|c: char| !is_digit(c)).filter(|group| !group.is_empty()).collect();
    // In "12,34,567.89", the groups before the last three digits have two.
    let size = if groups.first().is_some_and(|first| first.len() == 2) { 2 } else { 3 };
    let (whole, fraction) = decimal.split_once('.').unwrap_or((decimal, ""));
    let mut text = sample[..start].to_owned();
    let length = whole.len();
    for (index, digit) in whole.chars().enumerate() {
        let left = length - index;
        let ends_group = left == 3 || (left > 3 && (left - 3) % size == 0);
        if index > 0 && ends_group && separators.len() > 1 {
            text.push_str(separators[0]);
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push_str(point);
        text.push_str(fraction);
    }
    text.push_str(suffix);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_the_form_of_the_sample() {
        for (sample, decimal, expected) in [
            ("¤1,234,567.89", "12.50", "¤12.50"),
            ("¤1,234,567.89", "1234.5", "¤1,234.5"),
            ("1.234.567,89 ¤", "1234567", "1.234.567 ¤"),
            ("¤12,34,567.89", "123456789.00", "¤12,34,56,789.00"),
            ("1\u{202f}234\u{202f}567,89 kg", "1000.5", "1\u{202f}000,5 kg"),
        ] {
            assert_eq!(number(sample, decimal), expected);
        }
    }
}
