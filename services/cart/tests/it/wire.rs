//! A line to a server that a test can cut.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What happens to those who are on the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// All is well.
    None,
    /// Nobody gets through.
    Away,
    /// The line is cut before the next script reaches the server; then all is well.
    ScriptLost,
    /// The line is cut when the server has carried out the next script; then all is well.
    AnswerLost,
    /// The script has gone, its answer is still to be lost.
    AnswerOnItsWay,
}

/// The line.
#[derive(Clone)]
pub struct Wire {
    trouble: Arc<Mutex<Trouble>>,
    open: Arc<Mutex<Vec<TcpStream>>>,
    port: u16,
}

impl Wire {
    /// A line to the server at `to`. It ends with the tests.
    pub fn new(to: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let wire = Self { trouble: Arc::new(Mutex::new(Trouble::None)), open: Arc::default(), port };
        let line = wire.clone();
        thread::spawn(move || listener.incoming().for_each(|client| line.connect(client.unwrap(), &to)));
        wire
    }

    /// Where it begins.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// From now on this happens.
    pub fn has(&self, trouble: Trouble) {
        *self.trouble.lock().unwrap() = trouble;
        if trouble == Trouble::Away {
            self.cut();
        }
    }

    fn cut(&self) {
        for stream in self.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn connect(&self, client: TcpStream, to: &str) {
        if *self.trouble.lock().unwrap() == Trouble::Away {
            return;
        }
        let server = TcpStream::connect(to).unwrap();
        let (client_too, server_too) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        self.open.lock().unwrap().extend([client.try_clone().unwrap(), server.try_clone().unwrap()]);
        let (there, back) = (self.clone(), self.clone());
        thread::spawn(move || there.carry(client, server, Self::loses_script));
        thread::spawn(move || back.carry(server_too, client_too, Self::loses_answer));
    }

    /// Carries from one end to the other until `is_lost` says that something is.
    fn carry(&self, mut from: TcpStream, mut to: TcpStream, is_lost: impl Fn(&Self, &[u8]) -> bool) {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            if is_lost(self, &buffer[..length]) {
                return self.cut();
            }
            if to.write_all(&buffer[..length]).is_err() {
                return;
            }
        }
    }

    fn loses_script(&self, told: &[u8]) -> bool {
        let is_script = told.windows(7).any(|word| word == b"EVALSHA");
        let mut trouble = self.trouble.lock().unwrap();
        match *trouble {
            Trouble::ScriptLost if is_script => *trouble = Trouble::None,
            Trouble::AnswerLost if is_script => {
                *trouble = Trouble::AnswerOnItsWay;
                return false;
            }
            _ => return false,
        }
        true
    }

    fn loses_answer(&self, _: &[u8]) -> bool {
        let mut trouble = self.trouble.lock().unwrap();
        let lost = *trouble == Trouble::AnswerOnItsWay;
        if lost {
            *trouble = Trouble::None;
        }
        lost
    }
}
