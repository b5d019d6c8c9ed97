//! The pane that shows what a run writes. Text goes to the page directly, chunk by chunk, not through signals: a run
//! may write faster than a view could be compared.
//!
//! It must never know what ran, only what was written.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use leptos::html::Div;
use leptos::prelude::*;
use leptos::web_sys::{Element, HtmlDivElement, HtmlElement};
use wasm_bindgen::JsCast as _;

use crate::ansi::{Colour, Face, Painter};
use crate::clock::now_ms;
use crate::transcript::{Layout, Piece, Stream, Transcript};
use crate::words::bytes;

/// Text that comes faster than this many bytes a frame is not read aloud: a screen reader would never catch up.
const READ_ALOUD: usize = 4_096;
/// At most about this many bytes are put on the screen in one frame, so that the page never stands still.
const FRAME_BYTES: usize = 128 << 10;
/// The screen's rhythm, in milliseconds: text that comes faster is shown together.
const FRAME_MS: f64 = 16.0;

/// Where output goes; a handle that clones share.
#[derive(Clone, Default)]
pub struct Screen(Rc<Inner>);

#[derive(Default)]
struct Inner {
    transcript: RefCell<Transcript>,
    layout: RefCell<Layout>,
    /// What each stream writes in, by its number.
    painters: RefCell<[Painter; 3]>,
    left_screen: Cell<bool>,
    frame_asked: Cell<bool>,
    shown_ms: Cell<f64>,
    log: RefCell<Option<HtmlDivElement>>,
    when_shown: RefCell<Option<Box<dyn FnOnce()>>>,
}

impl Screen {
    /// Shows bytes: at once if the screen was quiet, else with the next frame.
    pub fn write(&self, stream: Stream, bytes: Vec<u8>) {
        self.0.transcript.borrow_mut().push(stream, bytes);
        if self.0.frame_asked.get() {
            return;
        }
        if now_ms() - self.0.shown_ms.get() >= FRAME_MS {
            self.show();
        } else {
            self.ask_frame();
        }
    }

    /// Calls back once everything that was written is on the screen.
    pub fn when_shown(&self, then: impl FnOnce() + 'static) {
        if self.0.transcript.borrow().is_empty() {
            then();
        } else {
            self.0.when_shown.replace(Some(Box::new(then)));
            if !self.0.frame_asked.get() {
                self.show();
            }
        }
    }

    fn ask_frame(&self) {
        self.0.frame_asked.set(true);
        let screen = self.clone();
        let show = move || {
            screen.0.frame_asked.set(false);
            screen.show();
        };
        // A page that is out of sight has no frames.
        if document().hidden() {
            set_timeout(show, std::time::Duration::ZERO);
        } else {
            request_animation_frame(show);
        }
    }

    /// Empties the screen.
    pub fn clear(&self) {
        self.0.transcript.take();
        self.0.layout.take();
        self.0.painters.take();
        self.0.left_screen.set(false);
        if let Some(log) = self.0.log.borrow().as_ref() {
            log.set_text_content(None);
            read_aloud(log, true);
        }
    }

    /// Shows a frame's worth of what waits, and asks for another frame if that was not all.
    fn show(&self) {
        let Some(log) = self.0.log.borrow().clone() else { return };
        let pieces = self.0.transcript.borrow_mut().take(FRAME_BYTES);
        self.add(&log, &pieces);
        if !self.0.transcript.borrow().is_empty() {
            self.ask_frame();
        } else if let Some(then) = self.0.when_shown.take() {
            then();
        }
    }

    fn add(&self, log: &HtmlDivElement, pieces: &[Piece]) {
        if pieces.is_empty() {
            return;
        }
        if pieces.iter().map(|piece| piece.text.len()).sum::<usize>() > READ_ALOUD {
            read_aloud(log, false);
        }
        // A reader who scrolled back stays there; one who follows keeps following.
        let follows = log.scroll_height() - log.scroll_top() - log.client_height() < 40;
        for piece in pieces {
            self.append(log, piece);
        }
        let skipped = self.0.transcript.borrow().skipped();
        if skipped > 0 || self.0.left_screen.get() {
            note(log, skipped);
        }
        if follows {
            log.set_scroll_top(log.scroll_height());
        }
        self.0.shown_ms.set(now_ms());
    }

    fn append(&self, log: &HtmlDivElement, piece: &Piece) {
        let place = self.0.layout.borrow_mut().place(&piece.text);
        for _ in 0..place.leave {
            self.0.left_screen.set(true);
            if let Ok(Some(oldest)) = log.query_selector(".chunk") {
                oldest.remove();
            }
        }
        let last = if place.new_chunk { None } else { log.last_element_child() };
        let chunk = last.or_else(|| {
            let chunk = element("div", "chunk")?;
            log.append_child(&chunk).ok()?;
            Some(chunk)
        });
        let Some(chunk) = chunk else { return };
        let mut painters = self.0.painters.borrow_mut();
        let [stdout, stderr, echo] = &mut *painters;
        let painter = match piece.stream {
            Stream::Stdout => stdout,
            Stream::Stderr => stderr,
            Stream::Echo => echo,
        };
        for (face, text) in painter.runs(&piece.text) {
            add_run(&chunk, piece.stream.name(), face, &text);
        }
    }
}

/// Adds text of one look to a chunk.
fn add_run(chunk: &Element, stream: &str, face: Face, text: &str) {
    let (class, colours) = look(stream, face);
    // Neighbours that look alike share an element: thousands of small writes must not be thousands of elements.
    let same = chunk.last_element_child().filter(|last| last.class_name() == class && colours.is_empty());
    let span = same.or_else(|| {
        let span = element("span", &class)?;
        span.set_attribute("data-testid", stream).ok()?;
        let style = span.unchecked_ref::<HtmlElement>().style();
        for (property, colour) in colours {
            style.set_property(property, &colour).ok()?;
        }
        chunk.append_child(&span).ok()?;
        Some(span)
    });
    if let Some(span) = span {
        let _ = span.append_child(&document().create_text_node(text));
    }
}

/// The classes that a face has in the style sheet, and the colours that it has no classes for.
fn look(stream: &str, face: Face) -> (String, Vec<(&'static str, String)>) {
    let (mut class, mut colours) = (stream.to_owned(), Vec::new());
    let (mut ink, mut paper) = if face.inverse { (face.paper, face.ink) } else { (face.ink, face.paper) };
    match (face.inverse, ink, paper) {
        (true, None, None) => class.push_str(" ink-inverse paper-inverse"),
        // What was on the page's own colour is on one that it can be read on.
        (true, Some(colour), None) => paper = Some(beside(colour)),
        // So is what has no colour for what it is on.
        (_, None, Some(colour)) => ink = Some(beside(colour)),
        _ => {}
    }
    for (kind, property, colour) in [("ink", "color", ink), ("paper", "background-color", paper)] {
        match colour {
            Some(Colour::Named(number)) => class.push_str(&format!(" {kind}-{number}")),
            Some(Colour::Rgb(red, green, blue)) => {
                // With a class of its own, so that what follows does not share its element.
                class.push_str(&format!(" {kind}-own"));
                colours.push((property, format!("rgb({red}, {green}, {blue})")));
            }
            None => {}
        }
    }
    let kinds = [
        (face.bold, " bold"),
        (face.dim, " dim"),
        (face.italic, " italic"),
        (face.underline, " underline"),
        (face.struck, " struck"),
    ];
    class.extend(kinds.iter().filter(|(is, _)| *is).map(|(_, name)| *name));
    (class, colours)
}

/// Black or white: what can be told from a colour.
fn beside(colour: Colour) -> Colour {
    let dark = match colour {
        Colour::Named(number) => number < 7 || number == 8,
        // By how bright each is to the eye, in thousandths.
        Colour::Rgb(red, green, blue) => {
            u32::from(red) * 299 + u32::from(green) * 587 + u32::from(blue) * 114 < 128_000
        }
    };
    Colour::Named(if dark { 15 } else { 0 })
}

fn read_aloud(log: &HtmlDivElement, yes: bool) {
    let _ = log.set_attribute("aria-live", if yes { "polite" } else { "off" });
}

/// Says at the top that earlier output is gone.
fn note(log: &HtmlDivElement, skipped: u64) {
    let there = log.first_element_child().filter(|first| first.class_name() == "note");
    let note = there.or_else(|| {
        let note = element("div", "note")?;
        log.insert_before(&note, log.first_child().as_ref()).ok()?;
        Some(note)
    });
    if let Some(note) = note {
        let more =
            if skipped > 0 { format!(" {} came too fast to be shown at all.", bytes(skipped)) } else { String::new() };
        note.set_text_content(Some(&format!("Only the end of the output is shown.{more}")));
    }
}

fn element(name: &str, class: &str) -> Option<Element> {
    let element = document().create_element(name).ok()?;
    element.set_class_name(class);
    Some(element)
}

/// The pane's log.
#[component]
pub fn OutputLog(
    /// What is shown.
    screen: Screen,
) -> impl IntoView {
    let log = NodeRef::<Div>::new();
    Effect::new(move |_| {
        let element: Option<HtmlDivElement> = log.get().map(|log| (*log).clone().unchecked_into());
        screen.0.log.replace(element);
        screen.show();
    });
    view! { <div node_ref=log class="log" id="output" data-testid="output" role="log" aria-live="polite" aria-label="Output" tabindex="0"></div> }
}
