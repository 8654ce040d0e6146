//! The caller of an operation.

use crate::config::UnknownValue;
use crate::problem::{self, Problem};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use utoipa::ToSchema;
use uuid::Uuid;

/// What an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Buys.
    Customer,
    /// Helps customers: sees orders, cancels and refunds.
    Support,
    /// Runs the shop: products, prices, stock, reviews, settings.
    Merchant,
    /// Everything, and other people's roles.
    Admin,
}

impl Role {
    /// The name of the role in tokens, on the wire and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Support => "support",
            Self::Merchant => "merchant",
            Self::Admin => "admin",
        }
    }
}

impl std::str::FromStr for Role {
    type Err = UnknownValue;

    fn from_str(text: &str) -> Result<Self, UnknownValue> {
        match text {
            "customer" => Ok(Self::Customer),
            "support" => Ok(Self::Support),
            "merchant" => Ok(Self::Merchant),
            "admin" => Ok(Self::Admin),
            other => Err(UnknownValue::new(other, "customer, support, merchant or admin")),
        }
    }
}

/// Whom a session belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Subject {
    /// A visitor without an account.
    Guest(Uuid),
    /// An account.
    Account(Uuid),
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Guest(id) => write!(f, "guest:{id}"),
            Self::Account(id) => write!(f, "account:{id}"),
        }
    }
}

impl std::str::FromStr for Subject {
    type Err = UnknownValue;

    fn from_str(text: &str) -> Result<Self, UnknownValue> {
        let unknown = || UnknownValue::new(text, "guest:<uuid> or account:<uuid>");
        let (kind, id) = text.split_once(':').ok_or_else(unknown)?;
        let id = id.parse().map_err(|_| unknown())?;
        match kind {
            "guest" => Ok(Self::Guest(id)),
            "account" => Ok(Self::Account(id)),
            _ => Err(unknown()),
        }
    }
}

/// An authenticated caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Whom the session belongs to.
    pub subject: Subject,
    /// What the account may do; empty for guests.
    pub roles: Vec<Role>,
    /// The session, when it belongs to an account: the refresh family.
    pub session: Option<Uuid>,
    /// The guest session that came along with an account's, to be merged.
    pub guest: Option<Uuid>,
}

impl Principal {
    /// Whether the caller has at least one of `roles`.
    pub fn has_any(&self, roles: &[Role]) -> bool {
        self.roles.iter().any(|role| roles.contains(role))
    }

    /// Whether the caller works for the shop.
    pub fn is_staff(&self) -> bool {
        self.has_any(&[Role::Support, Role::Merchant, Role::Admin])
    }

    /// The account's id.
    ///
    /// # Errors
    /// 403 for a guest.
    pub fn account(&self) -> Result<Uuid, Problem> {
        match self.subject {
            Subject::Account(id) => Ok(id),
            Subject::Guest(_) => Err(problem::FORBIDDEN.detail("This needs an account. Log in or register.")),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Principal {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| problem::UNAUTHENTICATED.detail("This needs a session."))
    }
}

/// Whoever calls a public operation, with or without a session.
#[derive(Debug, Clone)]
pub struct Visitor(pub Option<Principal>);

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.extensions.get::<Principal>().cloned()))
    }
}

/// The service that calls an internal operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller(pub String);

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| problem::UNAUTHENTICATED.detail("Services only."))
    }
}
