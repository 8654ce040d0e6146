//! Recognises the files of other tools, so that they are refused by name instead of being imported with wrong data.

/// A kind of file that is not imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OtherFormat {
    /// The file in words, such as `a listing of Etsy`.
    pub name: &'static str,
    /// The advice for the merchant, as a sentence.
    pub advice: &'static str,
}

const CONVERT: &str = "Convert it to Shopify's product CSV (columns Handle, Title, Option1 Name, Option1 Value, \
    Variant SKU, Variant Price) or to NDJSON.";

const IMPORT_INVENTORY: &str = "Import the products first, then set their stock from this file with the option \
    --inventory.";

/// The formats, each with headings in lower case that occur together in no other one.
const FORMATS: &[(&[&str], OtherFormat)] = &[
    (&["on hand (current)"], OtherFormat { name: "Shopify's inventory CSV", advice: IMPORT_INVENTORY }),
    (&["sku", "location", "on hand"], OtherFormat { name: "Shopify's inventory CSV", advice: IMPORT_INVENTORY }),
    (
        &["first name", "last name", "total spent"],
        OtherFormat { name: "Shopify's customer CSV", advice: "Customers are not imported." },
    ),
    (
        &["financial status", "fulfillment status"],
        OtherFormat { name: "Shopify's order CSV", advice: "Orders are not imported." },
    ),
    (&["title", "currency_code", "quantity"], OtherFormat { name: "a listing CSV of Etsy", advice: CONVERT }),
    (
        &["product url", "option name 1", "sale price"],
        OtherFormat { name: "a product CSV of Squarespace", advice: CONVERT },
    ),
    (&["product page", "product url", "title"], OtherFormat { name: "a product CSV of Squarespace", advice: CONVERT }),
    (&["handleid", "fieldtype"], OtherFormat { name: "a product CSV of Wix", advice: CONVERT }),
    (&["attribute_set_code", "product_type"], OtherFormat { name: "a product CSV of Magento", advice: CONVERT }),
    (
        &["product id", "product handle", "variant title"],
        OtherFormat { name: "a product CSV of Medusa", advice: CONVERT },
    ),
    (&["optiongroups", "optionvalues"], OtherFormat { name: "a product CSV of Vendure", advice: CONVERT }),
    (
        &["item type", "product name", "brand name"],
        OtherFormat { name: "a product CSV of BigCommerce", advice: CONVERT },
    ),
    (&["wholesale price", "ean13"], OtherFormat { name: "a product CSV of PrestaShop", advice: CONVERT }),
    (&["id", "title", "availability", "link"], OtherFormat { name: "a feed of Google Merchant", advice: CONVERT }),
];

/// Returns the format of another tool that these headings, in lower case, belong to.
pub fn of_other_tool(headings: &[String]) -> Option<OtherFormat> {
    let has = |name: &&str| headings.iter().any(|heading| heading == name);
    FORMATS.iter().find(|(names, _)| names.iter().all(has)).map(|(_, format)| *format)
}

/// Returns true for a heading, in lower case, that only the files of Shopify have.
pub fn is_of_shopify(heading: &str) -> bool {
    const NAMES: [&str; 6] = [
        "body (html)",
        "published on online store",
        "continue selling when out of stock",
        "inventory quantity",
        "inventory tracker",
        "compare-at price",
    ];
    heading.starts_with("variant ") || heading.starts_with("option1 ") || NAMES.contains(&heading)
}
