//! The claims in the sources: the tests of each package's test programs `claims*`.

use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use common::{Context, Failure, Result};
use syn::spanned::Spanned;
use syn::{Attribute, ImplItem, Item, ItemFn};

use crate::places::{Helpers, Place, calls, places};

/// A test that proves a sentence of the course.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    /// `lesson-3-msync`.
    pub(crate) package: String,
    /// The test program: `claims`.
    pub(crate) program: String,
    /// The name of the test in its program: `disk::the_sentence`.
    pub(crate) test: String,
    /// The file, from the root of the checkout.
    pub(crate) file: String,
    /// The lines of the test's function.
    pub(crate) lines: RangeInclusive<usize>,
    /// Only root can see it, so it is marked as ignored.
    pub(crate) is_ignored: bool,
    /// What can be changed in it.
    pub(crate) places: Vec<Place>,
}

impl Claim {
    /// The name of the claim, without its module.
    pub(crate) fn name(&self) -> &str {
        self.test.rsplit("::").next().unwrap_or_default()
    }
}

/// All claims of the checkout at `root`, sorted by package and name.
pub(crate) fn claims(root: &Path) -> Result<Vec<Claim>> {
    let mut claims = Vec::new();
    for package in entries(&root.join("crates"))? {
        let name = file_name(&package);
        if !name.starts_with("lesson-") && name != "calls" {
            continue;
        }
        for program in entries(&package.join("tests"))? {
            if file_name(&program).starts_with("claims") && program.join("main.rs").is_file() {
                claims.extend(of_program(root, &name, &program)?);
            }
        }
    }
    claims
        .sort_by(|a, b| (&a.package, &a.program, &a.test).cmp(&(&b.package, &b.program, &b.test)));
    Ok(claims)
}

/// The claims of the test program in `directory`.
fn of_program(root: &Path, package: &str, directory: &Path) -> Result<Vec<Claim>> {
    let mut files = Vec::new();
    for path in rust_files(directory)? {
        let text = fs::read_to_string(&path).step_on("read", &path)?;
        files.push((path, text));
    }
    let mut helpers = Helpers::default();
    for (path, text) in &files {
        add_helpers(&parsed(path, text)?.items, &mut helpers);
    }
    let mut claims = Vec::new();
    for (path, text) in &files {
        let modules = modules(path.strip_prefix(directory).unwrap_or(path));
        let found = in_file(&parsed(path, text)?.items, &modules, text, &helpers);
        let file = path.strip_prefix(root).unwrap_or(path).display().to_string();
        claims.extend(found.into_iter().map(|claim| Claim {
            package: package.into(),
            program: file_name(directory),
            file: file.clone(),
            ..claim
        }));
    }
    Ok(claims)
}

/// Adds the functions and methods among `items` that are no tests.
pub(crate) fn add_helpers(items: &[Item], helpers: &mut Helpers) {
    for item in items {
        match item {
            Item::Fn(function) if !is(&function.attrs, "test") => {
                helpers.add(&function.sig, &function.block);
            }
            Item::Impl(methods) => {
                for item in &methods.items {
                    if let ImplItem::Fn(method) = item {
                        helpers.add(&method.sig, &method.block);
                    }
                }
            }
            _ => {}
        }
    }
}

/// The tests among `items`, whose names begin with `modules`.
pub(crate) fn in_file(items: &[Item], modules: &str, text: &str, helpers: &Helpers) -> Vec<Claim> {
    let mut claims = Vec::new();
    for item in items {
        match item {
            Item::Fn(function) if is(&function.attrs, "test") => {
                let mut claim = claim(function, modules, text, helpers);
                if claim.places.is_empty() {
                    claim.places = places_of_calls(function, items, text, helpers);
                }
                claims.push(claim);
            }
            Item::Mod(module) => {
                let modules = format!("{modules}{}::", module.ident);
                let items =
                    module.content.as_ref().map(|(_, items)| &items[..]).unwrap_or_default();
                claims.extend(in_file(items, &modules, text, helpers));
            }
            _ => {}
        }
    }
    claims
}

/// The places in the functions among `items` that a test calls, for a test that only calls them.
fn places_of_calls(test: &ItemFn, items: &[Item], text: &str, helpers: &Helpers) -> Vec<Place> {
    let called = calls(&test.block);
    let functions = items.iter().filter_map(|item| match item {
        Item::Fn(function) if called.contains(&function.sig.ident.to_string()) => Some(function),
        _ => None,
    });
    functions.flat_map(|function| places(text, &function.block, helpers)).collect()
}

fn claim(function: &ItemFn, modules: &str, text: &str, helpers: &Helpers) -> Claim {
    let span = function.span();
    Claim {
        package: String::new(),
        program: String::new(),
        test: format!("{modules}{}", function.sig.ident),
        file: String::new(),
        lines: span.start().line..=span.end().line,
        is_ignored: is(&function.attrs, "ignore"),
        places: places(text, &function.block, helpers),
    }
}

/// The modules that a file of a test program is: `disk::` for `disk.rs`, nothing for `main.rs`.
fn modules(file: &Path) -> String {
    let path = file.with_extension("").display().to_string();
    let path = path.strip_suffix("/mod").unwrap_or(&path);
    if path == "main" { String::new() } else { format!("{}::", path.replace('/', "::")) }
}

fn parsed(path: &Path, text: &str) -> Result<syn::File> {
    syn::parse_file(text).map_err(|error| Failure::refusal("parse", path, error.to_string()))
}

fn is(attributes: &[Attribute], name: &str) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident(name))
}

fn rust_files(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in entries(directory)? {
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(files)
}

/// The entries of a directory, sorted; none if there is no directory.
fn entries(directory: &Path) -> Result<Vec<PathBuf>> {
    if !directory.is_dir() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(directory).step_on("list", directory)?;
    let paths =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<std::io::Result<_>>();
    let mut paths: Vec<PathBuf> = paths.step_on("list", directory)?;
    paths.sort();
    Ok(paths)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
