//! The usual form of postal codes.

use super::rules::CountryRules;
use unicode_normalization::UnicodeNormalization;

/// Brings a postal code into its usual form: upper case, with the separators of the country's examples. `None` if it is not
/// a postal code of the country. In countries without a pattern any text is accepted.
pub fn normalise(rules: &CountryRules, text: &str) -> Option<String> {
    // Compatibility forms are what keyboards of East Asia type: full-width digits.
    let typed: String = text.nfkc().flat_map(char::to_uppercase).nfkc().collect();
    let typed = typed.split_whitespace().collect::<Vec<_>>().join(" ");
    if !rules.has_pattern() {
        return Some(typed);
    }
    let letters: String = typed.chars().filter(|letter| letter.is_ascii_alphanumeric()).collect();
    let without_prefix = strip_prefix(rules, &letters).map(str::to_owned);
    // Latvia's codes begin with LV, which many leave out.
    let with_prefix = format!("{}{letters}", rules.code());
    let candidates = [Some(letters), without_prefix, Some(with_prefix)];
    let usual = candidates.into_iter().flatten().find_map(|letters| usual_form(rules, &letters));
    usual.or_else(|| Some(typed).filter(|typed| rules.has_postal_code(typed)))
}

/// Returns the letters and digits with the separators of the first example that makes a valid postal code of them.
fn usual_form(rules: &CountryRules, letters: &str) -> Option<String> {
    let like_examples = rules.examples.iter().filter_map(|example| separated_like(example, letters));
    like_examples.chain([letters.to_owned()]).find(|code| rules.has_postal_code(code))
}

/// Separates letters and digits like an example of the same length.
fn separated_like(example: &str, letters: &str) -> Option<String> {
    let is_separator = |letter: char| !letter.is_ascii_alphanumeric();
    if example.chars().filter(|letter| !is_separator(*letter)).count() != letters.len() {
        return None;
    }
    let mut rest = letters.chars();
    example.chars().map(|letter| if is_separator(letter) { Some(letter) } else { rest.next() }).collect()
}

/// Removes the code of the country that some write before the postal code: `CH-8001`, `D-80331`.
fn strip_prefix<'l>(rules: &CountryRules, letters: &'l str) -> Option<&'l str> {
    let code = rules.code().to_string();
    let prefixes = [rules.prefix.as_deref(), Some(code.as_str()), code.get(..1)];
    let begins_with_digit = |rest: &&str| rest.starts_with(|first: char| first.is_ascii_digit());
    prefixes.into_iter().flatten().find_map(|prefix| letters.strip_prefix(prefix).filter(begins_with_digit))
}
