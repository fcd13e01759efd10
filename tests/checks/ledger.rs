//! The ledger is what the claims' doc comments say. `just ledger` writes it.

use std::collections::BTreeMap;
use std::fs;

use crate::assert_none;
use crate::claim::{Claim, claims};
use crate::ledger_pages::{Pages, pages};
use crate::runs::Runs;
use crate::workspace::{entries, file_name, read, root};

const FEWEST: usize = 700;

#[test]
fn every_row_of_the_ledger_is_what_its_claim_says() {
    let (claims, mut problems) = claims();
    let runs = Runs::recorded(&root());
    problems.extend(runs.problems());
    let right = pages(&claims, &runs);
    if std::env::var_os("COURSE_BLESS").is_some() {
        write(&right);
    }
    problems.extend(repeated(&claims));
    problems.extend(missing(&claims, &right));
    problems.extend(differences(&right, &written()));
    assert_none(&problems);
    assert!(claims.len() > FEWEST, "only {} claims in all", claims.len());
}

#[test]
fn a_page_that_is_stale_missing_or_left_over_is_found() {
    let of = |pages: &[(&str, &str)]| {
        let pages = pages.iter().map(|(path, text)| (String::from(*path), String::from(*text)));
        pages.collect::<Pages>()
    };
    let right = of(&[("ledger.md", "index"), ("ledger/mmap.md", "a row")]);
    assert_none(&differences(&right, &right));
    for found in [
        of(&[("ledger.md", "index"), ("ledger/mmap.md", "another row")]),
        of(&[("ledger.md", "index")]),
        of(&[("ledger.md", "index"), ("ledger/mmap.md", "a row"), ("ledger/gone.md", "")]),
    ] {
        assert_eq!(differences(&right, &found).len(), 1, "{found:?}");
    }
}

#[test]
fn a_sentence_that_two_claims_of_a_call_share_is_found() {
    let claim = crate::ledger_pages::tests::claim;
    let twice = [claim("It fails", "`mmap`, error"), claim("It fails", "`mmap`, edge")];
    assert_eq!(repeated(&twice).len(), 1);
    assert_none(&repeated(&[claim("It fails", "`mmap`, edge"), claim("It fails", "`open`, edge")]));
    assert_none(&missing(&twice[..1], &pages(&twice[..1], &Runs::default())));
    assert_eq!(missing(&twice[..1], &pages(&[], &Runs::default())).len(), 1);
}

/// Claims of one call with the same sentence, wherever their tests are.
fn repeated(claims: &[Claim]) -> Vec<String> {
    let mut places: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for claim in claims {
        let place = format!("{}:{}", claim.file, claim.line);
        places.entry((&claim.said.call, &claim.name)).or_default().push(place);
    }
    let repeated = places.into_iter().filter(|(_, places)| places.len() > 1);
    let problem = |((call, name), places): ((_, _), Vec<_>)| {
        format!("{call}: {name} stands twice: {}", places.join(", "))
    };
    repeated.map(problem).collect()
}

/// Claims without a row.
fn missing(claims: &[Claim], pages: &Pages) -> Vec<String> {
    let all: String = pages.values().map(String::as_str).collect();
    let missing =
        claims.iter().filter(|claim| !all.contains(&claim.link("../../").replace('|', "\\|")));
    missing.map(|claim| format!("{} stands on no page", claim.name)).collect()
}

/// Pages that are not what they should be.
fn differences(right: &Pages, found: &Pages) -> Vec<String> {
    let stale = right.iter().filter(|(path, text)| found.get(*path) != Some(text));
    let stale = stale.map(|(path, _)| format!("run `just ledger`: lessons/{path} is stale"));
    let left = found.keys().filter(|path| !right.contains_key(*path));
    let left = left.map(|path| format!("run `just ledger`: lessons/{path} has no claim"));
    stale.chain(left).collect()
}

/// The pages in the tree.
fn written() -> Pages {
    let lessons = root().join("lessons");
    let pages = entries(&lessons.join("ledger")).into_iter().map(|path| {
        let text = read(&path);
        (format!("ledger/{}", file_name(&path)), text)
    });
    let others = ["ledger.md", "kernels.md"].into_iter().filter_map(|name| {
        let path = lessons.join(name);
        path.exists().then(|| (name.into(), read(&path)))
    });
    pages.chain(others).collect()
}

/// Writes the pages, and removes those that have no claim any more.
fn write(pages: &Pages) {
    let lessons = root().join("lessons");
    fs::create_dir_all(lessons.join("ledger")).expect("make the ledger's directory");
    for (path, text) in pages {
        fs::write(lessons.join(path), text).expect("write a page");
    }
    for path in written().keys().filter(|path| !pages.contains_key(*path)) {
        fs::remove_file(lessons.join(path)).expect("remove a page");
    }
}
