"""amphi: the host's side of this sandbox, seen from Python.

A host function is imported like any other module: where the host declares an interface `demo` with a function `demo`,
`import demo; demo.demo(1, 2)` calls it. A host function that fails raises the Python exception it names, or HostError.

The other way, `@amphi.export` makes a function callable from the host. Type hints declare its parameters; `amphi.u8` and
the like are ints of one width.
"""

import typing

import _amphi
from amphi._error import HostError
from amphi._export import _Width, export
from amphi._type import Some

Handle = _amphi.Handle

s8, s16, s32, s64 = (typing.Annotated[int, _Width(f"s{bits}")] for bits in (8, 16, 32, 64))
u8, u16, u32, u64 = (typing.Annotated[int, _Width(f"u{bits}")] for bits in (8, 16, 32, 64))
f32 = typing.Annotated[float, _Width("f32")]
char = typing.Annotated[str, _Width("char")]

__all__ = [
    *("Handle", "HostError", "Some", "export"),
    *("s8", "s16", "s32", "s64", "u8", "u16", "u32", "u64", "f32", "char"),
]
