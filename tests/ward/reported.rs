//! What an operator reports at the real gateway, pulled by the real records side: handed over once, and opened inside alone.

use gauze_gateway::admin::{Admin, ReportEntered};
use gauze_records::keys;
use gauze_records::list_acts;
use gauze_seal::age::{Unwrap, open_small, parse_identity_file};
use gauze_wire::{Deed, Happened, Incident};

use crate::fixture::Ward;

#[tokio::test]
async fn a_report_is_handed_over_with_the_log_and_opens_with_the_hospitals_keys() {
    let ward = Ward::new().await;
    let admin = Admin::open(&ward.gateway(), &ward.tenant(), ward.clock.clone()).await.unwrap();
    let day = (ward.clock.time() - jiff::SignedDuration::from_hours(48)).strftime("%Y-%m-%d").to_string();
    let report_id = admin.report_id().unwrap();
    let entered = ReportEntered {
        report_id: &report_id,
        kind: Happened::NearMiss,
        what: "A handover sheet of Mrs Quillonbert lay in the lift\r\nA porter gave it back",
        whose: "Not known",
        phone: "",
        day: &day,
        time: "",
    };
    let entry = admin.report(&entered, "night-desk-3").await.unwrap();
    assert!(admin.reports().await.unwrap()[0].handed_over.is_none());
    for _ in 0..2 {
        ward.pull().await;
        let reports = admin.reports().await.unwrap();
        assert!(reports.len() == 1 && reports[0].handed_over.is_some(), "{reports:?}");
    }

    let acts = list_acts(&ward.path("records")).await.unwrap();
    let [act] = acts.as_slice() else { panic!("{} acts", acts.len()) };
    assert_eq!((act.log_index, act.operator.as_str()), (entry, "night-desk-3"));
    let Deed::Report { sealed } = &act.deed else { panic!("another deed") };
    let identities = std::fs::read_to_string(ward.keys().path(keys::IDENTITY)).unwrap();
    let identities = parse_identity_file(&identities).unwrap();
    let own: Vec<&dyn Unwrap> = identities.iter().map(|identity| identity as &dyn Unwrap).collect();
    let opened = Incident::read(&open_small(&own, sealed.as_slice()).unwrap()).unwrap();
    assert_eq!(opened.kind, Happened::NearMiss);
    assert!(opened.what.as_str().ends_with("in the lift\nA porter gave it back"));
    let report = ward.verified().await;
    assert!(report.ok, "{:?}", report.findings);
}
