"""Declared types as Python has them: what a signature says, and the classes of named types."""

import enum
from collections import namedtuple

import _amphi


class Some(namedtuple("Some", ["value"])):
    """What there is of an option of an option: `Some(None)` is an option that is there and holds nothing, None is one that
    is not.
    """

    __module__ = "amphi"
    __slots__ = ()


_SCALARS = {
    "bool": "bool",
    "s8": "int",
    "s16": "int",
    "s32": "int",
    "s64": "int",
    "u8": "int",
    "u16": "int",
    "u32": "int",
    "u64": "int",
    "f32": "float",
    "f64": "float",
    "char": "str",
    "string": "str",
    "bytes": "bytes",
    "any": "object",
}


class _Annotation:
    """A type as a signature shows it: bare, without quotes."""

    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return self.text


def _result_type(description):
    """What a call gives: an err is raised."""
    match description:
        case ("result", ok, _):
            return _python_type(ok)
        case _:
            return _python_type(description)


def _python_type(description):
    match description:
        case None:
            return "None"
        case ("list", item):
            return f"list[{_python_type(item)}]"
        case ("tuple", items):
            return f"tuple[{', '.join(map(_python_type, items)) or '()'}]"
        case ("option", ("option", _) as item):
            return f"Some[{_python_type(item)}] | None"
        case ("option", item):
            return f"{_python_type(item)} | None"
        case ("result", ok, _):
            return f"{_python_type(ok)} | HostError"
        case (("record" | "variant" | "enum" | "flags" | "handle"), name, _):
            return name
        case ("callable", _, (params, result)):
            return f"Callable[[{', '.join(_python_type(type_) for _, type_ in params)}], {_result_type(result)}]"
        case (kind, *_):
            return _SCALARS.get(kind, kind)


def signature(params, result, kind="POSITIONAL_OR_KEYWORD"):
    from inspect import Parameter, Signature

    required = max((at for at, (_, type_) in enumerate(params, 1) if type_[0] != "option"), default=0)
    return Signature(
        [
            Parameter(
                name,
                getattr(Parameter, kind),
                annotation=_Annotation(_python_type(type_)),
                default=None if at >= required else Parameter.empty,
            )
            for at, (name, type_) in enumerate(params)
        ],
        return_annotation=_Annotation(_result_type(result)),
    )


def callable_signature(description):
    params, result = description
    return signature(params, result, "POSITIONAL_ONLY")


class _Variant:
    """One case of a variant: its name is `case`, its payload `value` (None for a case without)."""

    __slots__ = ("_index", "_payload")
    _cases = ()

    @classmethod
    def _make(cls, index, payload=None):
        self = object.__new__(cls)
        self._index, self._payload = index, payload
        return self

    @property
    def case(self):
        return self._cases[self._index]

    @property
    def value(self):
        return self._payload

    def __eq__(self, other):
        return type(self) is type(other) and (self._index, self._payload) == (other._index, other._payload)

    def __hash__(self):
        return hash((self._index, self._payload))

    def __repr__(self):
        payload = "" if self._payload is None else repr(self._payload)
        return f"{type(self).__name__}.{self._cases[self._index]}({payload})"


class _Case:
    """What makes a value of one case. It is found on the class: on a value, `case` and `value` are what any has, even where
    a case has that name.
    """

    def __init__(self, name, index, payload):
        self.name, self.index, self.payload = name, index, payload

    def __get__(self, value, cls):
        asked = vars(_Variant).get(self.name)
        if value is not None and asked is not None:
            return asked.__get__(value, cls)
        index = self.index

        def make(value):
            return cls._make(index, value)

        def make_bare():
            return cls._make(index)

        made = make_bare if self.payload is None else make
        made.__name__, made.__qualname__ = self.name, f"{cls.__name__}.{self.name}"
        return made


def named_class(module, description):
    match description:
        case ("record", name, fields):
            cls = namedtuple(name, [field for field, _ in fields])
        case ("enum", name, cases):
            cls = enum.Enum(name, [(case, index) for index, case in enumerate(cases)])
        case ("flags", name, flags):
            cls = enum.Flag(name, [(flag, 1 << index) for index, flag in enumerate(flags)])
        case ("variant", name, parts):
            cases = {case: _Case(case, index, payload) for index, (case, payload) in enumerate(parts)}
            cls = type(name, (_Variant,), {"__slots__": (), "_cases": tuple(cases), **cases})
        case ("handle", name, _):
            cls = type(name, (_amphi.Handle,), {"__slots__": ()})
        case _:
            return None
    cls.__module__ = module
    return cls


def named_in(description):
    """The named types inside a type, and the type itself."""
    match description:
        case (("record" | "variant"), _, parts):
            inner = [part for _, part in parts]
        case ("tuple", inner) | (("list" | "option" | "result"), *inner):
            pass
        case ("callable", _, (params, result)):
            inner = [*(type_ for _, type_ in params), result]
        case _:
            inner = []
    for part in inner:
        if part is not None:
            yield from named_in(part)
    if description[0] in ("record", "variant", "enum", "flags", "handle"):
        yield description
