//! Names use the terms of docs/glossary.md. The private terms that they replaced are refused.

use super::source::{read, root, rust_files, shown};

/// Words that no file, module, type, function, constant or field of a type may contain, with the term to use.
const PRIVATE_TERMS: &[(&str, &str)] = &[
    ("asked", "request, requested"),
    ("away", "unavailable"),
    ("bell", "notifier, change signal"),
    ("books", "ledger, records, store"),
    ("byhand", "manual"),
    ("concern", "payment issue"),
    ("concerns", "payment issues"),
    ("contradiction", "discrepancy"),
    ("contradictions", "discrepancies"),
    ("deepest", "MAX_DEPTH"),
    ("desk", "admin, state"),
    ("elsewhere", "remote"),
    ("folding", "normalisation"),
    ("follower", "indexer"),
    ("forget", "purge, delete"),
    ("forgotten", "purged, deleted"),
    ("foundation", "service context"),
    ("happening", "scheduled event"),
    ("heard", "received"),
    ("house", "registry, test environment"),
    ("kept", "stored, retained"),
    ("letter", "email"),
    ("letters", "emails"),
    ("longest", "MAX_LENGTH, MAX_DURATION"),
    ("moving", "data migration"),
    ("nobody", "none, disabled"),
    ("notice", "webhook event"),
    ("notices", "webhook events"),
    ("occupation", "lock"),
    ("parcel", "shipment"),
    ("parcels", "shipments"),
    ("parked", "needs attention"),
    ("parking", "attention"),
    ("patience", "timeout"),
    ("picture", "image"),
    ("pictures", "images"),
    ("postman", "email worker"),
    ("rehearsal", "migration test, dry run"),
    ("remembered", "cached, retained"),
    ("somebody", "a role: customer, staff, caller"),
    ("swept", "window"),
    ("tally", "summary"),
    ("theirs", "gateway records"),
    ("till", "payment admin"),
    ("told", "reported, message"),
    ("turns", "keyed locks"),
    ("unsaid", "unknown reason"),
    ("worth", "refund value"),
];
/// Pairs of words that contain a private term and are a term of the field all the same.
const TERMS_OF_THE_FIELD: &[&str] = &["deadletter", "deadletters"];

/// Names that mean letters of the alphabet and not e-mails.
const ALPHABET_NAMES: &[&str] = &["letter", "letters", "MIN_LETTERS", "a_search_needs_a_country_and_two_letters"];

/// The words of a snake_case, CamelCase or kebab-case name, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut previous = ' ';
    for character in name.chars() {
        let boundary = !character.is_alphanumeric() || (character.is_uppercase() && previous.is_lowercase());
        if boundary && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if character.is_alphanumeric() {
            words.last_mut().expect("there is always a word").extend(character.to_lowercase());
        }
        previous = character;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The private term within a name, with its replacement.
fn private_term(name: &str) -> Option<(&'static str, &'static str)> {
    if ALPHABET_NAMES.contains(&name) {
        return None;
    }
    let words = words(name);
    let joined_with_previous =
        |place: usize| place.checked_sub(1).map(|before| format!("{}{}", words[before], words[place]));
    let single = |term: &str| {
        words.iter().enumerate().any(|(place, word)| {
            let pair = joined_with_previous(place).unwrap_or_default();
            (word == term && !TERMS_OF_THE_FIELD.contains(&pair.as_str())) || pair == term
        })
    };
    PRIVATE_TERMS.iter().find(|(term, _)| single(term)).copied()
}

/// The name that a line declares, if it declares a module, type, function or constant.
fn declared(line: &str) -> Option<&str> {
    let line = line.trim_start();
    if line.starts_with("//") {
        return None;
    }
    let mut tokens = line.split_whitespace();
    let keyword = tokens
        .find(|token| !matches!(*token, "pub" | "async" | "const" | "unsafe" | "static") && !token.starts_with("pub("));
    let name = match keyword? {
        "fn" | "struct" | "enum" | "trait" | "type" | "mod" => tokens.next()?,
        // `const NAME: …` and `static NAME: …`, whose keyword was skipped above.
        name if line.contains("const ") || line.contains("static ") => {
            let constant = name.split(':').next()?;
            return (constant.len() > 1
                && constant.chars().all(|c| c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit()))
            .then_some(constant);
        }
        _ => return None,
    };
    name.split(|character: char| !character.is_alphanumeric() && character != '_')
        .next()
        .filter(|name| !name.is_empty())
}

#[test]
fn names_are_split_into_words() {
    assert_eq!(words("EmailWorker"), ["email", "worker"]);
    assert_eq!(words("MAX_REPLY_BYTES"), ["max", "reply", "bytes"]);
    assert_eq!(declared("    pub(crate) async fn keep_notice(&self) {"), Some("keep_notice"));
    assert_eq!(declared("pub const PATIENCE: Duration = X;"), Some("PATIENCE"));
    assert_eq!(declared("pub const fn new() -> Self {"), Some("new"));
    assert_eq!(private_term("keep_notice").map(|(term, _)| term), Some("notice"));
    assert_eq!(private_term("by_hand").map(|(term, _)| term), Some("byhand"));
    assert_eq!(private_term("dead_letters"), None);
}

#[test]
fn files_and_declarations_use_the_terms_of_the_glossary() {
    let mut refused = Vec::new();
    for path in rust_files(&root()) {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if let Some((term, instead)) = private_term(&stem) {
            refused.push(format!("{}: file name contains \"{term}\"; use {instead}", shown(&path)));
        }
        for (number, line) in read(&path).lines().enumerate() {
            if let Some((name, (term, instead))) = declared(line).and_then(|name| Some((name, private_term(name)?))) {
                refused.push(format!("{}:{}: {name} contains \"{term}\"; use {instead}", shown(&path), number + 1));
            }
        }
    }
    assert!(refused.is_empty(), "see docs/glossary.md\n{}", refused.join("\n"));
}
