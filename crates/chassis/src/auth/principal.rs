//! The caller of an operation.

use crate::config::UnknownValue;
use crate::problem::{self, Problem};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use utoipa::ToSchema;
use uuid::Uuid;

/// A set of permissions that an account can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Buys, and manages their own orders and account.
    Customer,
    /// Packs and ships the orders of customers, and corrects stock.
    Warehouse,
    /// Reads, cancels and refunds the orders of customers.
    Support,
    /// Manages products, prices, stock, reviews and settings.
    Merchant,
    /// Has all permissions and assigns roles.
    Admin,
}

impl Role {
    /// Returns the name of the role in tokens, in the API and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Warehouse => "warehouse",
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
            "warehouse" => Ok(Self::Warehouse),
            "support" => Ok(Self::Support),
            "merchant" => Ok(Self::Merchant),
            "admin" => Ok(Self::Admin),
            other => Err(UnknownValue::new(other, "customer, warehouse, support, merchant or admin")),
        }
    }
}

/// The owner of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Subject {
    /// A visitor without an account.
    Guest(Uuid),
    /// A registered customer or member of staff.
    Account(Uuid),
    /// A program of the merchant with an API key.
    ApiKey(Uuid),
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            // This text is stored as the owner of carts, orders and idempotency keys, so it must never change.
            Self::Guest(id) => write!(f, "guest:{id}"),
            Self::Account(id) => write!(f, "account:{id}"),
            Self::ApiKey(id) => write!(f, "api-key:{id}"),
        }
    }
}

impl std::str::FromStr for Subject {
    type Err = UnknownValue;

    fn from_str(text: &str) -> Result<Self, UnknownValue> {
        let unknown = || UnknownValue::new(text, "guest:<uuid>, account:<uuid> or api-key:<uuid>");
        let (kind, id) = text.split_once(':').ok_or_else(unknown)?;
        let id = id.parse().map_err(|_| unknown())?;
        match kind {
            "guest" => Ok(Self::Guest(id)),
            "account" => Ok(Self::Account(id)),
            "api-key" => Ok(Self::ApiKey(id)),
            _ => Err(unknown()),
        }
    }
}

/// An authenticated caller with a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The owner of the session.
    pub subject: Subject,
    /// The roles of the account or API key; empty for guests.
    pub roles: Vec<Role>,
    /// The session of an account, which is its refresh token family.
    pub session: Option<Uuid>,
    /// The guest session that was sent beside an account's session; its cart is merged.
    pub guest: Option<Uuid>,
}

impl Principal {
    /// Returns true if the caller has at least one of `roles`.
    pub fn has_any(&self, roles: &[Role]) -> bool {
        self.roles.iter().any(|role| roles.contains(role))
    }

    /// Returns true if the caller is staff who may see the orders of all customers. The warehouse sees shipments alone.
    pub fn is_staff(&self) -> bool {
        self.has_any(&[Role::Support, Role::Merchant, Role::Admin])
    }

    /// Returns the id of the account.
    ///
    /// # Errors
    /// 403 for a guest or a program.
    pub fn account(&self) -> Result<Uuid, Problem> {
        match self.subject {
            Subject::Account(id) => Ok(id),
            Subject::Guest(_) => Err(problem::FORBIDDEN.detail("This requires an account. Log in or register.")),
            Subject::ApiKey(_) => Err(problem::FORBIDDEN.detail("This requires an account, and an API key is none.")),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Principal {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| problem::UNAUTHENTICATED.detail("This requires a session."))
    }
}

/// The caller of a public operation, with or without a session.
#[derive(Debug, Clone)]
pub struct OptionalPrincipal(pub Option<Principal>);

impl<S: Sync> FromRequestParts<S> for OptionalPrincipal {
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
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| problem::UNAUTHENTICATED.detail("This operation requires a service token."))
    }
}
