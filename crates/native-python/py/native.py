"""Files as host modules in this interpreter.

The rules of a host module are those of the guest's Python, in the same files: the package `amphi`. What those need of the
guest's bridge, `_amphi`, stands here in a small form.
"""

import builtins
import linecache
import os
import sys
import types


def prepare(handle, sources):
    """Makes the package `amphi` of its sources; `handle` is the class of what a guest lends."""
    if sys.version_info < (3, 11):
        raise ImportError(f"host functions in native Python need Python 3.11 or newer, this is {sys.version}")
    # As from a guest of its own, what a host function prints is no output of the program.
    sys.stdout = sys.stderr = sys.stderr or open(os.devnull, "w")
    bridge = types.ModuleType("_amphi")
    bridge.Handle, bridge.exported = handle, []

    def export(_number, function, _path, _type, classes):
        # Numbers are given in order.
        bridge.exported.append((function, classes))

    bridge.export = export
    # Files share no classes: each has those of its own declaration.
    bridge.describe = lambda _name: None
    package = types.ModuleType("amphi")
    package.__path__ = []
    sys.modules |= {"_amphi": bridge, "amphi": package}
    for name, text in sources:
        module = package if name == "amphi" else types.ModuleType(name)
        module.__package__ = "amphi"
        if module is not package:
            sys.modules[name] = module
            setattr(package, name.rpartition(".")[2], module)
        exec(compile(text, f"<{name}>", "exec", dont_inherit=True), module.__dict__)


def load(key, name, file, text, declared):
    """Runs a file under a module object of its own, which `key` names in sys.modules.

    Gives its description, the functions by their numbers, and the classes of its types. One file is loaded at a time.
    """
    import _amphi
    from amphi import _export

    module = types.ModuleType(key)
    module.__file__ = file
    offered = None
    if declared is not None:
        offered = _offered(name, declared)
        module.__builtins__ = _builtins(name, offered)
    # Tracebacks show lines of the text that ran, also of one that is no file.
    linecache.cache[file] = len(text), None, text.splitlines(keepends=True), file
    _amphi.exported, exported = [], _export._exported
    exported.clear()
    sys.modules[key] = module
    try:
        exec(compile(text, file, "exec", dont_inherit=True), module.__dict__)
        for public, value in _export._public(module, key):
            exported.setdefault(public, value)
        description = _described(module, name, offered, declared)
    except BaseException:
        unload(key)
        raise
    finally:
        exported.clear()
    functions = [function for function, _ in _amphi.exported]
    classes = _amphi.exported[0][1] if functions else {}
    return description, functions, classes


def unload(key):
    """Forgets a module that no run needs any more."""
    sys.modules.pop(key, None)


def _described(module, name, offered, declared):
    """The description. A guest's file is `__main__`, and imports what is declared; so is this one while it is described."""
    from amphi import _export

    shown = {"__main__": module}
    if offered is not None:
        shown[name] = offered
    hidden = {name: sys.modules.get(name) for name in shown}
    sys.modules |= shown
    try:
        return _export._describe(name, declared)
    finally:
        for name, before in hidden.items():
            if before is None:
                del sys.modules[name]
            else:
                sys.modules[name] = before


def _offered(name, declared):
    """What the file imports as the module it implements: the declared types."""
    from amphi import _host

    module = types.ModuleType(name)
    nothing = _host._Offered(module, (name, "", [], []), {}, {})
    classes, module.__classes__ = _host._classes(name, declared[3], nothing, False)
    vars(module).update(classes)
    return module


def _builtins(name, offered):
    """The built-in names for a file, whose `import` of that name finds what is offered to it alone."""

    def find(wanted, globals=None, locals=None, fromlist=(), level=0):
        if wanted == name and level == 0:
            return offered
        return builtins.__import__(wanted, globals, locals, fromlist, level)

    return {**vars(builtins), "__import__": find}
