//! A shop,
//! and its till.
#![allow(unused_variables, reason = "nothing is written yet")]

use amphi::{Callable, HostModule, HostType, ModuleError, Resource};

/// What may go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, HostType)]
pub enum Fault {
    SoldOut,
    In,
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, HostType)]
#[host_type(flags)]
pub struct Rights {
    pub read: bool,
    pub write: bool,
    pub r#type: bool,
}

/// One line of an order.
#[derive(Debug, Clone, HostType)]
pub struct Line {
    pub item: String,
    pub r#type: u8,
    pub note: Option<String>,
    pub data: Vec<u8>,
}

#[derive(Debug, Clone, HostType)]
pub enum Payment {
    Cash,
    Card(String),
    Split(u32, u32),
    Lines(Vec<Line>),
}

/// Adds.
// sum: func(a: s32, b: s32) -> s32
#[amphi::host]
pub fn sum(a: i32, b: i32) -> i32 {
    unimplemented!("shop.sum")
}

// greet: func(name: string, times: option<u8>) -> string
#[amphi::host]
pub fn greet(name: &str, times: Option<u8>) -> String {
    unimplemented!("shop.greet")
}

// yield: func(lambda_: f64, letter: char, truth: bool) -> tuple<s8, u16, f32>
#[amphi::host]
pub fn r#yield(lambda: f64, letter: char, truth: bool) -> (i8, u16, f32) {
    unimplemented!("shop.yield_")
}

// listen: func(who: Listener, names: list<string>)
#[amphi::host]
pub fn listen(who: Callable<(Line, u64), bool>, names: &[String]) {
    unimplemented!("shop.listen")
}

// check: func(raw: list<u8>) -> result<_, string>
#[amphi::host]
pub fn check(raw: &[u8]) -> Result<(), String> {
    unimplemented!("shop.check")
}

// again: func() -> result
#[amphi::host]
pub fn again() -> Result<(), ()> {
    unimplemented!("shop.again")
}

// latest: func() -> option<Order>
#[amphi::host]
pub fn latest() -> Option<Resource<Order>> {
    unimplemented!("shop.latest")
}

pub struct Order;

/// An open order.
#[amphi::host]
impl Order {
    /// Begins one.
    // constructor(owner: string)
    pub fn new(owner: &str) -> Self {
        unimplemented!("shop.Order")
    }

    /// Adds a line,
    /// and gives what there is to pay.
    // add: func(line: Line) -> result<u64, Fault>
    pub fn add(&self, line: Line) -> Result<u64, Fault> {
        unimplemented!("shop.Order.add")
    }

    // merge: func(other: borrow<Order>, ways: list<Payment>)
    pub fn merge(&self, other: &Order, ways: &[Payment]) {
        unimplemented!("shop.Order.merge")
    }

    // fresh: static func(rights: Rights) -> Order
    pub fn fresh(rights: Rights) -> Self {
        unimplemented!("shop.Order.fresh")
    }
}

/// The module, for `Start::registered` or a `Pool`.
///
/// # Errors
/// Two of its functions have one name.
pub fn module() -> Result<HostModule, ModuleError> {
    HostModule::builder("shop")
        .host(sum::host())
        .host(greet::host())
        .host(r#yield::host())
        .host(listen::host())
        .host(check::host())
        .host(again::host())
        .host(latest::host())
        .resource::<Order>()
        .build()
}
