//! The transactions of the store. Each runs again when the database aborts it.
//!
//! Locks are taken in one order, so that no two transactions wait for each other: the event in the inbox, the order, its
//! terms, its emails, the SKUs it waits for, the outbox, the stored response. Workers skip locked rows when they claim.

use super::MysqlOrders;
use super::queries::{self, LockedOrder};
use crate::mail::{Message, Notification};
use crate::order::{Effects, Order};
use crate::store::codec::{MAX_MAIL_TRIES, mail_count};
use crate::store::{Change, Claim, Command};
use chassis::idempotency::{IdempotentRequest, JsonResponse, mysql as responses};
use chassis::mysql::{Write, micros};
use chassis::store::is_duplicate;
use chassis::{Problem, StoreError};
use contracts::OrderId;
use contracts::dispatch::MessageChannel;
use events::Event;
use events::inbox::mysql::MysqlInbox;
use jiff::Timestamp;

impl MysqlOrders {
    pub(super) async fn place_once(
        &self,
        event: &Event,
        order: &Order,
        effects: &Effects,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await?;
        let fresh = MysqlInbox::accept(&mut transaction, event).await?;
        // The event was received before, or another event has placed the order.
        if !fresh || queries::lock_order(&mut transaction, order.id()).await?.is_some() {
            return Ok(());
        }
        match queries::insert_order(&mut transaction, order, mail_count(self.renderer.count(effects))).await {
            // Another event has added it since.
            Err(error) if is_duplicate(&error) => return Ok(()),
            inserted => inserted?,
        }
        queries::insert_terms(&mut transaction, order).await?;
        self.save_effects(&mut transaction, order, effects, 0, now).await?;
        self.commit(transaction, effects).await
    }

    pub(super) async fn on_event_once(
        &self,
        event: &Event,
        id: OrderId,
        now: Timestamp,
        change: Change<'_>,
    ) -> Result<Option<Order>, StoreError> {
        let mut transaction = self.database.begin().await?;
        if !MysqlInbox::accept(&mut transaction, event).await? {
            return Ok(None);
        }
        let mut locked = queries::lock_order(&mut transaction, id).await?.ok_or(StoreError::Conflict)?;
        let effects = change(&mut locked.order).map_err(|problem| StoreError::Fault(problem.to_string()))?;
        self.save(&mut transaction, &locked, &effects, None, now).await?;
        self.commit(transaction, &effects).await?;
        Ok(Some(locked.order))
    }

    pub(super) async fn change_once(
        &self,
        id: OrderId,
        now: Timestamp,
        change: Change<'_>,
    ) -> Result<Option<Result<Order, Problem>>, StoreError> {
        let mut transaction = self.database.begin().await?;
        let Some(mut locked) = queries::lock_order(&mut transaction, id).await? else { return Ok(None) };
        let effects = match change(&mut locked.order) {
            Ok(effects) => effects,
            Err(problem) => return Ok(Some(Err(problem))),
        };
        self.save(&mut transaction, &locked, &effects, None, now).await?;
        self.commit(transaction, &effects).await?;
        Ok(Some(Ok(locked.order)))
    }

    pub(super) async fn command_once(
        &self,
        id: OrderId,
        key: &IdempotentRequest,
        now: Timestamp,
        command: Command<'_>,
    ) -> Result<Option<Result<JsonResponse, Problem>>, StoreError> {
        let mut transaction = self.database.begin().await?;
        let Some(mut locked) = queries::lock_order(&mut transaction, id).await? else { return Ok(None) };
        // Read after the order is locked, so that two requests with one key cannot both be carried out.
        if let Some(stored) = responses::find(&mut transaction, &key.scope).await? {
            return Ok(Some(stored.replay(key)));
        }
        let (effects, response) = match command(&mut locked.order) {
            Ok(changed) => changed,
            Err(problem) => return Ok(Some(Err(problem))),
        };
        self.save(&mut transaction, &locked, &effects, None, now).await?;
        responses::keep(&mut transaction, key, &response, now).await?;
        self.commit(transaction, &effects).await?;
        Ok(Some(Ok(response)))
    }

    pub(super) async fn record_event_once(
        &self,
        event: &Event,
        notification: Option<&Notification>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await?;
        if !MysqlInbox::accept(&mut transaction, event).await? {
            return Ok(());
        }
        if let Some(notification) = notification {
            let mail = self.renderer.render_notification(event.id, notification, now);
            queries::insert_messages(&mut transaction, &[mail]).await?;
        }
        transaction.commit().await
    }

    pub(super) async fn claim_once(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Claim>, StoreError> {
        let mut transaction = self.database.begin().await?;
        let claims = queries::claim(&mut transaction, now, until, limit).await?;
        transaction.commit().await?;
        Ok(claims)
    }

    pub(super) async fn save_step_once(
        &self,
        claim: &Claim,
        now: Timestamp,
        until: Timestamp,
        change: Change<'_>,
    ) -> Result<Claim, StoreError> {
        let mut transaction = self.database.begin().await?;
        let mut locked = queries::lock_order(&mut transaction, claim.order.id()).await?.ok_or(StoreError::Conflict)?;
        let LockedOrder { fence, steps, until: lease, .. } = locked;
        // Another worker has claimed the order since, or has saved more than this step.
        if fence != claim.fence || !(claim.steps..=claim.steps + 1).contains(&steps) {
            return Err(StoreError::Conflict);
        }
        // The step was saved before, and only the response was lost.
        if steps > claim.steps {
            return Ok(Claim { order: locked.order, fence, steps, until: lease });
        }
        let effects = change(&mut locked.order).map_err(|problem| StoreError::Fault(problem.to_string()))?;
        let until = if locked.order.due_at().is_some_and(|due| due <= now) { until } else { now };
        self.save(&mut transaction, &locked, &effects, Some(until), now).await?;
        self.commit(transaction, &effects).await?;
        Ok(Claim { order: locked.order, fence, steps: steps + 1, until })
    }

    /// Saves an order that was changed, with its emails and events. `lease` is the new end of its claim, if a step is saved.
    async fn save(
        &self,
        transaction: &mut Write,
        locked: &LockedOrder,
        effects: &Effects,
        lease: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mails = locked.mails + mail_count(self.renderer.count(effects));
        queries::update_order(transaction, &locked.order, mails, lease).await?;
        let id = locked.order.id();
        queries::update_awaited_skus(transaction, id, &locked.awaited_skus, &locked.order.awaited_skus).await?;
        self.save_effects(transaction, &locked.order, effects, locked.mails, now).await
    }

    /// Saves the emails and events of a change to an order about which `mails_before` emails were written.
    async fn save_effects(
        &self,
        transaction: &mut Write,
        order: &Order,
        effects: &Effects,
        mails_before: i64,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        // The count goes on from the emails before, so that each email of the order has its own Message-ID.
        let written_before = usize::try_from(mails_before).unwrap_or(0);
        let mails = self.renderer.render(order, effects, written_before, now);
        queries::insert_messages(transaction, &mails).await?;
        if let Some(delivered) = &effects.delivered {
            let event = Event::new(&self.system, "dispatch", delivered)?;
            self.outbox.add(transaction, &event).await?;
        }
        Ok(())
    }

    async fn commit(&self, transaction: Write, effects: &Effects) -> Result<(), StoreError> {
        transaction.commit().await?;
        // After the commit: the relay must find the event when it wakes.
        if effects.delivered.is_some() {
            self.outbox.notify();
        }
        Ok(())
    }

    pub(super) async fn claim_messages_once(
        &self,
        channel: MessageChannel,
        now: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<Message>, StoreError> {
        let mut transaction = self.database.begin().await?;
        let mails = queries::claim_messages(&mut transaction, channel, now, until, limit).await?;
        transaction.commit().await?;
        Ok(mails)
    }

    pub(super) async fn message_failed_once(&self, id: &str, reason: &str, now: Timestamp) -> Result<(), StoreError> {
        // The delay is 10 s, doubled with each attempt, up to an hour.
        // MySQL evaluates assignments from left to right: `due_at` is computed from `tries` before that is incremented.
        sqlx::query(
            "UPDATE mails SET
                 due_at = CASE WHEN tries + 1 >= ? THEN NULL
                               ELSE ? + CAST(least(3600, 10 << least(tries, 9)) AS SIGNED) * 1000000 END,
                 tries = tries + 1, reason = ?
             WHERE id = ?",
        )
        .bind(MAX_MAIL_TRIES)
        .bind(micros(now))
        .bind(reason)
        .bind(id)
        .execute(self.database.pool())
        .await?;
        Ok(())
    }

    pub(super) async fn retry_message_once(&self, id: &str, now: Timestamp) -> Result<bool, StoreError> {
        let changed = sqlx::query(
            "UPDATE mails SET due_at = ?, tries = 0 WHERE id = ? AND due_at IS NULL AND reason IS NOT NULL",
        )
        .bind(micros(now))
        .bind(id)
        .execute(self.database.pool())
        .await?;
        Ok(changed.rows_affected() == 1)
    }

    pub(super) async fn message_sent_once(&self, id: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE mails SET due_at = NULL, reason = NULL WHERE id = ?")
            .bind(id)
            .execute(self.database.pool())
            .await?;
        Ok(())
    }
}
