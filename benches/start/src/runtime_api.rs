//! The Lambda service's side of the Runtime API, on loopback.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use nix::time::ClockId;

use crate::Result;
use crate::clock::now;

/// How long a function may take until it asks for something, before it is taken for dead.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct RuntimeApi {
    pub(crate) address: SocketAddr,
    requests: Receiver<Request>,
}

/// What a function asks, and when that was read.
pub(crate) struct Request {
    pub(crate) at: Duration,
    /// Method and path.
    pub(crate) line: String,
    pub(crate) body: String,
    connection: TcpStream,
}

impl RuntimeApi {
    /// Serves on a free port.
    pub(crate) fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let (sender, requests) = channel();
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let sender = sender.clone();
                // It ends with the function's process.
                thread::spawn(move || read_all(&connection, &sender));
            }
        });
        Ok(Self { address, requests })
    }

    /// The next request of the function that runs.
    pub(crate) fn request(&self) -> Result<Request> {
        let request = self.requests.recv_timeout(PATIENCE);
        Ok(request.map_err(|_| "the function asks for nothing; is its table there?")?)
    }
}

impl Request {
    pub(crate) fn is_poll(&self) -> bool {
        self.line.starts_with("GET ") && self.line.contains("/invocation/next ")
    }

    pub(crate) fn is_response(&self) -> bool {
        self.line.starts_with("POST ") && self.line.contains("/response ")
    }

    /// Gives the function that polls an event.
    pub(crate) fn give(mut self, event: &str) -> Result<()> {
        let deadline = now(ClockId::CLOCK_REALTIME)? + Duration::from_secs(30);
        write!(
            self.connection,
            "HTTP/1.1 200 OK\r\n\
             content-type: application/json\r\n\
             content-length: {}\r\n\
             lambda-runtime-aws-request-id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n\
             lambda-runtime-deadline-ms: {}\r\n\
             lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-central-1:123456789012:function:charge\r\n\
             lambda-runtime-trace-id: Root=1-0-0;Sampled=0\r\n\r\n{event}",
            event.len(),
            deadline.as_millis(),
        )?;
        Ok(())
    }

    /// Takes the response of a function.
    pub(crate) fn accept(mut self) -> Result<()> {
        let accepted = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n";
        Ok(self.connection.write_all(accepted)?)
    }
}

fn read_all(connection: &TcpStream, sender: &Sender<Request>) -> Result<()> {
    connection.set_nodelay(true)?;
    let mut reader = BufReader::new(connection);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let at = now(ClockId::CLOCK_MONOTONIC)?;
        let mut length = 0;
        loop {
            let mut header = String::new();
            if reader.read_line(&mut header)? == 0 {
                return Ok(());
            }
            if header == "\r\n" {
                break;
            }
            if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
        }
        let mut body = String::new();
        (&mut reader).take(length).read_to_string(&mut body)?;
        sender.send(Request {
            at,
            line,
            body,
            connection: connection.try_clone()?,
        })?;
    }
}
