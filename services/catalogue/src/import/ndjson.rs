//! A line of NDJSON: a product as the API takes it, with its handle.

use super::patch::{CategoryName, Patch, VariantPatch};
use super::rows::image_address;
use super::{Issue, Severity};
use crate::product::is_handle;
use contracts::SingleLineText;
use contracts::catalogue::{ProductDraft, VariantDraft};
use serde_json::{Map, Value};

/// What the line says, or what is wrong with it.
pub fn read(line: u64, text: &str) -> Result<(Patch, Vec<Issue>), Issue> {
    let mut handle = None;
    let fault = |handle: &Option<String>, column: &str, reason: String| Issue {
        line,
        column: column.to_owned(),
        handle: handle.clone(),
        severity: Severity::Error,
        reason,
    };
    let mut object: Map<String, Value> =
        serde_json::from_str(text).map_err(|error| fault(&handle, "", format!("is no JSON object: {error}")))?;
    match object.remove("handle") {
        Some(Value::String(text)) if is_handle(&text) => handle = Some(text),
        Some(_) => {
            return Err(fault(&handle, "/handle", "consists of lower-case letters, digits and hyphens".to_owned()));
        }
        None => return Err(fault(&handle, "/handle", "is missing".to_owned())),
    }
    let category_name = match object.remove("category_name") {
        None | Some(Value::Null) => None,
        Some(name) => {
            let name = serde_json::from_value::<SingleLineText<120>>(name);
            Some(name.map_err(|error| fault(&handle, "/category_name", error.to_string()))?)
        }
    };
    // A version says what was read before a change; an import says what is to be.
    object.remove("version");
    let draft: ProductDraft =
        serde_json::from_value(Value::Object(object)).map_err(|error| fault(&handle, "", error.to_string()))?;
    Ok(patch_of(handle.unwrap_or_default(), line, draft, category_name))
}

fn patch_of(handle: String, line: u64, draft: ProductDraft, category_name: Option<SingleLineText<120>>) -> (Patch, Vec<Issue>) {
    let mut patch = Patch { handle, line, ..Patch::default() };
    let mut issues = Vec::new();
    patch.category = Some(draft.category.map(|handle| CategoryName::Handle(handle, category_name)));
    if let Some(Some(CategoryName::Handle(handle, _))) = &patch.category
        && !is_handle(handle.as_str())
    {
        issues.push(patch.fault(line, "/category", "consists of lower-case letters, digits and hyphens"));
        patch.refused = true;
    }
    for (index, image) in draft.images.iter().enumerate() {
        if let Err(reason) = image_address(image.url.as_str()) {
            issues.push(patch.fault(line, &format!("/images/{index}/url"), reason));
            patch.refused = true;
        }
    }
    let mut variants = Vec::with_capacity(draft.variants.len());
    for (index, variant) in draft.variants.into_iter().enumerate() {
        let image =
            variant.image.map(|place| draft.images.get(place as usize).map(|image| image.url.to_string()));
        if image == Some(None) {
            issues.push(patch.fault(
                line,
                &format!("/variants/{index}/picture"),
                "is not a place in the list of images",
            ));
            patch.faulty_rows += 1;
            continue;
        }
        variants.push(variant_of(line, variant, image.flatten()));
    }
    patch.title = Some(draft.title);
    patch.description = Some(draft.description_html);
    patch.vendor = Some(draft.vendor);
    patch.tags = Some(draft.tags);
    patch.status = Some(draft.status);
    patch.tax_class = Some(draft.tax_class);
    patch.options = Some(draft.options.iter().map(|option| option.name.clone()).collect());
    patch.has_values = !draft.options.is_empty();
    patch.option_values = Some(draft.options);
    patch.variants = Some(variants);
    patch.images = Some(draft.images);
    (patch, issues)
}

fn variant_of(line: u64, draft: VariantDraft, image: Option<String>) -> VariantPatch {
    VariantPatch {
        line,
        sku: Some(draft.sku),
        option_values: draft.option_values,
        price: Some(draft.price),
        compare_at_price: Some(draft.compare_at_price),
        weight_grams: Some(draft.weight_grams),
        oversell: Some(draft.oversell),
        barcode: Some(draft.barcode),
        image: Some(image),
        stock: draft.stock,
    }
}
