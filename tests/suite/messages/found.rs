//! What `gauze-records verify` finds, which it lists by code and place alone: its last line says what to do. A finding that is
//! not here cannot be read, and the page is not made.

const CHANGED: &str =
    "As `verify_failed` says: stop the puller, keep the directory as it is and find out who changed it.";

/// A code, what it means, and what it asks.
pub(super) const FOUND: &[(&str, &str, &str)] = &[
    ("bundle_untrusted", "a kept bundle does not lead to the root", CHANGED),
    ("checkpoint_behind", "more was judged than the kept checkpoint covers", CHANGED),
    ("checkpoint_invalid", "the kept checkpoint is missing or is not signed by the gateway's log", CHANGED),
    ("cosignature_invalid", "no witness of the bundle has cosigned the kept checkpoint", CHANGED),
    ("device_status_differs", "the index says of a phone what no act says", CHANGED),
    ("device_unproven", "the index knows a phone whose enrolment is not in the log", CHANGED),
    ("entry_differs", "an entry of the log was noted as what it is not", CHANGED),
    ("entry_unaccounted", "the index has nothing for an entry of the log", CHANGED),
    ("file_differs", "a sealed file has other bytes than its manifest names", CHANGED),
    ("file_erased", "the sealed file of an erased photo is there again", CHANGED),
    ("file_missing", "the sealed file of a filed photo is missing", CHANGED),
    (
        "file_unknown",
        "a sealed file is in no entry of the log",
        "As `files_unknown` says where nothing else is found: after a restore, pull, then run `gauze-records restored`; otherwise find out who put it there.",
    ),
    ("filed_though_erased", "a photo is filed whose file was erased while it stood refused", CHANGED),
    ("index_row_differs", "the index says of a photo what its manifest does not", CHANGED),
    ("index_row_unknown", "the index has rows that no entry of the log stands behind", CHANGED),
    ("index_unbound", "the index has judged entries and names no log", CHANGED),
    ("leaf_missing", "an entry of the log is missing in the index", CHANGED),
    ("log_inconsistent", "the entries do not add up to the kept checkpoint", CHANGED),
    ("log_key_unknown", "no kept bundle names the log that the index follows", CHANGED),
    ("manifest_invalid", "a manifest cannot be read", CHANGED),
    ("proposal_differs", "the index says of a proposal what the log does not", CHANGED),
    (
        "receipt_invalid",
        "a photo's receipt is missing, or says what its manifest and the index do not",
        CHANGED,
    ),
    ("tombstone_differs", "a tombstone names other bytes than the photo's manifest", CHANGED),
    ("tombstone_invalid", "a tombstone cannot be read, or is not signed by the records side", CHANGED),
    ("verdict_differs", "a photo was judged otherwise than its manifest and its chain demand", CHANGED),
];
