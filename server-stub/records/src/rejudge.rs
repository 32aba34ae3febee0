//! A person inside asks for refused photos to be judged again, after mending what they were refused for.
//!
//! Always: asking changes no verdict; the next pull judges, and what still does not hold stays refused.

use std::path::Path;

use crate::index::{Again, Index, IndexError};
use crate::layout::Layout;

/// Marks refused photos for the next pull. How many.
pub async fn rejudge(data: &Path, which: Again) -> Result<u64, IndexError> {
    let index = Index::open(&Layout::new(data).index(), false).await?;
    let marked = index.ask_again(which).await?;
    index.close().await;
    Ok(marked)
}
