//! Other ways to write a normalised name: abbreviations of its words, and of what distinguishes it from namesakes, such as
//! `frankfurt main` and `bad homburg vdh`. They are added to the index of names, so that a search stays a lookup.

use contracts::Country;
use std::collections::BTreeSet;

/// Words and their abbreviations. An abbreviation that is written without a dot is the same after normalisation.
const ABBREVIATIONS: &[(&str, &[&str])] = &[
    // Saint, in the languages of names.
    ("saint", &["st"]),
    ("sainte", &["ste"]),
    ("sankt", &["st"]),
    ("sint", &["st"]),
    ("sant", &["st"]),
    ("santa", &["sta"]),
    ("santo", &["sto"]),
    ("sao", &["s"]),
    ("san", &["s"]),
    ("sveti", &["sv"]),
    ("sveta", &["sv"]),
    ("agios", &["ag"]),
    ("agia", &["ag"]),
    // English
    ("fort", &["ft"]),
    ("mount", &["mt"]),
    ("point", &["pt"]),
    ("port", &["pt"]),
    ("heights", &["hts"]),
    ("springs", &["spgs"]),
    ("junction", &["jct"]),
    ("north", &["n"]),
    ("south", &["s"]),
    ("east", &["e"]),
    ("west", &["w"]),
    ("upon", &["u"]),
    // German
    ("gross", &["gr"]),
    ("klein", &["kl"]),
    // French
    ("sur", &["s"]),
    ("sous", &["s"]),
    ("les", &["l"]),
    // Spanish and Portuguese
    ("ciudad", &["cd"]),
    ("general", &["gral", "gen"]),
    ("coronel", &["cnel", "cel"]),
    ("doctor", &["dr"]),
    ("presidente", &["pres", "pdte"]),
    ("comodoro", &["cdro"]),
    ("almirante", &["alte"]),
    ("villa", &["va"]),
    ("nossa", &["n"]),
    // Slavic
    ("wielkopolski", &["wlkp"]),
    ("mazowiecki", &["maz"]),
    ("velikiy", &["vel"]),
];

/// Words between the name of a town and that of its river, mountain or landscape.
const PREPOSITIONS: &[&str] = &[
    "am", "an", "auf", "bei", "dem", "den", "der", "im", "in", "ob", "unter", "vor", "aan", "op", "nad", "pod", "de",
    "sur",
];

/// Full words of abbreviations that are part of a name, by country.
fn expansions(word: &str, country: Country) -> &'static [&'static str] {
    match (word, country.code()) {
        ("st", "DE" | "AT" | "LI" | "IT") => &["sankt"],
        ("st", "CH" | "LU") => &["sankt", "saint"],
        ("st", "NL") => &["sint"],
        ("st", "BE") => &["sint", "saint"],
        ("st", _) => &["saint"],
        ("ste", _) => &["sainte"],
        ("ft", _) => &["fort"],
        ("mt", _) => &["mount"],
        _ => &[],
    }
}

/// Returns other keys for a key of a name, without the key itself.
pub fn variants(key: &str, country: Country) -> BTreeSet<String> {
    let words: Vec<&str> = key.split(' ').collect();
    let mut found = BTreeSet::new();
    if words.len() > 1 {
        replace_words(&words, country, &mut found);
        shorten_tail(&words, &mut found);
        // Articles that are left out: The Hague, 's-Gravenhage, 't Harde.
        if let ["the" | "s" | "t", rest @ ..] = &words[..] {
            found.insert(rest.join(" "));
        }
    }
    found.remove(key);
    found
}

/// Replaces single words, and all of them, by their abbreviation or full form.
fn replace_words(words: &[&str], country: Country, found: &mut BTreeSet<String>) {
    let mut all: Vec<&str> = words.to_vec();
    for (index, word) in words.iter().enumerate() {
        let abbreviations = ABBREVIATIONS.iter().filter(|(full, _)| full == word).flat_map(|(_, short)| *short);
        for other in abbreviations.chain(expansions(word, country)) {
            let mut changed = words.to_vec();
            changed[index] = other;
            found.insert(changed.join(" "));
            all[index] = other;
        }
    }
    found.insert(all.join(" "));
}

/// Shortens what follows the first preposition: `frankfurt am main` is written `Frankfurt/Main`, `Frankfurt a. Main` and
/// `Frankfurt a.M.`, `bad homburg vor der hohe` `Bad Homburg v.d.H.`.
fn shorten_tail(words: &[&str], found: &mut BTreeSet<String>) {
    let is_preposition = |word: &&str| PREPOSITIONS.contains(word);
    let Some(start) = words.iter().skip(1).position(is_preposition).map(|position| position + 1) else { return };
    let (name, tail) = words.split_at(start);
    let (prepositions, rest) = tail.split_at(tail.iter().take_while(|word| is_preposition(word)).count());
    if rest.is_empty() {
        return;
    }
    let (name, rest) = (name.join(" "), rest.join(" "));
    let initials = |words: &[&str]| words.iter().filter_map(|word| word.chars().next()).collect::<Vec<char>>();
    let joined = |letters: Vec<char>| letters.into_iter().collect::<String>();
    let spaced = |letters: Vec<char>| letters.iter().map(char::to_string).collect::<Vec<_>>().join(" ");
    for tail in [
        rest.clone(),
        format!("{} {rest}", spaced(initials(prepositions))),
        format!("{} {rest}", joined(initials(prepositions))),
        format!("{}{rest}", joined(initials(prepositions))),
        spaced(initials(tail)),
        joined(initials(tail)),
    ] {
        found.insert(format!("{name} {tail}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variants_of(key: &str, country: &str) -> Vec<String> {
        variants(key, country.parse().unwrap()).into_iter().collect()
    }

    #[test]
    fn words_are_abbreviated_and_written_out() {
        assert_eq!(variants_of("sankt gallen", "CH"), ["st gallen"]);
        assert_eq!(variants_of("st polten", "AT"), ["sankt polten"]);
        assert_eq!(variants_of("st paul", "US"), ["saint paul"]);
        assert_eq!(variants_of("fort saint john", "CA"), ["fort st john", "ft saint john", "ft st john"]);
    }

    #[test]
    fn what_distinguishes_a_town_is_shortened() {
        let main = variants_of("frankfurt am main", "DE");
        for expected in ["frankfurt main", "frankfurt a main", "frankfurt am", "frankfurt a m"] {
            assert!(main.contains(&expected.to_owned()), "{expected}: {main:?}");
        }
        assert!(variants_of("bad homburg vor der hohe", "DE").contains(&"bad homburg vdh".to_owned()));
        assert!(variants_of("alphen aan den rijn", "NL").contains(&"alphen a d rijn".to_owned()));
    }

    #[test]
    fn other_names_have_no_variants() {
        for key in ["berlin", "st", "am", "new york", "bad homburg"] {
            assert!(variants_of(key, "DE").is_empty(), "{key}");
        }
    }
}
