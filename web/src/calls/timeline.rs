//! The calls of a run along its time, a lane for each thing that calls are about. It must never know what a call means.

use amphi_wasi::trace::Entry;
use leptos::ev::MouseEvent;
use leptos::html::Div;
use leptos::prelude::*;

use super::Calls;
use super::log::{Brief, Lane};
use crate::words::nanoseconds;

/// A lane has so many places; calls at the same place share one bar.
const PLACES: usize = 400;

/// What a lane shows at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bar {
    /// From which place, and over how many.
    from: usize,
    width: usize,
    /// How many calls.
    count: u32,
    failed: bool,
}

/// The bars of a lane.
type Bars = Vec<Bar>;

/// The timeline. What it shows stands in the list, too, which is where a keyboard goes.
#[component]
pub fn Timeline(
    /// Whose.
    calls: Calls,
) -> impl IntoView {
    let place = NodeRef::<Div>::new();
    let span = Memo::new(move |_| calls.with_briefs(span));
    let lanes = Memo::new(move |_| {
        let span = span.get();
        calls.with_briefs(|briefs| bars(briefs, span))
    });
    let cursor = move || {
        let (Entry { begin_ns, .. }, _) = calls.chosen_call()?;
        Some(format!("{:.3}%", share(begin_ns, span.get()) * 100.0))
    };
    let press = move |event: MouseEvent| {
        let Some(place) = place.get() else { return };
        let bounds = place.get_bounding_client_rect();
        if bounds.width() <= 0.0 || bounds.height() <= 0.0 {
            return;
        }
        let x = (f64::from(event.client_x()) - bounds.left()) / bounds.width();
        let y = (f64::from(event.client_y()) - bounds.top()) / bounds.height();
        let lane = Lane::ALL.get(at_place(y, Lane::ALL.len())).copied();
        let nearest = untrack(|| calls.with_briefs(|briefs| nearest(briefs, span.get(), lane, x)));
        calls.chosen.set(nearest);
    };
    let lane = move |number: usize, lane: Lane| {
        let bars = move || lanes.with(|lanes| lanes.get(number).cloned().unwrap_or_default());
        view! {
            <span class="lane">{lane.name()}</span>
            <svg class="bars" viewBox=format!("0 0 {PLACES} 16") preserveAspectRatio="none">
                {move || bars().into_iter().map(|Bar { from, width, count, failed }| {
                    // Ten times as many calls are a third higher.
                    let height = (4 + 4 * count.ilog10()).min(16);
                    view! { <rect class:failed=failed x=from width=width y=16 - height height=height /> }
                }).collect_view()}
            </svg>
        }
    };
    view! {
        <div class="timeline" aria-hidden="true">
            <div class="lanes" on:click=press>
                {Lane::ALL.into_iter().enumerate().map(|(number, each)| lane(number, each)).collect_view()}
                <div class="over" node_ref=place>
                    <div class="cursor" class:gone=move || cursor().is_none() style:left=move || cursor().unwrap_or_default()></div>
                </div>
            </div>
            <p class="scale"><span>"0"</span><span>{move || (calls.count.get() > 0).then(|| nanoseconds(span.get().1 - span.get().0))}</span></p>
        </div>
    }
}

/// When the first call began and the last one ended.
fn span(briefs: &[Brief]) -> (u64, u64) {
    let from = briefs.first().map_or(0, |first| first.begin_ns);
    let to = briefs.iter().map(|brief| brief.begin_ns + brief.took_ns).max().unwrap_or(0);
    (from, to.max(from + 1))
}

/// How far along a moment is, from 0 to 1.
#[expect(clippy::cast_precision_loss, reason = "a place on a screen needs no more digits")]
fn share(moment: u64, (from, to): (u64, u64)) -> f64 {
    moment.saturating_sub(from) as f64 / (to - from) as f64
}

/// The place of a share, of so many.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a place on a screen, which is small"
)]
fn at_place(share: f64, places: usize) -> usize {
    ((share * places as f64) as usize).min(places.saturating_sub(1))
}

fn bars(briefs: &[Brief], span: (u64, u64)) -> Vec<Bars> {
    let mut lanes = vec![Bars::new(); Lane::ALL.len()];
    for brief in briefs {
        let Some(bars) = lanes.get_mut(brief.lane as usize) else { continue };
        let from = at_place(share(brief.begin_ns, span), PLACES);
        let to = at_place(share(brief.begin_ns + brief.took_ns, span), PLACES);
        let width = to - from + 1;
        match bars.last_mut() {
            Some(last) if last.from == from => {
                last.count += 1;
                last.failed |= brief.failed;
                last.width = last.width.max(width);
            }
            _ => bars.push(Bar { from, width, count: 1, failed: brief.failed }),
        }
    }
    lanes
}

/// The call of a lane that is nearest to a share of the time; of any lane if there is none in it.
fn nearest(briefs: &[Brief], span: (u64, u64), lane: Option<Lane>, x: f64) -> Option<usize> {
    let distance = |brief: &Brief| {
        let (from, to) = (share(brief.begin_ns, span), share(brief.begin_ns + brief.took_ns, span));
        if x < from { from - x } else { (x - to).max(0.0) }
    };
    let of = |lane: Option<Lane>| {
        let fits = briefs.iter().enumerate().filter(|(_, brief)| lane.is_none_or(|lane| brief.lane == lane));
        fits.min_by(|(_, a), (_, b)| distance(a).total_cmp(&distance(b))).map(|(at, _)| at)
    };
    of(lane).or_else(|| of(None))
}

#[cfg(test)]
mod tests {
    use super::{Bar, bars, nearest, span};
    use crate::calls::log::{Brief, Lane};

    #[test]
    fn bars_stand_where_calls_were() {
        let brief = |begin_ns, took_ns, lane, failed| Brief { begin_ns, took_ns, lane, failed };
        let briefs = [
            brief(100, 0, Lane::Files, false),
            brief(101, 0, Lane::Files, true),
            brief(300, 200, Lane::Time, false),
            brief(500, 0, Lane::Files, false),
        ];
        let whole = span(&briefs);
        assert_eq!(whole, (100, 500));
        let lanes = bars(&briefs, whole);
        assert_eq!(
            lanes.get(Lane::Files as usize).map(Vec::as_slice),
            Some(
                &[
                    Bar { from: 0, width: 1, count: 1, failed: false },
                    Bar { from: 1, width: 1, count: 1, failed: true },
                    Bar { from: 399, width: 1, count: 1, failed: false },
                ][..]
            )
        );
        assert_eq!(lanes.get(Lane::Time as usize), Some(&vec![Bar { from: 200, width: 200, count: 1, failed: false }]));
        for (lane, x, expected) in
            [(Lane::Files, 0.9, 3), (Lane::Files, 0.0, 0), (Lane::Time, 0.0, 2), (Lane::Host, 0.75, 2)]
        {
            assert_eq!(nearest(&briefs, whole, Some(lane), x), Some(expected), "{lane:?} {x}");
        }
        assert_eq!((span(&[]), nearest(&[], (0, 1), None, 0.5)), ((0, 1), None));
    }
}
