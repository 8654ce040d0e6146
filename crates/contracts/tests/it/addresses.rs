//! New addresses are checked by the rules of their country, and brought into one form.

use chassis::Problem;
use contracts::address::rules::{self, AddressFieldName};
use contracts::shipping::PlaceView;
use contracts::{Address, Country, Destination, PlaceId};
use proptest::prelude::*;
use serde_json::{Value, json};

fn country(code: &str) -> Country {
    code.parse().unwrap()
}

/// Accepts an address of a country with these further fields.
fn accepted(code: &str, fields: &Value) -> Result<Address, Problem> {
    let mut address = json!({ "name": "Ada Lovelace", "line1": "1 Main Street", "country": code });
    address.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    serde_json::from_value::<Address>(address).unwrap().accepted("/address")
}

/// Returns region, city and postal code of an accepted address, separated by `|`.
fn stored(code: &str, fields: &Value) -> String {
    let address = accepted(code, fields).unwrap_or_else(|problem| panic!("{code} {fields}: {:?}", problem.errors));
    let Destination { region, city, postal_code, .. } = address.destination();
    let text = |text: Option<String>| text.unwrap_or_default();
    [region.map(|one| one.into_string()), city.map(|one| one.into_string()), postal_code.map(|one| one.into_string())]
        .map(text)
        .join("|")
}

/// Returns pointers and details of a refused address.
fn refused(code: &str, fields: &Value) -> Vec<(String, String)> {
    let problem = accepted(code, fields).unwrap_err();
    assert_eq!(problem.status, 422);
    problem.errors.into_iter().map(|error| (error.pointer, error.detail)).collect()
}

fn pointers(code: &str, fields: &Value) -> Vec<String> {
    refused(code, fields).into_iter().map(|(pointer, _)| pointer).collect()
}

#[test]
fn all_countries_have_rules() {
    assert_eq!(rules::all().count(), 250);
    for rules in rules::all() {
        let view = rules.view();
        for field in &view.fields {
            assert!(view.format.contains(&format!("{{{}}}", field.name.as_str())), "{}: {field:?}", view.country);
        }
    }
}

#[test]
fn each_example_of_a_postal_code_is_accepted_in_its_form() {
    for rules in rules::all() {
        let Some(code) = rules.example_postal_code(None) else { continue };
        let place = PlaceView { id: PlaceId(1), name: "Town".into(), region: String::new(), country: rules.code() };
        let mut example = Destination::example(&place);
        if rules.code() == country("US") {
            (example.region, example.postal_code) = ("CA".parse().ok(), code.parse().ok());
        }
        let again = example.clone().accepted("").unwrap_or_else(|problem| panic!("{code}: {:?}", problem.errors));
        assert_eq!(again, example);
        assert_eq!(again.postal_code.map(|code| code.into_string()), Some(code));
    }
}

#[test]
fn an_example_is_accepted_for_every_region() {
    for rules in rules::all() {
        let regions = rules.view().fields.into_iter().flat_map(|field| field.regions);
        for region in regions.map(|region| region.name).chain(["Nowhere".to_owned()]) {
            let place = PlaceView { id: PlaceId(1), name: "Town".into(), region, country: rules.code() };
            let example = Destination::example(&place);
            assert_eq!(example.clone().accepted("").map_err(|problem| problem.errors), Ok(example), "{place:?}");
        }
    }
}

#[test]
fn postal_codes_are_brought_into_their_usual_form() {
    for (code, typed, expected) in [
        ("GB", "sw1a1aa", "SW1A 1AA"),
        ("GB", " SW1A  1AA ", "SW1A 1AA"),
        ("GB", "m25bq", "M2 5BQ"),
        ("GB", "BFPO61", "BFPO 61"),
        ("NL", "1011ab", "1011 AB"),
        ("PT", "2725079", "2725-079"),
        ("PL", "00950", "00-950"),
        ("SE", "114 55", "11455"),
        ("CZ", "11000", "110 00"),
        ("GR", "15124", "151 24"),
        ("CH", "CH-8001", "8001"),
        ("DE", "D-80331", "80331"),
        ("LU", "L-1234", "1234"),
        ("FI", "FI-00100", "00100"),
        ("XK", "10000", "10000"),
        ("LV", "1073", "LV-1073"),
        ("AD", "100", "AD100"),
    ] {
        assert_eq!(
            stored(code, &json!({ "city": "Town", "postal_code": typed })),
            format!("|Town|{expected}"),
            "{code}"
        );
    }
    for (code, region, typed, expected) in [
        ("US", "CA", "95014 1234", "CA|Town|95014-1234"),
        ("CA", "on", "k1a0b1", "ON|Town|K1A 0B1"),
        ("BR", "São Paulo", "01310100", "SP|Town|01310-100"),
        ("JP", "Tokyo", "1234567", "Tokyo|Town|123-4567"),
        ("JP", "東京都", "〒１２３－４５６７", "Tokyo|Town|123-4567"),
        ("AU", "New South Wales", "2000", "NSW|Town|2000"),
        ("IN", "Karnataka", "560 001", "Karnataka|Town|560001"),
        ("IE", "Dublin", "d02af30", "Co. Dublin|Town|D02 AF30"),
        ("IT", "Milano", "20121", "MI|Town|20121"),
        ("ES", "Barcelona", "08001", "Barcelona|Town|08001"),
        ("MX", "baja california", "21000", "B.C.|Town|21000"),
        ("CN", "Guangdong", "510000", "Guangdong Sheng|Town|510000"),
    ] {
        assert_eq!(
            stored(code, &json!({ "city": "Town", "region": region, "postal_code": typed })),
            expected,
            "{code}"
        );
    }
}

#[test]
fn fields_that_a_country_does_not_use_are_optional() {
    assert_eq!(stored("HK", &json!({ "region": "Kowloon", "postal_code": "" })), "Kowloon||");
    assert_eq!(stored("HK", &json!({ "region": "九龍", "city": "Mong Kok", "postal_code": "-" })), "Kowloon|Mong Kok|");
    assert_eq!(stored("AE", &json!({ "region": "dubai" })), "Dubai||");
    assert_eq!(stored("SG", &json!({ "postal_code": "546080" })), "||546080");
    assert_eq!(stored("IE", &json!({ "city": "Dublin" })), "|Dublin|");
    assert_eq!(stored("QA", &json!({ "city": "Doha" })), "|Doha|");
    let county = json!({ "city": "London", "region": "Greater London", "postal_code": "W1A 4ZZ" });
    assert_eq!(stored("GB", &county), "Greater London|London|W1A 4ZZ");
}

#[test]
fn missing_and_malformed_fields_are_named_in_words() {
    let one = |code, fields| refused(code, &fields).remove(0);
    let error = |field: &str, detail: &str| (format!("/address/{field}"), detail.to_owned());
    let springfield = |postal_code| json!({ "city": "Springfield", "region": "IL", "postal_code": postal_code });
    assert_eq!(
        one("US", springfield("notazip")),
        error("postal_code", "Enter a ZIP code of five digits, such as 95014.")
    );
    assert_eq!(
        one("US", springfield("95014")),
        error("postal_code", "ZIP code 95014 is in California and is not in Illinois. Check both.")
    );
    assert_eq!(one("GB", json!({ "city": "London", "postal_code": "123" })).1, "Enter a postcode such as EC1Y 8SY.");
    assert_eq!(one("DE", json!({ "city": "Berlin" })), error("postal_code", "Enter a postal code."));
    assert_eq!(one("DE", json!({ "postal_code": "10115" })), error("city", "Enter a town or city."));
    assert_eq!(one("AE", json!({})), error("region", "Choose an emirate."));
    assert_eq!(
        one("US", json!({ "city": "Springfield", "region": "Bavaria", "postal_code": "62701" })),
        error("region", "\"Bavaria\" is not in the list. Choose a state, such as Alabama (AL).")
    );
    assert_eq!(pointers("US", &json!({})), ["/address/city", "/address/region", "/address/postal_code"]);
    assert_eq!(pointers("AU", &json!({ "city": "Sydney", "postal_code": "2000" })), ["/address/region"]);
    assert_eq!(pointers("CA", &json!({ "city": "Ottawa", "postal_code": "K1A 0B1" })), ["/address/region"]);
    assert_eq!(
        pointers("JP", &json!({ "region": "Tokyo", "postal_code": "12345" })),
        ["/address/city", "/address/postal_code"]
    );
}

#[test]
fn codes_that_are_no_countries_are_refused_with_advice() {
    for code in ["XX", "ZZ", "UK", "EU", "AN", "SU", "TP", "AC", "TA", "AA"] {
        let errors = refused(code, &json!({ "city": "Town", "postal_code": "1" }));
        assert_eq!(errors.len(), 1, "{code}");
        assert_eq!(errors[0].0, "/address/country");
    }
    assert!(refused("UK", &json!({}))[0].1.contains("Use GB"));
    assert!(country("XK").rules().is_some());
}

#[test]
fn addresses_of_earlier_versions_stay_readable() {
    let old = json!({
        "name": "Ada", "line1": "1 Main Street", "city": "Springfield", "postal_code": "-", "country": "UK",
    });
    let address: Address = serde_json::from_value(old).unwrap();
    assert_eq!((address.country.code(), address.postal_code), ("UK", None));
}

#[test]
fn an_address_differs_from_a_quoted_one_by_its_fields() {
    let quoted = accepted("DE", &json!({ "city": "Köln", "postal_code": "50667" })).unwrap().destination();
    let differences = |fields| quoted.differences(&accepted("DE", &fields).unwrap().destination());
    assert!(differences(json!({ "city": "KÖLN", "postal_code": "50667" })).is_empty());
    assert_eq!(differences(json!({ "city": "Bonn", "postal_code": "53111" })), ["city", "postal_code"]);
    let place =
        PlaceView { id: PlaceId(1), name: "Springfield".into(), region: "Illinois".into(), country: country("US") };
    let of_place = Destination::of_place(&place);
    let address = |region, code| {
        let fields = json!({ "city": "Springfield", "region": region, "postal_code": code });
        accepted("US", &fields).unwrap().destination()
    };
    assert!(of_place.known_differences(&address("IL", "62701")).is_empty());
    assert_eq!(of_place.known_differences(&address("MO", "65801")), ["region"]);
}

#[test]
fn the_form_follows_the_country() {
    let names = |code| {
        let fields = country(code).rules().unwrap().view().fields;
        fields.into_iter().map(|field| (field.name, field.label, field.required)).collect::<Vec<_>>()
    };
    let field = |name, label: &str, required| (name, label.to_owned(), required);
    use AddressFieldName::{City, PostalCode, Region};
    assert_eq!(names("DE"), [field(PostalCode, "Postal code", true), field(City, "Town or city", true)]);
    assert_eq!(names("GB"), [field(City, "Town or city", true), field(PostalCode, "Postcode", true)]);
    assert_eq!(
        names("US"),
        [field(City, "Town or city", true), field(Region, "State", true), field(PostalCode, "ZIP code", true)]
    );
    assert_eq!(
        names("JP"),
        [field(PostalCode, "Postal code", true), field(Region, "Prefecture", true), field(City, "Town or city", true)]
    );
    assert_eq!(names("HK"), [field(Region, "Area", true), field(City, "District", false)]);
    assert_eq!(names("IE")[2], field(PostalCode, "Eircode", false));
    assert_eq!(names("IN")[1], field(PostalCode, "PIN code", true));
    assert_eq!(names("SG"), [field(PostalCode, "Postal code", true)]);
}

proptest! {
    #[test]
    fn what_was_accepted_is_accepted_again_and_stays(index in 0usize..250, region in "\\PC{0,12}", city in "\\PC{1,12}",
        postal_code in "[A-Za-z0-9 -]{0,10}") {
        let rules = rules::all().nth(index).unwrap();
        let destination = Destination {
            country: rules.code(),
            region: region.parse().ok(),
            city: city.parse().ok(),
            postal_code: postal_code.parse().ok(),
        };
        if let Ok(once) = destination.accepted("") {
            prop_assert_eq!(once.clone().accepted("").unwrap(), once);
        }
    }

    #[test]
    fn separators_and_case_of_postal_codes_do_not_matter(index in 0usize..250, example in 0usize..20, lower in any::<bool>()) {
        let rules = rules::all().nth(index).unwrap();
        let place = PlaceView { id: PlaceId(1), name: "Town".into(), region: String::new(), country: rules.code() };
        let expected = Destination::example(&place);
        let Some(code) = expected.postal_code.clone() else { return Ok(()) };
        let mut typed: String = code.as_str().chars().filter(char::is_ascii_alphanumeric).collect();
        if lower {
            typed = typed.to_lowercase();
        }
        typed.insert(example % (typed.len() + 1), ' ');
        let typed = Destination { postal_code: typed.parse().ok(), ..expected.clone() };
        prop_assert_eq!(typed.accepted("").unwrap(), expected);
    }
}

#[test]
fn lines_are_in_the_order_of_the_country() {
    let lines = |code, fields: Value| accepted(code, &fields).unwrap().lines().split_off(2);
    assert_eq!(lines("DE", json!({ "city": "Hamburg", "postal_code": "20095" })), ["20095 Hamburg", "GERMANY"]);
    let berkeley = json!({ "city": "Berkeley", "region": "California", "postal_code": "94704", "line2": "Apt 3" });
    assert_eq!(lines("US", berkeley), ["Apt 3", "Berkeley, CA 94704", "UNITED STATES"]);
    let london = json!({ "city": "London", "postal_code": "sw1a1aa" });
    assert_eq!(lines("GB", london), ["London", "SW1A 1AA", "UNITED KINGDOM"]);
    assert_eq!(lines("AG", json!({})), ["ANTIGUA AND BARBUDA"]);
}
