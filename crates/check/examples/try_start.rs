//! A try.
use check::supervise::*;
use std::time::Instant;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    launch_by(std::env::current_dir().unwrap().join("target/debug/check").to_str().unwrap());
    let scratch = common::Scratch::new().unwrap();
    let room = Room::new(&scratch, "r").unwrap();
    for _ in 0..8 {
        let t = Instant::now();
        let mut f = Family::new(&room, Limits::default(), true).unwrap();
        let t1 = t.elapsed();
        let p = f.start(&Start::new(std::path::Path::new(&a[1]), ["x"])).unwrap();
        let t2 = t.elapsed();
        f.resume(p, How::Freely, 0).unwrap();
        while let Some(s) = f.wait().unwrap() {
            if !matches!(s, Stop::Ended(..)) {
                f.resume(p, How::Freely, 0).unwrap();
            }
        }
        let t3 = t.elapsed();
        drop(f);
        println!("new {t1:?} start {:?} run {:?} drop {:?}", t2 - t1, t3 - t2, t.elapsed() - t3);
    }
}
