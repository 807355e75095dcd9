//! The line between a process and the emulator: it carries whole requests and replies, and can stop at one.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

/// Where it stops: the process gets no further than this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// At the request of this number, which does not arrive.
    Before(usize),
    /// At the reply to it: it has taken effect.
    After(usize),
}

pub(crate) struct Line {
    pub(crate) address: SocketAddr,
    /// It has stopped; with the request that it holds back, where it does.
    pub(crate) stopped: oneshot::Receiver<Option<Vec<u8>>>,
    carrier: JoinHandle<()>,
}

struct Plan {
    stop: Option<Stop>,
    requests: AtomicUsize,
    stopped: Mutex<Option<oneshot::Sender<Option<Vec<u8>>>>>,
}

impl Line {
    pub(crate) async fn to(emulator: SocketAddr, stop: Option<Stop>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stopping, stopped) = oneshot::channel();
        let plan = Arc::new(Plan {
            stop,
            requests: AtomicUsize::new(0),
            stopped: Mutex::new(Some(stopping)),
        });
        let carrier = tokio::spawn(async move {
            // Its connections end with it.
            let mut connections = JoinSet::new();
            loop {
                let (process, _) = listener.accept().await.unwrap();
                connections.spawn(carry(process, emulator, Arc::clone(&plan)));
            }
        });
        Self {
            address,
            stopped,
            carrier,
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.carrier.abort();
    }
}

impl Plan {
    async fn stop(&self, held: Option<Vec<u8>>) -> ! {
        let stopped = self.stopped.lock().unwrap().take();
        _ = stopped.map(|stopped| stopped.send(held));
        std::future::pending().await
    }
}

/// Until one of the two ends the connection: a killed process does so in the middle of anything.
async fn carry(process: TcpStream, emulator: SocketAddr, plan: Arc<Plan>) -> io::Result<()> {
    let mut process = BufReader::new(process);
    let mut emulator = BufReader::new(TcpStream::connect(emulator).await?);
    while let Some(request) = message(&mut process).await? {
        let number = plan.requests.fetch_add(1, Ordering::Relaxed);
        if plan.stop == Some(Stop::Before(number)) {
            plan.stop(Some(request)).await;
        }
        emulator.write_all(&request).await?;
        let reply = message(&mut emulator).await?;
        if plan.stop == Some(Stop::After(number)) {
            plan.stop(None).await;
        }
        process.write_all(&reply.unwrap_or_default()).await?;
    }
    Ok(())
}

/// A request that was held back arrives, late.
pub(crate) async fn deliver(emulator: SocketAddr, request: &[u8]) {
    let mut emulator = BufReader::new(TcpStream::connect(emulator).await.unwrap());
    emulator.write_all(request).await.unwrap();
    assert!(message(&mut emulator).await.unwrap().is_some(), "no reply");
}

/// One request or reply of HTTP with its body, as it came; `None` where the connection has ended.
async fn message(stream: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<Vec<u8>>> {
    let mut message = Vec::new();
    let mut length = 0;
    loop {
        let start = message.len();
        if stream.read_until(b'\n', &mut message).await? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&message[start..]).to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
        if line == "\r\n" {
            break;
        }
    }
    let start = message.len();
    message.resize(start + length, 0);
    stream.read_exact(&mut message[start..]).await?;
    Ok(Some(message))
}
