//! The access table of a service: one rule per operation. Everything else is denied.

use super::identity::ServiceKeys;
use super::principal::{Caller, Principal, Role};
use super::tokens::Verifier;
use crate::problem::{self, Problem};
use axum::extract::Request;
use axum::http::Method;
use std::collections::HashMap;
use utoipa::openapi::{HttpMethod, OpenApi, SecurityRequirement};

/// The header with the token of a calling service.
pub const SERVICE_TOKEN: &str = "x-service-token";

/// The callers an operation admits. Ownership of the object is checked where the object is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Public,
    /// Callers with a session, guests included.
    Session,
    /// Callers with an account.
    Account,
    /// Accounts with one of these roles.
    Staff(&'static [Role]),
    /// These services, and no external caller.
    Services(&'static [&'static str]),
}

/// One rule of the access table.
#[derive(Debug, Clone)]
pub struct Rule {
    method: Method,
    path: &'static str,
    access: Access,
}

impl Rule {
    /// Creates the rule for `GET` on the path.
    pub const fn get(path: &'static str, access: Access) -> Self {
        Self { method: Method::GET, path, access }
    }

    /// Creates the rule for `POST` on the path.
    pub const fn post(path: &'static str, access: Access) -> Self {
        Self { method: Method::POST, path, access }
    }

    /// Creates the rule for `PUT` on the path.
    pub const fn put(path: &'static str, access: Access) -> Self {
        Self { method: Method::PUT, path, access }
    }

    /// Creates the rule for `PATCH` on the path.
    pub const fn patch(path: &'static str, access: Access) -> Self {
        Self { method: Method::PATCH, path, access }
    }

    /// Creates the rule for `DELETE` on the path.
    pub const fn delete(path: &'static str, access: Access) -> Self {
        Self { method: Method::DELETE, path, access }
    }
}

/// The access table of a running service, with the keys that it needs to check callers.
#[derive(Clone)]
pub struct AccessTable {
    service: &'static str,
    rules: HashMap<Method, HashMap<&'static str, Access>>,
    verifier: Verifier,
    callers: ServiceKeys,
}

impl AccessTable {
    /// Builds the table of `service`.
    pub fn new(service: &'static str, rules: &[Rule], verifier: Verifier, callers: ServiceKeys) -> Self {
        let mut table: HashMap<Method, HashMap<&'static str, Access>> = HashMap::new();
        for rule in rules {
            table.entry(rule.method.clone()).or_default().insert(rule.path, rule.access);
        }
        Self { service, rules: table, verifier, callers }
    }

    /// Admits a request and attaches its caller as an extension.
    ///
    /// # Errors
    /// 401 without a valid session or service token, 403 when the caller lacks permission or the operation is not in
    /// the table, 405 when the table has the path with other methods only, 503 when sessions cannot be verified at
    /// present.
    pub async fn admit(&self, route: &str, request: &mut Request) -> Result<(), Problem> {
        // axum handles HEAD by the GET handler, so it has the same rule.
        let method = if request.method() == Method::HEAD { &Method::GET } else { request.method() };
        let Some(access) = self.rules.get(method).and_then(|paths| paths.get(route)).copied() else {
            return Err(self.denied(method, route));
        };
        // Internal operations accept service tokens only; a staff session must not reach them.
        if let Access::Services(allowed) = access {
            return self.admit_service(allowed, request);
        }
        let principal = match self.verifier.principal(request.headers()).await {
            Ok(principal) => principal,
            // Public pages stay readable with an expired session.
            Err(_) if access == Access::Public => None,
            Err(refusal) => return Err(refusal),
        };
        authorize(access, principal.as_ref())?;
        if let Some(principal) = principal {
            request.extensions_mut().insert(principal);
        }
        Ok(())
    }

    /// Denies an operation that is missing from the table: 405 if the path has other methods, otherwise 403.
    fn denied(&self, method: &Method, route: &str) -> Problem {
        if self.rules.values().any(|paths| paths.contains_key(route)) {
            return problem::METHOD.detail("This path does not support this method.");
        }
        // This is a bug that a test should have found, so it is logged as an error and not as a warning.
        tracing::error!(method = method.as_str(), route, "operation is missing from the access table");
        problem::FORBIDDEN.detail("This operation is not available.")
    }

    fn admit_service(&self, allowed: &[&str], request: &mut Request) -> Result<(), Problem> {
        let token = request
            .headers()
            .get(SERVICE_TOKEN)
            .and_then(|value| value.to_str().ok())
            .ok_or_else(|| problem::UNAUTHENTICATED.detail("This operation requires a service token."))?;
        let name = self.callers.verify(token, self.service)?;
        if !allowed.contains(&name.as_str()) {
            return Err(problem::FORBIDDEN.detail(format!("{name} may not call this operation.")));
        }
        request.extensions_mut().insert(Caller(name));
        Ok(())
    }

    /// Writes each operation's security requirement into the OpenAPI document and returns the operations without a
    /// rule.
    pub fn describe(&self, api: &mut OpenApi) -> Vec<String> {
        let mut missing = Vec::new();
        for (path, item) in &mut api.paths.paths {
            for (method, operation) in operations(item) {
                let access = self.rules.get(&method).and_then(|paths| paths.get(path.as_str()));
                match access {
                    None => missing.push(format!("{method} {path}")),
                    Some(access) => operation.security = Some(requirement(*access)),
                }
            }
        }
        missing
    }
}

fn authorize(access: Access, principal: Option<&Principal>) -> Result<(), Problem> {
    let signed_in =
        || principal.ok_or_else(|| problem::UNAUTHENTICATED.detail("Log in or start a guest session first."));
    match access {
        Access::Public => Ok(()),
        Access::Session => signed_in().map(|_| ()),
        Access::Account => signed_in()?.account().map(|_| ()),
        Access::Staff(roles) if signed_in()?.has_any(roles) => Ok(()),
        Access::Staff(_) => Err(problem::FORBIDDEN.detail("Your role does not permit this.")),
        Access::Services(_) => Err(problem::FORBIDDEN.detail("This operation is for internal services only.")),
    }
}

fn requirement(access: Access) -> Vec<SecurityRequirement> {
    match access {
        // An empty requirement states that no authentication is needed; no requirement would inherit the global one.
        Access::Public => vec![SecurityRequirement::default()],
        Access::Session => vec![scheme("guest", &[]), scheme("session", &[])],
        Access::Account => vec![scheme("session", &[])],
        Access::Staff(roles) => {
            let names = roles.iter().map(|role| role.as_str().to_owned()).collect::<Vec<_>>();
            vec![SecurityRequirement::new("session", names)]
        }
        Access::Services(names) => vec![scheme("service", names)],
    }
}

fn scheme(name: &str, scopes: &[&str]) -> SecurityRequirement {
    SecurityRequirement::new(name, scopes.iter().map(|scope| (*scope).to_owned()).collect::<Vec<_>>())
}

fn operations(
    item: &mut utoipa::openapi::PathItem,
) -> impl Iterator<Item = (Method, &mut utoipa::openapi::path::Operation)> {
    let all = [
        (HttpMethod::Get, item.get.as_mut()),
        (HttpMethod::Put, item.put.as_mut()),
        (HttpMethod::Post, item.post.as_mut()),
        (HttpMethod::Patch, item.patch.as_mut()),
        (HttpMethod::Delete, item.delete.as_mut()),
    ];
    all.into_iter().filter_map(|(method, operation)| {
        let method = match method {
            HttpMethod::Put => Method::PUT,
            HttpMethod::Post => Method::POST,
            HttpMethod::Patch => Method::PATCH,
            HttpMethod::Delete => Method::DELETE,
            _ => Method::GET,
        };
        operation.map(|operation| (method, operation))
    })
}
