//! Markdown as elements of the page: headings, paragraphs, lists, code, tables, links. Nothing of it becomes HTML as it
//! stands, so a text from anywhere can do no more than be read. It must never know what the text is about.

use leptos::prelude::*;
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag};

/// A text.
#[component]
pub fn Markdown(
    /// The Markdown.
    text: String,
) -> impl IntoView {
    let mut events = Parser::new_ext(&text, Options::ENABLE_TABLES);
    view! { <div class="markdown">{children(&mut events, 0)}</div> }
}

/// What is nested deeper is left out: nobody reads it, and it may come from anywhere.
const DEEPEST: usize = 32;

/// Everything up to the end of what encloses it.
fn children<'a>(events: &mut impl Iterator<Item = Event<'a>>, depth: usize) -> Vec<AnyView> {
    let mut views = Vec::new();
    while let Some(event) = events.next() {
        match event {
            Event::Start(_) if depth == DEEPEST => skip(events),
            Event::Start(Tag::TableHead) => {
                views.push(view! { <thead><tr>{cells(events, depth)}</tr></thead> }.into_any())
            }
            Event::Start(tag) => {
                let inside = children(events, depth + 1);
                views.push(element(&tag, inside));
            }
            Event::End(_) => break,
            // What looks like HTML is text.
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => views.push(text.to_string().into_any()),
            Event::Code(code) => views.push(view! { <code>{code.to_string()}</code> }.into_any()),
            Event::SoftBreak => views.push(" ".into_any()),
            Event::HardBreak => views.push(view! { <br /> }.into_any()),
            Event::Rule => views.push(view! { <hr /> }.into_any()),
            // They belong to forms of Markdown that are not asked for.
            Event::FootnoteReference(_) | Event::TaskListMarker(_) | Event::InlineMath(_) | Event::DisplayMath(_) => {}
        }
    }
    views
}

/// The cells of a table's head.
fn cells<'a>(events: &mut impl Iterator<Item = Event<'a>>, depth: usize) -> Vec<AnyView> {
    let mut views = Vec::new();
    while let Some(Event::Start(_)) = events.next() {
        views.push(view! { <th scope="col">{children(events, depth + 1)}</th> }.into_any());
    }
    views
}

/// Passes over what has begun.
fn skip<'a>(events: &mut impl Iterator<Item = Event<'a>>) {
    let mut open = 1_usize;
    for event in events {
        match event {
            Event::Start(_) => open += 1,
            Event::End(_) => open -= 1,
            _ => {}
        }
        if open == 0 {
            return;
        }
    }
}

fn element(tag: &Tag<'_>, inside: Vec<AnyView>) -> AnyView {
    match tag {
        Tag::Paragraph => view! { <p>{inside}</p> }.into_any(),
        // The page has headings of the first and the second level.
        Tag::Heading { level: HeadingLevel::H1 | HeadingLevel::H2, .. } => view! { <h3>{inside}</h3> }.into_any(),
        Tag::Heading { .. } => view! { <h4>{inside}</h4> }.into_any(),
        Tag::BlockQuote(_) => view! { <blockquote>{inside}</blockquote> }.into_any(),
        Tag::CodeBlock(_) => {
            view! { <pre tabindex="0" role="region" aria-label="Code"><code>{inside}</code></pre> }.into_any()
        }
        Tag::List(None) => view! { <ul>{inside}</ul> }.into_any(),
        Tag::List(Some(first)) => view! { <ol start=first.to_string()>{inside}</ol> }.into_any(),
        Tag::Item => view! { <li>{inside}</li> }.into_any(),
        Tag::Emphasis => view! { <em>{inside}</em> }.into_any(),
        Tag::Strong => view! { <strong>{inside}</strong> }.into_any(),
        Tag::Table(_) => {
            view! { <div class="wide" tabindex="0" role="region" aria-label="Table"><table>{inside}</table></div> }
                .into_any()
        }
        Tag::TableRow => view! { <tr>{inside}</tr> }.into_any(),
        Tag::TableCell => view! { <td>{inside}</td> }.into_any(),
        Tag::Link { dest_url, .. } if dest_url.starts_with("https://") => {
            view! { <a href=dest_url.to_string() target="_blank" rel="noopener noreferrer">{inside}</a> }.into_any()
        }
        // A picture would be fetched from elsewhere; its words stand in its place.
        _ => inside.into_any(),
    }
}
