//! A try.
use check::interleave::{replay::*, schedule::*};
use check::supervise::{Limits, Room};
fn main() {
    let a: Vec<String> = std::env::args().collect();
    check::supervise::launch_by(
        std::env::current_dir().unwrap().join("target/debug/check").to_str().unwrap(),
    );
    let scratch = common::Scratch::new().unwrap();
    let room = Room::new(&scratch, "r").unwrap();
    let stage =
        Stage { program: std::path::Path::new(&a[1]), room: &room, limits: Limits::default() };
    let scene = Scene {
        name: "adds",
        arguments: [&["add", "FILE", "1"], &["add", "FILE", "1"]],
        file: Some(vec![0; 4096]),
        alike: true,
    };
    for s in &a[2..] {
        let t = std::time::Instant::now();
        let r = stage.replay(&scene, s.parse().unwrap()).unwrap();
        println!(
            "{s}: {:?} counter {:?} arrived {} second {} stuck {} breach {:?} {:?}",
            r.endings,
            r.file.as_ref().map(|f| f[0]),
            r.arrived,
            r.second_turn,
            r.stuck,
            r.breach,
            t.elapsed()
        );
        if std::env::var_os("V").is_some() {
            for e in &r.events {
                println!("   {e:?}");
            }
            println!("{}", r.complained[0].text());
        }
    }
}
