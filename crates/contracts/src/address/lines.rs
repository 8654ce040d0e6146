//! The lines of an address as they are written on a parcel.

use super::Address;
use super::rules::AddressFieldName;

impl Address {
    /// Returns the lines of the address in the order of its country: name, street, locality, and the country in capitals, as
    /// the Universal Postal Union recommends for mail across borders. The phone number is not among them.
    pub fn lines(&self) -> Vec<String> {
        let rules = self.country.rules();
        let format = rules.map_or("{postal_code} {city}\n{region}", |rules| rules.format());
        let country = rules.map_or_else(|| self.country.code(), |rules| rules.name());
        let mut lines = vec![self.name.as_str().to_owned(), self.line1.as_str().to_owned()];
        lines.extend(self.line2.as_ref().map(|line| line.as_str().to_owned()));
        lines.extend(format.lines().map(|line| self.locality_line(line)));
        // Fields that the country does not use, but that the address has.
        lines.extend(
            FIELDS.iter().filter(|field| !format.contains(&placeholder(**field))).map(|field| self.field(*field)),
        );
        lines.push(country.to_uppercase());
        lines.retain(|line| !line.is_empty());
        lines
    }

    fn locality_line(&self, format: &str) -> String {
        let filled = FIELDS
            .iter()
            .fold(format.to_owned(), |line, field| line.replace(&placeholder(*field), &self.field(*field)));
        let separators: &[char] = &[' ', ',', '/', '-'];
        // Separators that stood beside a missing field.
        let line = filled.trim_matches(separators).split_whitespace().collect::<Vec<_>>().join(" ");
        line.replace(" ,", ",")
    }

    fn field(&self, name: AddressFieldName) -> String {
        let text = match name {
            AddressFieldName::City => self.city.as_ref().map(|text| text.as_str()),
            AddressFieldName::Region => self.region.as_ref().map(|text| text.as_str()),
            AddressFieldName::PostalCode => self.postal_code.as_ref().map(|text| text.as_str()),
        };
        text.unwrap_or_default().trim().to_owned()
    }
}

const FIELDS: [AddressFieldName; 3] = [AddressFieldName::City, AddressFieldName::Region, AddressFieldName::PostalCode];

fn placeholder(field: AddressFieldName) -> String {
    format!("{{{}}}", field.as_str())
}
