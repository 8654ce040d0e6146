//! Lists and replaces tax rates.

use crate::catalogue::Catalogue;
use axum::extract::State;
use chassis::Problem;
use chassis::http::Json;
use contracts::catalogue::TaxRate;
use std::collections::HashSet;

const MAX_TAX_RATES: usize = 5000;

/// List all tax rates
#[utoipa::path(get, path = "/api/v1/tax-rates", tag = "catalogue", responses((status = 200, body = Vec<TaxRate>)))]
pub async fn list_tax_rates(State(catalogue): State<Catalogue>) -> Result<Json<Vec<TaxRate>>, Problem> {
    Ok(Json(catalogue.products.tax_rates().await?))
}

/// Replace all tax rates
#[utoipa::path(put, path = "/api/v1/tax-rates", tag = "catalogue",
    request_body(content = Vec<TaxRate>, example = json!([{ "country": "DE", "class": "standard", "rate": 190_000 },
        { "country": "DE", "class": "reduced", "rate": 70_000 }])),
    responses((status = 200, body = Vec<TaxRate>), (status = 422, body = Problem, description = "`invalid-input`")))]
pub async fn replace_tax_rates(
    State(catalogue): State<Catalogue>,
    Json(rates): Json<Vec<TaxRate>>,
) -> Result<Json<Vec<TaxRate>>, Problem> {
    if rates.len() > MAX_TAX_RATES {
        return Err(Problem::invalid("", format!("must be at most {MAX_TAX_RATES} rates")));
    }
    // Checked here to report the position; the stores would only reject the whole list.
    let mut seen = HashSet::new();
    for (index, rate) in rates.iter().enumerate() {
        let is_new = seen.insert((rate.country, rate.class.as_str()));
        if !is_new {
            return Err(Problem::invalid(format!("/{index}"), "must not repeat the country and class of another rate"));
        }
    }
    catalogue.write_tax_rates(&rates).await?;
    Ok(Json(rates))
}
