"""What crosses of an exception: HostError, and the record by which either side tells the other of one."""

import builtins


class HostError(Exception):
    """A host function failed, and named no exception of Python's own.

    `kind` is the host's name for the failure, `data` what it sent along, such as the err of a declared result,
    `traceback` its own stack as text. Raised by a function that is declared with a result, it carries the err: what it
    was made with, or its `data`.
    """

    # Where users find it, also in tracebacks.
    __module__ = "amphi"
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


def shown(value):
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


def record(error):
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
