//! A TCP proxy whose connections a test can break.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A failure that the proxy injects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    None,
    /// All connections are closed and none is accepted.
    Unreachable,
    /// Connections are closed before the next script reaches the server, once.
    RequestLost,
    /// Connections are closed after the server has run the next script, once.
    ResponseLost,
    /// The script has been sent; its response will be lost.
    ResponsePending,
}

/// A proxy to one server.
#[derive(Clone)]
pub struct Proxy {
    failure: Arc<Mutex<Failure>>,
    connections: Arc<Mutex<Vec<TcpStream>>>,
    port: u16,
}

impl Proxy {
    /// Opens a proxy to the server at `to`, which runs until the tests end.
    pub fn new(to: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let proxy = Self { failure: Arc::new(Mutex::new(Failure::None)), connections: Arc::default(), port };
        let acceptor = proxy.clone();
        thread::spawn(move || listener.incoming().for_each(|client| acceptor.connect(client.unwrap(), &to)));
        proxy
    }

    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Injects a failure from now on.
    pub fn inject(&self, failure: Failure) {
        *self.failure.lock().unwrap() = failure;
        if failure == Failure::Unreachable {
            self.close_all();
        }
    }

    fn close_all(&self) {
        for stream in self.connections.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn connect(&self, client: TcpStream, to: &str) {
        if *self.failure.lock().unwrap() == Failure::Unreachable {
            return;
        }
        let server = TcpStream::connect(to).unwrap();
        let (client_too, server_too) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        self.connections.lock().unwrap().extend([client.try_clone().unwrap(), server.try_clone().unwrap()]);
        let (to_server, to_client) = (self.clone(), self.clone());
        thread::spawn(move || to_server.forward(client, server, Self::loses_request));
        thread::spawn(move || to_client.forward(server_too, client_too, Self::loses_response));
    }

    /// Forwards bytes until `is_lost` matches or a side closes.
    fn forward(&self, mut from: TcpStream, mut to: TcpStream, is_lost: impl Fn(&Self, &[u8]) -> bool) {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            if is_lost(self, &buffer[..length]) {
                return self.close_all();
            }
            if to.write_all(&buffer[..length]).is_err() {
                return;
            }
        }
    }

    fn loses_request(&self, result: &[u8]) -> bool {
        let is_script = result.windows(7).any(|word| word == b"EVALSHA");
        let mut failure = self.failure.lock().unwrap();
        match *failure {
            Failure::RequestLost if is_script => *failure = Failure::None,
            Failure::ResponseLost if is_script => {
                *failure = Failure::ResponsePending;
                return false;
            }
            _ => return false,
        }
        true
    }

    fn loses_response(&self, _: &[u8]) -> bool {
        let mut failure = self.failure.lock().unwrap();
        let lost = *failure == Failure::ResponsePending;
        if lost {
            *failure = Failure::None;
        }
        lost
    }
}
