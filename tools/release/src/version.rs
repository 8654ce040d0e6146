//! Versions of images, which are their tags.

use std::fmt;
use std::str::FromStr;

/// A version such as 0.1.3, which is the tag of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    major: u64,
    minor: u64,
    patch: u64,
}

/// A tag that is not a version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a version of three numbers, such as 0.1.3")]
pub struct VersionError(String);

impl Version {
    /// Returns the version with the next patch number.
    pub const fn next_patch(self) -> Self {
        Self { patch: self.patch + 1, ..self }
    }
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let numbers: Option<Vec<u64>> = text.split('.').map(|part| part.parse().ok()).collect();
        match numbers.as_deref() {
            Some(&[major, minor, patch]) => {
                let version = Self { major, minor, patch };
                // Not 0.01.3 or +1.0.0: a tag has one spelling.
                if version.to_string() == text { Ok(version) } else { Err(VersionError(text.to_owned())) }
            }
            _ => Err(VersionError(text.to_owned())),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn the_patch_number_is_raised_as_a_number() {
        let version: Version = "0.1.9".parse().unwrap();
        assert_eq!(version.next_patch().to_string(), "0.1.10");
        assert!("0.1.10".parse::<Version>().unwrap() > version);
    }

    #[test]
    fn other_tags_are_refused() {
        for text in ["latest", "1.2", "1.2.3.4", "v1.2.3", "1.02.3", "1.2.3-rc1", "", "+1.2.3"] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
    }
}
