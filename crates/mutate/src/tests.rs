//! What is changed in a claim, and which claims are chosen.

use std::fs;
use std::process::Command;

use crate::choose::choose;
use crate::claims::{Claim, add_helpers, claims, in_file};
use crate::places::{Helpers, MARK};
use crate::proof::{Ending, ending};

/// The claims in a file of this text.
fn claims_in(text: &str) -> Vec<Claim> {
    let file = syn::parse_file(text).expect("the sample parses");
    let mut helpers = Helpers::default();
    add_helpers(&file.items, &mut helpers);
    in_file(&file.items, "", text, &helpers)
}

/// The changes in a test with this body: what was there, and what is there then.
fn changes(body: &str) -> Vec<(String, String)> {
    let text =
        format!("fn helper(a: u8, b: u8) {{ assert_eq!(f(a), b); }}\n#[test]\nfn t() {{ {body} }}");
    let claims = claims_in(&text);
    claims[0].places.iter().map(|place| (place.before.clone(), place.after.clone())).collect()
}

/// The file after the first change, without the note that the change is reached.
fn changed(body: &str) -> String {
    let mut text = format!("#[test]\nfn t() {{\n{body}\n}}");
    let claims = claims_in(&text);
    claims[0].places[0].apply(&mut text);
    let mark = format!("{{ eprintln!({MARK:?}); ");
    assert!(text.contains(&mark), "{text}");
    syn::parse_file(&text).expect("the changed sample parses");
    text.replace(&mark, "{ ")
}

#[test]
fn each_kind_of_literal_on_the_expected_side_gets_another_value() {
    for (body, before, after) in [
        ("assert_eq!(f(1), 7)", "7", "6"),
        ("assert_eq!(f(1), 0u8)", "0u8", "1u8"),
        ("assert_eq!(f(1), -1)", "1", "0"),
        ("assert_eq!(f(1), true)", "true", "false"),
        ("assert_eq!(f(1), \"EAGAIN\")", "\"EAGAIN\"", "\"xAGAIN\""),
        ("assert_eq!(f(1), \"\")", "\"\"", "\"x\""),
        (r#"assert_eq!(f(1), "\x41\u{42}\nxy")"#, r#""\x41\u{42}\nxy""#, r#""\x41\u{42}\nyy""#),
        ("assert_eq!(f(1), b\"left\")", "b\"left\"", "b\"xeft\""),
        ("assert_eq!(f(1), b'x')", "b'x'", "b'y'"),
        ("assert_eq!(f(1), '.')", "'.'", "'x'"),
        ("assert_eq!(f(1), Errno::ENOMEM)", "Errno::ENOMEM", "Errno::EXDEV"),
        ("assert_eq!(f(1), Err(Errno::EXDEV))", "Errno::EXDEV", "Errno::ENOTTY"),
        ("assert_eq!(f(1), Some(Signal::SIGSEGV), \"{x}\")", "Signal::SIGSEGV", "Signal::SIGUSR2"),
        ("assert_eq!(f(1), [\"A\"; 5].join(\" \"))", "\"A\"", "\"x\""),
        ("assert_eq!(3, f(1))", "3", "2"),
        ("assert_eq!(f(1), 2 * page_size())", "2", "3"),
        ("assert_eq!(f(1), vec![b'.'; pages])", "b'.'", "b'x'"),
    ] {
        let found = changes(body);
        assert_eq!(found.first(), Some(&(before.into(), after.into())), "{body}");
    }
    let branches = changes("assert_eq!(f(1), if new { 4 } else { match x { _ => 6 } })");
    assert_eq!(branches.len(), 2, "each branch notes for itself that it is reached: {branches:?}");
    let both = changes("assert_eq!((f(1), g(2)), (\"a\", 4))");
    assert_eq!(both.len(), 2, "one place for each value: {both:?}");
}

#[test]
fn an_assertion_without_a_literal_becomes_its_opposite() {
    for (body, after) in [
        ("assert_eq!(before, f(1));", "{ assert_ne!(before, f(1)) };"),
        ("assert_ne!(f(1), 2);", "{ assert_eq!(f(1), 2) };"),
        ("assert!(x || y, \"why {z}\");", "{ assert!(!(x || y), \"why {z}\") };"),
        ("assert!(matches!(x, Some(1)));", "{ assert!(!(matches!(x, Some(1)))) };"),
        ("each(|x| assert!(x.ok));", "each(|x| { assert!(!(x.ok)) });"),
        ("for é in \"é\" {\n  assert!(é);\n}", "for é in \"é\" {\n  { assert!(!(é)) };\n}"),
    ] {
        assert_eq!(changed(body), format!("#[test]\nfn t() {{\n{after}\n}}"));
    }
}

#[test]
fn the_argument_that_a_helper_compares_gets_another_value() {
    assert_eq!(changes("helper(1, 2)"), [("2".to_owned(), "3".to_owned())]);
    assert!(changes("other(1, 2)").is_empty());
    let text = "fn h(a: u8) { assert_eq!(f(), a) }\n#[test]\nfn t() { h(2) }";
    let mut changed = text.to_owned();
    claims_in(text)[0].places[0].apply(&mut changed);
    assert!(changed.ends_with(&format!("h(({{ eprintln!({MARK:?}); 3 }})) }}")), "{changed}");
}

#[test]
fn the_number_that_a_method_asserts_in_some_way_is_changed_if_there_is_nothing_else() {
    let method = "impl S { fn left(&self, name: &str, n: u8) { assert_eq!(f(name), g(n)) } }";
    let places = |body: &str| {
        let claims = claims_in(&format!("{method}\n#[test]\nfn t() {{ {body} }}"));
        claims[0].places.iter().map(|place| place.after.clone()).collect::<Vec<_>>()
    };
    let indirect = claims_in(&format!("{method}\n#[test]\nfn t() {{ s.left(\"a\", 8) }}"));
    assert!(indirect[0].places[0].is_indirect);
    assert_eq!(places("s.left(\"a\", 8)"), ["9"]);
    assert_eq!(places("s.left(\"a\", x.part(8))"), ["9"]);
    assert_eq!(places("s.left(\"a\", 8); assert!(x)"), ["!(x)"]);
}

#[test]
fn a_claim_that_only_calls_a_function_is_changed_in_that_function() {
    let claims =
        claims_in("fn all(g: G) { assert_eq!(g(), 4); }\n#[test]\nfn t() { all(|x| f(x)); }");
    assert_eq!((claims[0].places[0].line, claims[0].places[0].after.as_str()), (1, "5"));
}

#[test]
fn a_claim_that_asserts_nothing_has_no_place() {
    assert!(changes("let x = f(1); x.unwrap(); scenario(\"a\").succeed();").is_empty());
}

#[test]
fn the_line_of_a_place_and_the_lines_of_a_claim_are_those_of_the_file() {
    let claims =
        claims_in("mod m {\n/// Doc.\n#[test]\n#[ignore]\nfn t() {\n  f();\n  assert!(x);\n}\n}");
    assert_eq!((claims[0].test.as_str(), claims[0].is_ignored), ("m::t", true));
    assert_eq!(claims[0].places[0].line, 7);
    assert!(claims[0].lines.contains(&7) && !claims[0].lines.contains(&9));
}

#[test]
fn the_same_seed_chooses_the_same_claims_and_places() {
    let tests: String = (0..50)
        .map(|n| format!("#[test]\nfn t{n}() {{ assert_eq!(f(), (1, 2, 3, 4, 5, 6, 7, 8)); }}\n"))
        .collect();
    let chosen = |count, seed| {
        let claims = choose(claims_in(&tests), count, seed);
        claims.into_iter().map(|claim| (claim.test, claim.places)).collect::<Vec<_>>()
    };
    assert_eq!(chosen(5, 7), chosen(5, 7));
    assert_ne!(chosen(5, 7), chosen(5, 8));
    assert_eq!((chosen(5, 7).len(), chosen(90, 7).len()), (5, 50));
    // A claim is changed in the same way, whichever others are chosen.
    let all = chosen(50, 7);
    assert!(chosen(5, 7).iter().all(|one| all.contains(one)));
}

#[test]
fn every_claim_of_the_course_has_a_place_that_can_be_changed() {
    let claims = claims(&common::root().expect("the checkout")).expect("the claims");
    assert!(claims.len() > 700, "found only {} claims", claims.len());
    let without = claims.iter().filter(|claim| claim.places.is_empty());
    let without: Vec<_> =
        without.map(|claim| format!("{} {}", claim.package, claim.test)).collect();
    assert!(without.is_empty(), "assert nothing that can be changed: {without:#?}");
}

/// Changes the test `t` in `text` at its first place, compiles it, and runs it.
fn proven(text: &str) -> Option<Ending> {
    let scratch = course::scratch();
    let (source, program) = (scratch.path().join("sample.rs"), scratch.path().join("sample"));
    let mut changed = text.to_owned();
    claims_in(text)[0].places[0].apply(&mut changed);
    fs::write(&source, changed).expect("write the sample");
    let mut rustc = Command::new("rustc");
    rustc.args(["--test", "--edition=2024", "-o"]).arg(&program).arg(&source);
    assert!(rustc.output().expect("start rustc").status.success(), "the sample compiles");
    let mut test = Command::new(program);
    let output = test.args(["--exact", "t", "--nocapture"]).output().expect("start the sample");
    let said = [output.stdout, output.stderr].concat();
    ending(Some(output.status), &String::from_utf8_lossy(&said))
}

#[test]
fn a_claim_that_passes_whatever_it_asserts_is_found() {
    let good = "#[test]\nfn t() { assert_eq!(1 + 1, 2); }";
    let weak = "#[test]\nfn t() { let _ = std::thread::spawn(|| assert_eq!(1 + 1, 2)).join(); }";
    let unreached =
        "#[test]\nfn t() { if std::env::args().count() > 99 { assert_eq!(1 + 1, 2); } }";
    assert_eq!(proven(good), Some(Ending::Red("")));
    assert_eq!(proven(weak), Some(Ending::Green));
    assert_eq!(proven(unreached), Some(Ending::NotReached));
}
