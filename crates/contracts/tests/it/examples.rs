//! Each request body of a public operation has an example that a client can send.

use contracts::{Address, Money, cart, catalogue, dispatch, payment, ratings, shipping, user};
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::PartialSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

fn example<T: PartialSchema>() -> serde_json::Value {
    let RefOr::T(Schema::Object(object)) = T::schema() else { panic!("is not an object") };
    object.example.expect("has no example")
}

/// Parses the example of a type and checks that no member is lost or invented.
fn parse<T: PartialSchema + DeserializeOwned + Serialize>() -> T {
    let example = example::<T>();
    let name = std::any::type_name::<T>();
    let value: T = serde_json::from_value(example.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
    let written = serde_json::to_value(&value).unwrap();
    for (member, expected) in example.as_object().unwrap() {
        let actual = written.get(member).unwrap_or_else(|| panic!("{name}: {member} is not written"));
        assert!(contains(actual, expected), "{name}: {member} is {actual}, not {expected}");
    }
    value
}

/// Optional members that the example leaves out are written with their defaults.
fn contains(actual: &serde_json::Value, expected: &serde_json::Value) -> bool {
    match (actual, expected) {
        (serde_json::Value::Object(actual), serde_json::Value::Object(expected)) => {
            expected.iter().all(|(member, value)| actual.get(member).is_some_and(|found| contains(found, value)))
        }
        (serde_json::Value::Array(actual), serde_json::Value::Array(expected)) => {
            actual.len() == expected.len() && actual.iter().zip(expected).all(|(one, other)| contains(one, other))
        }
        (actual, expected) => actual == expected,
    }
}

#[test]
fn examples_of_request_bodies_can_be_parsed() {
    parse::<Address>();
    parse::<Money>();
    parse::<cart::CartQuoteRequest>();
    parse::<cart::LineAddition>();
    parse::<cart::LineChange>();
    parse::<cart::PromotionChoice>();
    parse::<cart::ShippingChoice>();
    parse::<catalogue::CategoryDraft>();
    parse::<catalogue::ProductDraft>();
    parse::<catalogue::PromotionDraft>();
    parse::<catalogue::Shop>();
    parse::<catalogue::StockAdjustment>();
    parse::<catalogue::StockThreshold>();
    parse::<catalogue::TaxRate>();
    parse::<dispatch::AttentionResolution>();
    parse::<dispatch::CancellationRequest>();
    parse::<dispatch::DiscardRequest>();
    parse::<dispatch::RefundRequest>();
    parse::<dispatch::ReturnReceipt>();
    parse::<dispatch::ReturnRejection>();
    parse::<dispatch::ReturnRequest>();
    parse::<payment::AttemptRequest>();
    parse::<payment::CheckoutRequest>();
    parse::<payment::ConfirmRequest>();
    parse::<payment::OperationResolution>();
    parse::<payment::PayoutReceived>();
    parse::<payment::TransferReceived>();
    parse::<ratings::Moderation>();
    parse::<ratings::ReviewDraft>();
    parse::<shipping::QuoteRequest>();
    parse::<shipping::Warehouse>();
    parse::<shipping::Zones>();
    parse::<user::FirstAdmin>();
    parse::<user::Login>();
    parse::<user::PasswordChange>();
    parse::<user::ProfileChange>();
    parse::<user::Registration>();
    parse::<user::RolesChange>();
    parse::<user::SessionRequest>();
}

#[test]
fn the_example_product_has_a_value_for_each_option() {
    let product = parse::<catalogue::ProductDraft>();
    for variant in &product.variants {
        assert_eq!(variant.option_values.len(), product.options.len());
        for (value, option) in variant.option_values.iter().zip(&product.options) {
            assert!(option.values.contains(value), "{value} is not a value of {}", option.name);
        }
        assert!(variant.image.is_none_or(|index| (index as usize) < product.images.len()));
    }
}
