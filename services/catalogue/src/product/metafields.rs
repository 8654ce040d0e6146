//! The metafields of a product file.

use contracts::{MultilineText, SingleLineText};
use std::collections::BTreeMap;
use std::str::FromStr;

/// The metafields of a file by their headings.
pub type Metafields = BTreeMap<SingleLineText<255>, MultilineText<65535>>;

/// Removes a field and parses its text; `None` for an empty one.
pub fn taken<T: FromStr>(
    fields: &mut Metafields,
    heading: impl Into<String>,
    invalid: &mut Vec<(String, String)>,
) -> Option<T>
where
    T::Err: std::fmt::Display,
{
    let heading = heading.into();
    let key: SingleLineText<255> = heading.parse().ok()?;
    let text = fields.remove(&key).filter(|text| !text.as_str().trim().is_empty())?;
    match text.as_str().trim().parse() {
        Ok(value) => Some(value),
        Err(error) => {
            invalid.push((heading, error.to_string()));
            None
        }
    }
}
