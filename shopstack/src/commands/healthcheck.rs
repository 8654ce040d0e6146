//! `shopstack healthcheck`, for containers, whose images have no HTTP client.

use super::CommandError;
use clap::Args;
use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Debug, Args)]
pub(super) struct HealthcheckArgs {
    /// The address of the shop
    #[arg(long, default_value = "127.0.0.1:8080")]
    address: SocketAddr,
    /// The path to request
    #[arg(long, default_value = "/health")]
    path: String,
}

pub(super) async fn run(args: &HealthcheckArgs) -> Result<ExitCode, CommandError> {
    let response = match respond(args).await {
        Ok(response) => response,
        // A shop that does not answer is unhealthy; other exit codes are reserved by Docker.
        Err(error) => {
            eprintln!("shopstack: {error}");
            return Ok(ExitCode::FAILURE);
        }
    };
    // The status line is `HTTP/1.1 200 OK`.
    let healthy = response.split_whitespace().nth(1) == Some("200");
    println!("{}", response.split("\r\n\r\n").nth(1).unwrap_or_default());
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn respond(args: &HealthcheckArgs) -> Result<String, CommandError> {
    let address = args.address;
    tokio::time::timeout(TIMEOUT, request(args))
        .await
        .map_err(|_| CommandError::HealthcheckTimeout { address, seconds: TIMEOUT.as_secs() })?
        .map_err(|source| CommandError::Healthcheck { address, source })
}

/// Sends a request and returns the whole response. With HTTP/1.0 the server closes the connection at its end.
async fn request(args: &HealthcheckArgs) -> Result<String, io::Error> {
    let mut stream = tokio::net::TcpStream::connect(args.address).await?;
    let request = format!("GET {} HTTP/1.0\r\nHost: {}\r\n\r\n", args.path, args.address);
    stream.write_all(request.as_bytes()).await?;
    let mut response = String::new();
    stream.read_to_string(&mut response).await?;
    Ok(response)
}
