//! Emails and webhooks that were given up, for staff.

use super::ApiState;
use crate::mail::FailedMessage;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Json, Path};
use chassis::{Problem, problem};
use contracts::dispatch::{FailedEmail, FailedEmails};

const MAX_EMAILS: usize = 200;

/// List emails and webhooks that could not be sent
///
/// A message is given up after thirty attempts in about a day.
#[utoipa::path(get, path = "/api/v1/emails/failed", tag = "dispatch", operation_id = "list_failed_emails",
    responses((status = 200, body = FailedEmails)))]
pub async fn list_failed_emails(State(state): State<ApiState>) -> Result<Json<FailedEmails>, Problem> {
    let failed = state.orders.store.failed_messages(MAX_EMAILS).await?;
    let view = |FailedMessage { message, tries, reason }: FailedMessage| FailedEmail {
        id: message.id,
        channel: message.channel,
        to: message.to,
        subject: message.subject,
        written_at: message.at,
        tries,
        reason,
    };
    Ok(Json(FailedEmails { items: failed.into_iter().map(view).collect() }))
}

/// Send a failed email or webhook again
#[utoipa::path(post, path = "/api/v1/emails/failed/{id}/retry", tag = "dispatch", operation_id = "retry_failed_email",
    params(("id" = String, Path, description = "The id of the message")),
    responses((status = 202), (status = 404, body = Problem, description = "`not-found`")))]
pub async fn retry_failed_email(State(state): State<ApiState>, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    match state.orders.store.retry_message(&id, state.orders.system.now()).await? {
        true => Ok(StatusCode::ACCEPTED),
        false => Err(problem::NOT_FOUND.detail("There is no failed message with this id.")),
    }
}
