"""Host interfaces as Python modules: the importer, what declarations give, and how a module is declared anew."""

import builtins
import enum
import sys
from collections import namedtuple
from importlib.machinery import ModuleSpec

import _amphi


class HostError(Exception):
    """A host function failed, and named no exception of Python's own.

    `kind` is the host's name for the failure, `data` what it sent along, such as the err of a declared result,
    `traceback` its own stack as text. Raised by a function that is declared with a result, it carries the err: what it
    was made with, or its `data`.
    """

    kind = "HostError"
    data = None
    traceback = ""

    @classmethod
    def _of_err(cls, payload):
        """The err of a declared result as a value, such as in a list."""
        error = cls() if payload is None else cls(payload)
        error.data = payload
        return error

    @staticmethod
    def _from_record(record):
        kind, message, traceback, data, raised, passed = record
        cls = getattr(builtins, kind, None)
        # An interrupt that came while a host function ran is for the program.
        if not (isinstance(cls, type) and issubclass(cls, (Exception, KeyboardInterrupt))):
            cls = HostError
            message = message if kind == "HostError" else f"{kind}: {message}"
        try:
            error = cls(message)
        except TypeError:  # Such as UnicodeDecodeError, which wants more than a message.
            error = HostError(message)
        error.kind, error.data, error.traceback = kind, data, traceback
        # Another guest that raised it gets its own back, and is told where it passed.
        error._raised, error._passed = raised, passed
        if traceback:
            error.add_note(traceback)
        return error


class Some(namedtuple("Some", ["value"])):
    """What there is of an option of an option: `Some(None)` is an option that is there and holds nothing, None is one that
    is not.
    """

    __slots__ = ()


def _shown(value):
    """A value and its type for a message, cut."""
    from reprlib import repr

    name = type(value).__name__
    # Where a thing is in memory tells nobody anything.
    if type(value).__repr__ is object.__repr__ or callable(value):
        return name
    try:
        return "None" if value is None else f"{repr(value)} ({name})"
    except Exception:  # Such as of a number that has too many digits.
        return name


def _trace(error):
    """Where an exception was raised, without what called it here, which says nothing."""
    trace = error.__traceback__
    while trace and trace.tb_frame.f_globals.get("__package__") == "amphi":
        trace = trace.tb_next
    return trace


def _record(error):
    """What the host is told of an exception: its kind, message, traceback, what it carries, itself, and where it passed, if
    another guest raised it.
    """
    import traceback

    kind = type(error).__name__
    data = getattr(error, "data", None)
    if not isinstance(data, (str, int, float, bytes, list, tuple, dict)):
        data = None
    trace = _trace(error)
    try:
        # A KeyError shows its key as an expression; made again of that it would show it twice so.
        message = str(error.args[0] if isinstance(error, KeyError) and len(error.args) == 1 else error)
    except Exception:
        message = f"{kind}, which cannot be shown"
    raised, passed = getattr(error, "_raised", None), getattr(error, "_passed", "")
    if raised:
        passed = "\n".join(filter(None, (passed, "".join(traceback.format_tb(trace)).rstrip())))
    return kind, message, "".join(traceback.format_exception(type(error), error, trace)), data, raised or error, passed


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


def _signature(params, result, kind="POSITIONAL_OR_KEYWORD"):
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


def _callable_signature(params, result):
    return _signature(params, result, "POSITIONAL_ONLY")


class _LazySignature:
    """Builds `__signature__` when somebody looks: a call never needs it."""

    def __init__(self, module, path, method, params, result):
        self.module, self.path, self.method, self.params, self.result = module, path, method, params, result

    def __call__(self):
        now = self
        if _renew(self.module):
            function = _offered[self.module].functions.get((self.path, self.method))
            now = function.__signature__ if function else self
        return _signature(now.params, now.result)


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


def _named_class(module, description):
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


def _construct(cls, function):
    """Has a resource's class make its things by a host function."""

    def __new__(cls, *args, **kwargs):
        return function(*args, **kwargs)

    __new__.__doc__ = function.__doc__
    cls.__new__ = __new__
    cls.__signature__ = function.__signature__


def _shared(owner, description):
    """The class that the module which declares a type has for it, if the host offers that module."""
    import importlib

    if owner is None or _amphi.describe(owner) is None:
        return None
    importlib.import_module(owner)
    _renew(owner)
    # None where a module of Python's has the name.
    offered = _offered.get(owner)
    return offered and next((cls for cls, declared in offered.types() if declared == description), None)


class _Offered:
    """A module as it was last declared, and its functions by path and whether they are methods: also those of before."""

    def __init__(self, module, description, functions, classes):
        self.module, self.description, self.functions, self.classes = module, description, functions, classes

    def types(self):
        """Its classes with their descriptions."""
        for name, _, description, _ in self.description[3]:
            if name in self.classes:
                yield self.classes[name], description


_offered = {}  # name: _Offered


def _named_in(description):
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
            yield from _named_in(part)
    if description[0] in ("record", "variant", "enum", "flags", "handle"):
        yield description


def _classes(name, types, before, again):
    """The classes of a module's types by their names in it, and by their own, where those inside of others are, too.

    A thing keeps the class it was made with, and so its methods: a resource has a new one, unless it is the same `again`.
    """
    declared = {type_name: type_ for type_name, _, type_, _ in before.description[3]}
    classes, own = {}, {}
    for type_name, type_docs, type_, owner in types:
        cls = _shared(owner, type_)
        if cls is None:
            same = (again or type_[0] != "handle") and declared.get(type_name) == type_
            cls = before.classes.get(type_name) if same else _named_class(name, type_)
            if cls is None:
                continue
            cls.__doc__ = type_docs or cls.__doc__
        classes[type_name] = own[type_[1]] = cls
    owners = {owner for *_, owner in types if owner}
    # What another interface declares may hold what this one gives no name to.
    for inner in [inner for *_, type_, owner in types if owner for inner in _named_in(type_)]:
        if inner[1] not in own:
            shared = [cls for cls in (_shared(owner, inner) for owner in owners) if cls]
            own[inner[1]] = shared[0] if shared else _named_class(name, inner)
    return classes, own


def _fill(module, description, again=False):
    """Has a module be what the host declares. Its functions stay the objects they are, and take their new forms."""
    name, docs, functions, types = description
    before = _offered.get(name) or _Offered(module, (name, "", [], []), {}, {})
    classes, own = _classes(name, types, before, again)
    functions_now, free = dict(before.functions), []
    for function, index, function_docs, flat, params, result, place in functions:
        kind, resource = place or (None, None)
        path, method = f"{resource}.{function}" if resource else function, kind == "method"
        form = index, function_docs, flat, params, result, method, own
        known = None if method else before.functions.get((path, method))
        if known is None:
            known = _amphi.HostFunction(name, path, *form)
        else:
            known.become(*form)
        known.__signature__ = _LazySignature(name, path, method, params, result)
        functions_now[path, method] = known
        match kind:
            case None:
                setattr(module, function, known)
                free.append(function)
            case "constructor":
                _construct(classes[resource], known)
            case _:
                setattr(classes[resource], function, known)
    for gone in set(getattr(module, "__all__", ())) - {*classes, *free}:
        vars(module).pop(gone, None)
    module.__doc__ = docs or None
    module.__dict__.update(classes)
    module.__all__, module.__classes__ = [*classes, *free], own
    _offered[name] = _Offered(module, description, functions_now, classes)


def _names(module):
    """What dir() tells of a module."""
    _renew(module.__name__)
    return sorted(vars(module).keys() - {"__dir__", "__getattr__", "__classes__"})


def _renew(name):
    """Takes over what the host declares of a module by now; whether that is anything new."""
    known = _offered.get(name)
    description = _amphi.describe(name) if known else None
    if description is None or description == known.description:
        return False
    _fill(known.module, description)
    for user, offered in list(_offered.items()):
        # What uses its types may be declared anew as well, and has its classes either way.
        if any(owner == name for *_, owner in offered.description[3]) and not _renew(user):
            _fill(offered.module, offered.description, again=True)
    return True


class _Importer:
    """Finds the modules that the host declares, and fills them."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if path is not None:
            return None
        description = _amphi.describe(name)
        if description is None:
            return None
        spec = ModuleSpec(name, _Importer, origin="the host")
        spec.loader_state = description
        return spec

    @staticmethod
    def create_module(spec):
        return None

    @staticmethod
    def exec_module(module):
        _fill(module, module.__spec__.loader_state)
        _amphi.watch(module)
        module.__dir__ = lambda: _names(module)


def install():
    """Host modules come after built-in and frozen ones, before files."""
    _amphi.set_classes(HostError, Some)
    sys.meta_path.insert(2, _Importer)
