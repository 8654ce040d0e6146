//! The words of documents in each language.

use contracts::{Language, Money};
use jiff::Timestamp;

/// The words of documents in one language.
#[derive(Debug)]
pub struct Texts {
    pub invoice: &'static str,
    pub invoice_number: &'static str,
    pub invoice_date: &'static str,
    pub order_number: &'static str,
    pub order_date: &'static str,
    /// The date on which the goods left, as invoices name the date of the supply.
    pub supply_date: &'static str,
    pub tax_id: &'static str,
    pub item: &'static str,
    pub quantity: &'static str,
    pub unit_price: &'static str,
    pub tax_rate: &'static str,
    pub amount: &'static str,
    pub subtotal: &'static str,
    pub discount: &'static str,
    pub delivery: &'static str,
    pub tax_added: &'static str,
    pub tax_included: &'static str,
    pub total: &'static str,
    pub net: &'static str,
    pub tax: &'static str,
    pub gross: &'static str,
    pub refunded: &'static str,
    pub paid: &'static str,
    pub packing_slip: &'static str,
    pub shipment: &'static str,
    pub parcel: &'static str,
    pub of: &'static str,
    pub from: &'static str,
    pub deliver_to: &'static str,
    pub phone: &'static str,
    pub date_format: &'static str,
    pub decimal_separator: char,
}

/// Returns the words of a language.
pub const fn texts(language: Language) -> &'static Texts {
    match language {
        Language::En => &ENGLISH,
        Language::De => &GERMAN,
        Language::Fr => &FRENCH,
    }
}

impl Texts {
    /// Returns a date in UTC as people write it.
    pub fn date(&self, at: Timestamp) -> String {
        at.strftime(self.date_format).to_string()
    }

    /// Returns an amount with its currency.
    pub fn money(&self, amount: Money) -> String {
        amount.to_string().replace('.', &self.decimal_separator.to_string())
    }

    /// Returns the negative of an amount with its currency.
    pub fn negative(&self, amount: Money) -> String {
        self.money(amount.currency.minor(-amount.amount))
    }
}

static ENGLISH: Texts = Texts {
    invoice: "Invoice",
    invoice_number: "Invoice number",
    invoice_date: "Invoice date",
    order_number: "Order number",
    order_date: "Order date",
    supply_date: "Date of supply",
    tax_id: "Tax ID",
    item: "Item",
    quantity: "Quantity",
    unit_price: "Unit price",
    tax_rate: "Tax rate",
    amount: "Amount",
    subtotal: "Subtotal",
    discount: "Discount",
    delivery: "Delivery",
    tax_added: "Tax",
    tax_included: "Includes tax",
    total: "Total",
    net: "Net",
    tax: "Tax",
    gross: "Gross",
    refunded: "Refunded",
    paid: "Paid",
    packing_slip: "Packing slip",
    shipment: "Shipment",
    parcel: "Parcel",
    of: "of",
    from: "From",
    deliver_to: "Deliver to",
    phone: "Phone",
    date_format: "%-d %B %Y",
    decimal_separator: '.',
};

static GERMAN: Texts = Texts {
    invoice: "Rechnung",
    invoice_number: "Rechnungsnummer",
    invoice_date: "Rechnungsdatum",
    order_number: "Bestellnummer",
    order_date: "Bestelldatum",
    supply_date: "Leistungsdatum",
    tax_id: "Steuernummer",
    item: "Artikel",
    quantity: "Menge",
    unit_price: "Einzelpreis",
    tax_rate: "Steuersatz",
    amount: "Betrag",
    subtotal: "Zwischensumme",
    discount: "Rabatt",
    delivery: "Versand",
    tax_added: "Steuer",
    tax_included: "Enthaltene Steuer",
    total: "Gesamtsumme",
    net: "Netto",
    tax: "Steuer",
    gross: "Brutto",
    refunded: "Erstattet",
    paid: "Bezahlt",
    packing_slip: "Lieferschein",
    shipment: "Sendung",
    parcel: "Paket",
    of: "von",
    from: "Absender",
    deliver_to: "Lieferadresse",
    phone: "Telefon",
    date_format: "%d.%m.%Y",
    decimal_separator: ',',
};

static FRENCH: Texts = Texts {
    invoice: "Facture",
    invoice_number: "Numéro de facture",
    invoice_date: "Date de facture",
    order_number: "Numéro de commande",
    order_date: "Date de commande",
    supply_date: "Date de livraison",
    tax_id: "Numéro fiscal",
    item: "Article",
    quantity: "Quantité",
    unit_price: "Prix unitaire",
    tax_rate: "Taux de taxe",
    amount: "Montant",
    subtotal: "Sous-total",
    discount: "Remise",
    delivery: "Livraison",
    tax_added: "Taxes",
    tax_included: "Taxes incluses",
    total: "Total",
    net: "Hors taxes",
    tax: "Taxes",
    gross: "TTC",
    refunded: "Remboursé",
    paid: "Payé",
    packing_slip: "Bon de livraison",
    shipment: "Envoi",
    parcel: "Colis",
    of: "sur",
    from: "Expéditeur",
    deliver_to: "Adresse de livraison",
    phone: "Téléphone",
    date_format: "%d/%m/%Y",
    decimal_separator: ',',
};
