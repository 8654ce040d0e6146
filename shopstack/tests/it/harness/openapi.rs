//! The OpenAPI document, as tests iterate over it.

use super::Client;
use serde_json::{Map, Value, json};

pub struct OpenApiDocument(Value);

/// An operation of the API.
#[derive(Debug, Clone)]
pub struct Operation {
    /// The method in capitals, such as `GET`.
    pub method: String,
    /// The path with its `{parameters}`.
    pub path: String,
    /// The schema of its JSON body.
    pub body: Option<Value>,
    /// The names of its query parameters.
    pub queries: Vec<String>,
}

impl Operation {
    /// The path with `value` for each parameter.
    pub fn path_with(&self, value: &str) -> String {
        let mut path = String::new();
        let mut rest = self.path.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            path.push_str(before);
            path.push_str(value);
            rest = after.split_once('}').unwrap().1;
        }
        path + rest
    }

    /// Returns true if the path has parameters.
    pub fn has_parameters(&self) -> bool {
        self.path.contains('{')
    }
}

impl OpenApiDocument {
    /// Reads the document that a shop serves.
    pub async fn of(client: &Client) -> Self {
        Self(client.get("/api/openapi.json").await.expect(200))
    }

    /// All operations, in the order of their paths.
    pub fn operations(&self) -> Vec<Operation> {
        let mut operations = Vec::new();
        for (path, item) in self.0["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                if !matches!(method.as_str(), "get" | "post" | "put" | "patch" | "delete") {
                    continue;
                }
                let body = &operation["requestBody"]["content"]["application/json"]["schema"];
                let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
                let queries = parameters.iter().filter(|parameter| parameter["in"] == "query");
                operations.push(Operation {
                    method: method.to_uppercase(),
                    path: path.clone(),
                    body: (!body.is_null()).then(|| body.clone()),
                    queries: queries.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect(),
                });
            }
        }
        operations
    }

    /// Resolves references, and the non-null part of nullable schemas.
    pub fn resolve<'s>(&'s self, schema: &'s Value) -> &'s Value {
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.rsplit('/').next().unwrap();
            return self.resolve(&self.0["components"]["schemas"][name]);
        }
        for choice in ["oneOf", "anyOf", "allOf"] {
            if let Some(choices) = schema[choice].as_array() {
                return self.resolve(choices.iter().find(|one| one["type"] != "null").unwrap());
            }
        }
        schema
    }

    /// The properties of an object's schema.
    pub fn properties<'s>(&'s self, schema: &'s Value) -> impl Iterator<Item = (&'s String, &'s Value)> {
        static NONE: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
        self.resolve(schema)["properties"].as_object().unwrap_or(&NONE).iter()
    }

    /// The JSON type of a schema, without `null`.
    pub fn kind<'s>(&'s self, schema: &'s Value) -> &'s str {
        match &self.resolve(schema)["type"] {
            Value::String(kind) => kind,
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or(""),
            _ => "",
        }
    }

    /// A valid value of the schema.
    pub fn sample(&self, schema: &Value) -> Value {
        let plain = self.resolve(schema);
        if let Some(values) = plain["enum"].as_array() {
            return values[0].clone();
        }
        match self.kind(schema) {
            "object" => {
                Value::Object(self.properties(plain).map(|(name, part)| (name.clone(), self.sample(part))).collect())
            }
            "array" => json!([self.sample(&plain["items"])]),
            "integer" | "number" => json!(plain["minimum"].as_i64().unwrap_or(1).max(1)),
            "boolean" => json!(true),
            _ => json!(sample_text(plain)),
        }
    }
}

fn sample_text(schema: &Value) -> String {
    match (schema["format"].as_str(), schema["pattern"].as_str()) {
        (Some("uuid"), _) => super::UNKNOWN_ID.to_owned(),
        (Some("email"), _) => "nobody@example.com".to_owned(),
        (Some("date-time"), _) => "2031-01-01T00:00:00Z".to_owned(),
        (_, Some(pattern)) if pattern.contains("{2}") => "DE".to_owned(),
        (_, Some(pattern)) if pattern.contains("{3}") => "USD".to_owned(),
        _ => "x".repeat(usize::try_from(schema["minLength"].as_u64().unwrap_or(1).max(1)).unwrap()),
    }
}
