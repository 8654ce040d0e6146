//! The use cases of stock: reservations, adjustments, levels and history.

use super::Catalogue;
use crate::stock::{
    Adjustment, AdjustmentOutcome, AdjustmentRejection, CommitOutcome, Reservation, ReserveOutcome, StockLevel,
    sum_demand,
};
use crate::store::{Idempotency, KeyedRequest, RECENT_HISTORY, StockSelection};
use axum::http::StatusCode;
use chassis::idempotency::{IdempotentRequest, JsonResponse, KEY_REUSED};
use chassis::page::Page;
use chassis::{Problem, StoreError, problem};
use contracts::Sku;
use contracts::catalogue::{
    AWAITING_STOCK, CODE_NOT_APPLICABLE, OUT_OF_STOCK, RESERVATION_RELEASED, ReservationKey, ReservationRequest,
    ReservationResponse, ReservationState, RestockRequest, STOCK_MISSING, StockAdjustment, StockChange,
    StockLevel as StockLevelView, StockRecord, UNKNOWN_CODE, UNKNOWN_SKU,
};

impl Catalogue {
    /// Reserves the stock of an order and one use of its promotion: everything, or nothing.
    ///
    /// # Errors
    /// See [`contracts::catalogue::CatalogueClient::reserve`].
    pub async fn reserve(&self, request: ReservationRequest) -> Result<ReservationResponse, Problem> {
        let promotion = match &request.code {
            Some(code) => {
                let code = code.trim().to_uppercase();
                // Products are another database: the limit is read first, and the uses are counted with the reservation.
                let draft = self.products.promotion(&code).await?;
                let draft = draft.ok_or_else(|| UNKNOWN_CODE.detail("This promotion code does not exist."))?;
                Some((code, draft.usage_limit))
            }
            None => None,
        };
        let reservation = Reservation {
            order_id: request.order_id,
            attempt: request.attempt,
            demand: sum_demand(request.lines.into_iter().map(|line| (line.sku, line.quantity.signed()))),
            promotion,
            cart_id: request.cart_id,
            expected_by: request.expected_by,
        };
        match self.stock.reserve(&reservation).await? {
            ReserveOutcome::Reserved(state) => {
                self.indexer.notify();
                Ok(ReservationResponse { state })
            }
            ReserveOutcome::InsufficientStock(shortages) => Err(OUT_OF_STOCK
                .detail("Some items are not available in the requested quantity; see lines.")
                .with("lines", shortages)),
            ReserveOutcome::PromotionUsedUp => {
                Err(CODE_NOT_APPLICABLE.detail("This promotion code has reached its usage limit."))
            }
            ReserveOutcome::Released => Err(RESERVATION_RELEASED.detail("This reservation was already released.")),
        }
    }

    /// Commits a reservation: takes its units out of stock.
    ///
    /// # Errors
    /// See [`contracts::catalogue::CatalogueClient::commit`].
    pub async fn commit(&self, key: ReservationKey) -> Result<ReservationResponse, Problem> {
        match self.stock.commit(key, self.system.now()).await? {
            CommitOutcome::Done => Ok(ReservationResponse { state: ReservationState::Committed }),
            CommitOutcome::AwaitingStock => {
                Err(AWAITING_STOCK.detail("Some units are backordered and have not arrived yet."))
            }
            CommitOutcome::StockMissing => Err(STOCK_MISSING
                .detail("Some units reserved for this order were removed from stock by a forced adjustment.")),
            CommitOutcome::NotReserved => {
                Err(RESERVATION_RELEASED.detail("This reservation does not exist or was released."))
            }
        }
    }

    /// Releases a reservation, or puts its committed units back into stock.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn release(&self, key: ReservationKey) -> Result<ReservationResponse, Problem> {
        let state = self.stock.release(key, self.system.now()).await?;
        self.indexer.notify();
        Ok(ReservationResponse { state })
    }

    /// Puts returned units back into stock, once per key.
    ///
    /// # Errors
    /// 404 when the SKU does not exist.
    pub async fn restock(&self, request: RestockRequest) -> Result<(), Problem> {
        let returned = sum_demand(request.lines.into_iter().map(|line| (line.sku, line.quantity.signed())));
        if !self.stock.restock(&request.step_key, &returned, self.system.now()).await? {
            return Err(unknown_sku());
        }
        self.indexer.notify();
        Ok(())
    }

    /// Returns the stock level of a SKU with its latest changes.
    ///
    /// # Errors
    /// 404 when the SKU does not exist.
    pub async fn stock_record(&self, sku: Sku) -> Result<StockRecord, Problem> {
        let level = self.level(&sku).await?;
        // Two reads without a transaction: staff may see a change that the level does not contain yet.
        let history = self.stock.history(&sku, None, RECENT_HISTORY).await?;
        Ok(StockRecord { level: level_view(sku, &level), history })
    }

    /// Returns a page of a SKU's history before the entry number `before`, newest first.
    ///
    /// # Errors
    /// 404 when the SKU does not exist.
    pub async fn stock_history(
        &self,
        sku: &Sku,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Page<StockChange>, Problem> {
        // An unknown SKU is an error, while the history of a known one may end before this page.
        self.level(sku).await?;
        let found = self.stock.history(sku, before, limit + 1).await?;
        Ok(Page::cut(found, limit, |change| change.number))
    }

    /// Returns a page of stock levels after the SKU `after`, ordered by SKU.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn stock_levels(
        &self,
        selection: &StockSelection,
        after: Option<&Sku>,
        limit: usize,
    ) -> Result<Page<StockLevelView>, Problem> {
        // One more than requested tells whether there is another page.
        let found = self.stock.list(selection, after, limit + 1).await?;
        let found = found.into_iter().map(|(sku, level)| level_view(sku, &level)).collect();
        Ok(Page::cut(found, limit, |level: &StockLevelView| level.sku.clone()))
    }

    /// Sets or removes the low-stock threshold of a SKU.
    ///
    /// # Errors
    /// 404 when the SKU does not exist.
    pub async fn set_threshold(&self, sku: Sku, low_at: Option<i64>) -> Result<StockLevelView, Problem> {
        let level = self.stock.set_threshold(&sku, low_at).await?.ok_or_else(unknown_sku)?;
        Ok(level_view(sku, &level))
    }

    /// Adjusts the stock of a SKU once per idempotency key, for the retention time of responses.
    ///
    /// # Errors
    /// 404 when the SKU does not exist, 409 when it would remove reserved units, 422 when the key was used for another
    /// request.
    pub async fn adjust(
        &self,
        sku: Sku,
        adjustment: StockAdjustment,
        author: &str,
        request: &IdempotentRequest,
    ) -> Result<JsonResponse, Problem> {
        let adjustment = Adjustment {
            sku,
            change: adjustment.change,
            kind: adjustment.kind,
            note: adjustment.note.into_string(),
            force: adjustment.force,
            author: author.to_owned(),
            at: self.system.now(),
        };
        let respond = |level: StockLevel, history: Vec<StockChange>| {
            let record = StockRecord { level: level_view(adjustment.sku.clone(), &level), history };
            JsonResponse::json(StatusCode::OK, &record).map_err(|problem| StoreError::Fault(problem.to_string()))
        };
        let idempotency = Idempotency::Request(KeyedRequest { request, respond: &respond });
        match self.stock.adjust(&adjustment, idempotency).await? {
            AdjustmentOutcome::Responded(response) => {
                self.indexer.notify();
                Ok(response)
            }
            AdjustmentOutcome::Rejected(rejection, level) => Err(rejected(rejection, &level)),
            AdjustmentOutcome::KeyReused => Err(KEY_REUSED.detail(
                "This Idempotency-Key was already used for another adjustment. Use a new key for each adjustment.",
            )),
            AdjustmentOutcome::UnknownSku => Err(unknown_sku()),
            // A keyed request always stores a response, so this outcome belongs to permanent keys only.
            AdjustmentOutcome::Done => Err(Problem::internal("an adjustment request has no response")),
        }
    }

    async fn level(&self, sku: &Sku) -> Result<StockLevel, Problem> {
        self.stock.levels(std::slice::from_ref(sku)).await?.remove(sku).ok_or_else(unknown_sku)
    }
}

fn unknown_sku() -> Problem {
    UNKNOWN_SKU.detail("This SKU does not exist.")
}

fn level_view(sku: Sku, level: &StockLevel) -> StockLevelView {
    StockLevelView {
        sku,
        on_hand: level.on_hand,
        reserved: level.reserved,
        available: level.available(),
        shortfall: level.shortfall(),
        oversell: level.oversell,
        low_at: level.low_at,
        threshold: level.threshold(),
        low: level.is_low(),
    }
}

fn rejected(rejection: AdjustmentRejection, level: &StockLevel) -> Problem {
    let detail = match rejection {
        AdjustmentRejection::ReservedStock => format!(
            "This adjustment would leave fewer than the {} units reserved for orders. Set \"force\": true to apply it \
             anyway; orders that can no longer be fulfilled will need attention.",
            level.reserved
        ),
        AdjustmentRejection::NegativeStock => format!("Only {} units are on hand.", level.on_hand),
    };
    problem::CONFLICT.detail(detail).with("on_hand", level.on_hand).with("reserved", level.reserved)
}
