//! Counts stock levels for metrics.

use crate::store::{StockFilter, StockStore};
use chassis::StoreError;
use chassis::telemetry::Metrics;
use chassis::telemetry::metrics::Gauge;
use chassis::telemetry::schema::metrics::{STOCK_LEVELS_LOW, STOCK_LEVELS_SHORT};
use std::sync::Arc;
use std::time::Duration;

/// The time between two counts.
pub const INTERVAL: Duration = Duration::from_secs(60);
/// The maximum number of levels that are counted. A larger number needs no exact value.
const MAX_COUNTED: usize = 1000;

/// Counts low and short stock levels.
#[derive(Clone)]
pub struct StockMetrics {
    stock: Arc<dyn StockStore>,
    low: Gauge<0>,
    short: Gauge<0>,
}

impl StockMetrics {
    pub fn new(stock: Arc<dyn StockStore>, metrics: &Metrics) -> Self {
        Self { stock, low: metrics.gauge(&STOCK_LEVELS_LOW), short: metrics.gauge(&STOCK_LEVELS_SHORT) }
    }

    /// Counts the levels once.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn count(&self) -> Result<(), StoreError> {
        for (filter, gauge) in [(StockFilter::Low, &self.low), (StockFilter::Shortfall, &self.short)] {
            let levels = self.stock.list(&filter.into(), None, MAX_COUNTED).await?;
            gauge.set_count(u64::try_from(levels.len()).unwrap_or(u64::MAX), []);
        }
        Ok(())
    }
}
