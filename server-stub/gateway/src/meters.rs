//! Counters for `/metrics`. They name no device, photo or address.

use std::sync::OnceLock;

use gauze_wire::ProblemCode;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

/// The text form of all counters.
pub fn render() -> String {
    handle().render()
}

fn handle() -> &'static PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("another metrics recorder is installed; /metrics stays empty");
        }
        metrics::describe_counter!("gauze_refusals_total", "Requests refused, by code");
        metrics::describe_counter!(
            "gauze_connections_turned_away_total",
            "Connections closed at once because too many were held, in all or from their address"
        );
        metrics::describe_counter!("gauze_photos_stored_total", "Photos that got a stored receipt");
        metrics::describe_counter!("gauze_photos_filed_total", "Photos that the hospital filed");
        metrics::describe_counter!("gauze_received_bytes_total", "Bytes of sealed photos received");
        metrics::describe_gauge!("gauze_log_size", "Leaves in the log, by tenant");
        metrics::describe_gauge!(
            "gauze_certificate_not_after_timestamp_seconds",
            "When the certificate that is served with ends, in seconds since 1970"
        );
        handle
    })
}

/// Installs the recorder.
pub fn install() {
    handle();
}

pub fn refused(code: ProblemCode) {
    metrics::counter!("gauze_refusals_total", "code" => code.as_str()).increment(1);
}

pub fn turned_away() {
    metrics::counter!("gauze_connections_turned_away_total").increment(1);
}

pub fn stored() {
    metrics::counter!("gauze_photos_stored_total").increment(1);
}

pub fn filed() {
    metrics::counter!("gauze_photos_filed_total").increment(1);
}

pub fn received(bytes: usize) {
    metrics::counter!("gauze_received_bytes_total").increment(bytes as u64);
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
pub fn certificate_ends(at: jiff::Timestamp) {
    metrics::gauge!("gauze_certificate_not_after_timestamp_seconds").set(at.as_second() as f64);
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
pub fn log_size(tenant: &str, size: u64) {
    metrics::gauge!("gauze_log_size", "tenant" => tenant.to_owned()).set(size as f64);
}
