//! Values by a declaration in WIT: records, variants, flags, results and resources, as the guest's Python has them.

mod support;

use amphi_core::Value;
use support::{handle, try_load};

fn some(value: impl Into<Value>) -> Value {
    Value::Some(Box::new(value.into()))
}

fn record(fields: &[(&str, Value)]) -> Value {
    Value::Record(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}

const WIT: &str = r#"
package shop:host;
interface demo {
    record line { what: string, count: option<u32> }
    enum kind { tea, cake }
    flags tags { hot, sweet, large }
    variant price { free, cents(u64), words(string) }

    resource basket {
        constructor(owner: string);
        add: func(line: line, kind: kind) -> u32;
        merge: func(other: borrow<basket>) -> list<string>;
        owned: static func(owner: string) -> basket;
    }

    describe: func(line: line, kind: kind, tags: tags, price: price) -> string;
    raise-price: func(price: price) -> price;
    all-tags: func() -> tags;
    parse: func(text: string) -> result<s32, string>;
    check: func(text: string) -> result<_, tuple<string, s32>>;
    same: func(basket: borrow<basket>) -> basket;
}
"#;

const SHOP: &str = r#"
from demo import Kind, Line, Price, Tags

class Basket:
    def __init__(self, owner):
        self.owner, self.lines = owner, []

    def add(self, line, kind):
        assert type(line) is Line and kind is Kind.tea
        self.lines.append(line)
        return len(self.lines)

    def merge(self, other):
        assert type(other) is Basket and other is not self
        self.lines += other.lines
        return [line.what for line in self.lines]

    @staticmethod
    def owned(owner):
        return Basket(owner)

def describe(line, kind, tags, price):
    from demo import Line as Later
    assert Later is Line
    return f"{line} {kind} {tags!r} {price}"

def raise_price(price):
    return Price.cents(price.value + 1) if price.case == "cents" else Price.words("more")

def all_tags():
    return Tags.hot | Tags.large

def parse(text):
    try:
        return int(text)
    except ValueError as error:
        return error

def check(text):
    return KeyError(text, 3) if text else None

def same(basket):
    return basket
"#;

#[test]
fn declared_values_are_what_the_declaration_says() {
    let module = try_load(SHOP, Some(WIT)).expect("it loads");
    let line = record(&[("what", "tea".into()), ("count", some(2))]);
    for (function, args, given) in [
        (
            "describe",
            vec![line.clone(), Value::Enum(1), Value::Flags(vec![5]), Value::Variant(1, Some(Box::new(250.into())))],
            Ok("Line(what='tea', count=2) Kind.cake <Tags.hot|large: 5> Price.cents(250)".into()),
        ),
        (
            "raise_price",
            vec![Value::Variant(1, Some(Box::new(1.into())))],
            Ok(Value::Variant(1, Some(Box::new(2.into())))),
        ),
        ("raise_price", vec![Value::Variant(0, None)], Ok(Value::Variant(2, Some(Box::new("more".into()))))),
        ("all_tags", vec![], Ok(Value::Flags(vec![5]))),
        ("parse", vec!["12".into()], Ok(Value::Ok(Some(Box::new(12.into()))))),
        ("parse", vec!["x".into()], Err("HostError: invalid literal for int() with base 10: 'x'")),
        ("check", vec!["".into()], Ok(Value::Ok(None))),
        ("check", vec!["k".into()], Err("HostError: (\"k\", 3)")),
    ] {
        let found = module.call(function, args).map_err(|error| error.to_string());
        assert_eq!(found, given.map_err(str::to_owned), "{function}");
    }
    let basket = module.call("Basket", vec!["Ada".into()]).expect("it is made");
    let other = module.call("Basket.owned", vec!["Bob".into()]).expect("it is made");
    assert_eq!(handle(basket.clone()).resource(), Some("Basket"));
    for (basket, at) in [(&basket, 1), (&basket, 2), (&other, 1)] {
        assert_eq!(module.call("Basket.add", vec![basket.clone(), line.clone(), Value::Enum(0)]), Ok(at.into()));
    }
    let again = module.call("same", vec![other]).expect("it is given");
    let merged = module.call("Basket.merge", vec![basket, again]);
    assert_eq!(merged, Ok(vec![Value::from("tea"); 3].into()));
}
