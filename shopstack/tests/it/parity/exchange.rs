//! A request given byte by byte, and its response.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

const TIMEOUT: Duration = Duration::from_secs(30);

/// A request as its bytes are sent.
#[derive(Debug, Clone)]
pub struct RawRequest {
    first_line: Vec<u8>,
    lines: Vec<String>,
    body: Vec<u8>,
    from: IpAddr,
}

impl RawRequest {
    /// An HTTP/1.1 request for `target` at the shop.
    pub fn new(method: &str, target: impl AsRef<[u8]>) -> Self {
        let first_line = [method.as_bytes(), b" ", target.as_ref(), b" HTTP/1.1"].concat();
        Self::raw(&first_line).with("Host: shop.test")
    }

    pub fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    /// A request with only this first line.
    pub fn raw(first_line: &[u8]) -> Self {
        let lines = vec!["Connection: close".to_owned()];
        Self { first_line: first_line.to_vec(), lines, body: Vec::new(), from: Ipv4Addr::LOCALHOST.into() }
    }

    /// Adds a header line.
    #[must_use]
    pub fn with(mut self, line: impl Into<String>) -> Self {
        self.lines.push(line.into());
        self
    }

    /// Adds bytes after the headers.
    #[must_use]
    pub fn followed_by(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Adds a body and its length.
    #[must_use]
    pub fn with_body(self, body: &str) -> Self {
        self.with(format!("Content-Length: {}", body.len())).followed_by(body)
    }

    /// Sends the request from another address of this machine.
    #[must_use]
    pub fn from(mut self, address: [u8; 4]) -> Self {
        self.from = address.into();
        self
    }

    /// The beginning of the request, for failure messages.
    pub fn summary(&self) -> String {
        let head = [String::from_utf8_lossy(&self.first_line).as_ref(), &self.lines[1..].join(" | ")].join(" | ");
        head.chars().take(200).collect()
    }

    async fn send(&self, to: SocketAddr) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::new(self.from, 0)).unwrap();
        let mut stream = socket.connect(to).await.unwrap();
        let head = [&self.first_line, b"\r\n".as_slice(), self.lines.join("\r\n").as_bytes(), b"\r\n\r\n"].concat();
        // A server that refuses a request may close the connection before it is sent completely.
        let _ = stream.write_all(&head).await;
        let _ = stream.write_all(&self.body).await;
        stream
    }

    /// Sends the request and reads the whole response.
    pub async fn response(&self, to: SocketAddr) -> Response {
        let mut stream = self.send(to).await;
        let mut bytes = Vec::new();
        let read = tokio::time::timeout(TIMEOUT, stream.read_to_end(&mut bytes)).await;
        let _ = read.unwrap_or_else(|_| panic!("no end of the answer to {}", self.summary()));
        Response::parse(&bytes)
    }

    /// Sends the request and reads until `text` arrives; the response continues.
    pub async fn answer_until(&self, text: &str, to: SocketAddr) -> Response {
        let mut stream = self.send(to).await;
        let mut bytes = Vec::new();
        while !String::from_utf8_lossy(&bytes).contains(text) {
            let read = tokio::time::timeout(TIMEOUT, stream.read_buf(&mut bytes)).await;
            let count = read.unwrap_or_else(|_| panic!("{text:?} does not come")).unwrap();
            assert!(count > 0, "the answer ended without {text:?}");
        }
        Response::parse(&bytes)
    }
}

#[derive(Debug, Clone)]
pub struct Response {
    /// The status; 0 without a response.
    pub status: u16,
    /// The headers, in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, without its framing.
    pub body: Vec<u8>,
    /// False if the body ended before its announced length.
    pub is_whole: bool,
}

impl Response {
    fn parse(bytes: &[u8]) -> Self {
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
            return Self { status: 0, headers: Vec::new(), body: bytes.to_vec(), is_whole: false };
        };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok()).unwrap();
        let pair =
            |line: &str| line.split_once(':').map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()));
        let headers: Vec<_> = lines.filter_map(pair).collect();
        let mut response = Self { status, headers, body: bytes[end + 4..].to_vec(), is_whole: true };
        if response.header("transfer-encoding") == Some("chunked") {
            (response.body, response.is_whole) = without_chunks(&response.body);
        } else if let Some(length) = response.header("content-length") {
            response.is_whole = length.parse() == Ok(response.body.len());
        }
        response
    }

    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All headers of this name.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }

    /// The body, if it is JSON.
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

fn without_chunks(mut rest: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    loop {
        let Some(end) = rest.windows(2).position(|two| two == b"\r\n") else { return (body, false) };
        let size = usize::from_str_radix(&String::from_utf8_lossy(&rest[..end]), 16).unwrap();
        rest = &rest[end + 2..];
        if size == 0 {
            return (body, true);
        }
        if rest.len() < size + 2 {
            body.extend_from_slice(rest);
            return (body, false);
        }
        body.extend_from_slice(&rest[..size]);
        rest = &rest[size + 2..];
    }
}
