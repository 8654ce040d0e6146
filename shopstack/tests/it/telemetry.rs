//! The telemetry of a whole shop: one trace per purchase, nothing undeclared, nothing personal.

use crate::harness::shopping::string;
use crate::harness::{Client, Purchase, Shop, TestProduct, eventually, unique};
use crate::probe::RunningProbe;
use chassis::telemetry::schema::{logs, metrics, spans};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;
use testkit::{Collector, Received};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// The data that a customer enters and no telemetry may contain.
struct Person {
    email: String,
    password: String,
}

/// The texts of [`crate::harness::address`] and of the sandbox card, as far as they are too long to be part of a number.
const PERSONAL: &[&str] = &["Lovelace", "Invalidenstr", "4444333322221111", "4444 3333"];

async fn shop(sampler: &str) -> (Shop, Collector) {
    let (collector, url) = Collector::start().await;
    let environment = vec![
        ("LOG", "info".to_owned()),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", url),
        ("OTEL_TRACES_SAMPLER", sampler.to_owned()),
        // Spans are exported within a moment and not every five seconds.
        ("OTEL_BSP_SCHEDULE_DELAY", "100".to_owned()),
    ];
    (Shop::start_with(environment).await, collector)
}

/// A customer with an account buys, reviews and logs in again; a refund follows.
async fn full_run(shop: &Shop) -> Person {
    let person = Person { email: format!("{}@example.com", unique("ada")), password: "velvet-harbour-27".to_owned() };
    let customer = shop.guest().await;
    let registration = json!({
        "email": person.email, "password": person.password, "name": "Ada Lovelace", "session": "token"
    });
    let session = customer.post("/api/v1/auth/register", registration).await.expect(201);
    let customer = shop.anonymous().with_token(&string(&session["access_token"]));
    let wrong = json!({"email": person.email, "password": "not the password", "session": "token"});
    shop.anonymous().post("/api/v1/auth/login", wrong).await.expect(401);
    let product = TestProduct::new(shop, 10).await;
    let purchase = Purchase::prepare(&customer, &product, 2, "Ada Lovelace").await;
    let response = check_out(&customer, &purchase).await;
    customer.wait_for_timeline(&response, "delivered").await;
    let merchant = shop.staff("merchant").await;
    let review = json!({"score": 4, "title": "Sturdy", "body": "Holds what it promises.", "author": "Grace"});
    customer.put(&format!("/api/v1/products/{}/reviews/mine", product.handle), review).await.expect(200);
    let refund = format!("/api/v1/orders/{}/refunds", string(&response["order_id"]));
    let amount = json!({"amount": {"amount": 100, "currency": "USD"}, "reason": "a scratch"});
    merchant.post_with_key(&refund, &Client::key(), &amount).await.expect(202);
    eventually("the refund is made", 60, async || {
        (customer.payment(&response).await["refunded"]["amount"] != 0).then_some(())
    })
    .await;
    person
}

/// Checks out as a browser that has begun a trace.
async fn check_out(customer: &Client, purchase: &Purchase) -> Value {
    let request = customer
        .request(Method::POST, "/api/v1/checkout")
        .header("idempotency-key", &purchase.key)
        .header("traceparent", format!("00-{TRACE}-{PARENT}-00"))
        .json(&purchase.body);
    customer.send(request).await.expect(201)
}

fn of_trace(collector: &Collector) -> Vec<Received> {
    collector.received().into_iter().filter(|one| hex(&one.span.trace_id) == TRACE).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn a_purchase_is_one_trace_over_all_services() {
    let (shop, collector) = shop("always_on").await;
    full_run(&shop).await;
    let expected = [
        ("payment", "POST /api/v1/checkout"),
        ("payment", "POST cart"),
        ("cart", "POST /internal/carts/snapshot"),
        ("payment", "authorise sandbox"),
        ("payment", "publish order.placed"),
        ("dispatch", "process order.placed"),
        ("cart", "process order.placed"),
        ("dispatch", "step commit_stock"),
        ("dispatch", "step create_shipment"),
    ];
    let spans = eventually("all spans of the purchase have arrived", 60, async || {
        let spans = of_trace(&collector);
        let has =
            |(service, name): &(&str, &str)| spans.iter().any(|one| one.service == *service && one.span.name == *name);
        let ids: HashSet<String> = spans.iter().map(|one| hex(&one.span.span_id)).collect();
        let parents = spans.iter().map(|one| hex(&one.span.parent_span_id));
        // A span is exported when it ends, so its parent may arrive later.
        let all_connected = parents.into_iter().all(|parent| parent == PARENT || ids.contains(&parent));
        (all_connected && expected.iter().all(has)).then_some(spans)
    })
    .await;
    let root: Vec<&str> =
        spans.iter().filter(|one| hex(&one.span.parent_span_id) == PARENT).map(|one| one.span.name.as_str()).collect();
    assert_eq!(root, ["POST /api/v1/checkout"], "the browser caused one request");
    let services: BTreeSet<&str> = spans.iter().map(|one| one.service.as_str()).collect();
    assert_eq!(services.into_iter().collect::<Vec<_>>(), ["cart", "catalogue", "dispatch", "payment", "shipping"]);
    assert!(spans.iter().any(|one| one.attribute("db.system.name").is_some()), "database operations are part of it");
    eventually("the updates of the carrier lead to the trace", 60, async || {
        let links_here = |one: &Received| {
            one.span.name == "process shipment.moved" && one.span.links.iter().any(|link| hex(&link.trace_id) == TRACE)
        };
        collector.received().iter().any(links_here).then_some(())
    })
    .await;
    eventually("the gateway's webhook is processed in it", 60, async || {
        of_trace(&collector).iter().any(|one| one.span.name == "process payment").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_full_run_sends_what_is_declared_and_nothing_personal() {
    let (shop, collector) = shop("always_on").await;
    let person = full_run(&shop).await;
    // The numbers of stores are read every 15 seconds.
    let exposition = eventually("the numbers of stores are read", 60, async || {
        let text = reqwest::get(format!("{}/metrics", shop.operations_url())).await.unwrap().text().await.unwrap();
        let read = ["orders_open{", "inbox_failed_events{", "outbox_pending_events{", "payments_unknown{"];
        read.iter().all(|sample| text.contains(sample)).then_some(text)
    })
    .await;
    let probe = RunningProbe::start(shop.base_url(), "3600");
    let told_by_probe = eventually("the probe has bought something", 60, async || {
        let text = probe.metrics().await;
        text.contains("probe_step_duration_seconds_count{").then_some(text)
    })
    .await;
    assert_metrics_are_declared(&[&exposition, &told_by_probe]);
    for sample in [
        r#"dependency_available{service="payment",dependency="payments"} 1"#,
        r#"dependency_available{service="cart",dependency="broker"} 1"#,
        r#"db_client_connections_max{service="dispatch",pool="orders"} 4"#,
        r#"cache_requests_total{service="cart",cache="tokens",outcome="hit"}"#,
        r#"build_info{service="shopstack","#,
    ] {
        assert!(exposition.contains(sample), "{sample} is missing");
    }
    let spans = collector.received();
    assert_spans_are_declared(&spans);
    let log = shop.log();
    assert_log_is_declared(&log);
    let told = format!("{exposition}\n{told_by_probe}\n{log}\n{spans:?}");
    for text in PERSONAL.iter().copied().chain([person.email.as_str(), person.password.as_str(), "eyJ"]) {
        let found =
            told.find(text).map(|start| told[start.saturating_sub(200)..].chars().take(400).collect::<String>());
        assert!(found.is_none(), "telemetry contains {text:?}: {found:?}");
    }
}

/// Checks the metrics of the shop and of the probe, which are two processes.
fn assert_metrics_are_declared(expositions: &[&str]) {
    for exposition in expositions {
        let families: Vec<&str> = exposition.lines().filter(|line| line.starts_with("# TYPE ")).collect();
        let unique: BTreeSet<&&str> = families.iter().collect();
        assert_eq!(unique.len(), families.len(), "no family occurs twice");
    }
    let exposition = expositions.concat();
    let declared: HashMap<&str, &metrics::MetricEntry> = metrics::ALL.iter().map(|one| (one.info.name, one)).collect();
    for line in exposition.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = line.split_once(' ').unwrap();
        let metric = declared.get(name).unwrap_or_else(|| panic!("{name} is not declared"));
        assert_eq!(metric.info.kind.as_str(), kind, "{name}");
    }
    let missing: Vec<&&str> = declared.keys().filter(|name| !exposition.contains(&format!("# TYPE {name} "))).collect();
    assert!(missing.is_empty(), "declared and never sent: {missing:?}");
}

/// The number of a span kind in OTLP.
fn otlp_kind(kind: &str) -> i32 {
    ["internal", "server", "client", "producer", "consumer"].iter().position(|one| *one == kind).unwrap() as i32 + 1
}

fn assert_spans_are_declared(received: &[Received]) {
    let mut sent: HashMap<&str, BTreeSet<&str>> = HashMap::new();
    for one in received {
        let is_declared = |info: &&&spans::SpanInfo| {
            let has = |(name, kind): (&str, &str)| {
                info.attributes.iter().any(|it| it.name == name && it.value.as_str() == kind)
            };
            otlp_kind(info.kind) == one.span.kind && one.attributes().all(has)
        };
        let info = spans::ALL.iter().find(is_declared).unwrap_or_else(|| panic!("{one:?} is not declared"));
        sent.entry(info.name).or_default().extend(one.attributes().map(|(name, _)| name));
    }
    // Sent only by the backends of separate services, or by an error.
    let elsewhere = ["error.type", "server.port", "db.collection.name"];
    for info in spans::ALL {
        let seen = sent.get(info.name).cloned().unwrap_or_default();
        // A database in a file has no address, while calls to services have one.
        let is_database = info.name == spans::DATABASE.name;
        let expected = info.attributes.iter().map(|one| one.name);
        let expected = expected.filter(|name| !(elsewhere.contains(name) || is_database && *name == "server.address"));
        // Payments are taken up outside requests only when something went wrong or nobody paid.
        let missing: Vec<&str> = expected.filter(|name| !seen.contains(name)).collect();
        let is_rare = info.name == spans::RECONCILE.name && seen.is_empty();
        assert!(is_rare || missing.is_empty(), "{}: declared and never sent: {missing:?}", info.name);
    }
}

fn assert_log_is_declared(log: &str) {
    let declared: HashMap<&str, &str> =
        logs::BUILT_IN.iter().chain(logs::FIELDS).map(|one| (one.name, one.value.as_str())).collect();
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        for (name, value) in line.as_object().unwrap() {
            let kind = match value {
                Value::String(_) => "string",
                Value::Number(_) => "integer",
                Value::Bool(_) => "boolean",
                _ => "other",
            };
            assert_eq!(declared.get(name.as_str()), Some(&kind), "{name} in {line}");
        }
    }
}

#[tokio::test]
async fn the_story_of_an_order_can_be_read_from_its_id() {
    let (shop, _collector) = shop("always_off").await;
    let customer = shop.customer().await;
    let product = TestProduct::new(&shop, 5).await;
    let response = customer.buy(&product, 1).await;
    customer.wait_for_timeline(&response, "delivered").await;
    let id = string(&response["order_id"]);
    let lines: Vec<Value> =
        shop.log().lines().filter(|line| line.contains(&id)).map(|line| serde_json::from_str(line).unwrap()).collect();
    let steps: Vec<&str> = lines.iter().filter_map(|line| line["step"].as_str()).collect();
    for step in ["payable", "placed", "commit_stock", "capture", "create_shipment"] {
        assert!(steps.contains(&step), "{step} is missing: {steps:?}");
    }
    assert!(lines.iter().all(|line| line["service"].is_string() && line["trace_id"].is_string()), "{lines:?}");
}

#[tokio::test]
async fn a_probe_leaves_no_trace() {
    let (shop, collector) = shop("always_on").await;
    let client = shop.anonymous();
    let probe = client.request(Method::GET, "/api/v1/products?limit=1").header("x-instana-synthetic", "1");
    let probe = probe.header("traceparent", format!("00-{TRACE}-{PARENT}-01"));
    client.send(probe).await.expect(200);
    // A later request of a customer shows that earlier spans have been exported.
    let later = "4bf92f3577b34da6a3ce929d0e0e4737";
    let request = client.request(Method::GET, "/api/v1/products?limit=1");
    client.send(request.header("traceparent", format!("00-{later}-{PARENT}-01"))).await.expect(200);
    eventually("the later request has arrived", 30, async || {
        collector.received().iter().any(|one| hex(&one.span.trace_id) == later).then_some(())
    })
    .await;
    assert!(of_trace(&collector).is_empty());
}

#[tokio::test]
async fn recent_traces_are_shown_to_operators() {
    let (shop, _collector) = shop("traceidratio").await;
    shop.anonymous().get("/api/v1/products?limit=1").await.expect(200);
    let page = async |path: &str| {
        let response = reqwest::get(format!("{}{path}", shop.operations_url())).await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    };
    let (status, list) = page("/traces").await;
    assert_eq!(status, 200);
    let row = list.split("<tr>").find(|row| row.contains(">GET /api/v1/products</a>")).expect("the request is listed");
    let link = row.split('"').find(|text| text.starts_with("/traces/")).expect("a link").to_owned();
    let (status, diagram) = page(&link).await;
    assert_eq!(status, 200);
    assert!(diagram.contains("<td>catalogue</td>") && diagram.contains("<rect"), "{diagram}");
    assert_eq!(page("/traces/0").await.0, 404);
}

#[tokio::test]
async fn browsers_get_an_overview_and_its_files_and_others_a_list_of_paths() {
    let shop = Shop::start_with(vec![("LOG", "info".to_owned())]).await;
    let url = shop.operations_url();
    let client = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().unwrap();
    let page = client.get(url).header("accept", "text/html,*/*").send().await.unwrap();
    assert!(page.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    let page = page.text().await.unwrap();
    for file in ["/overview.js", "/overview.css"] {
        assert!(page.contains(file) && reqwest::get(format!("{url}{file}")).await.unwrap().status() == 200, "{file}");
    }
    let paths = reqwest::get(url).await.unwrap().text().await.unwrap();
    assert!(paths.lines().any(|path| path == "/logs") && !paths.contains('<'), "{paths}");
    // The page shows what the log file has.
    let (guest, product) = (shop.guest().await, TestProduct::new(&shop, 3).await);
    let order = string(&guest.buy(&product, 1).await["order_id"]);
    let lines = reqwest::get(format!("{url}/logs")).await.unwrap().text().await.unwrap();
    let of_order = |line: &&str| serde_json::from_str::<Value>(line).unwrap()["order"] == order.as_str();
    assert!(lines.lines().any(|line| of_order(&line)), "{lines}");
}
