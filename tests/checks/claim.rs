//! One claim: a test whose doc comment is the claim's sentence, with the call that it is about, its
//! source and its level. The ledger and the lessons' tables are written from these comments.
//!
//! ```text
//! /// `munmap` of addresses that are not mapped succeeds.
//! ///
//! /// - call: `munmap`, success
//! /// - source: mmap(2), DESCRIPTION (munmap)
//! /// - level: POSIX
//! ```
//!
//! If the sentence is true only on some kernels or file systems, `holds:` says where (see `holds.rs`).
//! Further bullets are `manual says:`, `tutorials say:` and `article says:`, each as often as needed. After a blank line,
//! the comment may go on with anything.

use std::path::{Path, PathBuf};

use crate::holds::{Holds, must_say};
use crate::workspace::{file_name, lessons, read, root, rust_files, shown};
use syn::spanned::Spanned;

/// Who promises a claim. A level begins with one of these words.
const LEVELS: [&str; 3] = ["POSIX", "Linux", "observed"];

/// What a claim is about, if it is about no single call.
const TOPICS: [&str; 16] = [
    "SIGBUS and SIGSEGV",
    "atomics",
    "compiled code",
    "file systems",
    "limits",
    "page cache",
    "page tables and faults",
    "past the end of the file",
    "plain loads and stores",
    "power cuts and disk errors",
    "private mappings",
    "running programs",
    "shared mappings",
    "the crate memmap2",
    "the ring of lesson 7",
    "time stamps",
];

/// The package of the claims that no lesson needs.
const CALLS: &str = "calls";

/// In which part of its call's page a claim stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Success,
    Error,
    Edge,
}

/// A claim and its test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    /// The package: `lesson-3-msync`.
    pub(crate) package: String,
    /// The test as its program names it: `flush::ms_sync_leaves_no_page_dirty`.
    pub(crate) path: String,
    /// The test's name.
    pub(crate) name: String,
    /// The test's file, relative to the root.
    pub(crate) file: String,
    /// The line of its `fn`.
    pub(crate) line: usize,
    /// Whether only root can prove it.
    pub(crate) needs_root: bool,
    /// What its doc comment says.
    pub(crate) said: Said,
}

/// What a claim's doc comment says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    /// The sentence, without its full stop.
    pub(crate) sentence: String,
    /// A call in backticks, or a topic.
    pub(crate) call: String,
    pub(crate) kind: Kind,
    pub(crate) source: String,
    pub(crate) level: String,
    /// Where the sentence is true.
    pub(crate) holds: Holds,
    /// What the manual page says, where it differs.
    pub(crate) manual: Vec<String>,
    /// What tutorials say, where they are wrong.
    pub(crate) tutorials: Vec<String>,
    /// What the article says whose outline the course follows, where it is wrong.
    pub(crate) article: Vec<String>,
}

impl Claim {
    /// The last cell of its row: the level, and whether root is needed.
    pub(crate) fn level(&self) -> String {
        let mark = if self.needs_root { "; needs root" } else { "" };
        format!("{}{mark}", self.said.level)
    }

    /// The sentence as a link to the test, from a file that is `up` (`../`) below the root.
    pub(crate) fn link(&self, up: &str) -> String {
        format!("[{}]({up}{}#L{})", self.said.sentence, self.file, self.line)
    }
}

impl Said {
    /// The first error or signal that the claim names: in its sentence, or else in its source. It is
    /// empty if there is none, which a claim about an error may not be.
    pub(crate) fn error(&self) -> &str {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let mut words = [&self.sentence, &self.source]
            .into_iter()
            .flat_map(|text| text.split(move |c| !is_word(c)));
        words.find(|word| is_error(word)).unwrap_or_default()
    }

    /// The errors and signals that the claim's sentence names, each once. If it names none, a claim about
    /// an error has that of its source.
    pub(crate) fn errors(&self) -> Vec<&str> {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let words = self.sentence.split(move |c| !is_word(c)).filter(|word| is_error(word));
        let mut errors: Vec<_> = words.collect();
        if errors.is_empty() && self.kind == Kind::Error {
            errors.push(self.error());
        }
        errors.sort_unstable();
        errors.dedup();
        errors
    }

    /// The version from which on the whole sentence is true, if it says one.
    pub(crate) fn since(&self) -> Option<&str> {
        since(&self.sentence, &self.level)
    }
}

/// The version from which on a sentence is true, if its first words or its level say so: `6.10` of
/// `Since Linux 6.10` or of `Linux (since Linux 6.10)`.
fn since<'a>(sentence: &'a str, level: &'a str) -> Option<&'a str> {
    let in_level = level.split_once("(since Linux ").map(|(_, rest)| rest);
    let rest = sentence.strip_prefix("Since Linux ").or(in_level)?;
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    Some(rest[..end].trim_end_matches('.'))
}

/// Whether a word is the name of an errno or of a signal.
fn is_error(word: &str) -> bool {
    const OTHERS: [&str; 6] = ["ELF", "EOF", "ERRORS", "EXAMPLES", "EXIT", "EXCL"];
    let is_constant = word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    let begins = word.starts_with("SIG") || word.starts_with('E');
    begins && is_constant && word.len() >= 3 && !OTHERS.contains(&word)
}

/// Every claim of the workspace, and what is wrong with the comments of the other claim tests.
pub(crate) fn claims() -> (Vec<Claim>, Vec<String>) {
    let mut packages: Vec<_> =
        lessons().into_iter().map(|lesson| (lesson.name, lesson.directory)).collect();
    packages.push((CALLS.into(), root().join("crates").join(CALLS)));
    let (mut claims, mut problems) = (Vec::new(), Vec::new());
    for (package, directory) in packages {
        for file in claim_files(&directory) {
            for claim in claims_in(&package, &file, &read(&file)) {
                match claim {
                    Ok(claim) => claims.push(claim),
                    Err(problem) => problems.push(problem),
                }
            }
        }
    }
    (claims, problems)
}

/// The sources of a package's test programs whose names begin with `claims`.
fn claim_files(package: &Path) -> Vec<PathBuf> {
    let mut files = rust_files(&package.join("tests"));
    files.retain(|file| file.ancestors().any(|path| file_name(path).starts_with("claims")));
    files
}

/// The claims of one file, or what is wrong with each.
fn claims_in(package: &str, file: &Path, source: &str) -> Vec<Result<Claim, String>> {
    let parsed = syn::parse_file(source).expect("the tests compile");
    let module = match file_name(file).trim_end_matches(".rs") {
        "main" => String::new(),
        stem if stem.starts_with("claims") => String::new(),
        stem => format!("{stem}::"),
    };
    let tests = parsed.items.into_iter().filter_map(|item| match item {
        syn::Item::Fn(function) if has(&function.attrs, "test") => Some(function),
        _ => None,
    });
    let claim = |function: syn::ItemFn| {
        let name = function.sig.ident.to_string();
        let line = function.sig.fn_token.span().start().line;
        let file = shown(file);
        let doc = values(&function.attrs, "doc");
        let until = function.block.brace_token.span.close().end().line;
        let body = source.lines().take(until).skip(line).collect::<Vec<_>>().join("\n");
        let said =
            said(&name, &doc).and_then(|said| match asks_without_saying(&said, &doc, &body) {
                Some(asked) => {
                    Err(format!("its test asks {asked}, and it does not say where it `holds:`"))
                }
                None => Ok(said),
            });
        let said = said.map_err(|problem| format!("{file}:{line}: {name}: {problem}"))?;
        let ignored = values(&function.attrs, "ignore");
        let needs_root = ignored.iter().any(|reason| reason.starts_with("needs root"));
        let path = format!("{module}{name}");
        Ok(Claim { package: package.into(), path, name, file, line, needs_root, said })
    };
    tests.map(claim).collect()
}

/// What a test asks about the kernel or the file system, if its comment does not say where it holds: such
/// a test may pass where its sentence is not true.
fn asks_without_saying(said: &Said, doc: &[String], body: &str) -> Option<&'static str> {
    const OF_KERNELS: [&str; 1] = ["kernel_at_least("];
    const OF_FILE_SYSTEMS: [&str; 4] =
        ["file_system(", ".file_system", "gets_clean", "_large_folios("];
    let asked = |questions: &'static [&str]| {
        questions.iter().copied().find(|question| body.contains(question))
    };
    if doc.iter().any(|line| line.trim_start().starts_with("- holds: ")) {
        return None;
    }
    let of_kernels = || said.since().is_none().then(|| asked(&OF_KERNELS)).flatten();
    asked(&OF_FILE_SYSTEMS).or_else(of_kernels)
}

fn has(attributes: &[syn::Attribute], name: &str) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident(name))
}

/// The texts of the attributes `#[name = "text"]`. A line of a doc comment is one.
fn values(attributes: &[syn::Attribute], name: &str) -> Vec<String> {
    let value = |attribute: &syn::Attribute| match &attribute.meta {
        syn::Meta::NameValue(pair) if pair.path.is_ident(name) => match &pair.value {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    };
    attributes.iter().filter_map(value).collect()
}

/// Reads the doc comment of the test `name`, or says what is wrong with it.
fn said(name: &str, comment: &[String]) -> Result<Said, String> {
    let lines: Vec<_> = comment.iter().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    let mut paragraphs = lines.split(|line| line.trim().is_empty());
    let sentence = paragraphs.next().unwrap_or_default().join(" ");
    if sentence.is_empty() {
        return Err("it has no doc comment".into());
    }
    let Some(sentence) = sentence.strip_suffix('.') else {
        return Err(format!("{sentence:?} does not end with a full stop"));
    };
    if test_name(sentence) != name {
        return Err(format!("its sentence gives the name {}", test_name(sentence)));
    }
    if !is_sentence(sentence) {
        return Err(format!("{sentence:?} is no sentence"));
    }
    let bullets = bullets(paragraphs.next().unwrap_or_default())?;
    let all = |key: &str| {
        let own = bullets.iter().filter(|(found, _)| *found == key);
        own.map(|(_, value)| value.clone()).collect::<Vec<_>>()
    };
    let one = |key: &str| match &all(key)[..] {
        [value] if !value.is_empty() => Ok(value.clone()),
        found => Err(format!("it needs one bullet `{key}:`, and has {found:?}")),
    };
    let (call, kind) = call_and_kind(&one("call")?)?;
    let (source, level) = (one("source")?, one("level")?);
    if !LEVELS.iter().any(|known| level.split(' ').next() == Some(known)) {
        return Err(format!("the level {level:?} begins with none of {LEVELS:?}"));
    }
    if names_a_bare_version(&level) {
        return Err(format!(
            "the level {level:?} names Linux without `since`, `before` or `only on`"
        ));
    }
    if !level.starts_with("observed") && !can_promise(&source) {
        return Err(format!("{source:?} promises nothing: its level is `observed`"));
    }
    let holds = holds(sentence, &level, &all("holds"))?;
    let [manual, tutorials, article] = ["manual says", "tutorials say", "article says"].map(all);
    if let Some(bare) = manual.iter().find(|text| !names_its_page(text)) {
        return Err(format!(
            "`manual says: {bare}` does not begin with the page, as `mmap(2): …` does"
        ));
    }
    let sentence = sentence.into();
    let said = Said { sentence, call, kind, source, level, holds, manual, tutorials, article };
    match said.kind == Kind::Error && said.error().is_empty() {
        true => {
            Err("it is an error, and neither its sentence nor its source names the errno".into())
        }
        false => Ok(said),
    }
}

/// Where a claim holds, from its bullets `holds:`, or else from its `since`.
fn holds(sentence: &str, level: &str, bullets: &[String]) -> Result<Holds, String> {
    let since = since(sentence, level);
    let holds = match bullets {
        [] if must_say(sentence, level, since) => {
            return Err(format!(
                "the level {level:?} or the sentence names kernels or file systems: add `holds:`"
            ));
        }
        [] => Holds::since(since),
        [text] => Holds::read(text)?,
        several => return Err(format!("it needs one bullet `holds:`, and has {several:?}")),
    };
    match since.filter(|version| !holds.begins_with(version)) {
        Some(version) => Err(format!("`holds:` does not say `since {version}`")),
        None => Ok(holds),
    }
}

/// The bullets `- key: value`. A line that goes on is indented by two blanks.
fn bullets<'a>(lines: &[&'a str]) -> Result<Vec<(&'a str, String)>, String> {
    const KEYS: [&str; 7] =
        ["call", "source", "level", "holds", "manual says", "tutorials say", "article says"];
    let mut bullets: Vec<(&str, String)> = Vec::new();
    for line in lines {
        if let (Some(more), Some((_, value))) = (line.strip_prefix("  "), bullets.last_mut()) {
            value.push(' ');
            value.push_str(more.trim());
            continue;
        }
        let bullet = line.strip_prefix("- ").and_then(|bullet| bullet.split_once(": "));
        match bullet {
            Some((key, value)) if KEYS.contains(&key) => bullets.push((key, value.trim().into())),
            _ => return Err(format!("{line:?} is none of the bullets {KEYS:?}")),
        }
    }
    Ok(bullets)
}

/// Reads `` `munmap`, success ``.
fn call_and_kind(text: &str) -> Result<(String, Kind), String> {
    let (call, kind) = text.rsplit_once(", ").unwrap_or((text, ""));
    let kind = match kind {
        "success" => Kind::Success,
        "error" => Kind::Error,
        "edge" => Kind::Edge,
        _ => return Err(format!("{text:?} does not end with success, error or edge")),
    };
    let known = match call.strip_prefix('`').and_then(|call| call.strip_suffix('`')) {
        Some(name) => is_call(name),
        None => TOPICS.contains(&call),
    };
    match known {
        true => Ok((call.into(), kind)),
        false => Err(format!(
            "{call:?} is neither a call, such as `fcntl(F_SETLK)` or `/proc/PID/maps`, nor one of {TOPICS:?}"
        )),
    }
}

/// Whether this is the name of a function in C, perhaps with one argument, or a file of the kernel's.
fn is_call(name: &str) -> bool {
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let is_constant = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let (function, argument) = match name.split_once('(') {
        Some((function, rest)) => (function, rest.strip_suffix(')')),
        None => (name, Some("NONE")),
    };
    let argument = argument.is_some_and(|text| !text.is_empty() && text.chars().all(is_constant));
    let function = !function.is_empty() && function.chars().all(is_name);
    let file = ["/proc/", "/sys/", "/dev/"].iter().any(|place| name.starts_with(place));
    file && !name.contains(' ') || function && argument
}

/// The name of the test that proves `sentence`: its words in lower case, joined by underscores.
/// Apostrophes vanish; every other character that is no letter or digit separates words.
pub(crate) fn test_name(sentence: &str) -> String {
    let sentence = sentence.replace(['\'', '’'], "").to_lowercase();
    let words =
        sentence.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("_")
}

/// Whether this reads as English: it begins with a capital, a digit or code, and has no test's name.
fn is_sentence(sentence: &str) -> bool {
    let begins = sentence.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit() || c == '`');
    let prose = sentence.split('`').step_by(2); // What is between two backticks is code.
    begins && !prose.collect::<String>().contains('_')
}

/// Whether a level names a version of Linux at the start of a condition: `observed (Linux 6.18)` could mean
/// that it was seen there, or that it is so only there.
fn names_a_bare_version(level: &str) -> bool {
    let starts = ["(Linux ", ", Linux ", " on Linux "].map(|start| level.split(start).skip(1));
    let versions = starts.into_iter().flatten();
    let bare = versions.filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())).count();
    bare > level.matches("only on Linux ").count()
}

/// Whether a statement begins with the manual page that it is from: `mmap(2): …`.
fn names_its_page(text: &str) -> bool {
    let page = text.split(": ").next().filter(|page| page.len() < text.len());
    let section = page.and_then(|page| page.split_once('(')).map(|(_, section)| section);
    section.is_some_and(|section| section.starts_with(|c: char| c.is_ascii_digit()))
}

/// Whether a source is a text that promises something: a manual page such as mmap(2), POSIX, or the
/// kernel's documentation. The kernel's code only shows what it does now.
fn can_promise(source: &str) -> bool {
    let manual_page =
        source.split('(').skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    manual_page || source.contains("POSIX") || source.contains(".rst")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "\
/// `munmap` of a range with a hole
/// succeeds.
///
/// - call: `munmap`, success
/// - source: mmap(2), DESCRIPTION
///   (munmap)
/// - level: POSIX (since 1993)
/// - manual says: mmap(2): a hole
///   fails.
/// - tutorials say: A hole fails.
/// - article says: Holes are rare.
///
/// Found by accident.
#[test]
#[ignore = \"needs root: as an example\"]
fn munmap_of_a_range_with_a_hole_succeeds() {}
";

    fn only(source: &str) -> Result<Claim, String> {
        let file = root().join("crates/x/tests/claims/holes.rs");
        let [claim] = &claims_in("x", &file, source)[..] else { panic!("one claim in {source}") };
        claim.clone()
    }

    #[test]
    fn a_claim_is_read_from_its_doc_comment() {
        let claim = only(GOOD).expect("the comment is right");
        assert_eq!(claim.said.sentence, "`munmap` of a range with a hole succeeds");
        assert_eq!((claim.said.call.as_str(), claim.said.kind), ("`munmap`", Kind::Success));
        assert_eq!(claim.said.source, "mmap(2), DESCRIPTION (munmap)");
        assert_eq!(claim.level(), "POSIX (since 1993); needs root");
        assert_eq!(claim.said.manual, ["mmap(2): a hole fails."]);
        assert_eq!(claim.said.tutorials, ["A hole fails."]);
        assert_eq!(claim.said.article, ["Holes are rare."]);
        assert_eq!(claim.path, "holes::munmap_of_a_range_with_a_hole_succeeds");
        assert_eq!(
            claim.link("../"),
            "[`munmap` of a range with a hole succeeds](../crates/x/tests/claims/holes.rs#L16)"
        );
    }

    #[test]
    fn the_version_from_which_a_claim_holds_is_found() {
        let claim = only(GOOD).expect("the comment is right");
        for (sentence, level, version) in [
            ("It works", "Linux (since Linux 6.10)", Some("6.10")),
            ("It works", "observed (since Linux 6.5; not on overlayfs)", Some("6.5")),
            ("Since Linux 6.13, it works", "observed", Some("6.13")),
            ("It works", "Linux (`MADV_X`: since Linux 5.14)", None),
            ("It works", "POSIX (since 2024)", None),
        ] {
            let said =
                Said { sentence: sentence.into(), level: level.into(), ..claim.said.clone() };
            assert_eq!(said.since(), version, "{sentence}, {level}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_comment_is_found() {
        for (right, wrong, problem) in [
            (GOOD, "#[test]\nfn munmap_of_a_range_with_a_hole_succeeds() {}", "no doc comment"),
            ("succeeds.", "succeeds", "full stop"),
            ("a hole\n", "one hole\n", "gives the name"),
            ("`munmap` of", "munmap of", "no sentence"),
            ("- call: `munmap`, success\n", "- call:\n", "none of the bullets"),
            ("/// - call: `munmap`, success\n", "", "one bullet `call:`"),
            ("`munmap`, success", "`munmap`, mostly", "success, error or edge"),
            ("`munmap`, success", "`munmap`", "success, error or edge"),
            ("`munmap`, success", "munmap, success", "neither a call"),
            ("`munmap`, success", "`Munmap`, success", "neither a call"),
            ("/// - source: mmap(2), DESCRIPTION\n///   (munmap)\n", "", "one bullet `source:`"),
            ("- level: POSIX", "- level: surely", "begins with none of"),
            ("- level: POSIX", "- level: observed (Linux 6.18)", "names Linux without"),
            ("- level: POSIX", "- level: observed (ext4, Linux 6.18)", "names Linux without"),
            ("- level: POSIX", "- level: observed (ext4 on Linux 6.18)", "names Linux without"),
            ("mmap(2), DESCRIPTION\n///   (munmap)", "mm/vma.c", "promises nothing"),
            ("- tutorials say:", "- blogs say:", "none of the bullets"),
            (
                "- manual says: mmap(2): a hole",
                "- manual says: a hole",
                "does not begin with the page",
            ),
            ("POSIX (since 1993)", "observed (not on tmpfs)", "add `holds:`"),
            ("POSIX (since 1993)", "observed (only on Linux 6.18)", "add `holds:`"),
            ("POSIX (since 1993)", "observed\n/// - holds: here", "does not say where it holds"),
            (
                "POSIX (since 1993)",
                "observed (since Linux 6.1)\n/// - holds: on xfs",
                "`since 6.1`",
            ),
            ("`munmap`, success", "`munmap`, error", "names the errno"),
        ] {
            let bad = GOOD.replacen(right, wrong, 1);
            let found = only(&bad).expect_err(&bad);
            assert!(found.contains(problem), "{problem:?} is not in {found:?}");
            assert!(found.starts_with("crates/x/tests/claims/holes.rs:"), "{found}");
        }
    }

    #[test]
    fn a_test_that_asks_for_the_kernel_or_the_file_system_must_say_where_it_holds() {
        let since = GOOD.replace("POSIX (since 1993)", "Linux (since Linux 6.1)");
        let holds = GOOD.replace("POSIX (since 1993)", "POSIX\n/// - holds: everywhere");
        let with = |claim: &str, body: &str| only(&claim.replace("{}", &format!("{{\n{body}\n}}")));
        for (claim, body, is_right) in [
            (GOOD, "kernel_at_least(6, 1)", false),
            (&since, "kernel_at_least(6, 1)", true),
            (GOOD, "file_system(path)", false),
            (&since, "file_system(path)", false),
            (&holds, "file_system(path); kernel_at_least(6, 1)", true),
            (GOOD, "succeed()", true),
        ] {
            assert_eq!(with(claim, body).is_ok(), is_right, "{claim}: {body}");
        }
    }

    #[test]
    fn calls_have_their_names_in_c_and_topics_are_known() {
        for good in ["`mmap`", "`fcntl(F_SETLK)`", "`/proc/PID/maps`", "page cache"] {
            assert!(call_and_kind(&format!("{good}, edge")).is_ok(), "{good}");
        }
        for bad in ["", "``", "`mmap()`", "`fcntl(lock)`", "`open O_SYNC`", "locks", "`page cache`"]
        {
            assert!(call_and_kind(&format!("{bad}, edge")).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_sentence_and_its_test_have_the_same_words() {
        for (sentence, name) in [
            ("Pages are whole", "pages_are_whole"),
            ("`MS_SYNC` on btrfs writes the whole file", "ms_sync_on_btrfs_writes_the_whole_file"),
            ("An object's name, if unlinked, is gone", "an_objects_name_if_unlinked_is_gone"),
            ("Mapping `/dev/null` fails with `ENODEV`", "mapping_dev_null_fails_with_enodev"),
        ] {
            assert_eq!(test_name(sentence), name);
        }
    }
}
