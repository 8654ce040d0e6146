//! The ledger of the payment sandbox, read from its file or from its server. Real gateways offer no such access.

use crate::sandbox_endpoint::LEDGER_FILE;
use axum::body::Body;
use axum::extract::Request;
use chassis::StoreError;
use chassis::client::segment;
use chassis::transport::Transport;
use http_body_util::{BodyExt, Limited};
use sandbox::{Ledger, LedgerPayment};
use serde::Deserialize;
use std::collections::HashMap;
use std::path::Path;
use tower::ServiceExt;

/// The payments read at a time.
const PAGE: usize = 500;
/// The largest page that is accepted from a server, in bytes.
const MAX_PAGE_BYTES: usize = 16 << 20;

/// The ledger of a gateway.
#[derive(Clone)]
pub enum GatewayLedger {
    /// The file of a sandbox in the shop's process.
    File(Ledger),
    /// A sandbox that is a server of its own.
    Remote(Transport),
}

/// A gateway's payments by our reference. There is one for each, unless a customer was charged twice.
pub type GatewayRecords = HashMap<String, Vec<LedgerPayment>>;

#[derive(Deserialize)]
struct Page {
    items: Vec<LedgerPayment>,
}

impl GatewayLedger {
    /// Opens the ledger at `remote` if given, else the file in `data_dir`. Returns `None` if neither exists.
    pub(super) async fn open(data_dir: &Path, remote: Option<Transport>) -> Result<Option<Self>, StoreError> {
        if let Some(transport) = remote {
            return Ok(Some(Self::Remote(transport)));
        }
        let file = data_dir.join(LEDGER_FILE);
        // Opening a missing ledger would create an empty one.
        if file.exists() { Ok(Some(Self::File(Ledger::open(&file).await?))) } else { Ok(None) }
    }

    /// Reads all payments.
    ///
    /// # Errors
    /// [`StoreError`] if the ledger cannot be read.
    pub async fn records(&self) -> Result<GatewayRecords, StoreError> {
        let (mut all, mut after) = (GatewayRecords::new(), String::new());
        loop {
            let page = match self {
                Self::File(ledger) => ledger.payments_after(&after, PAGE).await?,
                Self::Remote(transport) => remote_page(transport, &after).await?,
            };
            let Some(last) = page.last() else { return Ok(all) };
            // By reference, not by offset: payments may be added between two pages.
            after.clone_from(&last.reference);
            for payment in page {
                all.entry(payment.reference.clone()).or_default().push(payment);
            }
        }
    }
}

async fn remote_page(transport: &Transport, after: &str) -> Result<Vec<LedgerPayment>, StoreError> {
    let failed = |error: &dyn std::fmt::Display| StoreError::Unavailable(format!("the sandbox's ledger: {error}"));
    let path = format!("/sandbox/ledger?after={}&limit={PAGE}", segment(after));
    let request = Request::get(path).body(Body::empty()).map_err(|error| failed(&error))?;
    let response = transport.clone().oneshot(request).await.map_err(|error| failed(&error))?;
    if !response.status().is_success() {
        return Err(failed(&response.status()));
    }
    let body = Limited::new(response.into_body(), MAX_PAGE_BYTES).collect().await.map_err(|error| failed(&error))?;
    Ok(serde_json::from_slice::<Page>(&body.to_bytes())?.items)
}
