//! Every schema and every member has a description that a stranger can work from.

use contracts::address::rules::AddressRules;
use contracts::{cart, catalogue, dispatch, payment, ratings, shipping, user};
use serde_json::Value;
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(components(schemas(
    AddressRules,
    cart::CartChange,
    cart::CartQuoteRequest,
    cart::CartSnapshot,
    cart::CartView,
    cart::LineAddition,
    cart::LineChange,
    cart::PromotionChoice,
    cart::ShippingChoice,
    cart::SnapshotRequest,
    catalogue::Categories,
    catalogue::CategoryDraft,
    catalogue::Pricing,
    catalogue::PricingRequest,
    catalogue::ProductDraft,
    catalogue::ProductPage,
    catalogue::ProductReference,
    catalogue::ProductView,
    catalogue::PromotionDraft,
    catalogue::ReservationKey,
    catalogue::ReservationRequest,
    catalogue::ReservationResponse,
    catalogue::RestockRequest,
    catalogue::Shop,
    catalogue::Shortage,
    catalogue::StockAdjustment,
    catalogue::StockRecord,
    catalogue::StockThreshold,
    catalogue::Suggestions,
    catalogue::TaxRate,
    dispatch::AttentionResolution,
    dispatch::CancellationRequest,
    dispatch::DeadLetter,
    dispatch::DiscardRequest,
    dispatch::OrderSummary,
    dispatch::OrderView,
    dispatch::RefundRequest,
    dispatch::ReturnReceipt,
    dispatch::ReturnRejection,
    dispatch::ReturnRequest,
    dispatch::WorkflowSummary,
    payment::AttemptRequest,
    payment::AwaitedTransfer,
    payment::CheckoutRequest,
    payment::CheckoutResponse,
    payment::CommandRequest,
    payment::CommandResponse,
    payment::ConfirmRequest,
    payment::GatewayBalance,
    payment::OperationResolution,
    payment::OrderRecord,
    payment::PaymentDetails,
    payment::PaymentMethods,
    payment::PayoutDay,
    payment::PayoutReceived,
    payment::TransferReceived,
    payment::WebhookEventView,
    ratings::Moderation,
    ratings::Ratings,
    ratings::ReviewDraft,
    ratings::ReviewForModeration,
    ratings::ReviewPage,
    ratings::ReviewSeed,
    shipping::BoundQuote,
    shipping::Countries,
    shipping::Places,
    shipping::QuoteRequest,
    shipping::ShipmentCancellation,
    shipping::ShipmentRequest,
    shipping::ShipmentView,
    shipping::Tracking,
    shipping::Warehouse,
    shipping::Zones,
    user::AccountExport,
    user::AddressBook,
    user::DeviceSessions,
    user::FirstAdmin,
    user::GuestSession,
    user::Login,
    user::PasswordChange,
    user::ProfileChange,
    user::Registration,
    user::RolesChange,
    user::Session,
    user::SessionRequest,
)))]
struct Documentation;

fn schemas() -> Value {
    let mut document = serde_json::to_value(Documentation::openapi()).unwrap();
    document["components"]["schemas"].take()
}

fn problem(description: Option<&str>) -> Option<String> {
    let Some(text) = description else { return Some("has no description".to_owned()) };
    let words: Vec<&str> = text.split_whitespace().collect();
    let bare = ["What", "Whether", "Who", "Where", "When", "How", "It", "Its", "Why"];
    if words.len() < 4 || text.starts_with("The same") || words.first().is_some_and(|first| bare.contains(first)) {
        return Some(format!("is described as {text:?}"));
    }
    None
}

/// A member that may be null has the description in the first alternative.
fn description(member: &Value) -> Option<&str> {
    let own = member["description"].as_str();
    own.or_else(|| member["oneOf"].as_array()?.iter().find_map(|one| one["description"].as_str()))
}

fn check_members(path: &str, schema: &Value, problems: &mut Vec<String>) {
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        // The tag of an enumeration, which utoipa adds itself.
        if member["enum"].as_array().is_some_and(|values| values.len() == 1) {
            continue;
        }
        let found = problem(description(member)).map(|problem| format!("{path}.{name} {problem}"));
        problems.extend(found);
    }
    for part in ["oneOf", "allOf"] {
        for (index, alternative) in schema[part].as_array().into_iter().flatten().enumerate() {
            if part == "oneOf" {
                problems.extend(problem(description(alternative)).map(|found| format!("{path}[{index}] {found}")));
            }
            check_members(&format!("{path}[{index}]"), alternative, problems);
        }
    }
}

#[test]
fn schemas_and_members_are_described_in_sentences() {
    let schemas = schemas();
    let mut problems = Vec::new();
    for (name, schema) in schemas.as_object().unwrap() {
        problems.extend(problem(schema["description"].as_str()).map(|found| format!("{name} {found}")));
        check_members(name, schema, &mut problems);
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn descriptions_of_enumerations_name_every_value() {
    let schemas = schemas();
    for (name, schema) in schemas.as_object().unwrap().iter().filter(|(name, _)| *name != "Role") {
        for value in schema["enum"].as_array().into_iter().flatten() {
            let value = format!("`{}`", value.as_str().unwrap());
            let text = schema["description"].as_str().unwrap();
            assert!(text.contains(&value), "{name} does not explain {value}");
        }
    }
}
