"""Host interfaces as Python modules: the importer, what declarations give, and how a module is declared anew."""

import sys
from importlib.machinery import ModuleSpec

import _amphi
from amphi._error import HostError
from amphi._type import Some, named_class, named_in, signature


class _LazySignature:
    """Builds `__signature__` when somebody looks: a call never needs it."""

    def __init__(self, module, path, method, params, result):
        self.module, self.path, self.method, self.params, self.result = module, path, method, params, result

    def __call__(self):
        now = self
        if renew(self.module):
            function = _offered[self.module].functions.get((self.path, self.method))
            now = function.__signature__ if function else self
        return signature(now.params, now.result)


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
    renew(owner)
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
            cls = before.classes.get(type_name) if same else named_class(name, type_)
            if cls is None:
                continue
            cls.__doc__ = type_docs or cls.__doc__
        classes[type_name] = own[type_[1]] = cls
    owners = {owner for *_, owner in types if owner}
    # What another interface declares may hold what this one gives no name to.
    for inner in [inner for *_, type_, owner in types if owner for inner in named_in(type_)]:
        if inner[1] not in own:
            shared = [cls for cls in (_shared(owner, inner) for owner in owners) if cls]
            own[inner[1]] = shared[0] if shared else named_class(name, inner)
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
    renew(module.__name__)
    return sorted(vars(module).keys() - {"__dir__", "__getattr__", "__classes__"})


def renew(name):
    """Takes over what the host declares of a module by now; whether that is anything new."""
    known = _offered.get(name)
    description = _amphi.describe(name) if known else None
    if description is None or description == known.description:
        return False
    _fill(known.module, description)
    for user, offered in list(_offered.items()):
        # What uses its types may be declared anew as well, and has its classes either way.
        if any(owner == name for *_, owner in offered.description[3]) and not renew(user):
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
