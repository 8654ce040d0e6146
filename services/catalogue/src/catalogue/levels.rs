//! What catalogue can do with stock.

use super::Catalogue;
use crate::stock::{Adjusted, Adjustment, Committed, Level, Refusal, Reservation, Reserved, demand};
use crate::store::{AnswerOf, LINES_SHOWN, Once, Which};
use axum::http::StatusCode;
use chassis::idempotency::{JsonResponse, KEY_REUSED, IdempotentRequest};
use chassis::page::Page;
use chassis::{Problem, StoreError, problem};
use contracts::Sku;
use contracts::catalogue::{
    AWAITING_STOCK, CODE_NOT_APPLICABLE, OUT_OF_STOCK, RESERVATION_RELEASED, ReservationResponse, ReservationKey,
    ReservationRequest, ReservationState, RestockRequest, STOCK_MISSING, StockAdjustment, StockChange, StockLevel,
    StockRecord, UNKNOWN_CODE, UNKNOWN_SKU,
};

impl Catalogue {
    /// Reserves stock and a use of the promotion for an order: all of it, or nothing with the reason.
    ///
    /// # Errors
    /// See [`contracts::catalogue::CatalogueClient::reserve`].
    pub async fn reserve(&self, request: ReservationRequest) -> Result<ReservationResponse, Problem> {
        let promotion = match &request.code {
            Some(code) => {
                let code = code.trim().to_uppercase();
                let draft = self.products.promotion(&code).await?;
                let draft = draft.ok_or_else(|| UNKNOWN_CODE.detail("The promotion code no longer exists."))?;
                Some((code, draft.usage_limit))
            }
            None => None,
        };
        let reservation = Reservation {
            order_id: request.order_id,
            attempt: request.attempt,
            demand: demand(request.lines.into_iter().map(|line| (line.sku, line.quantity.signed()))),
            promotion,
            expected_by: request.expected_by,
        };
        match self.stock.reserve(&reservation).await? {
            Reserved::Held(state) => {
                self.follower.notify();
                Ok(ReservationResponse { state })
            }
            Reserved::Short(short) => {
                Err(OUT_OF_STOCK.detail("Too little is left of what you ordered; see lines.").with("lines", short))
            }
            Reserved::PromotionUsedUp => Err(CODE_NOT_APPLICABLE.detail("The promotion code has been used up.")),
            Reserved::Released => Err(RESERVATION_RELEASED.detail("This reservation was given back before.")),
        }
    }

    /// Takes a reservation out of stock.
    ///
    /// # Errors
    /// See [`contracts::catalogue::CatalogueClient::commit`].
    pub async fn commit(&self, key: ReservationKey) -> Result<ReservationResponse, Problem> {
        match self.stock.commit(key, self.system.now()).await? {
            Committed::Done => Ok(ReservationResponse { state: ReservationState::Committed }),
            Committed::AwaitingStock => Err(AWAITING_STOCK.detail("Goods that were sold ahead have not arrived yet.")),
            Committed::StockMissing => Err(STOCK_MISSING
                .detail("Goods that were promised to this order were taken out of stock by a forced correction.")),
            Committed::NotHeld => Err(RESERVATION_RELEASED.detail("There is no such reservation any more.")),
        }
    }

    /// Gives a reservation back.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn release(&self, key: ReservationKey) -> Result<ReservationResponse, Problem> {
        let state = self.stock.release(key, self.system.now()).await?;
        self.follower.notify();
        Ok(ReservationResponse { state })
    }

    /// Puts goods back into stock that customers have returned; once per key.
    ///
    /// # Errors
    /// 404 when there is no such SKU.
    pub async fn restock(&self, request: RestockRequest) -> Result<(), Problem> {
        let returned = demand(request.lines.into_iter().map(|line| (line.sku, line.quantity.signed())));
        if !self.stock.restock(&request.step_key, &returned, self.system.now()).await? {
            return Err(unknown_sku());
        }
        self.follower.notify();
        Ok(())
    }

    /// The stock of a SKU with its latest changes.
    ///
    /// # Errors
    /// 404 when there is no such SKU.
    pub async fn stock_record(&self, sku: Sku) -> Result<StockRecord, Problem> {
        let level = self.level_of(&sku).await?;
        let history = self.stock.history(&sku, None, LINES_SHOWN).await?;
        Ok(StockRecord { level: shown(sku, &level), history })
    }

    /// The changes of a SKU's stock before the one with the number `before`, the newest first.
    ///
    /// # Errors
    /// 404 when there is no such SKU.
    pub async fn stock_history(
        &self,
        sku: &Sku,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Page<StockChange>, Problem> {
        self.level_of(sku).await?;
        let found = self.stock.history(sku, before, limit + 1).await?;
        Ok(Page::cut(found, limit, |change| change.number))
    }

    /// Levels after `after`, in the order of SKUs.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn stock_levels(
        &self,
        which: Which,
        after: Option<&Sku>,
        limit: usize,
    ) -> Result<Page<StockLevel>, Problem> {
        let found = self.stock.list(which, after, limit + 1).await?;
        let found = found.into_iter().map(|(sku, level)| shown(sku, &level)).collect();
        Ok(Page::cut(found, limit, |level: &StockLevel| level.sku.clone()))
    }

    /// Sets the threshold of a SKU.
    ///
    /// # Errors
    /// 404 when there is no such SKU.
    pub async fn set_threshold(&self, sku: Sku, low_at: Option<i64>) -> Result<StockLevel, Problem> {
        let level = self.stock.set_threshold(&sku, low_at).await?.ok_or_else(unknown_sku)?;
        Ok(shown(sku, &level))
    }

    /// Corrects the stock of a SKU; once per key, as long as its answer is kept.
    ///
    /// # Errors
    /// 404 for an unknown SKU, 409 when it would break promises made to orders, 422 when the key was used for something
    /// else.
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
        let answer = |level: Level, history: Vec<StockChange>| {
            let record = StockRecord { level: shown(adjustment.sku.clone(), &level), history };
            JsonResponse::json(StatusCode::OK, &record).map_err(|problem| StoreError::Fault(problem.to_string()))
        };
        let once = Once::Request(AnswerOf { request, answer: &answer });
        match self.stock.adjust(&adjustment, once).await? {
            Adjusted::Answered(answer) => {
                self.follower.notify();
                Ok(answer)
            }
            Adjusted::Refused(refusal, level) => Err(refused(refusal, &level)),
            Adjusted::KeyReused => Err(KEY_REUSED.detail(
                "This Idempotency-Key was used for another adjustment. Take a new one for each that you want to make.",
            )),
            Adjusted::Unknown => Err(unknown_sku()),
            Adjusted::Done => Err(Problem::internal("a request was carried out without an answer")),
        }
    }

    async fn level_of(&self, sku: &Sku) -> Result<Level, Problem> {
        self.stock.levels(std::slice::from_ref(sku)).await?.remove(sku).ok_or_else(unknown_sku)
    }
}

fn unknown_sku() -> Problem {
    UNKNOWN_SKU.detail("There is no such SKU.")
}

fn shown(sku: Sku, level: &Level) -> StockLevel {
    StockLevel {
        sku,
        on_hand: level.on_hand,
        reserved: level.reserved,
        available: level.available(),
        shortfall: level.short(),
        oversell: level.oversell,
        low_at: level.low_at,
        threshold: level.threshold(),
        low: level.is_low(),
    }
}

fn refused(refusal: Refusal, level: &Level) -> Problem {
    let told = match refusal {
        Refusal::Promised => format!(
            "That would leave less than the {} promised to orders. With \"force\": true it is done all the same, and \
             orders whose goods are gone have to be settled by a person.",
            level.reserved
        ),
        Refusal::BelowNothing => format!("There are only {} on hand.", level.on_hand),
    };
    problem::CONFLICT.detail(told).with("on_hand", level.on_hand).with("reserved", level.reserved)
}
