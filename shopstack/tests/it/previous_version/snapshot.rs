//! The content of a shop as its API returns it, in the form of the fixture's JSON file.

use crate::harness::Client;
use crate::harness::process::program;
use crate::harness::shopping::string;
use serde_json::{Map, Value, json};
use std::collections::{BTreeSet, HashMap};

const FIXTURE: &str = include_str!("../../fixtures/data-dir-2026-11-28.json");

/// The names of fields and values that the previous version's API had, with their present names.
const RENAMED: &[(&str, &str)] = &[
    ("attempts", "operations"),
    ("contradictions", "discrepancies"),
    ("concerns", "payment_issues"),
    ("concern", "payment_issue"),
    ("concern_resolved", "payment_issue_resolved"),
    ("parked", "needs_attention"),
    ("by-hand", "manual"),
    ("gateway-away", "gateway-unavailable"),
    ("hold_lost", "authorisation_expired"),
    ("contradicted", "discrepancy"),
    ("picture", "image"),
    ("notices_given_up", "webhook_events"),
    ("workflows_waiting", "workflows_needing_attention"),
];

/// The fixture's JSON file with present names. Texts are reduced to whether there is one, since they were reworded.
pub fn expected() -> Value {
    let mut expected = renamed(&serde_json::from_str(FIXTURE).unwrap());
    for order in expected["orders"].as_array_mut().unwrap() {
        let order = order.as_object_mut().unwrap();
        let reason = order.remove("parked_reason").unwrap();
        order.insert("has_attention_reason".to_owned(), json!(reason.is_string()));
    }
    // What is in progress depends on the moment of the audit.
    let findings = expected["audit"].as_array().unwrap().iter().filter(|finding| finding[0] != "in_progress");
    let findings = findings.map(|finding| json!([finding[0], format!("I{}", finding[1]), finding[2]]));
    expected["audit"] = findings.collect();
    expected
}

fn renamed(value: &Value) -> Value {
    let name = |text: &str| RENAMED.iter().find(|(old, _)| *old == text).map_or(text, |(_, new)| new).to_owned();
    match value {
        Value::String(text) => json!(name(text)),
        Value::Array(items) => items.iter().map(renamed).collect(),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(field, value)| (name(field), renamed(value)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

/// Audits a shop and returns the findings that are not in progress: class, invariant, and order number or subject.
pub fn audit_findings(arguments: &[&str], expected: &Value) -> Value {
    let output = program().args(["audit", "--json"]).args(arguments).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let payments = expected["payments"].as_array().unwrap().iter();
    let numbers: HashMap<&str, &str> = payments
        .map(|payment| (payment["order_id"].as_str().unwrap(), payment["order_number"].as_str().unwrap()))
        .collect();
    let findings = report["findings"].as_array().unwrap().iter().filter(|finding| finding["class"] != "in_progress");
    let unique: BTreeSet<[&str; 3]> = findings
        .map(|finding| {
            let subject = finding["subject"].as_str().unwrap();
            let number = numbers.get(subject).copied().unwrap_or(subject);
            [finding["class"].as_str().unwrap(), finding["invariant"].as_str().unwrap(), number]
        })
        .collect();
    json!(unique)
}

/// Reads from the API what the fixture's JSON file contains, in the same form.
pub async fn snapshot(base_url: &str, expected: &Value) -> Value {
    let account = async |place: usize| {
        let account = &expected["accounts"][place];
        Client::new(base_url).logged_in(&string(&account["email"]), &string(&account["password"])).await
    };
    let (admin, ada, bela) = (account(0).await, account(1).await, account(2).await);
    let anonymous = Client::new(base_url);
    let mut addresses = Map::new();
    let mut owners = HashMap::new();
    for (name, client) in [("ada", &ada), ("bela", &bela)] {
        let saved = client.get("/api/v1/me/addresses").await.expect(200);
        addresses.insert(name.to_owned(), json!(saved["items"].as_array().unwrap().len()));
        owners.extend(all(client, "/api/v1/orders").await.iter().map(|order| (string(&order["id"]), name)));
    }
    let cart = ada.get("/api/v1/cart").await.expect(200);
    let lines: Value =
        cart["lines"].as_array().unwrap().iter().map(|line| json!([line["sku"], line["quantity"]])).collect();
    json!({
        "addresses": addresses,
        "cart_of_ada": {
            "lines": lines, "promotion": cart["promotion"]["code"], "subtotal": cart["totals"]["subtotal"]["amount"],
            "discount": cart["totals"]["discount"]["amount"]
        },
        "payments": payments(&admin, expected).await,
        "orders": orders(&admin, &anonymous, &owners, expected).await,
        "workflows_needing_attention": order_numbers(&all(&admin, "/api/v1/workflows?status=attention").await, ""),
        "transfers_awaited": order_numbers(&all(&admin, "/api/v1/payments?awaiting_transfer=true").await, "/payment"),
        "products": products(&admin, &anonymous, expected).await,
        "stock_history": stock_history(&admin).await,
        "promotions": rows(&all(&admin, "/api/v1/promotions").await, &["/code", "/used"]),
        "tax_rates": rows(&list(&admin, "/api/v1/tax-rates").await, &["/country", "/class", "/rate"]),
        "balances": rows(&list(&admin, "/api/v1/balances").await, &[
            "/gateway", "/captured/amount", "/refunded/amount", "/charged_back/amount", "/paid_out/amount", "/owed/amount"
        ]),
        "webhook_events": rows(&list(&admin, "/api/v1/webhook-events").await, &[
            "/gateway", "/id", "/kind", "/amount/amount", "/tries"
        ]),
    })
}

/// All items of a list with pages.
async fn all(client: &Client, path: &str) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let separator = if path.contains('?') { '&' } else { '?' };
        let page = client.get(&format!("{path}{separator}limit=100{cursor}")).await.expect(200);
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}

/// All items of a list without pages.
async fn list(client: &Client, path: &str) -> Vec<Value> {
    client.get(path).await.expect(200)["items"].as_array().unwrap().clone()
}

/// The values at these JSON pointers, one row for each item.
fn rows(items: &[Value], pointers: &[&str]) -> Value {
    let row = |item: &Value| {
        let values = pointers.iter().map(|pointer| item.pointer(pointer).cloned().unwrap_or_default());
        values.collect::<Value>()
    };
    items.iter().map(row).collect()
}

fn order_numbers(items: &[Value], pointer: &str) -> Value {
    let numbers: BTreeSet<String> =
        items.iter().map(|item| string(&item.pointer(pointer).unwrap()["order_number"])).collect();
    json!(numbers)
}

/// Sorts by a field, since lists are in the order of change.
fn sorted(mut items: Vec<Value>, field: &str) -> Value {
    items.sort_by_key(|item| string(&item[field]));
    Value::Array(items)
}

/// The fixture's name for an order's state.
fn state<'e>(expected: &'e Value, order_id: &Value) -> &'e Value {
    let payments = expected["payments"].as_array().unwrap();
    &payments.iter().find(|payment| payment["order_id"] == *order_id).unwrap()["state"]
}

async fn payments(admin: &Client, expected: &Value) -> Value {
    let details = all(admin, "/api/v1/payments").await;
    let entry = |details: &Value| {
        let payment = &details["payment"];
        let operations = details["operations"].as_array().unwrap();
        let columns = ["/number", "/kind", "/state", "/amount/amount", "/gateway", "/refusal/code"];
        json!({
            "state": state(expected, &payment["order_id"]), "order_number": payment["order_number"], "id": payment["id"],
            "order_id": payment["order_id"], "status": payment["status"], "amount": payment["amount"]["amount"],
            "captured": payment["captured"]["amount"], "refunded": payment["refunded"]["amount"],
            "charged_back": payment["charged_back"]["amount"], "operations": rows(operations, &columns),
            "discrepancies": details["discrepancies"].as_array().unwrap().len()
        })
    };
    sorted(details.iter().map(entry).collect(), "order_number")
}

async fn orders(admin: &Client, anonymous: &Client, owners: &HashMap<String, &str>, expected: &Value) -> Value {
    let known = expected["orders"].as_array().unwrap();
    let mut found = Vec::new();
    for summary in all(admin, "/api/v1/orders?all=true").await {
        let id = string(&summary["id"]);
        let order = admin.get(&format!("/api/v1/orders/{id}")).await.expect(200);
        let token = &known.iter().find(|order| order["id"] == id.as_str()).unwrap()["token"];
        let as_customer = anonymous.get(&format!("/api/v1/orders/{id}?token={}", string(token))).await.expect(200);
        let kinds = |order: &Value| -> Value {
            order["timeline"].as_array().unwrap().iter().map(|entry| entry["kind"].clone()).collect()
        };
        let none = Vec::new();
        let issues = order["payment_issues"].as_array().unwrap_or(&none).iter();
        let issues: Value = issues.map(|issue| json!([issue["kind"], issue["resolved_at"].is_string()])).collect();
        let amount = |group: &str, names: &[&str]| -> Map<String, Value> {
            names.iter().map(|name| ((*name).to_owned(), order[group][*name]["amount"].clone())).collect()
        };
        found.push(json!({
            "state": state(expected, &order["id"]), "number": order["number"], "id": order["id"], "token": token,
            "owner": owners.get(&id).copied().unwrap_or("guest"), "email": order["email"], "status": order["status"],
            "totals": amount("totals", &["subtotal", "discount", "shipping", "tax", "total"]),
            "lines": rows(order["lines"].as_array().unwrap(), &["/sku", "/quantity", "/total/amount"]),
            "payment": amount("payment", &["captured", "refunded", "charged_back"]),
            "receipt_number": order["receipt_number"], "timeline": kinds(&order),
            "timeline_of_customer": kinds(&as_customer),
            "has_attention_reason": order["attention_reason"].is_string(), "payment_issues": issues,
            "returns": rows(order["returns"].as_array().unwrap(), &["/id", "/status", "/refund/amount"]),
            "shipments": rows(order["shipments"].as_array().unwrap(), &["/number", "/status"]),
            "can_cancel": order["can_cancel"]
        }));
    }
    sorted(found, "number")
}

async fn products(admin: &Client, anonymous: &Client, expected: &Value) -> Value {
    let mut found = Vec::new();
    for known in expected["products"].as_array().unwrap() {
        let path = format!("/api/v1/products/{}", string(&known["handle"]));
        let product = anonymous.get(&path).await.expect(200);
        let reviews = anonymous.get(&format!("{path}/reviews")).await.expect(200);
        let mut variants = Vec::new();
        for variant in product["variants"].as_array().unwrap() {
            let level = admin.get(&format!("/api/v1/stock/{}", string(&variant["sku"]))).await.expect(200);
            variants.push(json!([
                variant["sku"],
                variant["price"]["amount"],
                level["on_hand"],
                level["reserved"],
                level["available"],
                level["shortfall"]
            ]));
        }
        let url = string(&product["images"][0]["url"]);
        let image = url.find("/media/").map_or(url.as_str(), |place| &url[place..]);
        found.push(json!({
            "handle": known["handle"], "title": product["title"], "reviews": reviews["summary"]["count"], "image": image,
            "variants": variants
        }));
    }
    Value::Array(found)
}

async fn stock_history(admin: &Client) -> Value {
    let mut histories = Map::new();
    for sku in ["MUG-OAT", "NOTE-A6"] {
        let level = admin.get(&format!("/api/v1/stock/{sku}")).await.expect(200);
        let mut changes = level["history"].as_array().unwrap().clone();
        changes.reverse();
        histories.insert(sku.to_owned(), rows(&changes, &["/reason", "/kind", "/change", "/on_hand"]));
    }
    Value::Object(histories)
}
