//! What the attribute becomes, written by hand. The attribute's code and this are the same few calls.

use std::pin::pin;

use idem_lambda::{Error, Idempotency, store::Memory};
use serde::Serialize;

#[derive(Serialize)]
struct Order {
    id: u32,
}

// #[idempotent(key = "$.id", ttl = "1h")]
// async fn charge(order: Order) -> Result<String, Error> {
//     Ok(format!("charged order {}", order.id))
// }

async fn charge(order: Order) -> Result<String, Error> {
    use idem_lambda::__private::{Expression, Name, Path, Segment, Site, call, run};

    // Constants, and what is prepared from them once: the path is parsed when compiling.
    static SITE: Site = Site::new(
        Name::derived(concat!(module_path!(), "::charge"), &|| {}),
        Expression::Path(Path::streamed("$.id", &[Segment::Name("id")])),
        None,
        3_600_000,
        0,
    );
    // The key, taken from the borrowed event; or why there is none.
    let call = call(&SITE, &order, &[]);
    // The body, in place and where it stands, under the guard.
    let body = pin!(async move { Ok(format!("charged order {}", order.id)) });
    run(call, body).await
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "this is the program's output")]
async fn main() -> Result<(), Error> {
    Idempotency::new(Memory::new()).install()?;
    println!("{}", charge(Order { id: 17 }).await?);
    println!("{}", charge(Order { id: 17 }).await?);
    Ok(())
}
