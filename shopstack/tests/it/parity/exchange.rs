//! One request, written to the byte, and what came back.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

const PATIENCE: Duration = Duration::from_secs(30);

/// A request as it goes over the wire.
#[derive(Debug, Clone)]
pub struct Ask {
    first_line: Vec<u8>,
    lines: Vec<String>,
    body: Vec<u8>,
    from: IpAddr,
}

impl Ask {
    /// `method target` at the shop, over HTTP/1.1.
    pub fn new(method: &str, target: impl AsRef<[u8]>) -> Self {
        let first_line = [method.as_bytes(), b" ", target.as_ref(), b" HTTP/1.1"].concat();
        Self::raw(&first_line).with("Host: shop.test")
    }

    /// `GET target`.
    pub fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    /// A request with this first line and nothing else.
    pub fn raw(first_line: &[u8]) -> Self {
        let lines = vec!["Connection: close".to_owned()];
        Self { first_line: first_line.to_vec(), lines, body: Vec::new(), from: Ipv4Addr::LOCALHOST.into() }
    }

    /// The same with one more header.
    #[must_use]
    pub fn with(mut self, line: impl Into<String>) -> Self {
        self.lines.push(line.into());
        self
    }

    /// The same with these bytes after the headers.
    #[must_use]
    pub fn followed_by(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The same with a body and its length.
    #[must_use]
    pub fn with_body(self, body: &str) -> Self {
        self.with(format!("Content-Length: {}", body.len())).followed_by(body)
    }

    /// The same from another address of this machine.
    #[must_use]
    pub fn from(mut self, address: [u8; 4]) -> Self {
        self.from = address.into();
        self
    }

    /// The beginning of it, for people.
    pub fn shown(&self) -> String {
        let head = [String::from_utf8_lossy(&self.first_line).as_ref(), &self.lines[1..].join(" | ")].join(" | ");
        head.chars().take(200).collect()
    }

    async fn send(&self, to: SocketAddr) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::new(self.from, 0)).unwrap();
        let mut stream = socket.connect(to).await.unwrap();
        let head = [&self.first_line, b"\r\n".as_slice(), self.lines.join("\r\n").as_bytes(), b"\r\n\r\n"].concat();
        // Who refuses a request need not read it to its end.
        let _ = stream.write_all(&head).await;
        let _ = stream.write_all(&self.body).await;
        stream
    }

    /// The whole answer.
    pub async fn answer(&self, to: SocketAddr) -> Answer {
        let mut stream = self.send(to).await;
        let mut bytes = Vec::new();
        let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes)).await;
        let _ = read.unwrap_or_else(|_| panic!("no end of the answer to {}", self.shown()));
        Answer::parse(&bytes)
    }

    /// What has come when `text` has; the answer goes on.
    pub async fn answer_until(&self, text: &str, to: SocketAddr) -> Answer {
        let mut stream = self.send(to).await;
        let mut bytes = Vec::new();
        while !String::from_utf8_lossy(&bytes).contains(text) {
            let read = tokio::time::timeout(PATIENCE, stream.read_buf(&mut bytes)).await;
            let count = read.unwrap_or_else(|_| panic!("{text:?} does not come")).unwrap();
            assert!(count > 0, "the answer ended without {text:?}");
        }
        Answer::parse(&bytes)
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status; 0 when there was no answer.
    pub status: u16,
    /// The headers, with small letters.
    pub headers: Vec<(String, String)>,
    /// The body, without its framing.
    pub body: Vec<u8>,
    /// Whether the body came to the end that was announced.
    pub is_whole: bool,
}

impl Answer {
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
        let mut answer = Self { status, headers, body: bytes[end + 4..].to_vec(), is_whole: true };
        if answer.header("transfer-encoding") == Some("chunked") {
            (answer.body, answer.is_whole) = without_chunks(&answer.body);
        } else if let Some(length) = answer.header("content-length") {
            answer.is_whole = length.parse() == Ok(answer.body.len());
        }
        answer
    }

    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All headers of this name.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }

    /// The body as JSON, if it is.
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
