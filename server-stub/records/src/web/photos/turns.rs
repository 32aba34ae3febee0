//! Heavy work, a few at a time: it holds its turn until it has ended, also where whoever asked has gone.

use std::sync::Arc;

use tokio::sync::Semaphore;

/// Turns for one kind of work. Clones share them.
#[derive(Clone)]
pub(super) struct Turns(Arc<Semaphore>);

/// The thread ended without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut;

impl Turns {
    pub(super) fn new(at_once: usize) -> Self {
        Self(Arc::new(Semaphore::new(at_once)))
    }

    /// Waits for a turn, then works on a thread that may block.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Cut> {
        let turn = self.0.clone().acquire_owned().await.map_err(|_| Cut)?;
        let whole = move || {
            let done = work();
            drop(turn);
            done
        };
        tokio::task::spawn_blocking(whole).await.map_err(|_| Cut)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[tokio::test]
    async fn whoever_goes_away_leaves_no_turn_free_while_their_work_goes_on() {
        let turns = Turns::new(1);
        let ((started, has_started), (end, may_end)) = (channel(), channel());
        let work = turns.clone();
        let asked = tokio::spawn(async move {
            work.work(move || {
                started.send(()).unwrap();
                may_end.recv().unwrap();
            })
            .await
        });
        tokio::task::spawn_blocking(move || has_started.recv().unwrap()).await.unwrap();
        asked.abort();
        assert!(asked.await.unwrap_err().is_cancelled());
        assert_eq!(turns.0.available_permits(), 0);
        end.send(()).unwrap();
        assert_eq!(turns.work(|| 7).await, Ok(7));
    }
}
