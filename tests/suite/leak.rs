//! No clear text where it must not be.

use gauze_tests::needles::Needles;

use crate::fixture::{pictures, ward};

#[tokio::test(flavor = "multi_thread")]
async fn no_photo_and_no_name_is_in_any_file_of_phone_and_gateway() {
    let ward = ward("pq").await;
    let paths = pictures(ward.hospital.home(), 2);
    let mut needles = Needles::of_nobody();
    paths.iter().for_each(|path| needles.pixels_of("a photo", &std::fs::read(path).unwrap()));
    ward.capture(&paths).await;
    needles.are_not_below(&ward.hospital.phone_dir()).unwrap();
    assert_eq!(ward.phone(&["upload"]).await.code, Some(0));
    needles.are_not_below(&ward.hospital.phone_dir()).unwrap();
    needles.are_not_below(&ward.hospital.home().join("gateway")).unwrap();
    ward.deliver().await;
    needles.are_not_below(&ward.hospital.phone_dir()).unwrap();
    needles.are_not_below(&ward.hospital.records_dir()).unwrap();
    for log in ["gauze-gateway.log", "gauze-records.log"] {
        let text = std::fs::read_to_string(ward.hospital.home().join(log)).unwrap();
        assert_eq!(needles.found_in(text.as_bytes()), [""; 0], "{log}");
        assert!(!text.contains("/v1/transfers/"), "an upload address in {log}");
    }
    ward.servers.stop().await;
}
