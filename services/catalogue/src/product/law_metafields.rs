//! The data of consumer law as metafields, by which product files have it.

use super::metafields::{Metafields, taken};
use contracts::catalogue::{EconomicOperator, ProductSafety, WithdrawalException};

const EXCEPTION: &str = "Withdrawal exception (product.metafields.shopstack.withdrawal_exception)";
const MANUFACTURER: [&str; 3] = [
    "Manufacturer (product.metafields.shopstack.manufacturer)",
    "Manufacturer address (product.metafields.shopstack.manufacturer_address)",
    "Manufacturer contact (product.metafields.shopstack.manufacturer_contact)",
];
const RESPONSIBLE_PERSON: [&str; 3] = [
    "Responsible person (product.metafields.shopstack.responsible_person)",
    "Responsible person address (product.metafields.shopstack.responsible_person_address)",
    "Responsible person contact (product.metafields.shopstack.responsible_person_contact)",
];
const WARNINGS: &str = "Safety warnings (product.metafields.shopstack.safety_warnings)";

/// Returns the headings and texts of what a product has.
pub fn law_metafields(
    exception: Option<WithdrawalException>,
    safety: Option<&ProductSafety>,
) -> Vec<(&'static str, String)> {
    let mut fields: Vec<(&'static str, String)> =
        exception.map(|exception| (EXCEPTION, exception.as_str().to_owned())).into_iter().collect();
    if let Some(safety) = safety {
        for (headings, operator) in
            [(MANUFACTURER, &safety.manufacturer), (RESPONSIBLE_PERSON, &safety.responsible_person)]
        {
            let texts = operator.iter().flat_map(|one| [one.name.as_str(), one.address.as_str(), one.contact.as_str()]);
            fields.extend(headings.into_iter().zip(texts.map(ToOwned::to_owned)));
        }
        fields.push((WARNINGS, safety.warnings.as_str().to_owned()));
    }
    fields.retain(|(_, text)| !text.is_empty());
    fields
}

/// Removes the data of consumer law from the metafields of a file, and returns it. `invalid` gets heading and reason of each text
/// that cannot be used.
pub fn take_law_metafields(
    fields: &mut Metafields,
    invalid: &mut Vec<(String, String)>,
) -> (Option<WithdrawalException>, Option<ProductSafety>) {
    let exception = taken(fields, EXCEPTION, invalid);
    let safety = ProductSafety {
        manufacturer: operator(fields, MANUFACTURER, invalid),
        responsible_person: operator(fields, RESPONSIBLE_PERSON, invalid),
        warnings: taken(fields, WARNINGS, invalid).unwrap_or_default(),
    };
    (exception, Some(safety).filter(|safety| !safety.is_empty()))
}

fn operator(
    fields: &mut Metafields,
    [name, address, contact]: [&'static str; 3],
    invalid: &mut Vec<(String, String)>,
) -> Option<EconomicOperator> {
    let (address_text, contact_text) = (taken(fields, address, invalid), taken(fields, contact, invalid));
    let Some(name) = taken(fields, name, invalid) else {
        if address_text.is_some() || contact_text.is_some() {
            invalid.push((name.to_owned(), "is missing, so address and contact are not used".to_owned()));
        }
        return None;
    };
    Some(EconomicOperator {
        name,
        address: address_text.unwrap_or_default(),
        contact: contact_text.unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(texts: &[(&str, &str)]) -> Metafields {
        texts.iter().map(|(name, text)| (name.parse().unwrap(), text.parse().unwrap())).collect()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let operator = |name: &str| EconomicOperator {
            name: name.parse().unwrap(),
            address: "Hafenstr. 1\n20095 Hamburg".parse().unwrap(),
            contact: "safety@nordlicht.example".parse().unwrap(),
        };
        let safety = ProductSafety {
            manufacturer: Some(operator("Nordlicht")),
            responsible_person: Some(operator("EU Rep")),
            warnings: "Hot.".parse().unwrap(),
        };
        for exception in WithdrawalException::ALL {
            let written = law_metafields(Some(exception), Some(&safety));
            assert_eq!(written.len(), 8);
            assert!(written.iter().all(|(heading, _)| crate::product::is_metafield(heading)));
            let texts: Vec<_> = written.iter().map(|(heading, text)| (*heading, text.as_str())).collect();
            let (mut fields, mut invalid) = (fields(&texts), Vec::new());
            assert_eq!(take_law_metafields(&mut fields, &mut invalid), (Some(exception), Some(safety.clone())));
            assert!(fields.is_empty() && invalid.is_empty());
        }
        assert!(law_metafields(None, None).is_empty());
    }

    #[test]
    fn texts_that_cannot_be_used_are_reported() {
        let (mut fields, mut invalid) =
            (fields(&[(EXCEPTION, "sale"), (MANUFACTURER[1], "Hamburg"), ("Other", "x")]), Vec::new());
        assert_eq!(take_law_metafields(&mut fields, &mut invalid), (None, None));
        assert_eq!(
            invalid.iter().map(|(heading, _)| heading.as_str()).collect::<Vec<_>>(),
            [EXCEPTION, MANUFACTURER[0]]
        );
        assert_eq!(fields.len(), 1, "fields of other systems stay");
    }
}
