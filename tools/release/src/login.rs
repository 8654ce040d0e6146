//! Logs docker in to a registry. The password goes through a pipe and is never an argument.

use crate::process::{Call, ToolError, Tools};

/// A login that is not possible.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    #[error(transparent)]
    Tool(#[from] ToolError),
    #[error("{0} needs --user and REGISTRY_PASSWORD")]
    NoPassword(String),
}

/// Logs in to a registry: to one of ECR with the role of this machine, to another one with a user and a password.
pub fn login(tools: &Tools, registry: &str, user: Option<&str>, password: Option<&str>) -> Result<(), LoginError> {
    let (user, password) = match ecr_region(registry) {
        Some(region) => {
            let ask = Call::new("aws").args(["ecr", "get-login-password", "--region", region]);
            if tools.is_dry_run() {
                tools.announce(&ask);
            }
            ("AWS", if tools.is_dry_run() { String::new() } else { tools.read(&ask)? })
        }
        None => match (user, password) {
            (Some(user), Some(password)) => (user, password.to_owned()),
            _ => return Err(LoginError::NoPassword(registry.to_owned())),
        },
    };
    let call = Call::new("docker").args(["login", "--username", user, "--password-stdin", registry]);
    Ok(tools.change(&call.input(password))?)
}

/// Returns the region of a registry of ECR, whose host is `ACCOUNT.dkr.ecr.REGION.amazonaws.com`.
fn ecr_region(registry: &str) -> Option<&str> {
    let (_, rest) = registry.split_once(".dkr.ecr.")?;
    let (region, domain) = rest.split_once('.')?;
    domain.starts_with("amazonaws.com").then_some(region)
}

#[cfg(test)]
mod tests {
    use super::ecr_region;

    #[test]
    fn the_region_is_in_the_host_of_ecr() {
        assert_eq!(ecr_region("123456789012.dkr.ecr.eu-central-1.amazonaws.com"), Some("eu-central-1"));
        assert_eq!(ecr_region("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn"), Some("cn-north-1"));
        assert_eq!(ecr_region("ghcr.io"), None);
    }
}
