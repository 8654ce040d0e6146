//! The access table of a service: one line per operation, everything else is denied.

use super::identity::ServiceKeys;
use super::principal::{Caller, Principal, Role};
use super::tokens::Verifier;
use crate::problem::{self, Problem};
use axum::extract::Request;
use axum::http::Method;
use std::collections::HashMap;
use utoipa::openapi::{HttpMethod, OpenApi, SecurityRequirement};

/// Header with the token of a calling service.
pub const SERVICE_TOKEN: &str = "x-service-token";

/// Who may call an operation. Ownership of the object it names is checked where the object is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Public,
    /// Anybody with a session, guests too.
    Session,
    /// Anybody with an account.
    Account,
    /// Accounts with one of these roles.
    Staff(&'static [Role]),
    /// These services, and nobody from outside.
    Services(&'static [&'static str]),
}

/// One line of the table.
#[derive(Debug, Clone)]
pub struct Rule {
    method: Method,
    path: &'static str,
    access: Access,
}

impl Rule {
    /// Who may `GET` the path.
    pub const fn get(path: &'static str, access: Access) -> Self {
        Self { method: Method::GET, path, access }
    }

    /// Who may `POST` to the path.
    pub const fn post(path: &'static str, access: Access) -> Self {
        Self { method: Method::POST, path, access }
    }

    /// Who may `PUT` to the path.
    pub const fn put(path: &'static str, access: Access) -> Self {
        Self { method: Method::PUT, path, access }
    }

    /// Who may `PATCH` the path.
    pub const fn patch(path: &'static str, access: Access) -> Self {
        Self { method: Method::PATCH, path, access }
    }

    /// Who may `DELETE` the path.
    pub const fn delete(path: &'static str, access: Access) -> Self {
        Self { method: Method::DELETE, path, access }
    }
}

/// The access table in force, with what it takes to check it.
#[derive(Clone)]
pub struct AccessTable {
    service: &'static str,
    rules: HashMap<Method, HashMap<&'static str, Access>>,
    verifier: Verifier,
    callers: ServiceKeys,
}

impl AccessTable {
    /// The table of `service`.
    pub fn new(service: &'static str, rules: &[Rule], verifier: Verifier, callers: ServiceKeys) -> Self {
        let mut table: HashMap<Method, HashMap<&'static str, Access>> = HashMap::new();
        for rule in rules {
            table.entry(rule.method.clone()).or_default().insert(rule.path, rule.access);
        }
        Self { service, rules: table, verifier, callers }
    }

    /// Lets the request through with its caller attached, or says why not.
    ///
    /// # Errors
    /// 401 without a good session, 403 when the session may not do this, 403 for an operation that is not in the table.
    pub async fn admit(&self, route: &str, request: &mut Request) -> Result<(), Problem> {
        let method = if request.method() == Method::HEAD { &Method::GET } else { request.method() };
        let Some(access) = self.rules.get(method).and_then(|paths| paths.get(route)).copied() else {
            return Err(self.denied(method, route));
        };
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

    /// What the table does not name nobody may do. Where it names other methods of the path, this one is told apart.
    fn denied(&self, method: &Method, route: &str) -> Problem {
        if self.rules.values().any(|paths| paths.contains_key(route)) {
            return problem::METHOD.detail("This address does not take this method.");
        }
        tracing::error!(%method, route, "operation is missing from the access table");
        problem::FORBIDDEN.detail("Nobody may do this.")
    }

    fn admit_service(&self, allowed: &[&str], request: &mut Request) -> Result<(), Problem> {
        let token =
            request.headers().get(SERVICE_TOKEN).and_then(|value| value.to_str().ok()).ok_or_else(|| {
                problem::UNAUTHENTICATED.detail("This operation is for services with a service token.")
            })?;
        let name = self.callers.verify(token, self.service)?;
        if !allowed.contains(&name.as_str()) {
            return Err(problem::FORBIDDEN.detail(format!("{name} may not call this operation.")));
        }
        request.extensions_mut().insert(Caller(name));
        Ok(())
    }

    /// Writes each operation's requirement into the OpenAPI document, and says which operations the table lacks.
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
        Access::Staff(_) => Err(problem::FORBIDDEN.detail("Your role does not allow this.")),
        Access::Services(_) => Err(problem::FORBIDDEN.detail("This operation is for services.")),
    }
}

fn requirement(access: Access) -> Vec<SecurityRequirement> {
    match access {
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
