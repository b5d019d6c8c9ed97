"""amphi: the host's side of this sandbox, seen from Python."""

from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar, overload

_Function = TypeVar("_Function", bound=Callable[..., Any])
_Value = TypeVar("_Value")

class HostError(Exception):
    """A host function failed, and named no exception of Python's own; or the err of a declared result."""

    kind: str
    data: Any
    traceback: str

class Handle:
    """Something of the host that Python holds, such as a callable."""

    def __call__(self, *args: Any) -> Any: ...

class Some(NamedTuple, Generic[_Value]):
    """What there is of an option of an option."""

    value: _Value

@overload
def export(function: _Function, /, *, name: str | None = None) -> _Function: ...
@overload
def export(*, name: str | None = None) -> Callable[[_Function], _Function]: ...

s8: TypeAlias = int
s16: TypeAlias = int
s32: TypeAlias = int
s64: TypeAlias = int
u8: TypeAlias = int
u16: TypeAlias = int
u32: TypeAlias = int
u64: TypeAlias = int
f32: TypeAlias = float
char: TypeAlias = str

__all__ = [
    "Handle", "HostError", "Some", "export", "s8", "s16", "s32", "s64", "u8", "u16", "u32", "u64", "f32", "char",
]
