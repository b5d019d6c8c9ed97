//! Owns how an inspected module looks to a person.
//! It must never find anything out by itself.

use super::Report;
use super::habitats::{Judgement, could_be_hosts};
use super::page::{Page, TIE};
use amphi_core::module::{Entity, Inspection, LinkedImport, PythonExports, Role, Tool};
use amphi_core::names::{is_python_name, python_name};
use std::path::Path;

/// The whole page.
pub(super) fn text(report: &Report) -> String {
    let Report { file, module, habitats } = report;
    let mut page = Page::default();
    let role = match module.role {
        Role::Command => "a command",
        Role::Reactor => "a reactor, which is a library that _initialize sets up",
        Role::Library => "a library",
    };
    let exact = if module.bytes < 1024 { String::new() } else { format!(" ({} bytes)", module.bytes) };
    page.heading(&format!("{file}: {role}, {}{exact}", size(module.bytes as u64)));
    imports(&mut page, module);
    if !module.exports.is_empty() {
        page.heading("Exports");
        for export in &module.exports {
            page.line(2, &entity(&export.name, &export.entity));
        }
    }
    inside(&mut page, module);
    origin(&mut page, module);
    runs(&mut page, module, habitats);
    host_module(&mut page, module, file);
    python(&mut page, &module.python);
    page.finish()
}

fn imports(page: &mut Page, module: &Inspection) {
    let mut from: Vec<&str> = Vec::new();
    for import in &module.imports {
        if !from.contains(&import.module.as_str()) {
            from.push(&import.module);
        }
    }
    for from in from {
        page.heading(&format!("Imports from {}", named(from)));
        for LinkedImport { name, entity: ty, about, .. } in module.imports.iter().filter(|import| import.module == from)
        {
            page.line(2, &entity(name, ty));
            if let Some(about) = about {
                page.labelled("", 2, about);
            }
        }
    }
}

/// `add(a: i32) -> i32`, `memory: memory, 1 page (64 KiB), no maximum`.
fn entity(name: &str, entity: &Entity) -> String {
    let name = named(name);
    match entity {
        // A name and its type stay together on a line.
        Entity::Func(ty) => {
            format!("{name}{ty}").replace(": ", &format!(":{TIE}")).replace(" -> ", &format!("{TIE}->{TIE}"))
        }
        Entity::Memory(ty) => format!("{name}: memory, {ty}"),
        Entity::Table(ty) => format!("{name}: table, {ty}"),
        Entity::Global(ty) => format!("{name}: global, {ty}"),
        Entity::Tag(ty) => format!("{name}: tag{ty}"),
    }
}

/// A name as it is; one that is empty or has spaces in quotes.
fn named(name: &str) -> String {
    if name.is_empty() || name.contains(char::is_whitespace) { format!("{name:?}") } else { name.to_owned() }
}

fn inside(page: &mut Page, module: &Inspection) {
    let mut rows: Vec<(&str, String)> = Vec::new();
    rows.extend(module.name.iter().map(|name| ("name", named(name))));
    if module.functions > 0 {
        rows.push(("functions", format!("{}, {} of code", module.functions, size(module.code_bytes))));
    }
    rows.extend(module.memories.iter().map(|memory| ("memory", memory.to_string())));
    rows.extend(module.tables.iter().map(|table| ("table", table.to_string())));
    for (label, count) in [("globals", module.globals), ("tags", module.tags)] {
        rows.extend((count > 0).then(|| (label, count.to_string())));
    }
    rows.extend(module.start.iter().map(|start| {
        let name = start.name.as_ref().map_or_else(String::new, |name| format!(", {}", named(name)));
        ("start", format!("function {}{name}", start.index))
    }));
    let segments = |count: u32| format!("{count} {}", if count == 1 { "segment" } else { "segments" });
    if module.data.count > 0 {
        rows.push(("data", format!("{}, {}", segments(module.data.count), size(module.data.size))));
    }
    if module.elements.count > 0 {
        let items = module.elements.size;
        rows.push(("elements", format!("{}, {items} {}", segments(module.elements.count), plural(items, "item"))));
    }
    let custom = module.custom.iter().map(|custom| format!("{} ({})", named(&custom.name), size(custom.bytes as u64)));
    rows.extend(list("custom", custom));
    rows.extend(list("features", module.features.iter().map(|feature| feature.name().to_owned())));
    table(page, "Inside", &rows);
}

fn origin(page: &mut Page, module: &Inspection) {
    let tools = |tools: &[Tool]| -> Vec<String> {
        tools.iter().map(|Tool { name, version }| format!("{name} {version}").trim_end().to_owned()).collect()
    };
    let producers = &module.producers;
    let rows = [
        list("language", tools(&producers.language)),
        list("processed by", tools(&producers.processed_by)),
        list("sdk", tools(&producers.sdk)),
        list("target", module.target_features.clone()),
    ];
    table(page, "Made with", &rows.into_iter().flatten().collect::<Vec<_>>());
}

/// A row of things with commas between them, if there are any.
fn list(label: &'static str, items: impl IntoIterator<Item = String>) -> Option<(&'static str, String)> {
    let items: Vec<String> = items.into_iter().collect();
    (!items.is_empty()).then(|| (label, items.join(", ")))
}

fn table(page: &mut Page, heading: &str, rows: &[(&str, String)]) {
    let width = rows.iter().map(|(label, _)| label.len()).max().unwrap_or(0);
    if !rows.is_empty() {
        page.heading(heading);
    }
    for (label, text) in rows {
        page.labelled(label, width, text);
    }
}

/// Habitats of which the same is to be said stand together.
fn runs(page: &mut Page, module: &Inspection, habitats: &[Judgement]) {
    let mut groups: Vec<(&[String], Vec<&str>)> = Vec::new();
    for Judgement { habitat, missing, .. } in habitats {
        match groups.iter_mut().find(|(other, _)| other == missing) {
            Some((_, names)) => names.push(habitat),
            None => groups.push((missing, vec![habitat])),
        }
    }
    groups.sort_by_key(|(missing, _)| !missing.is_empty());
    for (missing, names) in &groups {
        let word = if missing.is_empty() { "Runs in" } else { "Does not run in" };
        page.heading(&format!("{word} {}", names.join(", ")));
        for what in *missing {
            page.line(2, what);
        }
    }
    for name in could_be_hosts(module) {
        page.line(2, &format!("(each of them takes {name} from a host module: amphi run --host {name}=FILE)"));
    }
}

fn host_module(page: &mut Page, module: &Inspection, file: &str) {
    let fit = &module.host_module;
    match &fit.refusal {
        None => {
            let stem = Path::new(file).file_stem().unwrap_or_default().to_string_lossy();
            let name = Some(python_name(&stem)).filter(|name| is_python_name(name));
            let name = name.unwrap_or_else(|| "NAME".to_owned());
            page.heading("As a host module");
            page.line(2, &format!("amphi run --host {name}={file} lets Python import {name}, with"));
        }
        Some(refusal) => {
            page.heading("Not as a host module");
            page.line(2, refusal);
            if !fit.functions.is_empty() {
                page.line(2, "otherwise Python would see");
            }
        }
    }
    for function in &fit.functions {
        page.line(4, &format!("{}{}", function.name, function.signature));
    }
}

fn python(page: &mut Page, python: &PythonExports) {
    if python.present.is_empty() {
        return;
    }
    page.heading("As amphi's Python");
    if python.missing.is_empty() {
        page.line(2, "it exports everything by which the host calls into Python");
    } else {
        page.line(2, &format!("it exports {}, but lacks {}", python.present.join(", "), python.missing.join(", ")));
    }
}

/// `412 bytes`, `1.2 KiB`.
fn size(bytes: u64) -> String {
    let units = [("GiB", 1u64 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    match units.iter().find(|(_, worth)| bytes >= *worth) {
        // Tenths, rounded down: a size is never told greater than it is.
        Some((unit, worth)) => format!("{}.{} {unit}", bytes / worth, bytes % worth * 10 / worth),
        None => format!("{bytes} {}", plural(bytes, "byte")),
    }
}

fn plural(count: u64, word: &str) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}
