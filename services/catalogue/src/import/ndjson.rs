//! Parses a line of NDJSON: a product as in the API, with its handle.

use super::patch::{CategoryName, ProductPatch, VariantPatch};
use super::rows::image_url;
use super::{ImportIssue, IssueSeverity};
use crate::product::{HANDLE_RULE, TypedMetafields, is_valid_handle};
use contracts::SingleLineText;
use contracts::catalogue::{ProductDraft, VariantDraft};
use serde_json::{Map, Value};

/// Parses a line and returns its patch with the issues found in it.
///
/// # Errors
/// An issue that makes the whole line unusable.
pub fn parse_line(line: u64, text: &str) -> Result<(ProductPatch, Vec<ImportIssue>), ImportIssue> {
    let mut handle = None;
    let error = |handle: &Option<String>, column: &str, reason: String| ImportIssue {
        line,
        column: column.to_owned(),
        handle: handle.clone(),
        severity: IssueSeverity::Error,
        reason,
    };
    let mut object: Map<String, Value> =
        serde_json::from_str(text).map_err(|cause| error(&handle, "", format!("is not a JSON object: {cause}")))?;
    match object.remove("handle") {
        Some(Value::String(text)) if is_valid_handle(&text) => handle = Some(text),
        Some(_) => return Err(error(&handle, "/handle", HANDLE_RULE.to_owned())),
        None => return Err(error(&handle, "/handle", "is missing".to_owned())),
    }
    let category_name = match object.remove("category_name") {
        None | Some(Value::Null) => None,
        Some(name) => {
            let name = serde_json::from_value::<SingleLineText<120>>(name);
            Some(name.map_err(|cause| error(&handle, "/category_name", cause.to_string()))?)
        }
    };
    // Products from the API have a version, but an import replaces the product whatever its version is.
    object.remove("version");
    // The draft also accepts `pictures` and `picture`, the names of `images` and `image` in earlier exports.
    let draft: ProductDraft =
        serde_json::from_value(Value::Object(object)).map_err(|cause| error(&handle, "", cause.to_string()))?;
    Ok(patch_from_draft(handle.unwrap_or_default(), line, draft, category_name))
}

fn patch_from_draft(
    handle: String,
    line: u64,
    draft: ProductDraft,
    category_name: Option<SingleLineText<120>>,
) -> (ProductPatch, Vec<ImportIssue>) {
    let mut patch = ProductPatch { handle, line, ..ProductPatch::default() };
    let mut issues = Vec::new();
    patch.category = Some(draft.category.map(|handle| CategoryName::Handle(handle, category_name)));
    if let Some(Some(CategoryName::Handle(handle, _))) = &patch.category
        && !is_valid_handle(handle.as_str())
    {
        issues.push(patch.error(line, "/category", HANDLE_RULE));
        patch.rejected = true;
    }
    for (index, image) in draft.images.iter().enumerate() {
        if let Err(error) = image_url(image.url.as_str()) {
            issues.push(patch.error(line, &format!("/images/{index}/url"), error));
            patch.rejected = true;
        }
    }
    let mut variants = Vec::with_capacity(draft.variants.len());
    for (index, variant) in draft.variants.into_iter().enumerate() {
        let image = variant.image.map(|index| draft.images.get(index as usize).map(|image| image.url.to_string()));
        if image == Some(None) {
            let reason = "must be an index of the list of images";
            issues.push(patch.error(line, &format!("/variants/{index}/image"), reason));
            patch.invalid_rows += 1;
            continue;
        }
        variants.push(variant_from_draft(line, variant, image.flatten()));
    }
    // A line has the whole product, so every field is present and nothing stored remains.
    patch.title = Some(draft.title);
    patch.description = Some(draft.description_html);
    patch.vendor = Some(draft.vendor);
    patch.tags = Some(draft.tags);
    patch.status = Some(draft.status);
    patch.tax_class = Some(draft.tax_class);
    patch.seo_title = Some(draft.seo_title);
    patch.seo_description = Some(draft.seo_description);
    patch.standard_category = Some(draft.standard_category);
    patch.google_category = Some(draft.google_category);
    patch.metafields = draft.metafields;
    let typed = TypedMetafields {
        withdrawal_exception: draft.withdrawal_exception,
        safety: draft.safety,
        translations: draft.translations,
    };
    let typed = typed.to_metafields();
    for (name, text) in &typed {
        match (name.parse(), text.parse()) {
            (Ok(name), Ok(text)) => drop(patch.metafields.insert(name, text)),
            (_, Err(error)) | (Err(error), _) => {
                issues.push(patch.error(line, name, error));
                patch.rejected = true;
            }
        }
    }
    patch.has_all_metafields = true;
    patch.options = Some(draft.options.iter().map(|option| option.name.clone()).collect());
    patch.has_values = !draft.options.is_empty();
    patch.option_values = Some(draft.options);
    patch.variants = Some(variants);
    patch.images = Some(draft.images);
    (patch, issues)
}

fn variant_from_draft(line: u64, draft: VariantDraft, image: Option<String>) -> VariantPatch {
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
        cost: Some(draft.cost),
        requires_shipping: Some(draft.requires_shipping),
        unit_measure: Some(draft.unit_measure),
        stock: draft.stock,
    }
}
