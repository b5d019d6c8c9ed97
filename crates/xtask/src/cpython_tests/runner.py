"""Runs modules of CPython's own tests in this guest. Its argument is JSON:

    {"modules": ["test_bytes", "test_asyncio.test_tasks"],
     "leave_out": ["test.test_x.Class.test_y"],
     "allowances": {"test_bytes": {"stand_ins": ["_testlimitedcapi"], "lift": []},
                    "test_asyncio.test_tasks": {"stand_ins": [], "lift": ["has_socket_support"]}},
     "c_recursion_limit": 1000}

Each line of the runner's own begins with MARK, and a newline before it keeps it whole whatever a test printed:

    MARK> test.MODULE      a module begins
    MARK> TEST_ID          a test begins; after a trap or a limit, the last such line names the culprit
    MARK{"module": …}      one module's results

Must never know a habitat. What is imported here and not used, tests believe to be loaded: regrtest needs it itself.
"""

import contextlib
import email
import functools
import gc
import importlib
import importlib.metadata
import json
import os
import random
import re
import shutil
import sys
import types
import unittest
import unittest.mock

TESTS = "/tests"
MARK = "\x1e"
# The outcomes of a test, the worst last. A test with parts (subtests) has its worst part's.
OUTCOMES = "passed", "skipped", "failed"
LONGEST_REASON = 240


def tell(text):
    """Writes a line of the runner's own, past whatever a test made of sys.stdout. Surrogates are no text."""
    data = f"\n{MARK}{text}\n".encode("utf-8", "replace")
    while data:
        data = data[os.write(1, data):]


def reason(error):
    """The last line of a traceback, and where it was raised, without what differs from run to run."""
    kind, value, trace = error
    try:
        text = str(value)
    except Exception as broken:
        text = f"<its text raised {type(broken).__name__}>"
    lines = [line for line in text.splitlines() if line.strip()] or [""]
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    where = ""
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if "unittest" not in file:
            where = f" [{os.path.basename(file)}:{trace.tb_lineno}]"
        trace = trace.tb_next
    text = f"{name}: {lines[0]}" if lines[0] else name
    # Names and addresses that are another's in each run.
    text = re.sub(r"0x[0-9a-f]{4,}", "0x…", text)
    text = re.sub(r"\btmp[a-z0-9_]{8}\b", "tmp…", text)
    return text[:LONGEST_REASON] + where


class Result(unittest.TestResult):
    """One outcome a test id, and the reasons of those that did not pass."""

    def __init__(self):
        super().__init__()
        self.outcomes = {}
        self.reasons = {}

    def note(self, test, outcome, why=None):
        # A subtest is its test's.
        test = (test.test_case if isinstance(test, unittest.case._SubTest) else test).id()
        before = self.outcomes.get(test)
        if before is None or OUTCOMES.index(outcome) > OUTCOMES.index(before):
            self.outcomes[test] = outcome
            if why is not None:
                self.reasons[test] = why

    def startTest(self, test):
        super().startTest(test)
        tell("> " + test.id())

    def addSuccess(self, test):
        self.note(test, "passed")

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.note(test, "failed", f"{reason(err)} {subtest._subDescription()}"[:LONGEST_REASON * 2])

    def addSkip(self, test, why):
        self.note(test, "skipped", str(why))

    def addFailure(self, test, err):
        self.note(test, "failed", reason(err))

    addError = addFailure

    def addExpectedFailure(self, test, err):
        self.note(test, "passed")

    def addUnexpectedSuccess(self, test):
        self.note(test, "failed", "unexpected success")

    def addDuration(self, test, elapsed):
        pass


def without(suite, leave_out):
    """The suite without the tests whose id, or whose class, is left out, and the ids that were."""
    kept, left = [], []
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            inner, more = without(test, leave_out)
            kept.append(inner)
            left += more
        elif test.id() in leave_out or test.id().rpartition(".")[0] in leave_out:
            left.append(test.id())
        else:
            kept.append(test)
    # The class is kept: some suites run their tests in a way of their own.
    suite._tests = kept
    return suite, left


def keep_going():
    """Makes an interrupt that leaves a test that test's failure; unittest would end with it."""
    call = unittest.TestCase.__call__

    def guarded(self, *arguments, **keywords):
        try:
            return call(self, *arguments, **keywords)
        except KeyboardInterrupt:
            result = arguments[0] if arguments else None
            if not isinstance(result, Result):
                raise
            result.addError(self, sys.exc_info())
            return result

    unittest.TestCase.__call__ = guarded


def settle(support, os_helper, c_recursion_limit):
    """Sets test.support up for this guest."""
    support.verbose = False
    # Time they may take; networks, sound and much memory are not there.
    support.use_resources = ("cpu",)
    support.record_original_stdout(sys.stdout)
    sys.stdout.reconfigure(errors="backslashreplace")
    remove = os_helper._unlink

    def unlink(path):
        # Tests remove a file along all of sys.path. A read-only folder refuses that even where there is no such file.
        try:
            remove(path)
        except PermissionError:
            if os.path.lexists(path):
                raise

    os_helper._unlink = unlink
    # CPython's build for tests has modules that know these; python.wasm does not have them.
    support.has_no_debug_ranges = lambda: False
    support.get_c_recursion_limit = lambda: c_recursion_limit
    support.skip_if_suppress_immortalization = lambda: lambda test: test


class StandIn(types.ModuleType):
    """A module that this Python lacks, for a test module that imports it and needs it for some of its tests: what is
    called of it skips the test."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)

        def call(*_, **__):
            raise unittest.SkipTest(f"No module named {self.__name__!r}")

        return call


@contextlib.contextmanager
def allowances(support, stand_ins, lift):
    """What one module is given: stand-ins for modules, and the claim that this guest can do what test.support says it
    cannot, where few of the module's tests need it."""
    for module in stand_ins:
        sys.modules[module] = StandIn(module)
    before = {claim: getattr(support, claim) for claim in lift}
    for claim in lift:
        setattr(support, claim, True)
    try:
        yield
    finally:
        for module in stand_ins:
            sys.modules.pop(module, None)
        for claim, value in before.items():
            setattr(support, claim, value)


def allow_links(os_helper):
    """Lets tests make symbolic links. CPython's tests make none on WASI, because nearly all of theirs are absolute, and
    those lead out of a mount; so each is made relative."""
    make = os.symlink

    @functools.wraps(make)
    def symlink(src, dst, *arguments, **keywords):
        if os.path.isabs(src):
            src = os.path.relpath(src, os.path.realpath(os.path.dirname(os.path.abspath(dst))))
        return make(src, dst, *arguments, **keywords)

    os.symlink = symlink
    os_helper._can_symlink = True


def run(name, leave_out):
    """Runs one module; what it found."""
    result = Result()
    left = []
    whole = None
    try:
        module = importlib.import_module("test." + name)
        suite, left = without(unittest.TestLoader().loadTestsFromModule(module), leave_out)
        suite.run(result)
    except unittest.SkipTest as skipped:
        whole = "skipped", str(skipped)
    except (Exception, SystemExit):
        whole = "failed", reason(sys.exc_info())
    if whole:
        result.outcomes[f"test.{name}"], result.reasons[f"test.{name}"] = whole

    def having(outcome):
        return [test for test, had in result.outcomes.items() if had == outcome]

    return {
        "module": name,
        "passed": having("passed"),
        "skipped": {test: result.reasons[test] for test in having("skipped")},
        "failed": {test: result.reasons[test] for test in having("failed")},
        "left_out": left,
    }


def main():
    spec = json.loads(sys.argv[1])
    # Tests look at the arguments, as they are for a program without any.
    del sys.argv[1:]

    sys.path.insert(1, TESTS)
    from test import support
    from test.support import os_helper
    settle(support, os_helper, spec["c_recursion_limit"])
    allow_links(os_helper)
    keep_going()

    home = os.getcwd()
    for name in spec["modules"]:
        # A folder of its own, as regrtest gives each.
        folder = os.path.join(home, "cpython-tests")
        shutil.rmtree(folder, ignore_errors=True)
        os.mkdir(folder)
        os.chdir(folder)
        os_helper.SAVEDCWD = folder
        random.seed(0)
        tell("> test." + name)
        with allowances(support, **spec["allowances"][name]):
            before = set(sys.modules)
            found = run(name, frozenset(spec["leave_out"]))
            # What a test module imports of the others depends on what it was allowed, and is not the next one's.
            for module in set(sys.modules) - before:
                if module.startswith("test.") and not module.startswith("test.support"):
                    del sys.modules[module]
        os.chdir(home)
        shutil.rmtree(folder, ignore_errors=True)
        tell(json.dumps(found, ensure_ascii=False))
        gc.collect()


if __name__ == "__main__":
    main()
