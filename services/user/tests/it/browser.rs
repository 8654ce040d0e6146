//! A browser that stores cookies and sends them back to their path.

use axum::http::header;
use serde_json::Value;
use std::collections::BTreeMap;
use testkit::{Answer, Caller};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cookie {
    pub value: String,
    pub attributes: Vec<String>,
}

#[derive(Clone)]
pub struct Browser {
    router: axum::Router,
    pub jar: BTreeMap<String, Cookie>,
}

impl Browser {
    pub fn new(router: &axum::Router) -> Self {
        Self { router: router.clone(), jar: BTreeMap::new() }
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        let answer = self.caller(path).get(path).await;
        self.store_cookies(answer)
    }

    pub async fn post(&mut self, path: &str, body: Value) -> Answer {
        let answer = self.caller(path).post(path, body).await;
        self.store_cookies(answer)
    }

    pub fn has(&self, name: &str) -> bool {
        self.jar.contains_key(name)
    }

    fn caller(&self, path: &str) -> Caller {
        let fits = |cookie: &Cookie| {
            let scope = cookie.attributes.iter().find_map(|attribute| attribute.strip_prefix("Path="));
            path.starts_with(scope.unwrap_or("/"))
        };
        let pairs: Vec<String> = self
            .jar
            .iter()
            .filter(|(_, cookie)| fits(cookie))
            .map(|(name, cookie)| format!("{name}={}", cookie.value))
            .collect();
        let caller = Caller::new(self.router.clone()).with_header("user-agent", "Firefox 150");
        if pairs.is_empty() { caller } else { caller.with_header("cookie", pairs.join("; ")) }
    }

    fn store_cookies(&mut self, answer: Answer) -> Answer {
        for (name, cookie) in set_cookies(&answer) {
            if cookie.attributes.iter().any(|attribute| attribute == "Max-Age=0") {
                self.jar.remove(&name);
            } else {
                self.jar.insert(name, cookie);
            }
        }
        answer
    }
}

pub fn set_cookies(answer: &Answer) -> Vec<(String, Cookie)> {
    let texts = answer.headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().expect("text"));
    let read = |text: &str| {
        let mut parts = text.split("; ");
        let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).expect("a pair");
        let attributes = parts.map(str::to_owned).collect();
        (name.to_owned(), Cookie { value: value.to_owned(), attributes })
    };
    texts.map(read).collect()
}
