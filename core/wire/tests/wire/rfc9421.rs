//! RFC 9421 whole: signature bases byte for byte, and signatures of every algorithm over them.

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine as _};
use gauze_wire::signature::{ComponentError, Head, Labelled, Message, Request, Tag, sign};
use gauze_wire::{Digest, integrity::Integrity};
use ring::signature::{self as verify, RsaPublicKeyComponents, UnparsedPublicKey};
use serde_json::Value;

use crate::http::{Text, shared};
use crate::samples::{self, key, now};

const REQUEST: &str = "POST /foo?param=Value&Pet=dog HTTP/1.1\nHost: example.com\n\
    Date: Tue, 20 Apr 2021 02:07:55 GMT\nContent-Type: application/json\nContent-Length: 18\n\n{\"hello\": \"world\"}";
const FIELDS: &str = "HTTP/1.1 200 OK\nHost: www.example.com\nDate: Tue, 20 Apr 2021 02:07:56 GMT\n\
    X-OWS-Header:   Leading and trailing whitespace.   \nX-Obs-Fold-Header: Obsolete\n    line folding.\n\
    Cache-Control: max-age=60\nCache-Control:    must-revalidate\nX-Empty-Header: \n\
    Example-Dict:  a=1,    b=2;x=1;y=2,   c=(a   b    c), d\nExample-Header: value, with, lots\n\
    Example-Header: of, commas";

/// The line that one component adds.
fn line(text: &Text<'_>, component: &str) -> Result<String, ComponentError> {
    text.covering(&format!("({component})"), None).map(|base| {
        let (lines, params) = base.split_once("\n\"@signature-params\": ").unwrap();
        assert_eq!(params, format!("({component})"));
        lines.strip_prefix(&format!("{component}: ")).unwrap().to_owned()
    })
}

#[test]
fn field_components_have_the_values_of_section_2_1() {
    let text = Text::read(FIELDS);
    for (component, expected) in [
        (r#""host""#, "www.example.com"),
        (r#""x-ows-header""#, "Leading and trailing whitespace."),
        (r#""x-obs-fold-header""#, "Obsolete line folding."),
        (r#""cache-control""#, "max-age=60, must-revalidate"),
        (r#""cache-control";key="max-age""#, "60"),
        (r#""x-empty-header""#, ""),
        (r#""example-dict""#, "a=1,    b=2;x=1;y=2,   c=(a   b    c), d"),
        (r#""example-dict";sf"#, "a=1, b=2;x=1;y=2, c=(a b c), d"),
        (r#""example-dict";key="a""#, "1"),
        (r#""example-dict";key="b""#, "2;x=1;y=2"),
        (r#""example-dict";key="c""#, "(a b c)"),
        (r#""example-dict";key="d""#, "?1"),
        (r#""example-header";bs"#, ":dmFsdWUsIHdpdGgsIGxvdHM=:, :b2YsIGNvbW1hcw==:"),
    ] {
        assert_eq!(line(&text, component).as_deref(), Ok(expected), "{component}");
    }
}

#[test]
fn derived_components_have_the_values_of_section_2_2() {
    let query = "/path?param=value&foo=bar&baz=bat%2Dman&qux=";
    let odd = "/parameters?var=this%20is%20a%20big%0Amultiline%20value&bar=with+plus+whitespace\
        &fa%C3%A7ade%22%3A%20=something";
    for (method, target, component, expected) in [
        ("POST", query, r#""@method""#, "POST"),
        ("get", query, r#""@method""#, "get"),
        (
            "POST",
            query,
            r#""@target-uri""#,
            "https://www.Example.com:443/path?param=value&foo=bar&baz=bat%2Dman&qux=",
        ),
        ("GET", "http://a.test/x?y", r#""@target-uri""#, "http://a.test/x?y"),
        ("GET", "http://A.test:80/x?y", r#""@authority""#, "a.test"),
        ("GET", "HTTP://a.test:443", r#""@authority""#, "a.test:443"),
        ("GET", "HTTP://a.test:443", r#""@scheme""#, "http"),
        ("GET", "http://a.test?y", r#""@path""#, "/"),
        ("POST", query, r#""@authority""#, "www.example.com"),
        ("POST", query, r#""@scheme""#, "https"),
        ("POST", query, r#""@request-target""#, query),
        (
            "GET",
            "https://www.example.com/path?param=value",
            r#""@request-target""#,
            "https://www.example.com/path?param=value",
        ),
        ("CONNECT", "www.example.com:80", r#""@request-target""#, "www.example.com:80"),
        ("CONNECT", "www.example.com:80", r#""@authority""#, "www.example.com:80"),
        ("OPTIONS", "*", r#""@request-target""#, "*"),
        ("OPTIONS", "*", r#""@target-uri""#, "https://www.Example.com:443"),
        ("POST", query, r#""@path""#, "/path"),
        ("POST", query, r#""@query""#, "?param=value&foo=bar&baz=bat%2Dman&qux="),
        ("POST", "/path?queryString", r#""@query""#, "?queryString"),
        ("POST", "/path", r#""@query""#, "?"),
        ("POST", "/path?", r#""@query""#, "?"),
        ("POST", query, r#""@query-param";name="baz""#, "bat-man"),
        ("POST", query, r#""@query-param";name="qux""#, ""),
        ("POST", query, r#""@query-param";name="param""#, "value"),
        ("GET", odd, r#""@query-param";name="var""#, "this%20is%20a%20big%0Amultiline%20value"),
        ("GET", odd, r#""@query-param";name="bar""#, "with%20plus%20whitespace"),
        ("GET", odd, r#""@query-param";name="fa%C3%A7ade%22%3A%20""#, "something"),
    ] {
        let message = format!("{method} {target} HTTP/1.1\nHost: www.Example.com:443");
        assert_eq!(line(&Text::read(&message), component).as_deref(), Ok(expected), "{target} {component}");
    }
}

#[test]
fn a_response_covers_its_status_its_trailers_and_the_request_it_answers() {
    let request = Text::read(REQUEST);
    let mut response =
        Text::read("HTTP/1.1 503 Service Unavailable\nContent-Type: text/plain\nTrailer: Expires");
    response.trailers = vec![("Expires", " Wed, 9 Nov 2022 07:28:00 GMT")];
    let params = r#"("@status" "trailer" "expires";tr "@authority";req "@method";req "@query-param";name="Pet";req "content-type" "content-type";req);created=1618884479;keyid="k""#;
    let expected = format!(
        "\"@status\": 503\n\"trailer\": Expires\n\"expires\";tr: Wed, 9 Nov 2022 07:28:00 GMT\n\
         \"@authority\";req: example.com\n\"@method\";req: POST\n\"@query-param\";name=\"Pet\";req: dog\n\
         \"content-type\": text/plain\n\"content-type\";req: application/json\n\"@signature-params\": {params}"
    );
    assert_eq!(response.covering(params, Some(&request)).as_deref(), Ok(expected.as_str()));
}

#[test]
fn what_has_no_single_meaning_makes_no_base() {
    let request = Text::read(REQUEST);
    let response = Text::read(FIELDS);
    for (text, component, expected) in [
        (&request, r#""@status""#, ComponentError::WrongTarget),
        (&response, r#""@method""#, ComponentError::WrongTarget),
        (&response, r#""@path""#, ComponentError::WrongTarget),
        (&response, r#""@method";req"#, ComponentError::WrongTarget),
        (&request, r#""@method";req"#, ComponentError::Parameter),
        (&request, r#""@signature-params""#, ComponentError::UnknownComponent),
        (&request, r#""@colour""#, ComponentError::UnknownComponent),
        (&request, r#""@method";sf"#, ComponentError::Parameter),
        (&request, r#""@query-param""#, ComponentError::Parameter),
        (&request, r#""@query-param";name="absent""#, ComponentError::NoMember),
        (&request, r#""@method";name="x""#, ComponentError::Parameter),
        (&request, r#""date";colour"#, ComponentError::Parameter),
        (&request, r#""date";sf=?0"#, ComponentError::Parameter),
        (&request, r#""date";sf"#, ComponentError::NotStructured),
        (&request, r#""date" "date""#, ComponentError::Repeated),
        (&request, r#""Date""#, ComponentError::Name),
        (&request, r#""""#, ComponentError::Name),
        (&request, "date", ComponentError::Malformed),
        (&request, r#""absent""#, ComponentError::NoField),
        (&request, r#""date";tr"#, ComponentError::NoField),
        (&response, r#""example-dict";sf;bs"#, ComponentError::Parameter),
        (&response, r#""example-dict";bs;key="a""#, ComponentError::Parameter),
        (&response, r#""example-dict";key="z""#, ComponentError::NoMember),
        (&response, r#""host";key="a""#, ComponentError::NotStructured),
    ] {
        assert_eq!(text.covering(&format!("({component})"), None), Err(expected), "{component}");
    }
    let twice = Text::read("GET /?a=1&a=2 HTTP/1.1\nHost: a.test");
    assert_eq!(twice.covering(r#"("@query-param";name="a")"#, None), Err(ComponentError::NoMember));
    let foreign = Text::read("GET / HTTP/1.1\nHost: a.test\nX: caf\u{e9}");
    assert_eq!(foreign.covering(r#"("x")"#, None), Err(ComponentError::Value));
    assert_eq!(
        foreign.covering(r#"("x";bs)"#, None).map(|base| base.starts_with("\"x\";bs: :Y2Fmw6k=:")),
        Ok(true)
    );
}

#[test]
fn our_own_short_way_makes_the_same_base() {
    let digest = Digest::of(b"body");
    let (url, path) = ("https://gateway.test:8443/v1/ward-9/log?from=0", "/v1/ward-9/log?from=0");
    for body in [None, Some(&digest)] {
        let request = Request { method: "POST", target_uri: url, body };
        let fields = sign(&request, &key(samples::DEVICE), Tag::Device, now(), &[1; 16]).unwrap();
        let read = Labelled::read_all(&fields.signature_input, &fields.signature).unwrap();
        let content_digest = fields.content_digest.unwrap_or_default();
        let all = [("Content-Digest", content_digest.as_bytes())];
        let head =
            Head::Request { method: "POST", scheme: "https", authority: "gateway.test:8443", target: path };
        let message = Message { head, fields: &all[..usize::from(body.is_some())], trailers: &[] };
        let base = read[0].base(&message, None, &[]).unwrap();
        samples::public(samples::DEVICE).verify(base.as_bytes(), &read[0].signature).unwrap();
        assert_eq!(read[0].text("tag"), Some("gauze-device"));
        assert_eq!(read[0].seconds("created"), Some(now().as_second()));
        assert_eq!(read[0].covers().next(), Some("@method"));
    }
}

#[test]
fn each_of_several_signatures_has_its_own_base() {
    let input = r#"sig1=("@method");created=1, proxy=("@authority" "@method");keyid="p""#;
    let read = Labelled::read_all(input, "sig1=:AAAA:, proxy=:BBBB:").unwrap();
    let request = Text::read(REQUEST);
    let bases: Vec<_> =
        read.iter().map(|one| (one.label.as_str(), request.base(one, None).unwrap())).collect();
    assert_eq!(
        bases[0],
        ("sig1", "\"@method\": POST\n\"@signature-params\": (\"@method\");created=1".to_owned())
    );
    assert!(bases[1].1.starts_with("\"@authority\": example.com\n") && bases[1].0 == "proxy");
    assert!(Labelled::read_all(input, "sig1=:AAAA:").is_err());
    assert!(Labelled::read_all("sig1=1", "sig1=:AAAA:").is_err());
}

/// Whether a signature over `base` verifies under a key of the shared data.
fn verifies(key: &Value, algorithm: &str, base: &str, signature: &[u8]) -> bool {
    let part = |name: &str| BASE64_URL_SAFE_NO_PAD.decode(key["jwk"][name].as_str().unwrap()).unwrap();
    let point = || [vec![4], part("x"), part("y")].concat();
    let plain = |kind: &'static dyn verify::VerificationAlgorithm, key: Vec<u8>| {
        UnparsedPublicKey::new(kind, key).verify(base.as_bytes(), signature).is_ok()
    };
    let rsa = |kind| {
        let key = RsaPublicKeyComponents { n: part("n"), e: part("e") };
        key.verify(kind, base.as_bytes(), signature).is_ok()
    };
    match algorithm {
        "rsa-pss-sha512" => rsa(&verify::RSA_PSS_2048_8192_SHA512),
        "rsa-v1_5-sha256" => rsa(&verify::RSA_PKCS1_2048_8192_SHA256),
        "ecdsa-p256-sha256" => plain(&verify::ECDSA_P256_SHA256_FIXED, point()),
        "ecdsa-p384-sha384" => plain(&verify::ECDSA_P384_SHA384_FIXED, point()),
        "ed25519" => plain(&verify::ED25519, part("x")),
        "hmac-sha256" => {
            let secret = BASE64_STANDARD.decode(key["secret_base64"].as_str().unwrap()).unwrap();
            let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &secret);
            ring::hmac::verify(&key, base.as_bytes(), signature).is_ok()
        }
        other => panic!("{other} is none of RFC 9421"),
    }
}

/// The message with the `Content-Digest` that its content has.
fn with_true_digest(message: &str) -> String {
    let text = Text::read(message);
    let (Some(field), Some(content)) = (text.field("content-digest"), text.content) else {
        return message.to_owned();
    };
    let said = Integrity::parse(field).unwrap();
    let algorithms = gauze_wire::integrity::Algorithm::ALL;
    let named: Vec<_> = algorithms.into_iter().filter(|a| field.contains(a.as_str())).collect();
    let truth = Integrity::of(content.as_bytes(), &named);
    if said.holds(content.as_bytes()) {
        message.to_owned()
    } else {
        message.replace(field, &truth.to_string())
    }
}

#[test]
fn every_case_of_the_rfc_has_its_base_byte_for_byte_and_verifies() {
    let Some(file) = shared("04-http/rfc9421/message_signatures.json") else { return };
    let data: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let messages: Vec<String> = data["messages"]
        .as_object()
        .unwrap()
        .values()
        .map(|message| with_true_digest(message.as_str().unwrap()))
        .collect();
    let (responses, requests): (Vec<_>, Vec<_>) = messages
        .iter()
        .map(|text| Text::read(text))
        .partition(|text| matches!(text.head(), Head::Response { .. }));
    let cases = data["cases"].as_array().unwrap();
    assert!(!cases.is_empty());
    for case in cases {
        let (title, added) = (&case["title"], Text::read(case["added_fields"].as_str().unwrap()));
        let (input, value) = (added.field("signature-input").unwrap(), added.field("signature").unwrap());
        let all = Labelled::read_all(input, value).unwrap();
        let one = all.iter().find(|one| one.label == case["label"].as_str().unwrap()).unwrap();
        let expected = case["signature_base"].as_str().unwrap();
        // The data does not say which message a case is about: the one that has what is covered.
        let over_responses = responses.iter().flat_map(|to| requests.iter().map(|of| to.base(one, Some(of))));
        let over_requests = requests.iter().map(|request| request.base(one, None));
        let made: Vec<_> = over_requests.chain(over_responses).flatten().collect();
        assert!(made.iter().any(|base| base == expected), "{title}: {made:?}");
        assert_eq!(one.params, case["signature_params"].as_str().unwrap(), "{title}");
        let signature = BASE64_STANDARD.decode(case["signature_base64"].as_str().unwrap()).unwrap();
        assert_eq!(one.signature, signature, "{title}");
        let key = &data["keys"][case["keyid"].as_str().unwrap()];
        let algorithm = case["algorithm"].as_str().unwrap();
        let holds = |base: &str| verifies(key, algorithm, base, &signature);
        assert_eq!(holds(expected), case["expected"] == "verifies", "{title}");
        assert!(!holds(&expected.replacen('"', "'", 1)), "{title}: another base verifies too");
    }
}
