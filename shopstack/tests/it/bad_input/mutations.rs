//! Bodies with one invalid value.

use crate::harness::OpenApiDocument;
use serde_json::{Value, json};

pub struct Mutation {
    /// A description for the failure message.
    pub what: String,
    pub body: String,
}

/// Bodies that no operation accepts.
pub fn unreadable_bodies() -> Vec<Mutation> {
    let body = |what: &str, body: String| Mutation { what: what.to_owned(), body };
    vec![
        body("nothing", String::new()),
        body("no JSON", "this is not JSON".to_owned()),
        body("half of an object", "{\"".to_owned()),
        body("a text", "\"text\"".to_owned()),
        body("a number", "42".to_owned()),
        body("null", "null".to_owned()),
        body("true", "true".to_owned()),
        body("something behind the end", "{} {}".to_owned()),
        body("a thousand arrays", "[".repeat(1000)),
        body("a thousand objects", "{\"a\":".repeat(1000) + "1" + &"}".repeat(1000)),
        body("a lone surrogate", "{\"\\ud800\":1}".to_owned()),
        body("more than a megabyte", format!("{{\"padding\":\"{}\"}}", "a".repeat((1 << 20) - 13))),
    ]
}

/// The sample of `schema` with one value made invalid, for each value and each constraint that
/// the schema states.
pub fn invalid_bodies(description: &OpenApiDocument, schema: &Value) -> Vec<Mutation> {
    let whole = description.sample(schema);
    let mut found = Vec::new();
    descend(description, schema, "", &mut |pointer, what, value: Option<Value>, remove| {
        let mut body = whole.clone();
        if remove {
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            if let Some(object) = body.pointer_mut(parent).and_then(Value::as_object_mut) {
                object.remove(name);
            }
        } else if let Some(value) = value {
            match body.pointer_mut(pointer) {
                Some(place) => *place = value,
                // An unknown field.
                None => {
                    let (parent, name) = pointer.rsplit_once('/').unwrap();
                    body.pointer_mut(parent).unwrap()[name] = value;
                }
            }
        }
        // Larger than serde_json's numbers, so it is inserted as text.
        let text = body.to_string().replace("\"HUGE\"", &format!("1{}", "0".repeat(30)));
        found.push(Mutation { what: format!("{pointer} {what}"), body: text });
    });
    found
}

type Report<'r> = dyn FnMut(&str, &str, Option<Value>, bool) + 'r;

fn descend(description: &OpenApiDocument, schema: &Value, pointer: &str, report: &mut Report<'_>) {
    let plain = description.resolve(schema);
    if plain["enum"].is_array() {
        report(pointer, "is no such value", Some(json!("no such value")), false);
        return;
    }
    match description.kind(schema) {
        "object" => {
            report(pointer, "is a number", Some(json!(7)), false);
            if plain["additionalProperties"] == false {
                report(&format!("{pointer}/surprise"), "is unknown", Some(json!(1)), false);
            }
            for required in plain["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                report(&format!("{pointer}/{required}"), "is missing", None, true);
            }
            for (name, part) in description.properties(plain) {
                descend(description, part, &format!("{pointer}/{name}"), report);
            }
        }
        "array" => {
            report(pointer, "is a text", Some(json!("list")), false);
            descend(description, &plain["items"], &format!("{pointer}/0"), report);
        }
        "integer" => numbers(plain, pointer, report),
        "boolean" => report(pointer, "is a text", Some(json!("yes")), false),
        _ => texts(plain, pointer, report),
    }
}

fn numbers(plain: &Value, pointer: &str, report: &mut Report<'_>) {
    report(pointer, "is a text", Some(json!("many")), false);
    report(pointer, "is a fraction", Some(json!(1.5)), false);
    report(pointer, "is huge", Some(json!("HUGE")), false);
    if let Some(minimum) = plain["minimum"].as_i64() {
        report(pointer, "is too small", Some(json!(minimum - 1)), false);
    }
    if let Some(most) = plain["maximum"].as_i64() {
        report(pointer, "is too large", Some(json!(most + 1)), false);
    }
}

fn texts(plain: &Value, pointer: &str, report: &mut Report<'_>) {
    report(pointer, "is an object", Some(json!({"not": "this"})), false);
    report(pointer, "is a number", Some(json!(7)), false);
    if plain["format"].is_string() || plain["pattern"].is_string() {
        if plain["format"] != "password" {
            report(pointer, "is of no such form", Some(json!("\u{1f4a9} !")), false);
        }
    } else if plain["minLength"].as_u64() > Some(0) {
        report(pointer, "is empty", Some(json!("")), false);
        report(pointer, "has control characters", Some(json!("a\u{0}b\u{1b}[31m")), false);
    }
    if let Some(most) = plain["maxLength"].as_u64() {
        report(pointer, "is too long", Some(json!("ä".repeat(usize::try_from(most).unwrap() + 1))), false);
    }
}
