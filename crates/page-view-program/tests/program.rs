//! The program as a person calls it: what it prints, as text, JSON and SVG; how it refuses.
//!
//! # Safety
//! The files are this test's own, in a directory of mode 0700: nobody else stores to them or
//! shrinks them while they are mapped.
#![expect(unsafe_code, reason = "memory must be touched to be looked at")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::{self, File};
use std::process;

use common::{Scratch, page_size};
use course::{Ended, Program, scratch};
use memmap2::{Advice, MmapRaw};
use serde_json::Value;

/// A file of this test's, mapped, its first page loaded.
struct Mapped {
    map: MmapRaw,
    path: String,
    scratch: Scratch,
}

fn mapped(pages: usize) -> Mapped {
    let scratch = scratch();
    let path = scratch.path().join("pages & <more>");
    fs::write(&path, vec![7; pages * page_size()]).unwrap();
    let file = File::options().read(true).write(true).open(&path).unwrap();
    file.sync_all().unwrap();
    let map = MmapRaw::map_raw(&file).unwrap();
    map.advise(Advice::Random).unwrap();
    // SAFETY: the mapping lives and is readable.
    unsafe { map.as_ptr().read_volatile() };
    Mapped { map, path: path.to_str().unwrap().into(), scratch }
}

fn page_view(arguments: &[&str]) -> Program {
    Program::new(env!("CARGO_BIN_EXE_page-view"), arguments)
}

fn me() -> String {
    process::id().to_string()
}

fn json(arguments: &[&str]) -> Value {
    let text = page_view(&[arguments, &["--format", "json"]].concat()).succeed();
    assert_eq!(text.lines().count(), 1, "one document on one line: {text}");
    serde_json::from_str(&text).unwrap()
}

#[track_caller]
fn refused(ended: &Ended, code: i32, words: &str) {
    assert_eq!(ended.code, Some(code), "{ended:?}");
    assert!(ended.stderr.starts_with("error: ") && ended.stderr.contains(words), "{ended:?}");
    assert!(code == 2 || ended.stderr.lines().count() == 1, "{ended:?}");
    assert_eq!(ended.stdout, "");
}

#[test]
fn the_list_names_every_mapping() {
    let file = mapped(3);
    let text = page_view(&[&me()]).succeed();
    // A name that is longer than a line is cut anywhere: compare without blanks.
    let solid = |text: &str| text.split_whitespace().collect::<String>();
    assert!(solid(&text).contains(&solid(&file.path)), "{text}");
    assert!(text.contains("[stack]"), "{text}");
    let list = json(&[&me()]);
    let starts = list["mappings"].as_array().unwrap().iter().map(|entry| &entry["start"]);
    assert!(
        starts.into_iter().any(|start| start.as_u64() == Some(file.map.as_ptr().addr() as u64))
    );
}

#[test]
fn a_drawing_says_in_words_where_each_page_leads() {
    let file = mapped(3);
    let text = page_view(&[&me(), &file.path]).succeed();
    assert!(text.contains("-> page cache\n"), "{text}");
    assert!(!text.contains("smaps: ") && text.contains("(cachestat): "), "{text}");
    assert!(text.contains(" kB in the page cache\n"), "{text}");
    let with_sums = page_view(&[&me(), &file.path, "--sums"]).succeed();
    assert!(with_sums.contains("smaps: Rss "), "{with_sums}");
    assert!(!text.contains('\u{1b}'), "nothing but text reaches a pipe");
}

#[test]
fn json_has_exactly_these_fields_and_a_page_each() {
    let file = mapped(3);
    let document = json(&[&me(), &file.path]);
    let fields = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let all = ["cachestat", "file", "page_size", "pages", "pid", "smaps", "start"];
    assert_eq!(fields(&document), all);
    assert_eq!(document["pid"], process::id());
    assert_eq!(document["file"], file.path);
    assert_eq!(document["start"], file.map.as_ptr().addr());
    assert_eq!(document["page_size"], page_size());
    let pages = document["pages"].as_array().unwrap();
    assert_eq!(pages.len(), 3);
    for (index, page) in pages.iter().enumerate() {
        let known = ["cached", "complete", "dirty", "file_page", "frame", "index", "present"];
        assert_eq!(fields(page), known);
        assert_eq!(page["index"], index);
        let present = page["present"].as_bool().unwrap();
        assert_eq!(page["file_page"], if present { Value::Bool(true) } else { Value::Null });
        assert!(present || page["frame"].is_null());
    }
    assert_eq!(pages[0]["present"], true);
    assert_eq!(document["smaps"]["Size"], 3 * page_size());
}

#[test]
fn what_an_ordinary_user_may_not_know_is_null() {
    let cat = Program::new("cat", [""; 0]).as_ordinary_user().start();
    let mut list = page_view_mappings(cat.id());
    let file = loop {
        // It is still being loaded as long as it maps no file called cat.
        let found = list.iter().find(|path| path.ends_with("/cat") || path.ends_with("coreutils"));
        match found {
            Some(path) => break path.clone(),
            None => list = page_view_mappings(cat.id()),
        }
    };
    let arguments = [&cat.id().to_string(), &file, "--format", "json"];
    let text = page_view(&arguments).as_ordinary_user().succeed();
    let document: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!(document["cachestat"], Value::Null, "the file is root's: {text}");
    for page in document["pages"].as_array().unwrap() {
        for unknown in ["cached", "complete", "frame", "dirty"] {
            assert_eq!(page[unknown], Value::Null, "{unknown} of {page}");
        }
    }
    if course::is_root() {
        refused(&page_view(&["1"]).as_ordinary_user().run(), 1, "smaps");
    }
}

fn page_view_mappings(pid: u32) -> Vec<String> {
    let mappings = page_view::mappings_of(pid).unwrap();
    mappings.into_iter().filter_map(|mapping| mapping.path).collect()
}

#[test]
fn the_svg_is_well_formed_has_a_title_and_says_everything_in_words() {
    let file = mapped(3);
    for more in [vec![], vec!["--compare", "own"]] {
        let own = me();
        let more = more.into_iter().map(|word| if word == "own" { own.as_str() } else { word });
        let mut arguments = vec![own.as_str(), &file.path, "--format", "svg"];
        arguments.extend(more);
        let text = page_view(&arguments).succeed();
        let picture = roxmltree::Document::parse(&text).unwrap();
        let texts = |name: &str| {
            let mut nodes = picture.descendants();
            let node = nodes.find(|node| node.tag_name().name() == name);
            node.and_then(|node| node.text()).unwrap_or_default()
        };
        assert_eq!(picture.root_element().attribute("role"), Some("img"));
        assert!(texts("title").contains(&file.path), "{text}");
        let words = texts("desc");
        assert!(words.contains("pages & <more>"), "{words}");
        assert!(words.contains(" to the page cache"), "{words}");
        assert!(texts("style").contains("prefers-color-scheme: dark"));
    }
}

/// How often each class of shape stands in a drawing.
fn count(picture: &str, class: &str) -> usize {
    let picture = roxmltree::Document::parse(picture).unwrap();
    picture.descendants().filter(|node| node.attribute("class") == Some(class)).count()
}

#[test]
fn one_frame_in_two_page_tables_is_one_box_with_two_arrows() {
    let file = mapped(1);
    let alias = File::options().read(true).write(true).open(&file.path).unwrap();
    let alias = MmapRaw::map_raw(&alias).unwrap();
    // SAFETY: the mapping lives and is readable.
    unsafe { alias.as_ptr().read_volatile() };
    let drawing = page_view(&[&me(), &file.path, "--format", "svg"]).succeed();
    let frames = count(&drawing, "frame") + count(&drawing, "dirty");
    assert_eq!((frames, count(&drawing, "arrow")), (1, 2), "{drawing}");
}

#[test]
fn a_private_copy_is_a_box_of_its_own() {
    let file = mapped(2);
    let opened = File::open(&file.path).unwrap();
    // SAFETY: nobody else has the file, as the preface says.
    let mut copy = unsafe { memmap2::MmapOptions::new().map_copy(&opened) }.unwrap();
    copy[0] = 8;
    let drawing = page_view(&[&me(), &file.path, "--format", "svg"]).succeed();
    assert_eq!((count(&drawing, "copy"), count(&drawing, "arrow to-copy")), (1, 1), "{drawing}");
}

#[test]
fn every_mapping_of_a_program_can_be_drawn() {
    // Not this process: its other tests map and remove files meanwhile.
    let mut cat = Program::new("cat", [""; 0]).start();
    cat.tell("started");
    assert_eq!(cat.hear(), "started");
    let pid = cat.id().to_string();
    let list = json(&[&pid]);
    let names = list["mappings"].as_array().unwrap().iter();
    let names: Vec<_> = names.filter_map(|entry| entry["file"].as_str()).collect();
    assert!(names.len() > 5, "{list}");
    for name in names {
        let drawing = page_view(&[&pid, name, "--format", "svg"]).run();
        assert_eq!(drawing.code, Some(0), "{name}: {drawing:?}");
    }
}

#[test]
fn a_page_compared_with_itself_is_the_same_memory_or_unknown() {
    let file = mapped(3);
    let document = json(&[&me(), &file.path, "--compare", &me()]);
    let first = &document["same"][0];
    assert_eq!(first["file_page"], 0);
    let known = !document["views"][0]["pages"][0]["frame"].is_null();
    assert_eq!(first["same"], if known { Value::Bool(true) } else { Value::Null });
    let text = page_view(&[&me(), &file.path, "--compare", &me()]).succeed();
    let words = if known { "the same memory in both" } else { "whether it is the same memory" };
    assert!(text.contains(words), "{text}");
}

#[test]
fn what_cannot_be_is_one_line_and_exit_status_1() {
    let file = mapped(1);
    let me = me();
    let directory = file.scratch.path().to_str().unwrap();
    for (arguments, words) in [
        (vec!["2147483647"], "look at \"2147483647\": /proc has no process with this number"),
        (vec!["4294967295"], "no process with this number"),
        (vec!["somebody"], "not a process's number"),
        (vec!["2147483647", &file.path], "no process with this number"),
        (vec![&me, "/dev/null/x"], "open \"/dev/null/x\": Not a directory"),
        (vec![&me, "/etc/passwd"], "does not map it"),
        (vec![&me, "/dev/null"], "not a regular file"),
        (vec![&me, directory], "not a regular file"),
        (vec![&me, "0x1"], "does not map it"),
        (vec![&me, "0xyz"], "find \"0xyz\""),
        (vec![&me, &file.path, "--compare", "2147483647"], "no process with this number"),
    ] {
        refused(&page_view(&arguments).run(), 1, words);
    }
}

#[test]
fn a_wrong_call_gets_usage_and_exit_status_2() {
    let me = me();
    for arguments in [
        vec![],
        vec!["--frobnicate"],
        vec![&me, "--format", "xml"],
        vec![&me, "--format", "svg"],
        vec![&me, "--compare", &me],
        vec![&me, "x", "--watch", "--format", "svg"],
        vec![&me, "x", "--watch", "--", "y"],
        vec!["step"],
        vec!["step", "one"],
    ] {
        let ended = page_view(&arguments).run();
        assert_eq!(ended.code, Some(2), "{arguments:?}: {ended:?}");
    }
}

#[test]
fn a_closed_pipe_is_no_error_and_a_full_disk_is_one() {
    let me = me();
    let run =
        |shell: &str| Program::new("sh", ["-c", shell, env!("CARGO_BIN_EXE_page-view"), &me]).run();
    let ended = run("\"$0\" \"$1\" | head -n 1; \"$0\" \"$1\" --watch | head -n 1");
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
    let ended = run("\"$0\" \"$1\" >/dev/full");
    refused(&ended, 1, "No space left on device");
}

#[test]
fn watching_ends_with_the_process_and_leaves_smaps_as_it_was() {
    let cat = Program::new("cat", [""; 0]).start();
    let mut watching = page_view(&[&cat.id().to_string(), "[stack]", "--watch"]).start();
    assert!(watching.hear().contains("[stack]"));
    cat.kill();
    let ended = watching.end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stderr.ends_with("has ended\n"), "{ended:?}");

    let file = mapped(64);
    let address = file.map.as_ptr().addr();
    let sums = || {
        let mapping = page_view::mapping_at(process::id(), address).unwrap().unwrap();
        format!("{:?}", mapping.sums())
    };
    let before = sums();
    let mut watching = page_view(&[&me(), &file.path, "--watch"]).start();
    watching.hear();
    assert_eq!(sums(), before, "while it is watched");
    watching.kill();
    assert_eq!(sums(), before, "and after");
}
