"""Redoes at the start of every run what the snapshot has frozen in Python's own modules, and once more when a run that
serves is taken back to where its program had run."""

import random
import sys
import tempfile
import types
import warnings


def restart(serving):
    """Called by the entry (c/start.c) when arguments, environment and streams are right."""
    global _drawn_from
    # A module of the snapshot is outside garbage collection, and `__main__` must be inside for its finalizers' sake.
    main = types.ModuleType("__main__")
    main.__dict__.update(sys.modules["__main__"].__dict__)
    sys.modules["__main__"] = main
    random.seed()
    _drawn_from = random.getstate() if serving else None
    tempfile._name_sequence = None
    tempfile.tempdir = None
    if sys.warnoptions:
        warnings.resetwarnings()
        warnings.filters.extend(_DEFAULT_FILTERS)
        warnings._processoptions(sys.warnoptions)


def again():
    """Seeds `random` anew for a run that begins where the program had ended. False where the program itself had drawn
    from it, or seeded it: what it made of that cannot be made anew."""
    if random.getstate() != _drawn_from:
        return False
    random.seed()
    tempfile._name_sequence = None
    return True


_DEFAULT_FILTERS = list(warnings.filters)
