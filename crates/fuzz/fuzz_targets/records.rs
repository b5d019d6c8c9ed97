//! Bytes that claim to be records of a trace. Whatever they are: they decode to entries or end, each entry can be shown,
//! compared, counted and filtered, and nothing panics.
#![no_main]

use amphi_wasi::trace::{Filter, Names, Normal, Ring, Summary, entries};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|records: &[u8]| {
    let filter: Filter = "!sched_yield,path=*a*,fd=3,error".parse().expect("valid");
    let (mut names, mut normal, mut summary) = (Names::default(), Normal::default(), Summary::default());
    let mut count = 0;
    for entry in entries(records) {
        let (short, whole) = (entry.line(&names, false), entry.line(&names, true));
        let guest = entry.guest.as_ref().map_or(String::new(), |guest| format!("[{guest}] "));
        let begin = format!("{guest}{}", entry.name());
        assert!(short.starts_with(&begin) && whole.starts_with(&begin), "{short}\n{whole}");
        normal.line(&entry);
        let _ = filter.shows(&entry, &names);
        summary.add(&entry);
        names.follow(&entry);
        count += 1;
    }
    assert_eq!(summary.total().count, count);
    assert_eq!(summary.by_time().iter().map(|(_, tally)| tally.count).sum::<u64>(), count);
    let _ = summary.dropped();

    // A ring gives back what it took, as long as there is room.
    let mut ring = Ring::new(records.len());
    records.chunks(64).for_each(|batch| ring.push(batch));
    assert_eq!(ring.records(), records);
});
