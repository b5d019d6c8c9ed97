"""Redoes at the start of every run what the snapshot has frozen in Python's own modules."""

import random
import sys
import tempfile
import types
import warnings


def restart():
    """Called by the entry (c/start.c) when arguments, environment and streams are right."""
    # A module of the snapshot is outside garbage collection, and `__main__` must be inside for its finalizers' sake.
    main = types.ModuleType("__main__")
    main.__dict__.update(sys.modules["__main__"].__dict__)
    sys.modules["__main__"] = main
    random.seed()
    tempfile._name_sequence = None
    tempfile.tempdir = None
    if sys.warnoptions:
        warnings.resetwarnings()
        warnings.filters.extend(_DEFAULT_FILTERS)
        warnings._processoptions(sys.warnoptions)


_DEFAULT_FILTERS = list(warnings.filters)
