//! The text of `.env.example`, which documents all environment variables.

use crate::settings::{VARIABLES, service_variables, telemetry};
use crate::stores::backends;
use chassis::config::Variable;
use std::fmt::Write;

const HEADER: &str = "\
# The environment variables of ShopStack. Written by `make env-example`; do not edit.
# Every line shows the default. Remove the # to change it.
";
const SERVICES_HEADER: &str = "

# Only for `shopstack serve`, `shopstack demo` and commands with --backends: other services, and backends.
";
const COMPOSE: &str = "

# Only for docker-compose.yaml, which also needs the passwords that deploy/compose/passwords.sh adds.

# The registry and organisation of the images, such as ghcr.io/shopstack, and their tag.
#REPO=shopstack
#TAG=latest

# The address and port of the shop on this machine; 0.0.0.0 opens it to others.
#SHOPSTACK_ADDRESS=127.0.0.1
#SHOPSTACK_PORT=8080

# The key of an Instana agent, for `docker compose --profile instana up -d`.
#INSTANA_AGENT_KEY=
";

/// Renders all variables with their descriptions and defaults.
pub fn render() -> String {
    let mut text = HEADER.to_owned();
    // In the order in which an operator meets them.
    let variables = VARIABLES.iter().chain(telemetry::VARIABLES).chain(payment::variables()).chain(dispatch::VARIABLES);
    for variable in variables.chain(shipping::VARIABLES).chain(ratings::VARIABLES).chain(web::VARIABLES) {
        add(&mut text, variable);
    }
    text.push_str(SERVICES_HEADER);
    for variable in service_variables().chain(backends::variables()) {
        add(&mut text, variable);
    }
    text.push_str(COMPOSE);
    text
}

fn add(text: &mut String, variable: &Variable) {
    // Writing to a string cannot fail.
    let _ = write!(text, "\n# {}\n#{}={}\n", variable.help, variable.name, variable.default);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_in_the_repository_is_current() {
        let committed = include_str!("../../.env.example");
        assert_eq!(committed, render(), "run `make env-example`");
    }
}
