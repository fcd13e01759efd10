//! The places in a claim that can be changed, so that the claim must fail: what is expected in an
//! assertion, or the assertion itself.

use std::collections::HashMap;
use std::ops::Range;

use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{BinOp, Block, Expr, ExprCall, ExprMethodCall, FnArg, Lit, Macro, Pat, Path, Signature};
use syn::{Stmt, Token, UnOp};

/// What a changed claim prints when it comes to the change. A claim that passes without it has not
/// evaluated the changed assertion on this machine.
pub(crate) const MARK: &str = "mutate: the change is reached";

/// One possible change of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The line in the file, from 1.
    pub(crate) line: usize,
    /// What stands there, for the report.
    pub(crate) before: String,
    /// What will stand there, for the report.
    pub(crate) after: String,
    /// A number that an assertion uses in some way: where the kernel counts nothing, it may not matter.
    pub(crate) is_indirect: bool,
    /// The edits of the file, from its beginning to its end.
    edits: Vec<(Range<usize>, String)>,
}

impl Place {
    /// Changes `text`, the file. Changes are applied from the end of the file to its beginning.
    pub(crate) fn apply(&self, text: &mut String) {
        for (range, new) in self.edits.iter().rev() {
            text.replace_range(range.clone(), new);
        }
    }

    /// Where the first edit is.
    pub(crate) fn start(&self) -> usize {
        self.edits.first().map_or(0, |(range, _)| range.start)
    }
}

/// The functions and methods of a test program that assert what their arguments say.
#[derive(Debug, Default)]
pub(crate) struct Helpers {
    /// By name, the indices of the arguments that are one side of an `assert_eq!`. The name of a method
    /// begins with a dot.
    compared: HashMap<String, Vec<usize>>,
    /// By name, the indices of the arguments that an assertion uses in any way.
    used: HashMap<String, Vec<usize>>,
}

impl Helpers {
    /// Adds a function, or a method, if it asserts something about its arguments.
    pub(crate) fn add(&mut self, signature: &Signature, body: &Block) {
        let mut asserted = Asserted::default();
        asserted.visit_block(body);
        let dot = if signature.receiver().is_some() { "." } else { "" };
        let name = format!("{dot}{}", signature.ident);
        let names = signature.inputs.iter().filter_map(|argument| match argument {
            FnArg::Typed(typed) => Some(&*typed.pat),
            FnArg::Receiver(_) => None,
        });
        for (index, pattern) in names.enumerate() {
            let Pat::Ident(argument) = pattern else { continue };
            if asserted.compared.iter().any(|other| argument.ident == other) {
                self.compared.entry(name.clone()).or_default().push(index);
            }
            if asserted.used.iter().any(|other| argument.ident == other) {
                self.used.entry(name.clone()).or_default().push(index);
            }
        }
    }
}

/// The places in the body of a test, in the file `text`.
pub(crate) fn places(text: &str, body: &Block, helpers: &Helpers) -> Vec<Place> {
    let collector =
        |helpers, is_last_resort| Collector { text, helpers, is_last_resort, places: Vec::new() };
    let mut found = collector(&helpers.compared, false);
    found.visit_block(body);
    if found.places.is_empty() {
        // Only numbers: a text may be the name of what is done, and not what is expected.
        let mut used = collector(&helpers.used, true);
        used.visit_block(body);
        found.places =
            used.places.into_iter().filter(|place| !place.before.contains('"')).collect();
    }
    found.places
}

/// The names of the functions that a block calls.
pub(crate) fn calls(block: &Block) -> Vec<String> {
    struct Calls(Vec<String>);
    impl Visit<'_> for Calls {
        fn visit_expr_call(&mut self, call: &ExprCall) {
            if let Expr::Path(function) = &*call.func {
                self.0.push(name_of(&function.path));
            }
            visit::visit_expr_call(self, call);
        }
    }
    let mut calls = Calls(Vec::new());
    calls.visit_block(block);
    calls.0
}

/// The variables in assertions.
#[derive(Default)]
struct Asserted {
    /// Those that stand alone on one side of an `assert_eq!`.
    compared: Vec<String>,
    /// All.
    used: Vec<String>,
}

impl Visit<'_> for Asserted {
    fn visit_macro(&mut self, found: &Macro) {
        let sides = match name_of(&found.path).as_str() {
            "assert_eq" => 2,
            "assert" => 1,
            _ => return,
        };
        for side in arguments(found).iter().take(sides) {
            let mut names = Names(Vec::new());
            names.visit_expr(side);
            if sides == 2 && matches!(side, Expr::Path(_)) {
                self.compared.extend(names.0.iter().cloned());
            }
            self.used.extend(names.0);
        }
    }
}

/// The variables in an expression.
struct Names(Vec<String>);

impl Visit<'_> for Names {
    fn visit_path(&mut self, path: &Path) {
        self.0.extend(path.get_ident().map(ToString::to_string));
    }
}

struct Collector<'a> {
    text: &'a str,
    helpers: &'a HashMap<String, Vec<usize>>,
    /// There is nothing else: also change the arguments of methods that make an asserted value.
    is_last_resort: bool,
    places: Vec<Place>,
}

impl Visit<'_> for Collector<'_> {
    fn visit_macro(&mut self, found: &Macro) {
        match name_of(&found.path).as_str() {
            "assert" => self.negate(found),
            "assert_eq" => self.change_expected(found),
            "assert_ne" => self.rename(found, "assert_eq"),
            _ => {}
        }
    }

    fn visit_expr_call(&mut self, call: &ExprCall) {
        if let Expr::Path(function) = &*call.func {
            self.change_arguments(&name_of(&function.path), &call.args);
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &ExprMethodCall) {
        self.change_arguments(&format!(".{}", call.method), &call.args);
        visit::visit_expr_method_call(self, call);
    }
}

impl Collector<'_> {
    /// `assert!(x)` becomes `assert!(!(x))`.
    fn negate(&mut self, found: &Macro) {
        let Some(condition) = arguments(found).into_iter().next() else { return };
        let range = condition.span().byte_range();
        let new = format!("!({})", &self.text[range.clone()]);
        let line = condition.span().start().line;
        let edits =
            vec![(range.start..range.start, "!(".into()), (range.end..range.end, ")".into())];
        self.add(line, range, &new, marked(found, edits));
    }

    /// Another value in the expected side of `assert_eq!`. Without a literal it becomes `assert_ne!`.
    fn change_expected(&mut self, found: &Macro) {
        let sides = arguments(found);
        let right = sides.get(1).map(|side| self.changes(side)).unwrap_or_default();
        let left = || sides.first().map(|side| self.changes(side)).unwrap_or_default();
        let changes = if right.is_empty() { left() } else { right };
        if changes.is_empty() {
            self.rename(found, "assert_ne");
        }
        self.add_all(changes);
    }

    /// Another value in the arguments that the helper of this name asserts.
    fn change_arguments(&mut self, helper: &str, arguments: &Punctuated<Expr, Token![,]>) {
        let Some(indices) = self.helpers.get(helper) else { return };
        let asserted = indices.iter().filter_map(|index| arguments.get(*index));
        self.add_all(asserted.flat_map(|argument| self.changes(argument)).collect());
    }

    fn add_all(&mut self, changes: Vec<Change>) {
        for Change { range, new, line } in changes {
            let marked = format!("({{ eprintln!({MARK:?}); {new} }})");
            self.add(line, range.clone(), &new, vec![(range, marked)]);
        }
    }

    /// The opposite assertion.
    fn rename(&mut self, found: &Macro, new: &str) {
        let Some(name) = found.path.segments.last() else { return };
        let edits = marked(found, vec![(name.span().byte_range(), new.into())]);
        let whole = whole(found);
        let after = format!("{new}{}", &self.text[name.span().byte_range().end..whole.end]);
        self.add(name.span().start().line, whole, &after, edits);
    }

    fn add(
        &mut self,
        line: usize,
        before: Range<usize>,
        after: &str,
        edits: Vec<(Range<usize>, String)>,
    ) {
        let before = one_line(&self.text[before]);
        let is_indirect = self.is_last_resort;
        self.places.push(Place { line, before, after: one_line(after), is_indirect, edits });
    }

    /// The literals and names of errors and signals of which a value is made, each with another one.
    /// Nothing in the arguments of a function, which say what is done and not what is expected.
    fn changes(&self, value: &Expr) -> Vec<Change> {
        let all = |values: &mut dyn Iterator<Item = &Expr>| {
            values.flat_map(|v| self.changes(v)).collect()
        };
        match value {
            Expr::Lit(literal) => self.other_literal(&literal.lit).into_iter().collect(),
            Expr::Path(path) => self.other_name(&path.path).into_iter().collect(),
            Expr::Array(array) => all(&mut array.elems.iter()),
            Expr::Tuple(tuple) => all(&mut tuple.elems.iter()),
            Expr::Repeat(repeat) => self.changes(&repeat.expr),
            Expr::Reference(reference) => self.changes(&reference.expr),
            Expr::Paren(inner) => self.changes(&inner.expr),
            Expr::Group(inner) => self.changes(&inner.expr),
            Expr::Cast(cast) => self.changes(&cast.expr),
            Expr::Unary(unary) if !matches!(unary.op, UnOp::Deref(_)) => self.changes(&unary.expr),
            Expr::MethodCall(call) => {
                let arguments = call.args.iter().filter(|_| self.is_last_resort);
                all(&mut [&*call.receiver].into_iter().chain(arguments))
            }
            Expr::Struct(fields) => all(&mut fields.fields.iter().map(|field| &field.expr)),
            Expr::Call(call) if is_constructor(&call.func) => all(&mut call.args.iter()),
            Expr::Binary(sum)
                if matches!(sum.op, BinOp::Add(_) | BinOp::Sub(_) | BinOp::Mul(_)) =>
            {
                all(&mut [&*sum.left, &*sum.right].into_iter())
            }
            Expr::If(branches) => {
                let otherwise = branches.else_branch.as_ref().map(|(_, branch)| &**branch);
                all(&mut tail(&branches.then_branch).into_iter().chain(otherwise))
            }
            Expr::Block(block) => all(&mut tail(&block.block).into_iter()),
            Expr::Match(choice) => all(&mut choice.arms.iter().map(|arm| &*arm.body)),
            Expr::Macro(list) if name_of(&list.mac.path) == "vec" => {
                all(&mut arguments(&list.mac).iter())
            }
            _ => Vec::new(),
        }
    }

    fn other_literal(&self, literal: &Lit) -> Option<Change> {
        let range = literal.span().byte_range();
        let new = match literal {
            Lit::Str(_) | Lit::ByteStr(_) | Lit::CStr(_) => other_text(&self.text[range.clone()]),
            Lit::Byte(byte) => if byte.value() == b'x' { "b'y'" } else { "b'x'" }.into(),
            Lit::Char(char) => if char.value() == 'x' { "'y'" } else { "'x'" }.into(),
            Lit::Bool(bool) => (!bool.value).to_string(),
            // The lowest bit, so that the number still has its type.
            Lit::Int(int) => format!("{}{}", int.base10_parse::<u128>().ok()? ^ 1, int.suffix()),
            _ => return None,
        };
        Some(Change { range, new, line: literal.span().start().line })
    }

    /// Another error for an `Errno::…`, another signal for a `Signal::…`.
    fn other_name(&self, path: &Path) -> Option<Change> {
        let mut segments = path.segments.iter().rev();
        let (name, kind) = (segments.next()?, segments.next()?.ident.to_string());
        let others = match kind.as_str() {
            "Errno" => ["EXDEV", "ENOTTY"],
            "Signal" => ["SIGUSR2", "SIGTTOU"],
            _ => return None,
        };
        let other = others.into_iter().find(|other| name.ident != other)?;
        let range = path.span().byte_range();
        let new = format!("{}{other}", &self.text[range.start..name.span().byte_range().start]);
        Some(Change { range, new, line: name.span().start().line })
    }
}

/// Another value instead of a literal or a name.
struct Change {
    range: Range<usize>,
    new: String,
    line: usize,
}

/// The value of a block.
fn tail(block: &Block) -> Option<&Expr> {
    match block.stmts.last() {
        Some(Stmt::Expr(value, None)) => Some(value),
        _ => None,
    }
}

/// The text of a string literal with one letter changed, so that its length and its lines stay. A text
/// without a letter or a digit gets one more.
fn other_text(source: &str) -> String {
    let start = source.find('"').map_or(0, |quote| quote + 1);
    let end = source.rfind('"').unwrap_or(source.len());
    let is_raw = source[..start].contains('r');
    let mut characters = source[start..end].char_indices();
    while let Some((index, character)) = characters.next() {
        if character == '\\' && !is_raw {
            match characters.next() {
                Some((_, 'x')) => drop(characters.nth(1)),
                Some((_, 'u')) => drop(characters.find(|(_, c)| *c == '}')),
                _ => {}
            }
        } else if character.is_ascii_alphanumeric() {
            let new = if character == 'x' { 'y' } else { 'x' };
            let at = start + index;
            return format!("{}{new}{}", &source[..at], &source[at + 1..]);
        }
    }
    format!("{}x{}", &source[..end], &source[end..])
}

/// Whether a call makes a value of its arguments: `Some(1)`, `Errno::Other(2)`.
fn is_constructor(function: &Expr) -> bool {
    matches!(function, Expr::Path(path) if name_of(&path.path).starts_with(char::is_uppercase))
}

/// The last segment of a path.
fn name_of(path: &Path) -> String {
    path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default()
}

/// The arguments of a macro, those of its message included; empty if they are no expressions.
fn arguments(found: &Macro) -> Vec<Expr> {
    let list = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(found.tokens.clone());
    if let Ok(list) = list {
        return list.into_iter().collect();
    }
    let repeat = Punctuated::<Expr, Token![;]>::parse_terminated.parse2(found.tokens.clone());
    repeat.map(|list| list.into_iter().collect()).unwrap_or_default()
}

/// From the name of a macro to its closing delimiter.
fn whole(found: &Macro) -> Range<usize> {
    let end = found.delimiter.span().close().byte_range().end;
    found.path.span().byte_range().start..end
}

/// The edits of an assertion, which prints [`MARK`] before it is evaluated.
fn marked(found: &Macro, mut edits: Vec<(Range<usize>, String)>) -> Vec<(Range<usize>, String)> {
    let Range { start, end } = whole(found);
    edits.insert(0, (start..start, format!("{{ eprintln!({MARK:?}); ")));
    edits.push((end..end, " }".into()));
    edits
}

/// A text in one line, and not too long for a report.
fn one_line(text: &str) -> String {
    const MOST: usize = 70;
    let words: Vec<_> = text.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
