//! A run that is watched: what its records say of each call, and what a fault does to it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail so")]

mod support;

use std::sync::{Arc, Mutex};

use amphi_wasi::trace::{Entry, Filter, HostCall, Names, Normal, Recorder, Ring, Summary, entries};
use amphi_wasi::{Call, Content, Determinism, Errno, Gate};
use support::{Guest, config};

/// A guest whose calls are recorded, and where its records go.
fn watched(faults: &[&str], batch: usize) -> (Guest, Arc<Mutex<Vec<u8>>>) {
    let mut config = config();
    assert_eq!(config.tree.insert_file("work/a.txt", Content::from("alpha")), Ok(()));
    let mut guest = Guest::new(config, 8192);
    let records = Arc::<Mutex<Vec<u8>>>::default();
    let kept = Arc::clone(&records);
    let recorder = Recorder::new(4, batch, move |batch| kept.lock().unwrap().extend_from_slice(batch));
    let faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
    guest.context.watch(Gate::new(faults, Some(recorder)));
    (guest, records)
}

/// The records as lines, each call without its number and times.
fn lines(records: &[u8], filter: &str) -> Vec<String> {
    let (mut names, filter) = (Names::default(), filter.parse::<Filter>().unwrap());
    let mut line = |entry: Entry| {
        let line = filter.shows(&entry, &names).then(|| entry.line(&names, false));
        names.follow(&entry);
        line
    };
    entries(records).filter_map(&mut line).collect()
}

/// A few calls of each kind.
fn visit(guest: &mut Guest) {
    guest.check("", Call::FdPrestatGet, &[3, 64], Errno::Success);
    guest.check("", Call::FdPrestatDirName, &[3, 64, 5], Errno::Success);
    let fd = u64::from(guest.open("a.txt", 0, Guest::READ).unwrap_or(99));
    let _ = guest.read(fd, 100);
    let _ = guest.open("nope", 0, Guest::READ);
    let (path, len) = guest.path("a.txt");
    let (other, other_len) = guest.other_path("b.txt");
    guest.check("", Call::PathRename, &[3, path, len, 3, other, other_len], Errno::Success);
    guest.check("", Call::FdSeek, &[fd, (-1_i64).cast_unsigned(), 2, 64], Errno::Success);
    guest.check("", Call::FdClose, &[fd], Errno::Success);
    guest.check("", Call::ArgsSizesGet, &[64, u64::from(u32::MAX)], Errno::Fault);
    let _ = guest.dispatch(Call::ProcExit, &[3]);
}

#[test]
fn a_call_is_told_with_its_arguments_and_results() {
    let (mut guest, records) = watched(&[], 0);
    visit(&mut guest);
    let records = records.lock().unwrap().clone();
    assert_eq!(
        lines(&records, ""),
        [
            "fd_prestat_get(3) = a directory with a name of 5 bytes",
            "fd_prestat_dir_name(3, path_len: 5) = \"/work\"",
            "path_open(3 </work>, dir_flags: SYMLINK_FOLLOW, \"a.txt\") = 4 </work/a.txt>",
            "fd_read(4 </work/a.txt>, room for 100) = \"alph\"… and 1 more",
            "path_open(3 </work>, dir_flags: SYMLINK_FOLLOW, \"nope\") = NOENT: There is no such file or directory.",
            "path_rename(3 </work>, \"a.txt\", 3 </work>, \"b.txt\") = ok",
            "fd_seek(4 </work/a.txt>, delta: -1, end) = 4",
            "fd_close(4 </work/a.txt>) = ok",
            "args_sizes_get() = FAULT: An address is outside the guest's memory, or not aligned for its type.",
            "proc_exit(code: 3) = the run ended here",
        ]
    );
    for (filter, count) in
        [("fd_*", 5), ("error", 2), ("error=noent", 1), ("path=*.txt", 5), ("fd=4,!fd_close", 3), ("host", 0)]
    {
        assert_eq!(lines(&records, filter).len(), count, "{filter}");
    }
}

#[test]
fn a_fault_fails_the_calls_it_names_and_no_other() {
    let (mut guest, records) = watched(&["path_open=a.*:ACCES", "fd_seek:IO@2"], 1 << 16);
    assert_eq!(guest.open("a.txt", 0, Guest::READ), Err(Errno::Acces));
    let fd = u64::from(guest.open("c", Guest::CREAT, Guest::WRITE).unwrap());
    for expected in [Errno::Success, Errno::Io, Errno::Success] {
        guest.check("", Call::FdSeek, &[fd, 0, 0, 64], expected);
    }
    let now_ns = guest.context.seen_ns();
    guest.context.gate_mut().unwrap().finish(now_ns);
    let told = lines(&records.lock().unwrap(), "error");
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|line| line.ends_with("(a fault that was asked for)")), "{told:?}");
}

#[test]
fn two_deterministic_runs_give_the_same_records() {
    let run = || {
        let determinism = Some(Determinism { clock_ns: 5_000, step_ns: 7, seed: 1 });
        let mut guest = Guest::new(amphi_wasi::Config { determinism, ..config() }, 8192);
        let records = Arc::<Mutex<Vec<u8>>>::default();
        let kept = Arc::clone(&records);
        let recorder = Recorder::new(64, 0, move |batch| kept.lock().unwrap().extend_from_slice(batch));
        guest.context.watch(Gate::new(Vec::new(), Some(recorder)));
        for clock in [0, 1, 0] {
            guest.check("", Call::ClockTimeGet, &[clock, 1, 64], Errno::Success);
        }
        guest.check("", Call::RandomGet, &[64, 32], Errno::Success);
        // A sleep of an hour takes none.
        guest.put(128, &[[0; 24], [0; 24]].concat());
        guest.put(128 + 16, &1_u32.to_le_bytes());
        guest.put(128 + 24, &3_600_000_000_000_u64.to_le_bytes());
        guest.check("", Call::PollOneoff, &[128, 256, 1, 64], Errno::Success);
        guest.check("", Call::ClockTimeGet, &[1, 1, 64], Errno::Success);
        let slept = guest.memory.u64_at(64);
        (slept, records.lock().unwrap().clone())
    };
    let ((slept, one), (_, other)) = (run(), run());
    assert!(slept >= 3_600_000_000_000, "{slept}");
    assert_eq!(one, other);
    assert_eq!(lines(&one, "clock_time_get")[1], "clock_time_get(monotonic, precision: 0.000000001 s) = 0.000000007 s");
}

#[test]
fn a_ring_keeps_the_newest_and_the_summary_counts_the_rest() {
    let ring = Arc::new(Mutex::new(Ring::new(2000)));
    let kept = Arc::clone(&ring);
    let mut recorder = Recorder::new(0, 0, move |batch| kept.lock().unwrap().push(batch));
    for number in 0..1000 {
        let reply = if number % 2 == 0 { Ok("30") } else { Err("HostError: no") };
        recorder.host_call(HostCall {
            function: "demo.demo",
            args: "a: 1",
            reply,
            begin_ns: number,
            end_ns: number + 1,
        });
    }
    let records = ring.lock().unwrap().records();
    assert!(records.len() <= 2000);
    let mut summary = Summary::default();
    entries(&records).for_each(|entry| summary.add(&entry));
    let (total, dropped) = (summary.total(), summary.dropped());
    assert_eq!(total.count + dropped, 1000);
    assert_eq!(total.errors, total.count / 2);
    assert_eq!(summary.by_time()[0].0, "demo.demo");
}

#[test]
fn the_normal_form_hides_numbers_that_may_differ() {
    let normal = |other_first: bool| {
        let (mut guest, records) = watched(&[], 0);
        if other_first {
            // Another descriptor and another inode come first; the calls after that are the same.
            assert_eq!(guest.open("other", Guest::CREAT, Guest::WRITE), Ok(4));
            records.lock().unwrap().clear();
        }
        guest.check("", Call::FdPrestatDirName, &[3, 64, 5], Errno::Success);
        let fd = u64::from(guest.open("new", Guest::CREAT, Guest::WRITE).unwrap());
        guest.check("", Call::FdFilestatGet, &[fd, 64], Errno::Success);
        guest.check("", Call::RandomGet, &[64, 32], Errno::Success);
        let mut normal = Normal::default();
        let records = records.lock().unwrap().clone();
        entries(&records).map(|entry| normal.line(&entry)).collect::<Vec<_>>()
    };
    let (one, other) = (normal(false), normal(true));
    assert_eq!(one, other);
    assert!(one[1].ends_with("= <a descriptor> </work/new>"), "{one:?}");
}

#[test]
fn bytes_that_are_no_records_end_the_reading() {
    let (mut guest, records) = watched(&[], 0);
    visit(&mut guest);
    let records = records.lock().unwrap().clone();
    let whole = entries(&records).count();
    for length in 0..records.len() {
        assert!(entries(&records[..length]).count() < whole);
    }
    for at in 0..records.len() {
        let mut broken = records.clone();
        broken[at] ^= 0xFF;
        for entry in entries(&broken) {
            let _ = entry.line(&Names::default(), true);
        }
    }
}
