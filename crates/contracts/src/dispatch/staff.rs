//! What the people of the shop need to help orders along.

use super::OrderStatus;
use crate::events::PaymentIssueKind;
use crate::{EventId, SingleLineText, Money, OrderId};
use chassis::{ProblemKind, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// More than was taken cannot be given back.
pub const REFUND_TOO_HIGH: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "refund-too-high", "Refund too high");
/// Nothing of the order waits for a person.
pub const ATTENTION_NOT_NEEDED: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "attention-not-needed", "The order does not need attention");

/// Gives money back to a customer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundRequest {
    /// How much.
    pub amount: Money,
    /// Why; the customer is told.
    pub reason: SingleLineText<200>,
}

/// A workflow, for staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WorkflowSummary {
    /// The order.
    pub order_id: OrderId,
    /// Its number.
    pub order_number: String,
    /// Where the order stands.
    pub status: OrderStatus,
    /// What is being done, or waited for.
    pub step: String,
    /// How often the present step was tried.
    pub tries: u32,
    /// Why it waits for a person, or what went wrong last.
    pub reason: Option<String>,
    /// When it is looked at next.
    pub due_at: Option<Timestamp>,
}

/// What a person has decided about an order that waits for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResolutionOutcome {
    /// The step it waits at was done by hand: the order goes on behind it.
    Done,
    /// The order goes back.
    Cancel,
}

/// Resolves what an order waits for, and closes its concerns.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AttentionResolution {
    /// What was decided.
    pub outcome: ResolutionOutcome,
    /// Why; staff see it in the order's history.
    pub reason: SingleLineText<200>,
}

/// Something about an order's money that no longer stands as it did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaymentIssueView {
    /// What.
    #[schema(value_type = String, example = "charged_back")]
    pub kind: PaymentIssueKind,
    /// For people.
    pub reason: String,
    /// Since when.
    pub raised_at: Timestamp,
    /// When a person had looked after it.
    pub resolved_at: Option<Timestamp>,
}

/// An event that a consumer gave up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeadLetter {
    /// The event.
    pub event_id: EventId,
    /// Its type.
    pub event_type: String,
    /// How often it was tried.
    pub tries: u32,
    /// What went wrong last.
    pub reason: String,
    /// When it came in.
    pub received_at: Timestamp,
    /// Its data.
    pub data: serde_json::Value,
}

/// Why a dead letter is thrown away.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DiscardRequest {
    /// For those who come after.
    pub reason: SingleLineText<200>,
}
