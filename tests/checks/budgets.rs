//! Limits on size: of common, of a lesson's files, of functions.

use std::path::Path;

use crate::assert_none;
use crate::workspace::{is_answer, lessons, read, root, rust_files, shown};
use syn::spanned::Spanned;
use syn::visit::Visit;

/// Lines of code in `common`; blank lines, comments and its tests are free.
const MOST_IN_COMMON: usize = 350;
/// Lines of code of a file of a lesson; blank lines and comments are free, since each claim has a doc
/// comment. A longer file has two ideas.
const MOST_IN_A_FILE: usize = 250;
/// Lines of a function, wherever it is. A long type may stay in one file.
const MOST_IN_A_FUNCTION: usize = 60;

#[test]
fn common_stays_small() {
    let files = rust_files(&root().join("crates/common/src"));
    let lines: usize = files.iter().map(|file| lines_of_code(&read(file))).sum();
    assert!(lines > 100, "looked in the wrong place: {files:?}");
    assert!(lines <= MOST_IN_COMMON, "common has {lines} lines of code");
}

#[test]
fn common_neither_maps_nor_is_unsafe() {
    let library = read(&root().join("crates/common/src/lib.rs"));
    assert!(library.contains("#![forbid(unsafe_code)]"));
    for file in rust_files(&root().join("crates/common")) {
        assert!(!read(&file).contains("mmap("), "{file:?} maps");
    }
}

#[test]
fn no_file_of_a_lesson_holds_two_ideas() {
    let files: Vec<_> = lessons().iter().flat_map(|lesson| rust_files(&lesson.directory)).collect();
    assert!(files.len() > 100, "looked in the wrong place: {files:?}");
    let problems = files.iter().filter_map(|file| too_long(file, &read(file)));
    assert_none(&problems.collect::<Vec<_>>());
}

#[test]
fn no_function_does_two_things() {
    let mut files = rust_files(&root().join("crates"));
    files.extend(rust_files(&root().join("tests")));
    files.extend(rust_files(&root().join("book/src")));
    files.retain(|file| !is_answer(file));
    let problems = files.iter().flat_map(|file| long_functions(file, &read(file)));
    assert_none(&problems.collect::<Vec<_>>());
}

#[test]
fn a_file_or_a_function_that_is_too_long_is_found() {
    let path = Path::new("x.rs");
    assert_eq!(too_long(path, &"fn f() {}\n".repeat(MOST_IN_A_FILE)), None);
    assert_eq!(too_long(path, &"/// Doc.\n\nfn f() {}\n".repeat(MOST_IN_A_FILE)), None);
    assert!(too_long(path, &"fn f() {}\n".repeat(MOST_IN_A_FILE + 1)).is_some());
    let function = |lines| format!("impl A {{ fn f() {{\n{}}}\n}}", "g();\n".repeat(lines - 2));
    assert_none(&long_functions(path, &function(MOST_IN_A_FUNCTION)));
    assert_eq!(long_functions(path, &function(MOST_IN_A_FUNCTION + 1)).len(), 1);
    assert_eq!(lines_of_code("//! Doc.\n\n/// Doc.\nfn f() {\n    // Why.\n}\n"), 2);
}

fn too_long(path: &Path, source: &str) -> Option<String> {
    let lines = lines_of_code(source);
    let problem = || format!("{} has {lines} lines of code: split it", shown(path));
    (lines > MOST_IN_A_FILE).then(problem)
}

/// The functions and methods of a source that are longer than a function may be.
fn long_functions(path: &Path, source: &str) -> Vec<String> {
    let mut functions = Functions(Vec::new());
    functions.visit_file(&syn::parse_file(source).expect("the sources compile"));
    let long = functions.0.into_iter().filter(|(_, lines)| *lines > MOST_IN_A_FUNCTION);
    long.map(|(name, lines)| format!("{}: fn {name} has {lines} lines", shown(path))).collect()
}

/// Every function's name, and its lines from `fn` to the closing brace.
struct Functions(Vec<(String, usize)>);

impl Functions {
    fn add(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let first = signature.fn_token.span().start().line;
        let last = block.brace_token.span.close().end().line;
        self.0.push((signature.ident.to_string(), last + 1 - first));
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.add(&function.sig, &function.block);
        syn::visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.add(&function.sig, &function.block);
        syn::visit::visit_impl_item_fn(self, function);
    }
}

fn lines_of_code(source: &str) -> usize {
    let code = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with("//");
    source.lines().filter(code).count()
}
