//! What a request began to keep is ended, also where nobody waits for its answer any more.
//!
//! A request whose connection dies is dropped where it waits. What it had told the database goes on even so, so that a write may be
//! kept behind which nothing else of the request happens: no turn that it holds until then, nothing that it changes in memory.

use std::future::Future;

use gauze_wire::ProblemCode;

use crate::refusal::RequestRefusal;

/// Runs `work` on a task of its own, to its end.
pub async fn apart<T: Send + 'static>(
    work: impl Future<Output = Result<T, RequestRefusal>> + Send + 'static,
) -> Result<T, RequestRefusal> {
    tokio::spawn(work).await.map_err(|_| ProblemCode::Internal)?
}
