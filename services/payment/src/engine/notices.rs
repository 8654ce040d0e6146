//! Notices of gateways: verified, kept, acknowledged, and only then acted on.

use super::Engine;
use crate::attempt::{Attempt, AttemptKind, AttemptState};
use crate::gateway::NoticeError;
use crate::payment::{Effects, Notice, NoticeKind};
use crate::store::{KeptNotice, NoticeEnd};
use axum::http::HeaderMap;
use chassis::{Problem, problem};
use jiff::SignedDuration;

/// How often a notice is tried that is about no payment known here, or that cannot be taken in: for some two days.
const TRIES: u32 = 40;
const LONGEST_PAUSE_SECONDS: i64 = 3600;

impl Engine {
    /// Takes a webhook of a gateway: keeps what it tells, once. It is acted on afterwards.
    ///
    /// # Errors
    /// 404 for an unknown gateway, 400 when it is not the gateway's, 503 when it cannot be kept: then it comes again.
    pub async fn hear(&self, gateway: &str, headers: &HeaderMap, body: &[u8]) -> Result<(), Problem> {
        let known = self.gateways.get(gateway);
        let gateway = known.ok_or_else(|| problem::NOT_FOUND.detail("There is no such gateway."))?;
        let notice = gateway.connector().notice(headers, body).map_err(|error| {
            tracing::warn!(%error, gateway = gateway.name(), "a webhook was refused");
            match error {
                NoticeError::Unexpected => problem::NOT_FOUND.detail("This gateway sends no webhooks."),
                NoticeError::Signature | NoticeError::Form(_) => problem::MALFORMED.detail(error.to_string()),
            }
        })?;
        self.store.keep_notice(gateway.name(), &notice, self.sources.now()).await?;
        self.woken.notify_one();
        Ok(())
    }

    /// Acts on notices whose time has come; says how many there were.
    pub(super) async fn take_notices_in(&self, limit: usize) -> Result<usize, Problem> {
        let due = self.store.notices_due(self.sources.now(), limit).await?;
        for kept in &due {
            let end = match self.take_notice_in(kept).await {
                Ok(()) => NoticeEnd::Done,
                Err(reason) => self.again(kept, reason),
            };
            self.store.end_notice(&kept.gateway, &kept.notice.id, &end).await?;
        }
        Ok(due.len())
    }

    fn again(&self, kept: &KeptNotice, reason: String) -> NoticeEnd {
        tracing::warn!(reason, id = kept.notice.id, gateway = kept.gateway, "a notice cannot be taken in");
        if kept.tries + 1 >= TRIES {
            return NoticeEnd::GivenUp { reason };
        }
        let pause = 2_i64.saturating_pow(kept.tries.min(12)).min(LONGEST_PAUSE_SECONDS);
        let now = self.sources.now();
        NoticeEnd::Later { at: now.saturating_add(SignedDuration::from_secs(pause)).unwrap_or(now), reason }
    }

    async fn take_notice_in(&self, kept: &KeptNotice) -> Result<(), String> {
        let Notice { transaction, kind, .. } = &kept.notice;
        if *kind == NoticeKind::Other {
            return Ok(());
        }
        let unknown = || format!("no payment here made the reference {transaction}");
        let told = |problem: Problem| problem.to_string();
        let id = kept.notice.payment().ok_or_else(unknown)?;
        let payment = self.store.find(id).await.map_err(|error| error.to_string())?.ok_or_else(unknown)?;
        let about = |one: &&Attempt| one.reference == *transaction && one.gateway == kept.gateway;
        let attempt = payment.attempts.iter().find(about).ok_or_else(unknown)?;
        // A notice does not say where the next commands go: the gateway is asked, if it knows by now.
        let asks = *kind == NoticeKind::Authorised && attempt.links.is_empty();
        if asks && attempt.kind == AttemptKind::Authorise && !matches!(attempt.state, AttemptState::Refused) {
            self.ask(&payment, attempt).await.map_err(told)?;
        }
        let now = self.sources.now();
        self.change(id, |payment| {
            let mut effects = Effects::default();
            payment.told(&kept.notice, now, &mut effects);
            Ok(effects)
        })
        .await
        .map_err(told)?;
        self.woken.notify_one();
        Ok(())
    }
}
