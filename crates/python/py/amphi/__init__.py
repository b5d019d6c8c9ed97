"""amphi: the host's side of this sandbox, seen from Python.

A host function is imported like any other module: where the host declares an interface `demo` with a function `demo`,
`import demo; demo.demo(1, 2)` calls it. A host function that fails raises the Python exception it names, or HostError.
"""

from amphi._host import HostError

__all__ = ["HostError"]
