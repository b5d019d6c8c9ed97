//! The text of a lesson beside its program, and its task, which the page checks after each run. It must never know how a
//! run goes.

use amphi_core::{Lesson, Task};
use leptos::html::{Div, H2};
use leptos::prelude::*;

use crate::markdown::Markdown;
use crate::runner::Runner;

/// How far a task is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Progress {
    /// No run has ended since it was given.
    Given,
    /// The last run lacks this.
    Lacks(Vec<String>),
    /// The last run has all.
    Done,
}

/// The lesson.
#[component]
pub fn LessonPane(
    /// What it teaches.
    lesson: Lesson,
    /// The heading.
    title: String,
    /// The run that is checked.
    runner: Runner,
    /// Whether there is a lesson after it.
    has_next: bool,
    /// Its solution is to be seen.
    on_solve: Callback<()>,
    /// The next one is wanted.
    on_next: Callback<()>,
    /// The reader went on from the lesson before.
    went_on: RwSignal<bool>,
) -> impl IntoView {
    let Lesson { text, task } = lesson;
    let (heading, reads) = (NodeRef::<H2>::new(), NodeRef::<Div>::new());
    // Who went on to this lesson begins it at its heading.
    Effect::new(move |_| {
        if let (Some(heading), Some(reads)) = (heading.get(), reads.get()) {
            reads.set_scroll_top(0);
            if went_on.get_untracked() {
                let _ = heading.focus();
                went_on.set(false);
            }
        }
    });
    view! {
        <section class="pane lesson" aria-label="Lesson" data-testid="lesson">
            <header><h2 tabindex="-1" node_ref=heading>{title}</h2></header>
            <div class="reads" tabindex="0" role="region" aria-label="Text of the lesson" node_ref=reads>
                <Markdown text />
                {task.map(|task| view! { <TaskBox task runner on_solve /> })}
                {has_next.then(|| view! {
                    <button type="button" data-testid="next-lesson" on:click=move |_| { went_on.set(true); on_next.run(()) }>"Next lesson"</button>
                })}
            </div>
        </section>
    }
}

/// What the reader is to do, and whether it is done.
#[component]
fn TaskBox(task: Task, runner: Runner, on_solve: Callback<()>) -> impl IntoView {
    let say = task.say.clone();
    let can_be_solved = !task.solution.is_empty();
    let task = StoredValue::new(task);
    // A run that ended before this lesson came is none of its own.
    let before = runner.left.with_untracked(|left| left.as_ref().map(|left| left.run));
    let progress = Memo::new(move |_| {
        runner.left.with(|left| match left {
            Some(left) if Some(left.run) != before => {
                let has_call = |term: &str| runner.calls.has(term);
                match task.with_value(|task| task.lacks(&left.exit, &left.stdout, has_call)) {
                    lacks if lacks.is_empty() => Progress::Done,
                    lacks => Progress::Lacks(lacks),
                }
            }
            _ => Progress::Given,
        })
    });
    let state = move || match progress.get() {
        Progress::Given => "given",
        Progress::Lacks(_) => "lacks",
        Progress::Done => "done",
    };
    view! {
        <div class="task" data-testid="task" data-state=state>
            <h3>"Your task"</h3>
            <Markdown text=say />
            <div role="status">
                {move || match progress.get() {
                    Progress::Given => view! { <p class="hint">"Change the program and run it: the task is checked after each run."</p> }.into_any(),
                    Progress::Lacks(lacks) => view! {
                        <p>"Not yet:"</p>
                        <ul>{lacks.into_iter().map(|lack| view! { <li><Markdown text=lack /></li> }).collect_view()}</ul>
                    }.into_any(),
                    Progress::Done => view! { <p class="done">"Done."</p> }.into_any(),
                }}
            </div>
            {can_be_solved.then(|| view! {
                <button type="button" data-testid="solve" title="The editors can undo it" on:click=move |_| on_solve.run(())>"Show a solution"</button>
            })}
        </div>
    }
}
