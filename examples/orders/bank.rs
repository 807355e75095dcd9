//! The bank: both the client that the function uses, and the bank itself.
//!
//! The protocol is a line each way: the order's id as a JSON string there, the charge's id back. It charges whatever it is
//! asked to: it is the function that must not ask twice.

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Result};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

/// Where the function finds the bank; without one, it makes up a charge.
pub(crate) const ADDRESS: &str = "ORDERS_BANK";

/// Charges an order, and gives back the charge's id.
pub(crate) async fn charge(order_id: &str) -> Result<String> {
    let Ok(address) = std::env::var(ADDRESS) else {
        return Ok(made_up_id());
    };
    let mut bank = BufReader::new(TcpStream::connect(address).await?);
    let request = serde_json::to_string(order_id)?;
    bank.write_all(format!("{request}\n").as_bytes()).await?;
    let mut charge_id = String::new();
    bank.read_line(&mut charge_id).await?;
    if charge_id.is_empty() {
        return Err(Error::new(ErrorKind::UnexpectedEof, "the bank hung up"));
    }
    Ok(charge_id.trim_end().to_owned())
}

/// Differs from charge to charge, so that a second one cannot pass for the first.
fn made_up_id() -> String {
    let mut bytes = [0; 8];
    // Without randomness the id would repeat, which only a demonstration can live with.
    _ = getrandom::fill(&mut bytes);
    format!("ch_{:016x}", u64::from_be_bytes(bytes))
}

/// A bank that keeps its callers waiting while it is closed.
pub(crate) struct Bank {
    address: SocketAddr,
    open: watch::Sender<bool>,
    callers: mpsc::UnboundedReceiver<()>,
    charges: Arc<Mutex<BTreeMap<String, usize>>>,
    server: JoinHandle<()>,
}

impl Bank {
    pub(crate) async fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (open, is_open) = watch::channel(true);
        let (called, callers) = mpsc::unbounded_channel();
        let charges = Arc::default();
        let teller = Teller {
            called,
            is_open,
            charges: Arc::clone(&charges),
        };
        let server = tokio::spawn(async move {
            while let Ok((caller, _)) = listener.accept().await {
                // A caller that hangs up has lost its charge's id, nothing else.
                tokio::spawn(teller.clone().serve(caller));
            }
        });
        Ok(Self {
            address,
            open,
            callers,
            charges,
            server,
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on callers wait; forgets who called before.
    pub(crate) fn close(&mut self) {
        while self.callers.try_recv().is_ok() {}
        self.open.send_replace(false);
    }

    /// Whoever waits is served.
    pub(crate) fn open(&self) {
        self.open.send_replace(true);
    }

    /// Resolves when somebody calls.
    pub(crate) async fn called(&mut self) {
        self.callers.recv().await;
    }

    /// How often each order was charged.
    pub(crate) fn charges(&self) -> BTreeMap<String, usize> {
        self.charges
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Drop for Bank {
    fn drop(&mut self) {
        self.server.abort();
    }
}

#[derive(Clone)]
struct Teller {
    called: mpsc::UnboundedSender<()>,
    is_open: watch::Receiver<bool>,
    charges: Arc<Mutex<BTreeMap<String, usize>>>,
}

impl Teller {
    async fn serve(mut self, caller: TcpStream) -> Result<()> {
        let mut caller = BufReader::new(caller);
        let mut request = String::new();
        caller.read_line(&mut request).await?;
        let order_id = serde_json::from_str(&request)?;
        // Nobody may be listening any more, which is no concern of the caller's.
        _ = self.called.send(());
        if self.is_open.wait_for(|open| *open).await.is_err() {
            return Ok(());
        }
        let number = {
            let mut charges = self.charges.lock().unwrap_or_else(PoisonError::into_inner);
            *charges.entry(order_id).or_default() += 1;
            charges.values().sum::<usize>()
        };
        caller
            .write_all(format!("ch_{number:04}\n").as_bytes())
            .await
    }
}
