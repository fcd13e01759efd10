//! A try.
fn main() {
    let a: Vec<String> = std::env::args().collect();
    check::supervise::launch_by(
        std::env::current_dir().unwrap().join("target/debug/check").to_str().unwrap(),
    );
    let scratch = common::Scratch::new().unwrap();
    let ground = check::place::Ground::of(&scratch).unwrap();
    let settings = check::place::Settings { schedule: std::env::var("SCHEDULE").ok(), ground };
    let report = check::judge::judge(
        check::exercises::exercise(a[1].parse().unwrap()).unwrap(),
        std::path::Path::new(&a[2]),
        &settings,
    )
    .unwrap();
    print!("{}", check::report::written(&[report.clone()], check::report::Format::Text).unwrap());
    for c in &report.checks {
        print!("{}:{} ", c.id, c.milliseconds);
    }
    println!();
}
