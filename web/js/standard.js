// What every script can import: amphi's own module, and the part of the standard library that has a use in a sandbox.

const width = (name) => ({ name, kind: "type", detail: "int", docs: "" });

/** As host modules are told of. */
export const AMPHI = {
  name: "amphi",
  docs: "The host's side of this sandbox.",
  members: [
    { name: "export", kind: "function", detail: "(function)", docs: "Makes a function callable from the host; type hints declare its parameters." },
    { name: "HostError", kind: "class", detail: "(Exception)", docs: "A host function failed, and named no exception of Python's own. `data` is the err of a declared result." },
    { name: "Some", kind: "class", detail: "(value)", docs: "What there is of an option of an option." },
    { name: "Handle", kind: "class", detail: "", docs: "Something of the host that Python holds." },
    ...["s8", "s16", "s32", "s64", "u8", "u16", "u32", "u64"].map(width),
    { name: "f32", kind: "type", detail: "float", docs: "" },
    { name: "char", kind: "type", detail: "str", docs: "One character." },
  ],
};

export const STANDARD = `
abc argparse array ast asyncio atexit base64 bdb binascii bisect builtins bz2 cProfile calendar cmath cmd code codecs codeop
collections colorsys compileall concurrent configparser contextlib contextvars copy copyreg csv dataclasses datetime dbm decimal
difflib dis doctest email enum errno faulthandler filecmp fileinput fnmatch fractions functools gc getopt gettext glob graphlib
gzip hashlib heapq hmac html importlib inspect io ipaddress itertools json keyword linecache locale logging lzma mailbox marshal
math mimetypes modulefinder numbers operator optparse os pathlib pdb pickle pickletools pkgutil platform plistlib posixpath pprint
profile pstats py_compile pyclbr pydoc quopri random re reprlib rlcompleter runpy sched secrets selectors shelve shlex shutil
signal site sqlite3 stat statistics string stringprep struct symtable sys sysconfig tabnanny tarfile tempfile textwrap time timeit
token tokenize tomllib trace traceback tracemalloc types typing unicodedata unittest urllib uuid warnings wave weakref xml zipapp
zipfile zipimport zlib zoneinfo
`.trim().split(/\s+/);
