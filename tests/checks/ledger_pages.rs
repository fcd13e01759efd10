//! Writes the ledger: an index, `ledger.md`, and a page for each call below `ledger/`. The index's own
//! words are in `tests/checks/ledger.md`.

use std::collections::BTreeMap;

use crate::claim::{Claim, Kind};
use crate::runs::{Runs, numbers};

/// The pages, by their paths below `lessons/`.
pub(crate) type Pages = BTreeMap<String, String>;

/// From a page, and from the index, to the root.
const UP_FROM_PAGE: &str = "../../";
const UP_FROM_INDEX: &str = "../";

/// Pages that a reader of another page should know of: that page, this one, and what is found there.
const SEE_ALSO: [(&str, &str, &str); 48] = [
    ("`fcntl(F_SETLK)`", "`close`", "closing any descriptor of the file releases the locks"),
    (
        "`fcntl(F_SETLK)`",
        "`fcntl(F_OFD_SETLK)`",
        "locks that a close of another descriptor leaves alone",
    ),
    ("`flock`", "`close`", "when a descriptor's lock ends"),
    ("`pthread_mutex_lock`", "`pthread_mutexattr_setrobust`", "`EOWNERDEAD`: the owner has died"),
    (
        "`pthread_mutex_trylock`",
        "`pthread_mutexattr_setrobust`",
        "`EOWNERDEAD`: the owner has died",
    ),
    (
        "`pthread_mutex_timedlock`",
        "`pthread_mutexattr_setrobust`",
        "`EOWNERDEAD`: the owner has died",
    ),
    (
        "`pthread_mutex_consistent`",
        "`pthread_mutexattr_setrobust`",
        "`EOWNERDEAD`: the owner has died",
    ),
    ("past the end of the file", "`mmap`", "`SIGBUS`, with its code and its address"),
    ("SIGBUS and SIGSEGV", "`mmap`", "the signals of each mistake, with their codes"),
    ("SIGBUS and SIGSEGV", "`munmap`", "`SIGSEGV` where nothing is mapped any more"),
    ("`ftruncate`", "`fcntl(F_ADD_SEALS)`", "`EPERM` of a sealed memfd"),
    ("`truncate`", "`fcntl(F_ADD_SEALS)`", "`EPERM` of a sealed memfd"),
    ("`write`", "`fcntl(F_ADD_SEALS)`", "`EPERM` of a sealed memfd"),
    ("`fallocate`", "`fcntl(F_ADD_SEALS)`", "`EPERM` of a sealed memfd"),
    ("`memfd_create`", "`fcntl(F_ADD_SEALS)`", "what each seal forbids"),
    ("`shm_open`", "`shm_unlink`", "names with a slash in the middle"),
    ("`shm_open`", "`ftruncate`", "how an object gets its size"),
    ("`madvise`", "private mappings", "what advice does to private copies"),
    ("`mincore`", "page cache", "what is in memory, and what is not"),
    ("SIGBUS and SIGSEGV", "past the end of the file", "a page that the file does not have"),
    ("SIGBUS and SIGSEGV", "`ftruncate`", "a page cut off; a full tmpfs"),
    ("SIGBUS and SIGSEGV", "`fallocate`", "a full disk"),
    ("SIGBUS and SIGSEGV", "`shm_open`", "an object without a size"),
    ("SIGBUS and SIGSEGV", "`sem_open`", "an empty file in the place of a semaphore"),
    ("SIGBUS and SIGSEGV", "`mremap`", "a mapping that is longer than its memory"),
    ("`sem_unlink`", "`sem_open`", "names that are too long"),
    ("`close`", "`mmap`", "a mapping stays after the close"),
    ("`close`", "`munmap`", "what was stored stays in the page cache"),
    ("`munmap`", "`mseal`", "`EPERM` of sealed pages"),
    ("`mprotect`", "`mseal`", "`EPERM` of sealed pages"),
    ("`mremap`", "`mseal`", "`EPERM` of sealed pages"),
    ("`madvise`", "`mseal`", "`EPERM` of sealed pages"),
    ("`mmap`", "`mseal`", "`EPERM` of sealed pages"),
    ("`mmap`", "SIGBUS and SIGSEGV", "accesses that end in a signal"),
    ("`munmap`", "`close`", "what a close begins to write"),
    ("past the end of the file", "`ftruncate`", "what a file shows after it grows"),
    ("`fork`", "`madvise`", "mappings that a child does not get"),
    ("`fork`", "`mlock`", "a child inherits no memory locks"),
    ("`fork`", "`fcntl(F_SETLK)`", "record locks, which a child does not get"),
    ("`fork`", "`fcntl(F_OFD_SETLK)`", "OFD locks, which parent and child share"),
    ("`mprotect`", "`fcntl(F_ADD_SEALS)`", "`EACCES` for a file that is sealed against writing"),
    ("running programs", "`open`", "`ETXTBSY`"),
    ("running programs", "`truncate`", "`ETXTBSY`"),
    ("running programs", "`unlink`", "a file without a name that is still mapped"),
    ("running programs", "`execve`", "`ETXTBSY` while a process could write"),
    ("file systems", "`ftruncate`", "a full tmpfs"),
    ("file systems", "`fallocate`", "a full disk"),
    ("file systems", "time stamps", "which store changes mtime where"),
];

/// All pages of the ledger.
pub(crate) fn pages(claims: &[Claim], runs: &Runs) -> Pages {
    let mut by_call: BTreeMap<&str, Vec<&Claim>> = BTreeMap::new();
    for claim in claims {
        by_call.entry(&claim.said.call).or_default().push(claim);
    }
    let mut pages: Pages =
        by_call.iter().map(|(call, claims)| (path(call), page(call, claims, runs))).collect();
    pages.insert("ledger.md".into(), index(claims, &by_call, runs));
    pages.extend(runs.page().map(|page| ("kernels.md".into(), page)));
    pages
}

/// `ledger/fcntl-F_SETLK.md` for `` `fcntl(F_SETLK)` ``.
fn path(call: &str) -> String {
    let separates = |c: char| !c.is_ascii_alphanumeric() && c != '_';
    let words: Vec<_> = call.split(separates).filter(|word| !word.is_empty()).collect();
    format!("ledger/{}.md", words.join("-"))
}

/// A topic's or a call's name at the start of a line.
fn title(call: &str) -> String {
    let mut letters = call.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// The page of a call, or of a topic.
fn page(call: &str, claims: &[&Claim], runs: &Runs) -> String {
    let mut text = format!(
        "# {}\n\nEach sentence is a claim and links to the test that proves it. \
         [How to read the tables](../ledger.md#how-to-read-it).\n",
        title(call)
    ) + &see_also(call);
    for (kind, heading) in
        [(Kind::Success, "Success"), (Kind::Error, "Errors"), (Kind::Edge, "Edges")]
    {
        let mut own: Vec<_> = claims.iter().filter(|claim| claim.said.kind == kind).collect();
        if own.is_empty() {
            continue;
        }
        let error = |claim: &Claim| (kind == Kind::Error).then(|| claim.said.error().to_owned());
        own.sort_by_key(|claim| (error(claim), order(&claim.said.sentence)));
        let mut heads = vec!["claim", "source", "level"];
        if kind == Kind::Error {
            heads.insert(0, "error");
        }
        heads.extend(runs.kernels());
        let rows = own.iter().map(|claim| {
            let error = error(claim).map(|error| format!("`{error}`"));
            let said = [claim.link(UP_FROM_PAGE), claim.said.source.clone(), claim.level()];
            error.into_iter().chain(said).chain(runs.cells(claim)).collect()
        });
        text += &format!("\n## {heading}\n\n{}", table(&heads, rows));
    }
    text
}

/// The line that leads from a page to others; empty if there is none.
fn see_also(call: &str) -> String {
    let others = SEE_ALSO.iter().filter(|(from, ..)| *from == call);
    let links: Vec<_> = others
        .map(|(_, to, why)| {
            let page = path(to);
            format!("[{to}]({}) ({why})", page.trim_start_matches("ledger/"))
        })
        .collect();
    if links.is_empty() { String::new() } else { format!("\nSee also: {}.\n", links.join("; ")) }
}

/// What a sentence is sorted by.
fn order(sentence: &str) -> String {
    sentence.replace('`', "").to_lowercase()
}

/// A table in Markdown.
fn table(heads: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |cells: Vec<String>| {
        let cells: Vec<_> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let heads_line = line(heads.iter().map(|head| String::from(*head)).collect());
    let rule = line(heads.iter().map(|_| "---".into()).collect());
    heads_line + &rule + &rows.map(line).collect::<String>()
}

/// The index: its own words, and the tables in the place of `{…}`.
fn index(claims: &[Claim], by_call: &BTreeMap<&str, Vec<&Claim>>, runs: &Runs) -> String {
    let (calls, topics): (Vec<_>, Vec<_>) =
        by_call.iter().partition(|(call, _)| call.starts_with('`'));
    let kernels = match &runs.kernels()[..] {
        [] => String::new(),
        _ => format!(
            "- {}: the versions of Linux, and the file systems on which we ran the tests there. [The claims on other kernels](kernels.md) says \
             how.\n\n  - ✓: the sentence is true there: its test passed.\n  - *from 6.10*: the sentence is not true \
             there, but from Linux 6.10 on.\n  - *otherwise*: the sentence is not true there. The test passed, because \
             it knows that this kernel or file system does something else; the level says more.\n  - *left out*: \
             the test could not show its claim there. The link leads to the reason.\n  - *not run*: the test did not \
             run there, or its code has changed since.\n  - *ext4: ✓*: if the file systems differ, \
             each has its name. A file system on which the sentence is never true is not named.\n",
            runs.kernels_and_file_systems(),
        ),
    };
    let names: std::collections::BTreeSet<_> = calls.iter().map(|(call, _)| **call).collect();
    include_str!("ledger.md")
        .replace("{claims}", &claims.len().to_string())
        .replace("{number of calls}", &names.len().to_string())
        .replace("{kernels}", &kernels)
        .replace("{calls}", &counts("call", &calls))
        .replace("{topics}", &counts("topic", &topics))
        .replace("{errors}", &errors(claims))
        .replace("{versions}", &versions(claims))
        .replace("{manual}", &refuted("the manual page says", claims, |claim| &claim.said.manual))
        .replace("{tutorials}", &refuted("tutorials say", claims, |claim| &claim.said.tutorials))
        .replace("{article}", &refuted("the article says", claims, |claim| &claim.said.article))
}

/// How many claims each page has.
fn counts(what: &str, calls: &[(&&str, &Vec<&Claim>)]) -> String {
    let mut calls = calls.to_vec();
    calls.sort_by_key(|(call, _)| order(call));
    let rows = calls.iter().map(|(call, claims)| {
        let count = |kind| claims.iter().filter(|claim| claim.said.kind == kind).count();
        let number = |count: usize| if count == 0 { String::new() } else { count.to_string() };
        let numbers = [Kind::Success, Kind::Error, Kind::Edge].map(|kind| number(count(kind)));
        let link = format!("[{}]({})", title(call), path(call));
        std::iter::once(link).chain(numbers).collect()
    });
    table(&[what, "success", "errors", "edges"], rows)
}

/// For each error and each signal, the pages that name it.
fn errors(claims: &[Claim]) -> String {
    let mut pages: BTreeMap<&str, BTreeMap<(String, &str), usize>> = BTreeMap::new();
    for claim in claims {
        let call = claim.said.call.as_str();
        for error in claim.said.errors() {
            let of_error = pages.entry(error).or_default();
            *of_error.entry((order(call), call)).or_default() += 1;
        }
    }
    let rows = pages.into_iter().map(|(error, calls)| {
        let link = |((_, call), count)| format!("[{}]({}) {count}", title(call), path(call));
        let links: Vec<_> = calls.into_iter().map(link).collect();
        vec![format!("`{error}`"), links.join(", ")]
    });
    table(&["error", "calls and topics, with the number of claims"], rows)
}

/// The claims that do not hold on every kernel, by the version from which on they hold.
fn versions(claims: &[Claim]) -> String {
    let mut by_version: BTreeMap<Vec<u32>, (&str, Vec<&Claim>)> = BTreeMap::new();
    for claim in claims {
        if let Some(version) = claim.said.since() {
            let of_version = by_version.entry(numbers(version)).or_insert((version, Vec::new()));
            of_version.1.push(claim);
        }
    }
    let rows = by_version.into_values().map(|(version, mut claims)| {
        claims.sort_by_key(|claim| order(&claim.said.sentence));
        let links: Vec<_> = claims.iter().map(|claim| claim.link(UP_FROM_INDEX) + ".").collect();
        vec![version.into(), links.join("<br>")]
    });
    table(&["Linux", "true from this version on"], rows)
}

/// What others say, and the claims that prove something else.
fn refuted(head: &str, claims: &[Claim], said: impl Fn(&Claim) -> &[String]) -> String {
    let mut statements: BTreeMap<(String, &str), Vec<&Claim>> = BTreeMap::new();
    for claim in claims {
        for statement in said(claim) {
            statements.entry((order(statement), statement)).or_default().push(claim);
        }
    }
    let rows = statements.into_iter().map(|((_, statement), claims)| {
        let links: Vec<_> = claims.iter().map(|claim| claim.link(UP_FROM_INDEX) + ".").collect();
        vec![statement.into(), links.join("<br>")]
    });
    table(&[head, "the test shows"], rows)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::claim::{Said, test_name};
    use crate::holds::Holds;

    /// A claim of a package `x`; `call` is written as in a doc comment.
    pub(crate) fn claim(sentence: &str, call: &str) -> Claim {
        let name = test_name(sentence);
        let (call, kind) = call.split_once(", ").expect("a call and a kind");
        let kind = match kind {
            "success" => Kind::Success,
            "error" => Kind::Error,
            _ => Kind::Edge,
        };
        let said = Said {
            sentence: sentence.into(),
            call: call.into(),
            kind,
            source: "mmap(2), ERRORS (EACCES)".into(),
            level: "Linux".into(),
            holds: Holds::since(None),
            manual: Vec::new(),
            tutorials: Vec::new(),
            article: Vec::new(),
        };
        let (path, file) = (format!("a::{name}"), "crates/x/tests/claims/a.rs".into());
        Claim { package: "x".into(), path, name, file, line: 7, needs_root: false, said }
    }

    #[test]
    fn the_index_leads_from_an_error_to_the_calls_that_name_it() {
        let claims = [
            claim("X fails with `EINVAL`", "`g`, error"),
            claim("Y fails with `EINVAL`", "`f`, error"),
            claim("Z fails with `EINVAL`, or with `EBADF`", "`f`, success"),
            claim("W fails", "`f`, error"),
            claim("V of `EXIT` is no error", "`f`, edge"),
        ];
        let right = "| error | calls and topics, with the number of claims |\n| --- | --- |\n\
             | `EACCES` | [`f`](ledger/f.md) 1 |\n\
             | `EBADF` | [`f`](ledger/f.md) 1 |\n\
             | `EINVAL` | [`f`](ledger/f.md) 2, [`g`](ledger/g.md) 1 |\n";
        assert_eq!(errors(&claims), right, "the error of W is in its source");
    }

    #[test]
    fn the_index_lists_what_came_with_a_version_in_the_order_of_the_versions() {
        let mut claims = ["Old", "Since Linux 6.13, a", "Since Linux 6.9, b", "C"]
            .map(|sentence| claim(sentence, "`f`, edge"));
        claims[3].said.level = "Linux (since Linux 6.9)".into();
        let row = |text: &str| format!("[{text}](../crates/x/tests/claims/a.rs#L7).");
        let right = format!(
            "| Linux | true from this version on |\n| --- | --- |\n| 6.9 | {}<br>{} |\n| 6.13 | {} |\n",
            row("C"),
            row("Since Linux 6.9, b"),
            row("Since Linux 6.13, a"),
        );
        assert_eq!(versions(&claims), right);
    }

    #[test]
    fn a_page_has_the_parts_that_have_claims_and_sorts_them() {
        let mut claims = [
            claim("B|C works", "`f`, success"),
            claim("`A` works", "`f`, success"),
            claim("X fails with `EINVAL`", "`f`, error"),
            claim("Y fails with `EBADF`", "`f`, error"),
            claim("Z is refused", "`f`, error"),
        ];
        claims[0].needs_root = true;
        let row = |text: &str| format!("[{text}](../../crates/x/tests/claims/a.rs#L7)");
        let rest = "mmap(2), ERRORS (EACCES) | Linux";
        let right = format!(
            "## Success\n\n| claim | source | level |\n| --- | --- | --- |\n\
             | {} | {rest} |\n| {} | {rest}; needs root |\n\n\
             ## Errors\n\n| error | claim | source | level |\n| --- | --- | --- | --- |\n\
             | `EACCES` | {} | {rest} |\n| `EBADF` | {} | {rest} |\n| `EINVAL` | {} | {rest} |\n",
            row("`A` works"),
            row("B\\|C works"),
            row("Z is refused"),
            row("Y fails with `EBADF`"),
            row("X fails with `EINVAL`"),
        );
        let pages = pages(&claims, &Runs::default());
        let page = pages.get("ledger/f.md").expect("the page of f");
        assert!(page.starts_with("# `f`\n\n"), "{page}");
        assert!(page.ends_with(&right), "{page}\nis not\n{right}");
    }

    #[test]
    fn a_page_leads_to_pages_that_exist() {
        let claims = [claim("A works", "`flock`, success")];
        let pages = pages(&claims, &Runs::default());
        let page = pages.get("ledger/flock.md").expect("the page of flock");
        assert!(page.contains("\nSee also: [`close`](close.md) (when a"), "{page}");
        let missing = SEE_ALSO.iter().flat_map(|(from, to, _)| [*from, *to]).filter(|call| {
            let page = common::root().expect("find the checkout").join("lessons").join(path(call));
            !page.is_file()
        });
        assert_eq!(missing.collect::<Vec<_>>(), Vec::<&str>::new());
    }

    #[test]
    fn the_index_counts_the_claims_and_groups_what_others_say() {
        let mut claims = [
            claim("B works", "`fcntl(F_SETLK)`, success"),
            claim("C fails", "`fcntl(F_SETLK)`, edge"),
            claim("D is", "page cache, edge"),
        ];
        claims[0].said.manual = vec!["f(2): B fails.".into()];
        claims[1].said.manual = vec!["f(2): B fails.".into()];
        claims[2].said.tutorials = vec!["D is not.".into()];
        claims[2].said.article = vec!["D was never.".into()];
        let index = &pages(&claims, &Runs::default())["ledger.md"];
        let link = |text: &str| format!("[{text}](../crates/x/tests/claims/a.rs#L7).");
        for part in [
            "| [`fcntl(F_SETLK)`](ledger/fcntl-F_SETLK.md) | 1 |  | 1 |\n",
            "| [Page cache](ledger/page-cache.md) |  |  | 1 |\n",
            &format!("| f(2): B fails. | {}<br>{} |\n", link("B works"), link("C fails")),
            &format!("| D is not. | {} |\n", link("D is")),
            &format!("| D was never. | {} |\n", link("D is")),
        ] {
            assert!(index.contains(part), "{part} is not in {index}");
        }
        assert!(!index.contains('{'), "a place was not filled: {index}");
    }

    #[test]
    fn calls_and_topics_have_paths_without_special_characters() {
        for (call, right) in [
            ("`mmap`", "ledger/mmap.md"),
            ("`/proc/PID/maps`", "ledger/proc-PID-maps.md"),
            ("the ring of lesson 7", "ledger/the-ring-of-lesson-7.md"),
        ] {
            assert_eq!(path(call), right);
        }
    }
}
