//! The password policy, after NIST SP 800-63B: a minimum length and no common passwords, but no composition rules.

use contracts::Email;

/// The minimum and maximum length, in characters.
const MIN_LENGTH: usize = 10;
const MAX_LENGTH: usize = 256;
/// The maximum length in bytes: a character of UTF-8 has at most four.
const MAX_BYTES: usize = 4 * MAX_LENGTH;
/// A shorter local part of an email occurs in too many good passwords by chance.
const MIN_LOCAL_PART: usize = 4;

/// A reason to reject a password. The texts complete "The password …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    #[error("must have at most {MAX_LENGTH} characters")]
    TooLong,
    #[error("must have at least {MIN_LENGTH} characters")]
    TooShort,
    #[error("is too common; choose another")]
    TooCommon,
    #[error("must not contain your email")]
    ContainsEmail,
}

/// Checks a password of the account with this email.
///
/// # Errors
/// The first weakness that was found.
pub fn check(password: &str, email: &Email) -> Result<(), Weakness> {
    // Bytes first: counting the characters of a megabyte would be wasted.
    if password.len() > MAX_BYTES || password.chars().count() > MAX_LENGTH {
        return Err(Weakness::TooLong);
    }
    if password.chars().count() < MIN_LENGTH {
        return Err(Weakness::TooShort);
    }
    let lower = password.to_lowercase();
    if is_common(&lower) {
        return Err(Weakness::TooCommon);
    }
    let email = email.normalised();
    let local_part = email.split('@').next().unwrap_or_default();
    // The whole email is compared too, for the case that its local part is short.
    if lower == email || (local_part.chars().count() >= MIN_LOCAL_PART && lower.contains(local_part)) {
        return Err(Weakness::ContainsEmail);
    }
    Ok(())
}

fn is_common(lower: &str) -> bool {
    COMMON.lines().any(|known| known == lower) || is_repetition(lower) || is_keyboard_run(lower)
}

/// Detects a repetition of up to three characters: `aaaaaaaaaa`, `abcabcabcabc`.
fn is_repetition(text: &str) -> bool {
    let characters: Vec<char> = text.chars().collect();
    (1..=3).any(|period| characters.iter().zip(characters.iter().skip(period)).all(|(one, later)| one == later))
}

/// Detects a part of the alphabet or of a keyboard row, forward or backward.
fn is_keyboard_run(text: &str) -> bool {
    // A reversed run is as easy to guess as the run itself.
    let backward: String = text.chars().rev().collect();
    ROWS.iter().any(|row| row.contains(text) || row.contains(&backward))
}

const ROWS: &[&str] = &[
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    // The rows of English, German and French keyboards, each row followed by the next.
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1q2w3e4r5t6y7u8i9o0p",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik",
    "qazwsxedcrfvtgbyhnujm",
];

/// Common passwords of at least ten characters, in lower case; shorter ones are rejected for their length.
const COMMON: &str = include_str!("common-passwords.txt");

#[cfg(test)]
mod tests {
    use super::*;

    fn check_for_ada(password: &str) -> Result<(), Weakness> {
        check(password, &"ada.lovelace@example.com".parse().expect("an address"))
    }

    #[test]
    fn length_counts_in_characters_not_in_bytes() {
        assert!(check_for_ada("ÄÖÜäöüßéèê").is_ok());
        assert!(check_for_ada("ÄÖÜäöüßéè").is_err());
        let mixed: String = "🐝🌻x".chars().cycle().take(255).chain(['!']).collect();
        assert!(check_for_ada(&mixed).is_ok());
        assert!(check_for_ada(&format!("{mixed}x")).is_err());
        assert!(check_for_ada(&"xy z!".repeat(200_000)).is_err());
        assert!(check_for_ada("").is_err());
    }

    #[test]
    fn common_passwords_repetitions_and_keyboard_runs_are_rejected_in_any_case() {
        for known in ["Password123", "PASSWORDPASSWORD", "aaaaaaaaaaaa", "ababababab", "1234567890", "0987654321"] {
            assert!(check_for_ada(known).is_err(), "{known}");
        }
        for run in ["qwertyuiop", "POIUYTREWQ", "abcdefghijkl", "1q2w3e4r5t"] {
            assert!(check_for_ada(run).is_err(), "{run}");
        }
    }

    #[test]
    fn each_line_of_the_list_is_reachable() {
        let useful =
            |line: &str| line.chars().count() >= MIN_LENGTH && line == line.to_lowercase() && line == line.trim();
        assert!(COMMON.lines().count() > 200);
        assert_eq!(COMMON.lines().find(|line| !useful(line)), None);
    }

    #[test]
    fn a_password_must_not_contain_the_email() {
        assert!(check_for_ada("ada.lovelace").is_err());
        assert!(check_for_ada("xx-Ada.Lovelace-1815").is_err());
        assert!(check_for_ada("ada.lovelace@example.com").is_err());
        let short = "al@example.com".parse().expect("an address");
        assert!(check("a royal palace", &short).is_ok(), "two letters are in many passwords by chance");
    }

    #[test]
    fn a_phrase_needs_no_digit_and_no_capital() {
        assert!(check_for_ada("seven lazy tortoises").is_ok());
        assert!(check_for_ada("           x").is_ok());
    }

    proptest::proptest! {
        #[test]
        fn any_text_can_be_checked(text in ".{0,300}") {
            let _ = check_for_ada(&text);
        }
    }
}
