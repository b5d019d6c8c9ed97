//! Records, enums, variants and callables.

use amphi_core::{Callable, Cx, Handle, HostError, HostModule, HostType, Value, host};

use crate::functions::demo;
use crate::module;
use crate::run::{Run, point, record, some};

/// Where something is.
#[derive(HostType, Debug, Clone, PartialEq)]
pub(crate) struct Point {
    x: f64,
    y: f64,
}

#[derive(HostType, Debug, Clone, Copy, PartialEq)]
pub(crate) enum Color {
    Red,
    DarkGreen,
    None,
}

/// What may be done.
#[derive(HostType, Debug, Clone, Copy, PartialEq)]
#[host_type(flags)]
pub(crate) struct Rights {
    read: bool,
    write: bool,
    r#yield: bool,
}

#[derive(HostType, Debug, Clone, PartialEq)]
pub(crate) enum Shape {
    Empty,
    Circle(f64),
    Line(Point, Point),
    Many(Vec<Point>),
}

#[derive(HostType, Debug, Clone, PartialEq)]
pub(crate) struct Drawing {
    shape: Shape,
    color: Option<Color>,
    r#from: Box<Point>,
}

#[host]
pub(crate) fn norm(cx: &mut Cx<'_>, p: Point) -> Result<f64, HostError> {
    match cx.call_host("demo", "demo", vec![1.into(), 2.into()])? {
        Value::Int(30) => Ok(p.x.hypot(p.y)),
        other => Err(HostError::host(other.to_string())),
    }
}

#[host]
pub(crate) fn redraw(drawing: &Drawing) -> Drawing {
    drawing.clone()
}

#[host]
pub(crate) fn swap(rights: Rights) -> Rights {
    Rights { read: rights.write, write: rights.read, r#yield: !rights.r#yield }
}

#[host]
pub(crate) fn color(color: Color) -> Color {
    color
}

#[host]
pub(crate) fn apply(
    cx: &mut Cx<'_>,
    function: Callable<(i32, &str), String>,
    other: &Handle,
) -> Result<(String, Value), HostError> {
    Ok((function.call(cx, (7, "x"))?, other.call(cx, vec![])?))
}

#[test]
fn types_keep_their_shape() {
    let mut run = Run::of(module());
    for shape in [
        Value::Variant(0, None),
        Value::Variant(1, Some(Box::new(0.5.into()))),
        Value::Variant(2, Some(Box::new(Value::Tuple(vec![point(0.0, 1.0), point(2.0, 3.0)])))),
        Value::Variant(3, Some(Box::new(Value::List(vec![point(0.0, 1.0)])))),
    ] {
        let drawing = record(&[("shape", shape), ("color", some(Value::Enum(0))), ("from_", point(1.0, 1.0))]);
        assert_eq!(run.call("redraw", vec![drawing.clone()]), Ok(drawing));
    }
}

#[derive(HostType)]
pub(crate) struct Tree {
    children: Vec<Tree>,
}

#[host]
pub(crate) fn depth(tree: &Tree) -> u32 {
    u32::try_from(tree.children.len()).unwrap_or(u32::MAX)
}

mod other {
    use super::{HostType, host};

    #[derive(HostType)]
    pub(super) struct Point {
        z: u8,
    }

    #[host]
    pub(super) fn move_to(point: Point) -> u8 {
        point.z
    }
}

#[test]
fn types_that_python_cannot_tell_apart_are_refused() {
    for (builder, message) in [
        (
            HostModule::builder("demo").host(depth::host()),
            "host module demo: the type Tree is inside itself; types are finite, let one side hold the other as a resource",
        ),
        (
            HostModule::builder("demo").host(norm::host()).host(other::move_to::host()),
            "host module demo: two types are named Point; Python tells types apart by their names",
        ),
        (
            HostModule::builder("demo").host(demo::host()).host(demo::host()),
            "the function demo of host module demo is there twice",
        ),
    ] {
        let error = builder.build().map(|_| ()).expect_err("refused");
        assert_eq!(error.to_string(), message);
    }
}
