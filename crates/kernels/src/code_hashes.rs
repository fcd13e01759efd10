//! A hash of the code of each recorded test: `lessons/measurements/kernels-code-hashes.json`. A recorded run of
//! a test counts only while the test's code is what it was. Comments and the layout of the code may change.
//! Functions that the test calls are not looked at.

use std::collections::BTreeMap;
use std::fs;
use std::hash::Hasher;
use std::path::{Path, PathBuf};

use common::{Context, Failure, Result};
use fnv::FnvHasher;
use quote::ToTokens;
use serde::{Deserialize, Serialize};
use syn::{Item, ItemFn};

use crate::json;

/// Where the file is, below the root.
pub const PATH: &str = "lessons/measurements/kernels-code-hashes.json";

/// A hash of the code of each test, by `PACKAGE: MODULE::TEST`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeHashes(BTreeMap<String, String>);

impl CodeHashes {
    /// Reads a file. Nothing is known if there is no such file.
    ///
    /// # Errors
    /// The file cannot be read, or has another form.
    pub fn read(path: &Path) -> Result<Self> {
        json::read(path)
    }

    /// Reads the sources of all tests below `crates/*/tests` of the checkout at `root`.
    ///
    /// # Errors
    /// A directory or a file cannot be read, or a file is not Rust.
    pub fn of_sources(root: &Path) -> Result<Self> {
        let mut hashes = Self::default();
        for package in entries(&root.join("crates"))? {
            let tests = package.join("tests");
            if let (Some(name), true) = (package.file_name(), tests.is_dir()) {
                hashes.read_tests(&name.to_string_lossy(), &tests)?;
            }
        }
        Ok(hashes)
    }

    /// Writes a file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        json::write(self, path)
    }

    /// Whether both know the test, and its code is the same in both.
    pub fn agree(&self, other: &Self, test: &str) -> bool {
        self.0.get(test).is_some_and(|text| other.0.get(test) == Some(text))
    }

    /// Forgets the tests of which this is not true.
    pub fn retain(&mut self, mut is: impl FnMut(&str) -> bool) {
        self.0.retain(|test, _| is(test));
    }

    /// Each file or folder in `tests` is a test program.
    fn read_tests(&mut self, package: &str, tests: &Path) -> Result<()> {
        for program in entries(tests)? {
            if program.is_dir() {
                self.read_folder(package, &program, "")?;
            } else {
                self.read_file(package, &program, "")?;
            }
        }
        Ok(())
    }

    /// The files of a folder are modules.
    fn read_folder(&mut self, package: &str, folder: &Path, module: &str) -> Result<()> {
        for path in entries(folder)? {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let own = match stem.as_str() {
                "main" | "mod" => module.into(),
                stem => format!("{module}{stem}::"),
            };
            if path.is_dir() {
                self.read_folder(package, &path, &own)?;
            } else {
                self.read_file(package, &path, &own)?;
            }
        }
        Ok(())
    }

    fn read_file(&mut self, package: &str, file: &Path, module: &str) -> Result<()> {
        if file.extension().is_none_or(|extension| extension != "rs") {
            return Ok(());
        }
        let source = fs::read_to_string(file).step_on("read", file)?;
        let parsed = syn::parse_file(&source)
            .map_err(|error| Failure::refusal("parse", file, error.to_string()))?;
        self.add(package, module, parsed.items);
        Ok(())
    }

    fn add(&mut self, package: &str, module: &str, items: Vec<Item>) {
        for item in items {
            match item {
                Item::Fn(test) if test.attrs.iter().any(|it| it.path().is_ident("test")) => {
                    let key = format!("{package}: {module}{}", test.sig.ident);
                    // Two programs of a package may have a test of the same name, and so one key in a record.
                    *self.0.entry(key).or_default() += &hash(&test);
                }
                Item::Mod(inner) => {
                    let (_, items) = inner.content.unwrap_or_default();
                    self.add(package, &format!("{module}{}::", inner.ident), items);
                }
                _ => {}
            }
        }
    }
}

/// The hash of a test's code. Its attributes, and so its comment, are left out.
fn hash(test: &ItemFn) -> String {
    let mut hasher = FnvHasher::default();
    hasher.write(test.block.to_token_stream().to_string().as_bytes());
    format!("{:016x}", hasher.finish())
}

/// What is in a directory, sorted.
fn entries(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(directory).step_on("read the directory", directory)?;
    let entries = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut entries: Vec<_> = entries.collect::<std::io::Result<_>>().step_on("read", directory)?;
    entries.sort();
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(module: &str, source: &str) -> CodeHashes {
        let mut hashes = CodeHashes::default();
        hashes.add("x", module, syn::parse_file(source).expect("it is Rust").items);
        hashes
    }

    #[test]
    fn another_assertion_changes_the_hash_and_a_comment_or_a_line_break_does_not() {
        let one = hashes("a::", "/// One.\n#[test]\nfn one() { assert_eq!(f(1), 2); }");
        for (same, source) in [
            (true, "/// Two.\n#[test] #[ignore]\nfn one() {\n    assert_eq!(f(1), 2); // Why.\n}"),
            (false, "#[test] fn one() { assert_eq!(f(1), 3); }"),
            (false, "#[test] fn one() { }"),
            (false, "#[test] fn two() { assert_eq!(f(1), 2); }"),
            (false, "fn one() { assert_eq!(f(1), 2); }"),
        ] {
            assert_eq!(one.agree(&hashes("a::", source), "x: a::one"), same, "{source}");
        }
        assert!(!one.agree(&one, "x: one"), "a test that neither knows");
    }

    #[test]
    fn a_test_is_named_as_its_program_names_it() {
        let names = |hashes: CodeHashes| hashes.0.into_keys().collect::<Vec<_>>();
        let source = "#[test] fn one() {} mod inner { #[test] fn two() {} fn three() {} }";
        assert_eq!(names(hashes("a::b::", source)), ["x: a::b::inner::two", "x: a::b::one"]);
    }

    #[test]
    fn two_tests_of_one_name_have_one_hash_of_both() {
        let mut both = hashes("", "#[test] fn one() { f(1) }");
        let first = both.clone();
        both.add("x", "", syn::parse_file("#[test] fn one() { f(2) }").unwrap().items);
        assert!(!both.agree(&first, "x: one"));
    }

    #[test]
    fn the_tests_of_this_course_are_found_by_name() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
        let hashes = CodeHashes::of_sources(root).unwrap();
        for test in [
            "lesson-1-mapping-a-file: one_page::a_mapping_stays_after_its_descriptor_is_closed",
            "kernels: does_not_exist",
        ] {
            assert_eq!(hashes.agree(&hashes, test), test.starts_with("lesson"), "{test}");
        }
        assert!(hashes.0.len() > 1000, "only {} tests", hashes.0.len());
    }
}
