//! How the judge's program is linked.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Each start of a judged program begins with one of the judge itself, as its launcher process. If its
    // addresses are fixed, the loader changes none of them: that is a fifth of such a start, of which a verdict
    // has hundreds.
    println!("cargo::rustc-link-arg-bins=-no-pie");
}
