//! What every answer carries: the gateway's own time.
//!
//! A proxy sets `Date` by its own clock, as RFC 9110 section 6.6.1 lets it; phones and the records side judge theirs by `Gauze-Time`
//! alone.

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use jiff::Timestamp;

use crate::app::App;

/// The gateway's clock when it answered: RFC 3339, UTC, with milliseconds.
pub const TIME: HeaderName = HeaderName::from_static("gauze-time");

/// Sets the time.
pub async fn timed(State(app): State<App>, mut answer: Response) -> Response {
    if let Ok(time) = HeaderValue::from_str(&written(app.clock.now())) {
        answer.headers_mut().insert(TIME, time);
    }
    answer
}

fn written(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_with_three_digits_and_reads_back() {
        for text in ["2026-11-24T10:00:00.000Z", "2026-11-24T10:00:00.007Z", "1999-01-01T00:00:00.990Z"] {
            let at: Timestamp = text.parse().unwrap();
            assert_eq!(written(at), text);
        }
    }
}
