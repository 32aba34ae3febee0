//! The log of one thread, for tests.

use std::sync::LazyLock;

use tracing::subscriber::{DefaultGuard, NoSubscriber};
use tracing::{Dispatch, Subscriber};

/// While one subscriber is registered alone, what another thread logs first from a place is asked of that thread's own, which is none, and
/// nobody hears of that place again. Beside a second one both are asked.
static SECOND: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(NoSubscriber::default()));

/// Lets `subscriber` hear what this thread logs until the guard is dropped, whatever other threads log meanwhile. For tests.
pub fn hear(subscriber: impl Subscriber + Send + Sync + 'static) -> DefaultGuard {
    LazyLock::force(&SECOND);
    tracing::subscriber::set_default(subscriber)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::{Form, lines};

    fn says() {
        tracing::info!("from one place");
    }

    #[test]
    fn what_another_thread_logs_first_is_heard_here_all_the_same() {
        let heard = Arc::new(Mutex::new(0));
        let kept = heard.clone();
        let _guard = hear(lines(Form::Text, "info".into(), move |_| *kept.lock().unwrap() += 1));
        std::thread::spawn(says).join().unwrap();
        says();
        assert_eq!(*heard.lock().unwrap(), 1);
    }
}
