"""Functions that the host may call: the decorator, and what type hints say of them."""

import _amphi
from amphi._host import renew

_exported = {}  # name: function


def export(function=None, /, *, name=None):
    """Makes a function callable from the host, under its own name or another.

    Type hints declare what it takes and gives: bool, int (64 bits; s8 to u64 for other widths), float, str, bytes,
    list, tuple, `T | None`, Callable, and classes made with dataclass, NamedTuple, Enum or Flag. What has no hint is
    passed as it is. A parameter with a default may be left out.
    """

    def mark(function):
        if not callable(function):
            raise TypeError(f"export() takes a function, not {type(function).__name__}")
        _exported[name or function.__name__] = function
        return function

    return mark if function is None else mark(function)


def _describe(module=None, declared=None, first=0, text=None):
    """What the host is told: (name, docs, functions, named types), as crates/core/src/describe.rs reads it.

    A program exports what it marks. In the guest of a host module that is its public functions that the host can call,
    unless they are declared: then those that the declaration names. With a text the module's file is run anew, as that,
    before. Functions are numbered from `first`.
    """
    if module is None and not _exported:
        return "exports", "", [], []
    if text is not None:
        return _describe_anew(module, declared, first, text)
    import inspect
    import sys

    if module is not None:
        # What a host function prints is seen when it does, not at the end of the run.
        sys.stdout.reconfigure(line_buffering=True)
    main = sys.modules["__main__"]
    if declared is not None:
        _implement(main, module, declared)
        return declared
    exported = dict(_exported)
    if module is not None:
        for name, value in _public(main, "__main__"):
            exported.setdefault(name, value)
        if not exported:
            raise TypeError(
                f"the host module {module} defines no function that can be called from outside; its public ones are what "
                "Python imports"
            )
    reader = _Reader()
    functions = [_declare(reader, number, *item) for number, item in enumerate(exported.items(), first)]
    types = [(name, inspect.getdoc(cls) or "", reader.named[name], None) for name, cls in reader.classes.items()]
    docs = inspect.cleandoc(main.__doc__) if module is not None and main.__doc__ else ""
    return module or "exports", docs, functions, types


def _describe_anew(module, declared, first, text):
    """Runs the file as another main module, of this text, and describes that. If it fails, the main module stays what it
    was; the file has the new text all the same, as at its author's.
    """
    import linecache
    import sys

    renew(module)
    before, marked = sys.modules["__main__"], dict(_exported)
    main = type(before)("__main__")
    main.__loader__ = before.__loader__
    main.__file__ = file = before.__loader__.path
    # Tracebacks show its lines.
    with open(file, "w", encoding="utf-8", newline="") as opened:
        opened.write(text)
    linecache.cache.pop(file, None)
    _exported.clear()
    sys.modules["__main__"] = main
    try:
        exec(compile(text, file, "exec"), vars(main))
        return _describe(module, declared, first)
    except BaseException:
        sys.modules["__main__"] = before
        _exported.clear()
        _exported.update(marked)
        raise


def _declare(reader, number, name, function):
    """Declares a function by its hints, and has the host call it by this number."""
    import inspect
    import typing

    try:
        hints = typing.get_type_hints(function, include_extras=True)
        parameters = inspect.signature(function).parameters.values()
    except (NameError, TypeError, ValueError) as error:
        raise TypeError(f"{name}() cannot be exported: {error}") from None
    params, defaults = [], []
    for parameter in parameters:
        if _is_ungiven(parameter):
            raise TypeError(f"{name}() cannot be exported: the host gives no argument for {parameter}")
        if parameter.kind is parameter.KEYWORD_ONLY:
            continue
        type_ = reader.read(hints.get(parameter.name, typing.Any))
        default = None if parameter.default is parameter.empty else parameter.default
        # What may be left out is declared as what may be None.
        if parameter.default is not parameter.empty and type_[0] != "option":
            type_ = ("option", type_)
        params.append((parameter.name, type_))
        defaults.append(default)
    result = hints.get("return", typing.Any)
    result = None if result is type(None) else reader.read(result)
    called = _filled(function, defaults) if any(default is not None for default in defaults) else function
    _amphi.export(number, called, name, ("callable", name, (params, result)), reader.classes)
    return name, number, inspect.getdoc(function) or "", 0, params, result, None


def _public(main, module):
    """The functions of a file that are for others: public ones that the host can call. The rest is for the file itself."""
    import inspect

    for name, value in vars(main).items():
        if inspect.isfunction(value) and value.__module__ == module and not name.startswith("_"):
            if not any(map(_is_ungiven, inspect.signature(value).parameters.values())):
                yield name, value


def _is_ungiven(parameter):
    """Whether it wants what the host does not give, which is one argument for each, in order."""
    if parameter.kind is parameter.KEYWORD_ONLY:
        return parameter.default is parameter.empty
    return parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)


def _filled(function, defaults):
    """A function that takes None for its defaults."""

    def filled(*args):
        return function(*[default if arg is None else arg for arg, default in zip(args, defaults, strict=True)])

    return filled


def _implement(main, module, declared):
    """Has the host call what the file defines for a declaration: functions, and classes for resources."""
    import importlib
    import inspect

    _, _, functions, types = declared
    offered = importlib.import_module(module)
    classes = dict(offered.__classes__)
    for name, _, description, _ in types:
        # A resource is whatever class the file has for it, or another module's.
        there = getattr(main, name, None) if description[0] == "handle" else None
        cls = there if isinstance(there, type) else getattr(offered, name, None)
        if isinstance(cls, type):
            classes[name] = classes[description[1]] = cls
    for name, number, _, _, params, result, place in functions:
        kind, resource = place or (None, None)
        path = f"{resource}.{name}" if resource else name
        owner = getattr(main, resource, None) if resource else main
        function = owner if kind == "constructor" else getattr(owner, name, None)
        wanted = ", ".join(name for name, _ in params)
        if not callable(function):
            raise TypeError(f"{path}({wanted}) is declared, but the file does not define it")
        try:
            inspect.signature(function).bind(*params)
        except TypeError as error:
            raise TypeError(f"{path}({wanted}) is declared, but the file's does not take that: {error}") from None
        except ValueError:  # Something built in has no signature to look at.
            pass
        called = _method(name) if kind == "method" else function
        _amphi.export(number, called, path, ("callable", path, (params, result)), classes)


def _method(name):
    """A method of whatever class its thing is of, such as a subclass, or the one that the file had when it was made."""

    def call(thing, *args):
        return getattr(thing, name)(*args)

    return call


_PLAIN = {bool: "bool", int: "s64", float: "f64", str: "string", bytes: "bytes", object: "any"}


class _Reader:
    """Type hints as descriptions of types."""

    def __init__(self):
        self.classes, self.named = {}, {}

    def read(self, hint):
        import collections.abc
        import types
        import typing

        if hint in _PLAIN:
            return (_PLAIN[hint],)
        origin, args = typing.get_origin(hint), typing.get_args(hint)
        if origin is typing.Annotated:
            width = next((item for item in args[1:] if isinstance(item, _Width)), None)
            return (width.name,) if width else self.read(args[0])
        if origin is list and args:
            return ("list", self.read(args[0]))
        if origin is tuple and Ellipsis not in args:
            return ("tuple", [self.read(item) for item in args])
        if origin in (typing.Union, types.UnionType) and type(None) in args and len(args) == 2:
            return ("option", self.read(next(item for item in args if item is not type(None))))
        if origin is collections.abc.Callable and len(args) == 2 and args[0] is not Ellipsis:
            params = [(f"arg{at}", self.read(item)) for at, item in enumerate(args[0])]
            result = None if args[1] in (None, type(None)) else self.read(args[1])
            return ("callable", "callable", (params, result))
        return self.read_class(hint) if isinstance(hint, type) else ("any",)

    def read_class(self, cls):
        import dataclasses
        import enum
        import typing

        name = cls.__name__
        if self.classes.get(name) is cls and name in self.named:
            return self.named[name]
        if issubclass(cls, enum.Flag):
            description = ("flags", name, list(cls.__members__))
            if [member.value for member in cls] != [1 << at for at in range(len(description[2]))]:
                raise TypeError(f"the flags of {name} must be 1, 2, 4 and so on")
        elif issubclass(cls, enum.Enum):
            description = ("enum", name, [member.name for member in cls])
        elif dataclasses.is_dataclass(cls):
            fields = [field.name for field in dataclasses.fields(cls) if field.init]
            description = ("record", name, fields)
        elif issubclass(cls, tuple) and hasattr(cls, "_fields"):
            description = ("record", name, list(cls._fields))
        else:
            return ("any",)
        if name in self.classes:
            raise TypeError(f"two classes have the name {name}")
        self.classes[name] = cls
        if description[0] == "record":
            hints = typing.get_type_hints(cls, include_extras=True)
            fields = [(field, self.read(hints.get(field, typing.Any))) for field in description[2]]
            description = ("record", name, fields)
        self.named[name] = description
        return description


class _Width:
    """The declared width of a number."""

    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return self.name
