//! Hindcast.
mod study;
use study::*;
fn main() {
    let r = Record::open(std::path::Path::new("data/syr-darya-2001-2010")).unwrap();
    let t = std::time::Instant::now();
    let free = Run::of(r.model.clone()).unwrap();
    println!("{:?}", t.elapsed());
    let years = r.years().unwrap();
    for s in RESERVOIRS {
        println!("== {} free {:?}", s.id, fit(&r.pairs(&free, s).unwrap()));
        let all: Vec<_> = years.iter().flat_map(|y| r.pairs(y, s).unwrap()).collect();
        println!("yearly {:?}", fit(&all));
        for y in &years {
            let l = r.year(y, s).unwrap();
            println!(
                "{} closure {:.0} known {:.0} unacc {:.0} inflow {:.0} rel {:.0} err {:.0} worst {:.0} wc {:.0} wk {:.0} thr {:.0} check {:.1e}",
                l.year,
                l.closure / 1e6,
                l.known / 1e6,
                l.unaccounted() / 1e6,
                l.inflow / 1e6,
                l.release / 1e6,
                l.error / 1e6,
                l.worst / 1e6,
                l.worst_closure / 1e6,
                l.worst_known / 1e6,
                l.throughput / 1e6,
                (l.unaccounted() + l.inflow + l.release - l.error) / 1e6
            );
        }
    }
    println!("{:?}", t.elapsed());
    for s in RESERVOIRS {
        let e = r.estimate(s).unwrap();
        println!("{} {} {:.0}", s.id, e.days, e.rmse / 1e6);
    }
    println!("{:?}", t.elapsed());
    for t in r.test().unwrap() {
        println!(
            "{} {} policy {:.0} naive {:.0} replay {:.0} skill {:.2}",
            t.site.id,
            t.days,
            t.policy.rmse / 1e6,
            t.naive.rmse / 1e6,
            t.replay.rmse / 1e6,
            t.policy.skill_over(&t.naive)
        );
        for (y, a, b) in t.years {
            print!(" {y} {:.0}/{:.0}", a.rmse / 1e6, b.rmse / 1e6);
        }
        println!();
    }
    println!("{:?}", t.elapsed());
}
