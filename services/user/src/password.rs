//! Which passwords are good enough, after NIST SP 800-63B: length and no well-known ones, no rules of composition.

use contracts::Email;

/// A password's hash as a PHC string, with its algorithm, cost and salt. It never shows when printed for debugging.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredPassword(String);

impl StoredPassword {
    /// The stored text.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text to store.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for StoredPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoredPassword(…)")
    }
}

const LEAST: usize = 10;
const MOST: usize = 256;
/// A character has at most four bytes.
const MOST_BYTES: usize = 4 * MOST;
/// A local part shorter than this stands in too many good passwords by chance.
const TELLING_LOCAL_PART: usize = 4;

/// Whether the owner of `email` may have this password.
///
/// # Errors
/// What is wrong with it, in words for the person.
pub fn judge(password: &str, email: &Email) -> Result<(), &'static str> {
    if password.len() > MOST_BYTES || password.chars().count() > MOST {
        return Err("must have at most 256 characters");
    }
    if password.chars().count() < LEAST {
        return Err("must have at least 10 characters");
    }
    let lower = password.to_lowercase();
    if is_common(&lower) {
        return Err("is among the passwords that are tried first; choose another");
    }
    let email = email.normalised();
    let local_part = email.split('@').next().unwrap_or_default();
    if lower == email || (local_part.chars().count() >= TELLING_LOCAL_PART && lower.contains(local_part)) {
        return Err("must not contain your e-mail address");
    }
    Ok(())
}

fn is_common(lower: &str) -> bool {
    COMMON.lines().any(|known| known == lower) || is_repetition(lower) || is_run(lower)
}

/// Up to three characters again and again: `aaaaaaaaaa`, `abcabcabcabc`.
fn is_repetition(text: &str) -> bool {
    let characters: Vec<char> = text.chars().collect();
    (1..=3).any(|period| characters.iter().zip(characters.iter().skip(period)).all(|(one, later)| one == later))
}

/// A part of a row of the keyboard or the alphabet, forward or backward.
fn is_run(text: &str) -> bool {
    let backward: String = text.chars().rev().collect();
    ROWS.iter().any(|row| row.contains(text) || row.contains(&backward))
}

const ROWS: &[&str] = &[
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1q2w3e4r5t6y7u8i9o0p",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik",
    "qazwsxedcrfvtgbyhnujm",
];

/// Well-known passwords of ten characters and more, in lower case; shorter ones are refused for their length.
const COMMON: &str = include_str!("common-passwords.txt");

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(password: &str) -> Result<(), &'static str> {
        judge(password, &"ada.lovelace@example.com".parse().expect("an address"))
    }

    #[test]
    fn length_counts_in_characters_not_in_bytes() {
        assert!(verdict("ÄÖÜäöüßéèê").is_ok());
        assert!(verdict("ÄÖÜäöüßéè").is_err());
        let mixed: String = "🐝🌻x".chars().cycle().take(255).chain(['!']).collect();
        assert!(verdict(&mixed).is_ok());
        assert!(verdict(&format!("{mixed}x")).is_err());
        assert!(verdict(&"xy z!".repeat(200_000)).is_err());
        assert!(verdict("").is_err());
    }

    #[test]
    fn well_known_passwords_repetitions_and_runs_are_refused_in_any_case() {
        for known in ["Password123", "PASSWORDPASSWORD", "aaaaaaaaaaaa", "ababababab", "1234567890", "0987654321"] {
            assert!(verdict(known).is_err(), "{known}");
        }
        for run in ["qwertyuiop", "POIUYTREWQ", "abcdefghijkl", "1q2w3e4r5t"] {
            assert!(verdict(run).is_err(), "{run}");
        }
    }

    #[test]
    fn each_line_of_the_list_is_of_use() {
        let useful = |line: &str| line.chars().count() >= LEAST && line == line.to_lowercase() && line == line.trim();
        assert!(COMMON.lines().count() > 200);
        assert_eq!(COMMON.lines().find(|line| !useful(line)), None);
    }

    #[test]
    fn the_address_is_no_password() {
        assert!(verdict("ada.lovelace").is_err());
        assert!(verdict("xx-Ada.Lovelace-1815").is_err());
        assert!(verdict("ada.lovelace@example.com").is_err());
        let short = "al@example.com".parse().expect("an address");
        assert!(judge("a royal palace", &short).is_ok(), "two letters are in many passwords by chance");
    }

    #[test]
    fn a_phrase_needs_no_digit_and_no_capital() {
        assert!(verdict("seven lazy tortoises").is_ok());
        assert!(verdict("           x").is_ok());
    }

    #[test]
    fn a_stored_password_does_not_show() {
        assert_eq!(format!("{:?}", StoredPassword::new("$argon2id$…secret".to_owned())), "StoredPassword(…)");
    }

    proptest::proptest! {
        #[test]
        fn any_text_gets_a_verdict(text in ".{0,300}") {
            let _ = verdict(&text);
        }
    }
}
