//! The function where it serves the demonstration, which moves its clock and takes its sandbox away.

use std::future::Future;
use std::io::Read;
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use idem_lambda::clock::{Clock, SystemClock, UnixMillis};
use idem_lambda::{Idempotency, store::Memory};
use lambda_runtime::{Error, service_fn};

use crate::{charge, sandbox};

/// Names the file that says by how many milliseconds the function's clock is ahead.
pub(crate) const CLOCK: &str = "ORDERS_CLOCK";

pub(crate) async fn serve(clock: PathBuf) -> Result<(), Error> {
    end_with_the_demonstration();
    tracing_subscriber::fmt().json().init();
    let runtime = Idempotency::builder(Memory::new()).clock(Ahead(clock));
    runtime.build().install()?;
    let handle = |event| sandbox::run(charge::handle(event));
    lambda_runtime::run_concurrent(service_fn(handle)).await
}

/// However that ends.
fn end_with_the_demonstration() {
    std::thread::spawn(|| {
        // The demonstration holds the other end, and writes nothing.
        _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
}

/// The machine's clock, and what the file says.
#[derive(Debug)]
struct Ahead(PathBuf);

impl Ahead {
    fn by(&self) -> Duration {
        let millis = std::fs::read_to_string(&self.0).ok();
        let millis = millis.and_then(|millis| millis.parse().ok());
        Duration::from_millis(millis.unwrap_or_default())
    }
}

impl Clock for Ahead {
    fn now(&self) -> UnixMillis {
        SystemClock.now().after(self.by())
    }

    fn sleep_until(&self, until: UnixMillis) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        SystemClock.sleep_until(until.before(self.by()))
    }
}
