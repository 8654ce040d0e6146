//! Lists and replaces tax rates.

use crate::catalogue::Catalogue;
use axum::extract::State;
use chassis::Problem;
use chassis::http::Json;
use contracts::catalogue::TaxRates;
use std::collections::HashSet;

const MAX_TAX_RATES: usize = 5000;

/// List all tax rates
#[utoipa::path(get, path = "/api/v1/tax-rates", tag = "catalogue", responses((status = 200, body = TaxRates)))]
pub async fn list_tax_rates(State(catalogue): State<Catalogue>) -> Result<Json<TaxRates>, Problem> {
    Ok(Json(TaxRates { items: catalogue.products.tax_rates().await? }))
}

/// Replace all tax rates
#[utoipa::path(put, path = "/api/v1/tax-rates", tag = "catalogue", request_body = TaxRates,
    responses((status = 200, body = TaxRates), (status = 422, body = Problem, description = "`invalid-input`")))]
pub async fn replace_tax_rates(
    State(catalogue): State<Catalogue>,
    Json(rates): Json<TaxRates>,
) -> Result<Json<TaxRates>, Problem> {
    if rates.items.len() > MAX_TAX_RATES {
        return Err(Problem::invalid("/items", format!("must be at most {MAX_TAX_RATES} rates")));
    }
    // Checked here to report the position; the stores would only reject the whole list.
    let mut seen = HashSet::new();
    for (index, rate) in rates.items.iter().enumerate() {
        let is_new = seen.insert((rate.country, rate.class.as_str()));
        if !is_new {
            return Err(Problem::invalid(
                format!("/items/{index}"),
                "must not repeat the country and class of another rate",
            ));
        }
    }
    catalogue.write_tax_rates(&rates.items).await?;
    Ok(Json(rates))
}
