//! One photo from durable to receipted.
//!
//! If all goes well: the stored body is signed, the gateway is asked for a ticket, the file is sent to its address, the
//! answer carries a *stored* receipt, which is checked and kept; later the hospital's *filed* receipt arrives, is
//! checked and kept, and only then is the photo erased.
//!
//! If the process dies at any of these, files tell where the photo stands and the same steps go on. If the answer to a
//! transfer is lost, the next ticket request answers with the receipt instead: never a second photo. If something
//! stops a photo, the cause is kept and shown, and the other photos go on.
//!
//! ```mermaid
//! stateDiagram-v2
//!     Unsigned --> Signed: Signed
//!     Signed --> Sending: TicketGranted
//!     Signed --> Stored: Stored
//!     Sending --> Stored: Stored
//!     Sending --> Signed: Cut
//!     Stored --> Filed: Filed
//!     Stored --> Signed: Forgotten
//!     Stored --> Refused: Refused
//!     Refused --> Filed: Filed
//!     Refused --> Gone: Erased
//!     Refused --> Signed: Forgotten
//!     Filed --> Gone: Erased
//!     Filed --> Signed: Forgotten
//!     Unsigned --> Waiting: Failed
//!     Signed --> Waiting: Failed
//!     Sending --> Waiting: Failed
//!     Waiting --> Unsigned: Due
//!     Waiting --> Signed: Due
//! ```

mod claims;
pub(crate) mod driver;
pub mod machine;
mod observe;
pub(crate) mod reach;
mod receipts;
mod report;
mod trouble;

pub(crate) use claims::Claims;
pub(crate) use observe::Observers;
pub use observe::{Observer, Subscription};
pub use report::{QueueReport, Stopped, SystemTransfer, TransferEnd, TransferPlan};
pub(crate) use trouble::{Hindrance, of_call, of_store, of_vault};
