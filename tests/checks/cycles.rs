//! The modules of a crate use each other in one direction only: no module cycle exists.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::Visit;
use syn::{Item, UseTree};

use crate::assert_none;
use crate::workspace::{entries, file_name, read, root, rust_files, shown};

/// The crate that is not checked: its locks are shown by a step that can take any of them.
const LEFT_OUT: &str = "lesson-5-races-and-semaphores";

/// The name of a crate's root file in a cycle.
const ROOT: &str = "the root";
/// The home of what a root file exports from another crate: it is part of no cycle.
const ELSEWHERE: &str = "another crate";

#[test]
fn no_modules_use_each_other_in_a_cycle() {
    let (mut problems, mut uses) = (Vec::new(), 0);
    for package in entries(&root().join("crates")) {
        let name = file_name(&package);
        if name == LEFT_OUT {
            continue;
        }
        let roots = roots(&package);
        assert!(!roots.is_empty(), "{name} has no root file");
        for file in roots {
            if name == "exercises" && syn::parse_file(&read(&file)).is_err() {
                continue; // A learner has not finished it.
            }
            let modules = modules(&file);
            uses += modules.values().map(BTreeSet::len).sum::<usize>();
            problems.extend(cycle(&modules).map(|cycle| format!("{}: {cycle}", shown(&file))));
        }
    }
    assert!(uses > 100, "found only {uses} uses of a module by another one");
    assert_none(&problems);
}

#[test]
fn a_cycle_of_modules_is_found() {
    let cycle_of = |files: &[(&str, &str)]| {
        let parsed = files.iter().map(|(name, source)| {
            (name.to_string(), false, syn::parse_file(source).expect("a sample compiles"))
        });
        cycle(&graph(parsed.collect()))
    };
    let root = (ROOT, "mod a; mod b; mod c; pub use b::B; struct Own; fn main() { a::f() }");
    let b = ("b", "pub struct B; mod tests_of_b { use super::B; }");
    let test = ("c", "#[cfg(test)] mod tests { use crate::a::f; }");
    assert_eq!(cycle_of(&[root, ("a", "use crate::{B, c::{D, E}};"), b, test]), None);
    let circle = Some("a uses b uses a".to_string());
    for (a, b) in [
        ("use crate::b::B;", "use crate::a::A;"),
        ("use crate::B;", "fn f() { crate::a::f() }"),
        ("use super::B;", "fn f() { say!(\"{}\", crate::a::f()) }"),
        ("use crate::{c, b::{B, C}};", "mod inner { use crate::a; }"),
    ] {
        assert_eq!(cycle_of(&[root, ("a", a), ("b", b)]), circle, "{a} {b}");
    }
    let found =
        cycle_of(&[root, ("a", "use crate::b;"), ("b", "use crate::c;"), ("c", "use crate::a;")]);
    assert_eq!(found, Some("a uses b uses c uses a".into()));
    let own = cycle_of(&[root, ("a", "use crate::Own;"), b]);
    assert_eq!(own, Some("a uses the root uses a".into()), "an item of the root file itself");
}

/// The root files of a package: its library and its programs.
fn roots(package: &Path) -> Vec<PathBuf> {
    let source = package.join("src");
    let mut files = vec![source.join("lib.rs"), source.join("main.rs")];
    if source.join("bin").is_dir() {
        for bin in entries(&source.join("bin")) {
            files.push(bin.join("main.rs"));
            files.push(bin);
        }
    }
    files.retain(|file| file.is_file());
    files
}

/// What each module that a root file declares uses. A submodule counts as part of its module.
fn modules(root: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let parse = |file: &Path| syn::parse_file(&read(file)).expect("the sources compile");
    let mut files = vec![(ROOT.to_string(), false, parse(root))];
    let directory = root.parent().expect("a file is in a directory");
    let declared = declared(&files[0].2);
    for file in rust_files(directory) {
        let below = file.strip_prefix(directory).expect("found there");
        let first = below.components().next().expect("a file has a name");
        let module = file_name(first.as_ref()).trim_end_matches(".rs").to_string();
        if declared.contains(&module) {
            let is_submodule = match below.components().count() {
                1 => false,
                2 => file_name(&file) != "mod.rs",
                _ => true,
            };
            files.push((module, is_submodule, parse(&file)));
        }
    }
    graph(files)
}

/// The modules that a root file declares.
fn declared(root: &syn::File) -> BTreeSet<String> {
    let name = |item: &Item| match item {
        Item::Mod(module) if module.content.is_none() => Some(module.ident.to_string()),
        _ => None,
    };
    root.items.iter().filter_map(name).collect()
}

/// What each module uses, from the root file, the modules' files, and the files of submodules (true).
fn graph(files: Vec<(String, bool, syn::File)>) -> BTreeMap<String, BTreeSet<String>> {
    let root = &files.iter().find(|(name, ..)| name == ROOT).expect("a root file").2;
    let declared = declared(root);
    // Where a name of the root file comes from: it is a module, or it is exported again, or it is a
    // macro, which every module sees.
    let mut homes: BTreeMap<String, String> =
        declared.iter().map(|name| (name.clone(), name.clone())).collect();
    for item in &root.items {
        if let Item::Use(item) = item {
            exported(&item.tree, &declared, None, &mut homes);
        }
    }
    for (module, _, file) in &files {
        for item in &file.items {
            if let Item::Macro(item) = item
                && let Some(name) = &item.ident
            {
                homes.insert(name.to_string(), module.clone());
            }
        }
    }
    let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (module, is_submodule, file) in &files {
        let mut found = Found { depth: usize::from(*is_submodule), ..Found::default() };
        found.visit_file(file);
        let homes = found.names.iter().map(|name| homes.get(name).map_or(ROOT, String::as_str));
        let mut homes: BTreeSet<String> = homes.map(Into::into).collect();
        if module == ROOT {
            homes = declared.clone();
        }
        homes.remove(module);
        homes.remove(ELSEWHERE);
        uses.entry(module.clone()).or_default().extend(homes);
    }
    uses
}

/// Adds the names of `pub use module::{A, B};`, each with its module.
fn exported(
    tree: &UseTree,
    declared: &BTreeSet<String>,
    module: Option<&str>,
    homes: &mut BTreeMap<String, String>,
) {
    match tree {
        UseTree::Path(path) => {
            let name = path.ident.to_string();
            match module {
                None if ["crate", "self"].contains(&name.as_str()) => {
                    exported(&path.tree, declared, None, homes);
                }
                None => exported(&path.tree, declared, Some(&name), homes),
                Some(module) => exported(&path.tree, declared, Some(module), homes),
            }
        }
        UseTree::Group(group) => {
            group.items.iter().for_each(|tree| exported(tree, declared, module, homes));
        }
        UseTree::Name(_) | UseTree::Rename(_) => {
            let name = match tree {
                UseTree::Rename(renamed) => renamed.rename.to_string(),
                UseTree::Name(name) => name.ident.to_string(),
                _ => return,
            };
            let module = module.filter(|module| declared.contains(*module)).unwrap_or(ELSEWHERE);
            homes.entry(name).or_insert_with(|| module.into());
        }
        UseTree::Glob(_) => {}
    }
}

/// The first names of all paths that begin with `crate::`, or with `super::` in a file that is a
/// module of the root. Modules that are compiled for tests only are left out.
#[derive(Default)]
struct Found {
    names: BTreeSet<String>,
    depth: usize,
}

impl Found {
    /// The names after `crate::` or `super::` in a use declaration.
    fn first_names(&mut self, tree: &UseTree) {
        match tree {
            UseTree::Path(path) => drop(self.names.insert(path.ident.to_string())),
            UseTree::Name(name) => drop(self.names.insert(name.ident.to_string())),
            UseTree::Rename(name) => drop(self.names.insert(name.ident.to_string())),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.first_names(tree)),
            UseTree::Glob(_) => {}
        }
    }

    fn begins_in_root(&self, name: &str) -> bool {
        name == "crate" || (name == "super" && self.depth == 0)
    }

    /// The paths in a macro's arguments.
    fn in_tokens(&mut self, tokens: TokenStream) {
        let words: Vec<TokenTree> = tokens.into_iter().collect();
        for (index, word) in words.iter().enumerate() {
            match word {
                TokenTree::Group(group) => self.in_tokens(group.stream()),
                TokenTree::Ident(first) if self.begins_in_root(&first.to_string()) => {
                    if let Some(TokenTree::Ident(name)) = words.get(index + 3) {
                        self.names.insert(name.to_string());
                    }
                }
                _ => {}
            }
        }
    }
}

impl<'ast> Visit<'ast> for Found {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        let for_tests = module.attrs.iter().any(|attribute| {
            attribute.path().is_ident("cfg")
                && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
        });
        if !for_tests {
            self.depth += 1;
            syn::visit::visit_item_mod(self, module);
            self.depth -= 1;
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if let UseTree::Path(path) = &item.tree
            && self.begins_in_root(&path.ident.to_string())
        {
            self.first_names(&path.tree);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let mut segments = path.segments.iter().map(|segment| segment.ident.to_string());
        if segments.next().is_some_and(|first| self.begins_in_root(&first)) {
            self.names.extend(segments.next());
        }
        syn::visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.in_tokens(call.tokens.clone());
        syn::visit::visit_macro(self, call);
    }
}

/// One cycle, if there is one: `a uses b uses a`.
fn cycle(uses: &BTreeMap<String, BTreeSet<String>>) -> Option<String> {
    let mut left = uses.clone();
    // Takes away the modules that use no other, until only cycles and their users are left.
    loop {
        let names: BTreeSet<String> = left.keys().cloned().collect();
        left.values_mut().for_each(|used| used.retain(|name| names.contains(name)));
        left.retain(|_, used| !used.is_empty());
        if left.len() == names.len() {
            break;
        }
    }
    // From here each module uses one that is left, so a walk meets a module again.
    let mut walk = vec![left.keys().next()?.clone()];
    loop {
        let next = left[walk.last()?].iter().next()?.clone();
        let again = walk.iter().position(|name| *name == next);
        walk.push(next);
        if let Some(again) = again {
            let mut circle = walk.split_off(again);
            circle.pop();
            let first = circle.iter().enumerate().min_by_key(|(_, name)| *name)?.0;
            circle.rotate_left(first);
            circle.push(circle[0].clone());
            return Some(circle.join(" uses "));
        }
    }
}
