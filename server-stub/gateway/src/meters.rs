//! Counters and gauges for `/metrics`. They name no device, photo or address. `docs/alarms.md` says what each asks of whom.

use std::sync::OnceLock;

use gauze_wire::{ProblemCode, Tenant};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

enum Kind {
    Counter,
    Gauge,
}

use Kind::{Counter, Gauge};

/// Every name that is given, and what it counts.
const METERS: &[(&str, Kind, &str)] = &[
    ("gauze_refusals_total", Counter, "Requests refused, by code"),
    (
        "gauze_connections_turned_away_total",
        Counter,
        "Connections closed at once because too many were held, in all or from their address",
    ),
    ("gauze_photos_stored_total", Counter, "Photos that got a stored receipt"),
    ("gauze_photos_filed_total", Counter, "Photos that the hospital filed"),
    ("gauze_received_bytes_total", Counter, "Bytes of sealed photos received"),
    (
        "gauze_certificate_not_after_timestamp_seconds",
        Gauge,
        "When the certificate that is served with ends, in seconds since 1970",
    ),
    ("gauze_log_size", Gauge, "Leaves in the log, by tenant"),
    ("gauze_log_unwitnessed", Gauge, "Leaves in the log that no witness has cosigned, by tenant"),
    (
        "gauze_photos_waiting",
        Gauge,
        "Photos stored that the hospital has neither filed nor refused, by tenant",
    ),
    (
        "gauze_oldest_photo_waiting_seconds",
        Gauge,
        "How long the oldest of them has waited; 0 where none waits",
    ),
    (
        "gauze_records_last_heard_timestamp_seconds",
        Gauge,
        "When the records side was last heard from, or since when the gateway waits for its first word, by tenant",
    ),
    ("gauze_phones", Gauge, "Phones enrolled, by tenant and status"),
    ("gauze_phones_silent", Gauge, "Active phones not heard from for a week, by tenant"),
    (
        "gauze_phones_silent_holding_photos",
        Gauge,
        "Phones that said they hold unsent photos, not heard from for a day, by tenant",
    ),
    ("gauze_tokens_unused", Gauge, "Enrolment tokens that are signed, live and unused, by tenant"),
    ("gauze_proposals_waiting", Gauge, "What the hospital was asked to sign and has not decided, by tenant"),
    ("gauze_bundle_fresh_until_timestamp_seconds", Gauge, "Until when the trust bundle is fresh, by tenant"),
    (
        "gauze_policy_signed",
        Gauge,
        "1 where a signed policy is in force, else 0: no phone enrols then; by tenant",
    ),
    ("gauze_disk_free_bytes", Gauge, "Bytes free where the gateway keeps its data"),
    ("gauze_disk_size_bytes", Gauge, "Bytes that there are in all"),
];

/// Every name that `/metrics` gives.
pub fn meters() -> impl Iterator<Item = &'static str> {
    METERS.iter().map(|(name, ..)| *name)
}

/// The text form of all of them, as they stand.
pub fn text() -> String {
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
        for (name, kind, what) in METERS {
            match kind {
                Counter => metrics::describe_counter!(*name, *what),
                Gauge => metrics::describe_gauge!(*name, *what),
            }
        }
        handle
    })
}

/// Installs the recorder.
pub fn install() {
    handle();
    // A counter that is not there before its first event hides that event from whoever looks for a rise.
    for code in ProblemCode::ALL {
        metrics::counter!("gauze_refusals_total", "code" => code.as_str()).increment(0);
    }
    for name in [
        "gauze_connections_turned_away_total",
        "gauze_photos_stored_total",
        "gauze_photos_filed_total",
        "gauze_received_bytes_total",
    ] {
        metrics::counter!(name).increment(0);
    }
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

pub fn certificate_ends(at: jiff::Timestamp) {
    let seconds = u64::try_from(at.as_second()).unwrap_or(0);
    set("gauze_certificate_not_after_timestamp_seconds", seconds);
}

pub fn log_size(tenant: &str, size: u64) {
    metrics::gauge!("gauze_log_size", "tenant" => tenant.to_owned()).set(float(size));
}

/// Sets a gauge of the whole gateway.
pub fn set(name: &'static str, value: u64) {
    metrics::gauge!(name).set(float(value));
}

/// Sets a gauge of one tenant.
pub fn set_of(tenant: &Tenant, name: &'static str, value: u64) {
    metrics::gauge!(name, "tenant" => tenant.as_str().to_owned()).set(float(value));
}

/// How many phones of one tenant have this status.
pub fn phones(tenant: &Tenant, status: &str, count: u64) {
    let labels = [("tenant", tenant.as_str().to_owned()), ("status", status.to_owned())];
    metrics::gauge!("gauze_phones", &labels).set(float(count));
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
fn float(value: u64) -> f64 {
    value as f64
}
