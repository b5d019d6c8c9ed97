"""Makes the standard library's zip: stdlib.py SOURCE SYSCONFIG OUT FROM=TO...

SOURCE is CPython's source folder, SYSCONFIG the module that its build wrote about itself, OUT the zip. The folder
`recipe/py` in the working directory holds what amphi adds. Each FROM=TO replaces a text of the build machine that must
not show in the result: the zip is the same bytes for the same inputs, wherever it is made.
"""

import importlib.util
import marshal
import os
import runpy
import sys
import zipfile

# The guest sees the zip here; tracebacks name files inside it.
INSIDE = "/lib/python313.zip"

# Left out: tests, what draws windows, what installs packages, and what is of no use without something that WASI lacks.
# The page docs/python.md lists what this leaves missing.
FOLDERS = {
    "__pycache__", "ctypes", "curses", "ensurepip", "idlelib", "multiprocessing", "site-packages", "test", "tests",
    "tkinter", "turtledemo", "venv",
}
FILES = {"dbm/gnu.py", "dbm/ndbm.py", "turtle.py"}

# What the build wrote about the machine it ran on and its programs.
BUILDER = {
    "BUILD_GNU_TYPE", "CONFIG_ARGS", "INSTALL", "INSTALL_DATA", "INSTALL_PROGRAM", "INSTALL_SCRIPT", "INSTALL_SHARED",
    "MKDIR_P",
}


def modules(folder):
    """Yields (name inside the zip, source) of every Python file to ship."""
    for here, folders, files in os.walk(folder):
        folders[:] = set(folders) - FOLDERS
        for file in files:
            path = os.path.join(here, file)
            name = os.path.relpath(path, folder)
            if file.endswith(".py") and name not in FILES:
                with open(path, "rb") as source:
                    yield name, source.read()


def system_configuration(path, replaced):
    """The source of the module behind sysconfig, without the machine that built it."""
    variables = runpy.run_path(path)["build_time_vars"]
    lines = []
    for name, value in sorted(variables.items()):
        if name in BUILDER:
            value = ""
        if isinstance(value, str):
            for before, after in replaced:
                value = value.replace(before, after)
        lines.append(f"    {name!r}: {value!r},\n")
    return "build_time_vars = {\n" + "".join(lines) + "}\n"


def compiled(name, source):
    """The bytes of a .pyc that is never checked against a source, since none is shipped."""
    code = compile(source, f"{INSIDE}/{name}", "exec", dont_inherit=True, optimize=0)
    # Marshal marks objects that are shared in this process, by accident of what was compiled before. Once loaded again,
    # sharing is the code's own.
    code = marshal.loads(marshal.dumps(code))
    unchecked = (0b01).to_bytes(4, "little")
    return importlib.util.MAGIC_NUMBER + unchecked + importlib.util.source_hash(source) + marshal.dumps(code)


def main(library, sysconfig, out, *replaced):
    """Writes the zip."""
    found = dict(modules(os.path.join(library, "Lib")))
    found.update(modules("recipe/py"))
    replaced = [pair.split("=", 1) for pair in replaced]
    found[os.path.basename(sysconfig)] = system_configuration(sysconfig, replaced).encode()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, source in sorted(found.items()):
            # The oldest time a zip can hold.
            info = zipfile.ZipInfo(name + "c", (1980, 1, 1, 0, 0, 0))
            info.external_attr = 0o644 << 16
            archive.writestr(info, compiled(name, source))
    print(len(found), "modules,", os.path.getsize(out), "bytes")


main(*sys.argv[1:])
