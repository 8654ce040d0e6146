//! Doc comments are sentences, and stored or public text never comes from `Debug`.

use super::source::{read, root, rust_files, shown};
use std::path::Path;

const MIN_WORDS: usize = 4;
const REFUSED_BEGINNINGS: &[&str] = &["What ", "Whether ", "Who ", "Whose ", "The same"];
/// Doc comments that may be short: help texts of the command line.
const SHORT_COMMENTS: &[&str] =
    &["List all accounts", "List failed events", "Manage failed events", "The person's name"];
/// Lines that may format with `Debug`: a build script that writes Rust literals, and a text of which only a digest is stored.
const DEBUG_TEXTS: &[&str] = &["PageRoute {{", "Progress::open(folder, "];

/// A doc comment with the number of its first line.
struct DocComment {
    line: usize,
    text: String,
    /// True for the summary of an operation of the API, such as "Get an order".
    is_summary: bool,
}

fn doc_comments(source: &str) -> Vec<DocComment> {
    let mut found: Vec<DocComment> = Vec::new();
    let mut open: Option<(&str, DocComment)> = None;
    for (index, line) in source.lines().enumerate() {
        let line = line.trim_start();
        let marker = ["///", "//!"].into_iter().find(|marker| line.starts_with(marker));
        match (marker, &mut open) {
            (Some(marker), Some((current, comment))) if marker == *current => {
                comment.text.push(' ');
                comment.text.push_str(line[marker.len()..].trim());
            }
            (Some(marker), _) => {
                found.extend(open.take().map(|(_, comment)| comment));
                let text = line[marker.len()..].trim().to_owned();
                open = Some((marker, DocComment { line: index + 1, text, is_summary: false }));
            }
            (None, _) => {
                let is_summary = line.starts_with("#[utoipa::path");
                found.extend(open.take().map(|(_, comment)| DocComment { is_summary, ..comment }));
            }
        }
    }
    found.extend(open.map(|(_, comment)| comment));
    found
}

/// The number of words, where the parts of a path such as `GET /sandbox/faults` count as well.
fn word_count(text: &str) -> usize {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty()).count()
}

fn is_test(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "tests")
}

#[test]
fn doc_comments_are_read_as_blocks() {
    let comments = doc_comments("//! One.\n//! Two.\n\n/// Three\n/// four.\nfn x() {}\n");
    let texts: Vec<_> = comments.iter().map(|comment| (comment.line, comment.text.as_str())).collect();
    assert_eq!(texts, [(1, "One. Two."), (4, "Three four.")]);
}

#[test]
fn doc_comments_are_sentences() {
    let mut refused = Vec::new();
    for path in rust_files(&root()) {
        for DocComment { line, text, is_summary } in doc_comments(&read(&path)) {
            let short = !is_summary && word_count(&text) < MIN_WORDS && !SHORT_COMMENTS.contains(&text.as_str());
            let beginning = REFUSED_BEGINNINGS.iter().find(|beginning| text.starts_with(*beginning));
            if short {
                refused.push(format!("{}:{line}: says too little; extend or delete it: {text}", shown(&path)));
            } else if let Some(beginning) = beginning {
                refused.push(format!("{}:{line}: begins with \"{}\": {text}", shown(&path), beginning.trim()));
            }
        }
    }
    assert!(refused.is_empty(), "{} doc comments\n{}", refused.len(), refused.join("\n"));
}

#[test]
fn stored_and_public_text_does_not_come_from_debug() {
    let mut refused = Vec::new();
    for path in rust_files(&root()).into_iter().filter(|path| !is_test(path)) {
        let source = read(&path);
        let source = source.split("#[cfg(test)]").next().unwrap_or_default();
        for (index, line) in source.lines().enumerate() {
            let formats =
                ["format!(", "write!(", "writeln!(", "println!(", "#[error("].iter().any(|text| line.contains(text));
            if formats && line.contains(":?}") && !DEBUG_TEXTS.iter().any(|allowed| line.contains(allowed)) {
                refused.push(format!("{}:{}: {}", shown(&path), index + 1, line.trim()));
            }
        }
    }
    assert!(refused.is_empty(), "give the type an as_str()\n{}", refused.join("\n"));
}
