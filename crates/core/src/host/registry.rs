//! The host functions of a run: found by interface, called by number, held against their declarations. This file never
//! knows guest memory.

use crate::check;
use crate::describe;
use crate::error::HostError;
use crate::host::{HostFunction, HostModule, ModuleError};
use crate::types::{Flat, Function, Interface, MAX_FLAT_PARAMS};
use crate::value::Value;

/// All host modules of a run. Functions are numbered through all of them, in the order they were added.
pub struct Registry<F: HostFunction + ?Sized> {
    modules: Vec<Module>,
    functions: Vec<Entry<F>>,
}

struct Module {
    interface: Interface,
    /// What the guest is told of it.
    description: Vec<u8>,
}

struct Entry<F: HostFunction + ?Sized> {
    module: String,
    declared: Function,
    flat: Option<Flat>,
    body: Box<F>,
}

impl<F: HostFunction + ?Sized> Default for Registry<F> {
    fn default() -> Self {
        Self { modules: Vec::new(), functions: Vec::new() }
    }
}

impl<F: HostFunction + ?Sized> Registry<F> {
    /// A registry without modules.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a module.
    ///
    /// # Errors
    /// [`ModuleError::Twice`]: there is one of that name already. [`ModuleError::Large`]: it cannot be described.
    pub fn add(&mut self, module: HostModule<F>) -> Result<(), ModuleError> {
        let HostModule { interface, functions } = module;
        if self.interface(&interface.name).is_some() {
            let twice = format!("the host module {}", interface.name);
            return Err(ModuleError::Twice(twice));
        }
        let first = u32::try_from(self.functions.len()).unwrap_or(u32::MAX);
        let description =
            describe::encode(&interface, first).map_err(|why| ModuleError::Large(interface.name.clone(), why))?;
        for (declared, body) in interface.functions.iter().zip(functions) {
            self.functions.push(Entry {
                module: interface.name.clone(),
                declared: declared.clone(),
                flat: Flat::of(&declared.signature),
                body,
            });
        }
        self.modules.push(Module { interface, description });
        Ok(())
    }

    /// All interfaces, in the order they were added.
    pub fn interfaces(&self) -> impl Iterator<Item = &Interface> {
        self.modules.iter().map(|module| &module.interface)
    }

    /// The interface of that name.
    #[must_use]
    pub fn interface(&self, name: &str) -> Option<&Interface> {
        self.interfaces().find(|interface| interface.name == name)
    }

    /// The description of the interface of that name, as [`Described`](crate::Described) reads it.
    #[must_use]
    pub fn describe(&self, name: &str) -> Option<&[u8]> {
        let module = self.modules.iter().find(|module| module.interface.name == name)?;
        Some(&module.description)
    }

    /// The declaration of a function, and the module it belongs to.
    #[must_use]
    pub fn function(&self, index: u32) -> Option<(&str, &Function)> {
        let entry = self.functions.get(usize::try_from(index).ok()?)?;
        Some((&entry.module, &entry.declared))
    }

    /// The flat form of a function that has one.
    #[must_use]
    pub fn flat(&self, index: u32) -> Option<&Flat> {
        self.functions.get(usize::try_from(index).ok()?)?.flat.as_ref()
    }

    /// Calls a function.
    ///
    /// # Errors
    /// What [`check::arguments`] and [`check::result`] find, what the function says, and an `err` that a function
    /// with a `result` type gave.
    pub fn call(&mut self, index: u32, args: Vec<Value>) -> Result<Value, HostError> {
        let entry = self.entry(index)?;
        let args = check::arguments(&entry.module, &entry.declared, args)?;
        let value = entry.body.call(&args)?;
        raised(check::result(&entry.module, &entry.declared, value)?)
    }

    /// Calls a function with slots, see [`HostFunction::call_flat`]; `slots` has [`Flat::slots`] of them.
    ///
    /// # Errors
    /// As [`Registry::call`]; a function without a flat form is a `TypeError`.
    pub fn call_flat(&mut self, index: u32, slots: &mut [u64]) -> Result<(), HostError> {
        self.entry(index)?.call_flat(slots)
    }

    fn entry(&mut self, index: u32) -> Result<&mut Entry<F>, HostError> {
        let at = usize::try_from(index).unwrap_or(usize::MAX);
        let count = self.functions.len();
        self.functions
            .get_mut(at)
            .ok_or_else(|| HostError::type_error(format!("there is no host function {index}, only {count}")))
    }
}

impl<F: HostFunction + ?Sized> Entry<F> {
    fn call_flat(&mut self, slots: &mut [u64]) -> Result<(), HostError> {
        let flat = match &self.flat {
            Some(flat) if flat.slots() <= slots.len() => flat,
            _ => {
                return Err(HostError::type_error(format!(
                    "{}.{}() cannot be called flat",
                    self.module, self.declared.name
                )));
            }
        };
        let given = flat.params.iter().zip(slots.iter()).enumerate();
        for (at, (scalar, slot)) in given {
            if !scalar.fits(*slot)
                && let Some(param) = self.declared.signature.params.get(at)
            {
                let error = check::slot_error(&self.module, &self.declared, param, *scalar, *slot);
                return Err(error);
            }
        }
        match self.body.call_flat(slots) {
            Some(result) => result?,
            None => {
                let mut args = [const { Value::None }; MAX_FLAT_PARAMS];
                let given = flat.params.iter().zip(slots.iter());
                for (arg, (scalar, slot)) in args.iter_mut().zip(given) {
                    *arg = scalar.value(*slot);
                }
                let args = args.get(..flat.params.len()).unwrap_or_default();
                let value = self.body.call(args)?;
                let value = check::result(&self.module, &self.declared, value)?;
                if let (Some(scalar), Some(slot)) = (flat.result, slots.first_mut()) {
                    // A checked value of a scalar type always has a slot.
                    *slot = scalar.slot(&value).unwrap_or_default();
                }
                return Ok(());
            }
        }
        match (flat.result, slots.first()) {
            (Some(scalar), Some(slot)) if !scalar.fits(*slot) => {
                Err(check::result_slot_error(&self.module, &self.declared, scalar, *slot))
            }
            _ => Ok(()),
        }
    }
}

/// A result, or the error that a failed WIT `result` raises: its payload is both message and data.
fn raised(value: Value) -> Result<Value, HostError> {
    match value {
        Value::Err(payload) => {
            let data = payload.map_or(Value::None, |value| *value);
            let message = match &data {
                Value::Str(text) => text.clone(),
                other => other.to_string(),
            };
            Err(HostError::host(message).with_data(data))
        }
        value => Ok(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{LocalModule, SendModule, SendRegistry};
    use crate::types::{Scalar, Signature, Type};

    fn registry() -> SendRegistry {
        let numbers = Signature::new().param("a", Scalar::S32).param("b", Scalar::S32).returns(Scalar::S32);
        let parse = Signature::new()
            .param("text", Type::String)
            .returns(Type::Result(Some(Box::new(Scalar::S32.into())), Some(Box::new(Type::String))));
        let module = SendModule::builder("demo")
            .function("demo", numbers.clone(), |args| match args {
                [Value::Int(a), Value::Int(b)] => Ok(Value::Int((a + b) * 10)),
                _ => Err(HostError::host("unreachable: the registry checks arguments")),
            })
            .function("parse-number", parse, |args| {
                let text = args.first().and_then(Value::as_str).unwrap_or_default();
                Ok(match text.parse::<i32>() {
                    Ok(number) => Value::Ok(Some(Box::new(number.into()))),
                    Err(error) => Value::Err(Some(Box::new(error.to_string().into()))),
                })
            })
            .function("broken", Signature::new(), |_| panic!("oh no"))
            .function("liar", numbers, |_| Ok("text".into()))
            .build()
            .expect("a module");
        let mut registry = SendRegistry::new();
        registry.add(module).expect("the first of its name");
        registry
    }

    #[test]
    fn calls_are_checked_on_both_sides() {
        let mut registry = registry();
        for (index, args, outcome) in [
            (0, vec![1.into(), 2.into()], Ok(Value::Int(30))),
            (0, vec!["x".into(), 2.into()], Err("TypeError: demo.demo() argument 'a': expected s32, got 'x' (str)")),
            (1, vec!["12".into()], Ok(Value::Ok(Some(Box::new(12.into()))))),
            (1, vec!["x".into()], Err("HostError: invalid digit found in string")),
            (2, vec![], Err("HostError: the host function panicked: oh no")),
            (3, vec![1.into(), 2.into()], Err("HostError: demo.liar() result: expected s32, got 'text' (str)")),
            (9, vec![], Err("TypeError: there is no host function 9, only 4")),
        ] {
            let given = registry.call(index, args).map_err(|error| error.to_string());
            assert_eq!(given, outcome.map_err(str::to_owned));
        }
    }

    #[test]
    fn flat_calls_are_checked_on_both_sides() {
        let mut registry = registry();
        let mut slots = [1, 2];
        assert_eq!(registry.call_flat(0, &mut slots), Ok(()));
        assert_eq!(slots, [30, 2]);
        for (index, mut slots, message) in [
            (
                0,
                vec![1 << 31, 0],
                "OverflowError: demo.demo() argument 'a': expected s32, got 2147483648, which is outside -2147483648 to 2147483647",
            ),
            (
                0,
                vec![i32::MAX as u64, 1],
                "HostError: demo.demo() result: expected s32, got 21474836480, which is outside -2147483648 to 2147483647",
            ),
            (0, vec![1], "TypeError: demo.demo() cannot be called flat"),
            (1, vec![1], "TypeError: demo.parse_number() cannot be called flat"),
        ] {
            let error = registry.call_flat(index, &mut slots).expect_err("refused");
            assert_eq!(error.to_string(), message);
        }
    }

    #[test]
    fn modules_are_checked_when_built() {
        let nothing = |_: &[Value]| Ok(Value::None);
        let mut declared = Interface::new("demo");
        declared.functions.push(Function {
            name: "close".to_owned(),
            source_name: "close".to_owned(),
            docs: String::new(),
            signature: Signature::new(),
        });
        for (builder, message) in [
            (
                LocalModule::builder("my module"),
                "'my module' cannot be a Python name: letters, digits and _ make one, a digit cannot start it",
            ),
            (
                LocalModule::builder("demo").function("a", Signature::new(), nothing).function(
                    "a",
                    Signature::new(),
                    nothing,
                ),
                "the function a of host module demo is there twice",
            ),
            (
                LocalModule::implement(declared.clone()),
                "host module demo: the function close is declared but has no body",
            ),
            (
                LocalModule::implement(declared).body("cloes", nothing),
                "host module demo: a body for cloes, which is not declared; did you mean close?",
            ),
        ] {
            let error = builder.build().map(|_| ()).expect_err("refused");
            assert_eq!(error.to_string(), message);
        }
        let mut registry = registry();
        let again = SendModule::builder("demo").build().expect("a module");
        let error = registry.add(again).expect_err("taken");
        assert_eq!(error.to_string(), "the host module demo is there twice");
    }
}
