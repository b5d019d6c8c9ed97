//! The host functions of a run: found by interface and by number. This file never knows guest memory.

use std::sync::Arc;

use crate::describe;
use crate::error::HostError;
use crate::host::{HostModule, ModuleError};
use crate::names::closest;
use crate::types::{Interface, Place};

/// All host modules of a run. Functions are numbered through all of them, in the order they were added.
#[derive(Default, Clone)]
pub struct Registry {
    modules: Vec<Added>,
    /// Of each function, its module and its place there; none for one that was replaced by what is declared otherwise.
    functions: Vec<Option<(Arc<HostModule>, usize)>>,
}

#[derive(Clone)]
struct Added {
    module: Arc<HostModule>,
    /// The number of its first function.
    first: u32,
}

impl Registry {
    /// A registry without modules.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a module, which may be shared with other runs.
    ///
    /// # Errors
    /// [`ModuleError::Twice`]: there is one of that name already.
    pub fn add(&mut self, module: impl Into<Arc<HostModule>>) -> Result<(), ModuleError> {
        let module = module.into();
        let interface = module.interface();
        if self.interface(&interface.name).is_some() {
            let twice = format!("the host module {}", interface.name);
            return Err(ModuleError::Twice(twice));
        }
        self.replace(module);
        Ok(())
    }

    /// Puts a module in the place of the one of its name, which it gives back; without one it is added.
    ///
    /// All its functions get new numbers. A function that is declared as before answers to its old number, too; another's
    /// old number has [moved](Self::has_moved). Methods stay as they are: a thing keeps those that it was made with.
    pub fn replace(&mut self, module: impl Into<Arc<HostModule>>) -> Option<Arc<HostModule>> {
        let module = module.into();
        let interface = module.interface();
        let first = u32::try_from(self.functions.len()).unwrap_or(u32::MAX);
        for known in &mut self.functions {
            if let Some((old, at)) = known
                && old.interface().name == interface.name
                && let Some(before) = old.interface().functions.get(*at)
                && !matches!(before.place, Place::Method(_))
            {
                let like = interface.functions.iter().position(|function| function.is_like(before));
                *known = like.map(|at| (module.clone(), at));
            }
        }
        self.functions.extend((0..interface.functions.len()).map(|at| Some((module.clone(), at))));
        let place = self.modules.iter_mut().find(|added| added.module.interface().name == interface.name);
        let Some(place) = place else {
            self.modules.push(Added { module, first });
            return None;
        };
        Some(std::mem::replace(place, Added { module, first }).module)
    }

    /// Makes it what it was before. Numbers that were given since are nobody's, and not given again.
    pub(crate) fn restore(&mut self, before: Self) {
        let given = self.functions.len();
        *self = before;
        self.functions.resize(given, None);
    }

    /// Whether a function had that number, and is declared otherwise since its module was replaced.
    #[must_use]
    pub fn has_moved(&self, index: u32) -> bool {
        usize::try_from(index).ok().and_then(|at| self.functions.get(at)).is_some_and(Option::is_none)
    }

    /// The functions that their habitat can call by itself: their numbers here and [there](crate::HostFunction::straight).
    pub fn straight(&self) -> impl Iterator<Item = (u32, u32)> {
        let known = |(index, known): (u32, &Option<(Arc<HostModule>, usize)>)| {
            let (module, at) = known.as_ref()?;
            Some((index, module.straight(*at)?))
        };
        (0..).zip(&self.functions).filter_map(known)
    }

    /// All interfaces, in the order they were added.
    pub fn interfaces(&self) -> impl Iterator<Item = &Interface> {
        self.modules.iter().map(|added| added.module.interface())
    }

    /// The interface of that name.
    #[must_use]
    pub fn interface(&self, name: &str) -> Option<&Interface> {
        self.interfaces().find(|interface| interface.name == name)
    }

    /// The description of the interface of that name, as [`Described`](crate::Described) reads it.
    #[must_use]
    pub fn describe(&self, name: &str) -> Option<Vec<u8>> {
        let Added { module, first } = self.modules.iter().find(|added| added.module.interface().name == name)?;
        // That it can be described was found out when it was built.
        describe::encode(module.interface(), *first).ok()
    }

    /// The module that a function belongs to, and its place there.
    ///
    /// # Errors
    /// `TypeError`: there is none of that number, or none any more.
    pub fn function(&self, index: u32) -> Result<(&Arc<HostModule>, usize), HostError> {
        let found = usize::try_from(index).ok().and_then(|at| self.functions.get(at));
        let found = found.ok_or_else(|| {
            HostError::type_error(format!("there is no host function {index}, only {}", self.functions.len()))
        })?;
        let moved = || HostError::type_error(format!("the host function {index} was replaced by another"));
        found.as_ref().map(|(module, at)| (module, *at)).ok_or_else(moved)
    }

    /// The module of that name, and the place of a function in it.
    ///
    /// # Errors
    /// `ImportError`, `AttributeError`: there is none of that name.
    pub fn find(&self, module: &str, function: &str) -> Result<(Arc<HostModule>, usize), HostError> {
        let added = self.modules.iter().find(|added| added.module.interface().name == module);
        let module = &added
            .ok_or_else(|| {
                let close = or_close(module, self.interfaces().map(|interface| interface.name.as_str()));
                HostError::new("ImportError", format!("there is no host module {module}{close}"))
            })?
            .module;
        let functions = &module.interface().functions;
        let at = functions.iter().position(|declared| declared.answers_to(function)).ok_or_else(|| {
            let names: Vec<String> = functions.iter().map(|declared| declared.path()).collect();
            let close = or_close(function, names.iter().map(String::as_str));
            let name = &module.interface().name;
            HostError::new("AttributeError", format!("the host module {name} has no function {function}{close}"))
        })?;
        Ok((module.clone(), at))
    }
}

/// The end of a message about an unknown name: the known one that is close to it, if there is one.
fn or_close<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    closest(name, known).map_or_else(String::new, |close| format!("; did you mean {close}?"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::HostCalls;
    use crate::abi::testing::Habitat;
    use crate::host::Cx;
    use crate::types::{Function, Scalar, Signature, Type};
    use crate::value::Value;

    fn call(registry: &Registry, index: u32, args: Vec<Value>) -> Result<Value, HostError> {
        let mut habitat = Habitat::new(HostCalls::new(Registry::new(), 0, 1));
        let (module, at) = registry.function(index)?;
        module.call(at, &mut Cx::new(&mut habitat), args)
    }

    fn call_flat(registry: &Registry, index: u32, slots: &mut [u64]) -> Result<(), HostError> {
        let mut habitat = Habitat::new(HostCalls::new(Registry::new(), 0, 1));
        let (module, at) = registry.function(index)?;
        module.call_with_slots(at, &mut Cx::new(&mut habitat), slots)
    }

    fn registry() -> Registry {
        let numbers = Signature::new().param("a", Scalar::S32).param("b", Scalar::S32).returns(Scalar::S32);
        let parse = Signature::new()
            .param("text", Type::String)
            .returns(Type::Result(Some(Box::new(Scalar::S32.into())), Some(Box::new(Type::String))));
        let module = HostModule::builder("demo")
            .function("demo", numbers.clone(), |_, args| match args.as_slice() {
                [Value::Int(a), Value::Int(b)] => Ok(Value::Int((a + b) * 10)),
                _ => Err(HostError::host("unreachable: the registry checks arguments")),
            })
            .function("parse-number", parse, |_, args| {
                let text = args.first().and_then(Value::as_str).unwrap_or_default();
                Ok(match text.parse::<i32>() {
                    Ok(number) => Value::Ok(Some(Box::new(number.into()))),
                    Err(error) => Value::Err(Some(Box::new(error.to_string().into()))),
                })
            })
            .function("broken", Signature::new(), |_, _| panic!("oh no"))
            .function("liar", numbers, |_, _| Ok("text".into()))
            .build()
            .expect("a module");
        let mut registry = Registry::new();
        registry.add(module).expect("the first of its name");
        registry
    }

    #[test]
    fn calls_are_checked_on_both_sides() {
        let registry = registry();
        for (index, args, outcome) in [
            (0, vec![1.into(), 2.into()], Ok(Value::Int(30))),
            (0, vec!["x".into(), 2.into()], Err("TypeError: demo.demo() argument 'a': expected s32, got 'x' (str)")),
            (1, vec!["12".into()], Ok(Value::Ok(Some(Box::new(12.into()))))),
            (1, vec!["x".into()], Err("HostError: invalid digit found in string")),
            (2, vec![], Err("HostError: the host function panicked: oh no")),
            (3, vec![1.into(), 2.into()], Err("HostError: demo.liar() result: expected s32, got 'text' (str)")),
            (9, vec![], Err("TypeError: there is no host function 9, only 4")),
        ] {
            let given = call(&registry, index, args).map_err(|error| error.to_string());
            assert_eq!(given, outcome.map_err(str::to_owned));
        }
    }

    #[test]
    fn flat_calls_are_checked_on_both_sides() {
        let registry = registry();
        let mut slots = [1, 2];
        assert_eq!(call_flat(&registry, 0, &mut slots), Ok(()));
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
            let error = call_flat(&registry, index, &mut slots).expect_err("refused");
            assert_eq!(error.to_string(), message);
        }
    }

    #[test]
    fn a_module_takes_the_place_of_another() {
        let gives = |number: i64| move |_: &mut Cx<'_>, _: Vec<Value>| Ok(Value::Int(number));
        let number = || Signature::new().returns(Scalar::S32);
        let of_one = |name: &str| Type::Handle { name: name.to_owned(), own: true };
        let module = |same: i64, other: Signature, more: &str| {
            let given = Signature::new().param("thing", of_one("Thing")).returns(Scalar::S32);
            let mut declared = Interface::new("demo");
            let place = |name: &str, signature: Signature, place: Place| Function {
                name: name.to_owned(),
                source_name: name.to_owned(),
                docs: String::new(),
                signature,
                place,
            };
            declared.functions.push(place("same", number(), Place::Free));
            declared.functions.push(place("other", other, Place::Free));
            declared.functions.push(place(more, number(), Place::Free));
            declared.functions.push(place("given", given.clone(), Place::Free));
            declared.functions.push(place("method", given, Place::Method("Thing".to_owned())));
            let paths: Vec<String> = declared.functions.iter().map(Function::path).collect();
            let builder = HostModule::implement(declared);
            paths.iter().fold(builder, |builder, path| builder.body(path, gives(same))).build().expect("a module")
        };
        let mut registry = registry();
        let first = 4;
        assert!(registry.replace(module(1, number(), "gone")).is_some(), "there was one of that name");
        let before = registry.replace(module(2, Signature::new().returns(Scalar::S64), "more")).expect("the first");
        assert_eq!(before.interface().functions[2].name, "gone");
        let moved = |registry: &Registry, index: u32| registry.has_moved(index);
        // What was there before either: only the third knows their names, if any.
        assert_eq!((0..4).map(|index| moved(&registry, index)).collect::<Vec<_>>(), [true; 4]);
        // same, other, gone, what takes a thing, a method of a thing.
        let all: Vec<bool> = (first..first + 5).map(|index| moved(&registry, index)).collect();
        assert_eq!(all, [false, true, true, true, false]);
        assert_eq!(call(&registry, first, vec![]), Ok(Value::Int(2)), "the old number, the new body");
        let (kept, at) = registry.function(first + 4).expect("a thing keeps its methods");
        assert_eq!(
            (kept.interface().functions[at].path().as_str(), Arc::ptr_eq(kept, &before)),
            ("Thing.method", true)
        );
        assert_eq!(call(&registry, first + 5, vec![]), Ok(Value::Int(2)), "the new number");
        assert_eq!(registry.find("demo", "more").map(|(_, at)| at), Ok(2));
        assert_eq!(
            registry.find("demo", "gone").map(|(_, at)| at).map_err(|error| error.kind),
            Err("AttributeError".into())
        );
        let error = call(&registry, first + 1, vec![]).expect_err("moved");
        assert_eq!(error.to_string(), "TypeError: the host function 5 was replaced by another");
        let described =
            crate::Described::decode(&registry.describe("demo").expect("it is there")).expect("a description");
        assert_eq!(described.functions.first(), Some(&(first + 5, true)));

        let known = registry.clone();
        registry.replace(module(3, number(), "again"));
        assert_eq!(call(&registry, first, vec![]), Ok(Value::Int(3)));
        registry.restore(known);
        assert_eq!(call(&registry, first, vec![]), Ok(Value::Int(2)), "as it was");
        let given_since = first + 10..first + 15;
        assert!(given_since.clone().all(|index| moved(&registry, index)), "numbers that were given are nobody's");
        registry.replace(module(4, number(), "later"));
        assert!(given_since.clone().all(|index| moved(&registry, index)), "and not given again");
        assert_eq!(call(&registry, given_since.end, vec![]), Ok(Value::Int(4)));
    }

    #[test]
    fn modules_are_checked_when_built() {
        let nothing = |_: &mut Cx<'_>, _: Vec<Value>| Ok(Value::None);
        let mut declared = Interface::new("demo");
        declared.functions.push(Function {
            name: "close".to_owned(),
            source_name: "close".to_owned(),
            docs: String::new(),
            signature: Signature::new(),
            place: Place::Free,
        });
        for (builder, message) in [
            (
                HostModule::builder("my module"),
                "'my module' cannot be a Python name: letters, digits and _ make one, a digit cannot start it",
            ),
            (
                HostModule::builder("demo").function("a", Signature::new(), nothing).function(
                    "a",
                    Signature::new(),
                    nothing,
                ),
                "the function a of host module demo is there twice",
            ),
            (
                HostModule::implement(declared.clone()),
                "host module demo: the function close is declared but has no body",
            ),
            (
                HostModule::implement(declared).body("cloes", nothing),
                "host module demo: a body for cloes, which is not declared; did you mean close?",
            ),
        ] {
            let error = builder.build().map(|_| ()).expect_err("refused");
            assert_eq!(error.to_string(), message);
        }
        let mut registry = registry();
        let again = HostModule::builder("demo").build().expect("a module");
        let error = registry.add(again).expect_err("taken");
        assert_eq!(error.to_string(), "the host module demo is there twice");
    }
}
