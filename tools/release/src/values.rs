//! The values of a service in an environment. Only the tag of the image is written, and every other byte stays as it is.

use std::ops::Range;

/// The image that a file of values names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The repository with its registry and without a tag.
    pub repository: String,
    /// The tag, without quotes.
    pub tag: String,
}

impl Image {
    /// Returns the name by which the image is pulled with another tag.
    pub fn reference(&self, tag: impl std::fmt::Display) -> String {
        format!("{}:{tag}", self.repository)
    }
}

/// A file of values that is not as the pipeline writes it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValuesError {
    #[error("there is no block `image:` with `repository` and `tag` on lines of their own")]
    NoImage,
    #[error("image.{0} is missing or empty")]
    Missing(&'static str),
    #[error("image.{0} is there twice")]
    Twice(&'static str),
    #[error("image.digest is set, which pins the image whatever its tag; remove it to have the tag count")]
    Pinned,
}

/// Reads the image of a file of values.
pub fn image(text: &str) -> Result<Image, ValuesError> {
    let field = |name: &'static str| {
        let range = scalar(text, name)?.filter(|range| !range.is_empty()).ok_or(ValuesError::Missing(name))?;
        Ok(text[range].to_owned())
    };
    if scalar(text, "digest")?.is_some_and(|range| !range.is_empty()) {
        return Err(ValuesError::Pinned);
    }
    Ok(Image { repository: field("repository")?, tag: field("tag")? })
}

/// Returns the file with another tag.
pub fn with_tag(text: &str, tag: &str) -> Result<String, ValuesError> {
    let range = scalar(text, "tag")?.ok_or(ValuesError::Missing("tag"))?;
    let is_quoted = text[..range.start].ends_with(['"', '\'']);
    // Without quotes 0.10 would be a number; a full version is text either way, and quotes make that visible.
    let tag = if is_quoted { tag.to_owned() } else { format!("\"{tag}\"") };
    Ok(format!("{}{tag}{}", &text[..range.start], &text[range.end..]))
}

/// Returns the place of the value of a key of the block `image:`, without its quotes, or nothing if the key is not there.
fn scalar(text: &str, key: &'static str) -> Result<Option<Range<usize>>, ValuesError> {
    let mut offset = 0;
    let mut is_in_block = false;
    let mut has_block = false;
    let mut indentation = None;
    let mut found = None;
    for line in text.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        let content = line.trim_end_matches(['\n', '\r']);
        let trimmed = content.trim_start();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let depth = content.len() - trimmed.len();
        if depth == 0 {
            is_in_block = content.split('#').next().is_some_and(|key| key.trim_end() == "image:");
            has_block |= is_in_block;
            continue;
        }
        // Deeper lines belong to the value of another key.
        if !is_in_block || depth != *indentation.get_or_insert(depth) {
            continue;
        }
        let Some(rest) = trimmed.strip_prefix(key).and_then(|rest| rest.trim_start().strip_prefix(':')) else {
            continue;
        };
        let at = start + content.len() - rest.len();
        let range = value_in(rest);
        if found.replace(at + range.start..at + range.end).is_some() {
            return Err(ValuesError::Twice(key));
        }
    }
    if has_block { Ok(found) } else { Err(ValuesError::NoImage) }
}

/// Returns the place of a scalar in what follows the colon of its key.
fn value_in(rest: &str) -> Range<usize> {
    let start = rest.len() - rest.trim_start().len();
    let value = &rest[start..];
    if let Some(quote) = value.chars().next().filter(|first| ['"', '\''].contains(first)) {
        let end = value[1..].find(quote).map_or(value.len(), |end| end + 1);
        return start + 1..start + end;
    }
    let end = if value.starts_with('#') { 0 } else { value.find(" #").unwrap_or(value.len()) };
    start..start + value[..end].trim_end().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# tag: \"9.9.9\" is not it\nsidecar:\n  tag: \"8.8.8\"\nimage: # of the service\n  # The pipeline writes the tag.\n\
                        \x20 repository: registry.example/shop-cart   # no tag here\n  extra: { tag: 7 }\n  nested:\n    tag: 6\n\
                        \x20 tag: \"0.1.3\"  # keep me\r\n\nreplicas: 2\ntag: no";

    #[test]
    fn the_image_is_read_from_its_own_block() {
        let image = image(FILE).unwrap();
        assert_eq!(image, Image { repository: "registry.example/shop-cart".into(), tag: "0.1.3".into() });
        assert_eq!(image.reference("0.1.4"), "registry.example/shop-cart:0.1.4");
    }

    #[test]
    fn only_the_tag_is_written() {
        assert_eq!(with_tag(FILE, "0.1.4").unwrap(), FILE.replace("0.1.3", "0.1.4"));
    }

    #[test]
    fn a_tag_without_quotes_gets_them() {
        let written = with_tag("image:\n    tag: 0.1.3\n    repository: 'a/b'\n", "0.1.4").unwrap();
        assert_eq!(written, "image:\n    tag: \"0.1.4\"\n    repository: 'a/b'\n");
    }

    #[test]
    fn what_cannot_be_written_is_refused() {
        assert_eq!(image("replicas: 2\n"), Err(ValuesError::NoImage));
        assert_eq!(image("image: { repository: a, tag: b }\n"), Err(ValuesError::NoImage));
        assert_eq!(image("image:\n  repository: a\n"), Err(ValuesError::Missing("tag")));
        assert_eq!(image("image:\n  repository: a\n  tag: 1\n  tag: 2\n"), Err(ValuesError::Twice("tag")));
        let pinned = "image:\n  repository: a\n  tag: 0.1.3\n  digest: sha256:1\n";
        assert_eq!(image(pinned), Err(ValuesError::Pinned));
        assert!(image(&pinned.replace("sha256:1", "\"\"")).is_ok());
    }
}
