//! What an exception tells once it has passed through host modules: it is the object that it was, and where it was is in
//! its notes, in order. Through JavaScript and through Python in another guest, in every habitat.
#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod common;

use common::amphi;
use std::fs;

const PASSING: &str = "\
// WebKit leaves out of stacks what ends in a call.
export function through(f) {
  const given = below(f);
  return given;
}

function below(f) {
  const given = f(1);
  return given;
}

export function wrapped(f) {
  try {
    return f(1);
  } catch (error) {
    throw new Error('wrapped', { cause: error });
  }
}
";

const RAISING: &str = "\
import amphi, h, traceback

class Own(Exception):
    pass

def fail(number):
    raise Own('mine')

try:
    h.through(lambda number: h.through(fail))
except Own as error:
    told = ''.join(traceback.format_exception(error))
    parts = 'in <module>', 'in <lambda>', 'in fail', 'Own: mine', 'below', 'through'
    places = [told.rfind(part) for part in parts]
    print(-1 not in places and places == sorted(places), len(error.__notes__))
try:
    h.wrapped(fail)
except amphi.HostError as error:
    print(error, 'caused by Own: mine' in error.traceback)
";

const PASSING_PYTHON: &str = "\
def through(f):
    return below(f)

def below(f):
    return f(1)

def wrapped(f, name='wrapped'):
    'Wraps.'
    try:
        return f(1)
    except Exception as error:
        raise RuntimeError(name) from error
";

const RAISING_PYTHON: &str = "\
import h, traceback

class Own(Exception):
    pass

def fail(number):
    raise Own('mine')

try:
    h.through(lambda number: h.through(fail))
except Own as error:
    told = ''.join(traceback.format_exception(error))
    parts = 'in <module>', 'in <lambda>', 'in fail', 'Own: mine', 'in through', 'in below'
    places = [told.rfind(part) for part in parts]
    print(-1 not in places and places == sorted(places), len(error.__notes__))
try:
    h.wrapped(fail)
except RuntimeError as error:
    print(error, 'Own: mine' in error.traceback, 'direct cause' in error.traceback, h.wrapped.__doc__)
";

/// So does one that passes through Python in another guest.
#[test]
fn an_exception_of_a_guest_stays_what_it_is_in_another() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("h.py", PASSING_PYTHON);
    write("main.py", RAISING_PYTHON);
    for habitat in ["wasmtime", "shim", "chromium"] {
        let args = ["run", "--host", "h=h.py", "main.py", "--habitat", habitat];
        let (code, told, said) = amphi(folder.path(), &args);
        assert_eq!((code, told.as_str()), (Some(0), "True 2\nwrapped True True Wraps.\n"), "{habitat}: {said}");
    }
}

/// An exception that passes through JavaScript stays the object it is, and tells where it was.
#[test]
fn an_exception_tells_what_it_passed() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("h.js", PASSING);
    write("main.py", RAISING);
    for habitat in ["wasmtime", "shim", "chromium", "firefox", "webkit"] {
        let args = ["run", "--host", "h=h.js", "main.py", "--habitat", habitat];
        let (code, told, said) = amphi(folder.path(), &args);
        assert_eq!((code, told.as_str()), (Some(0), "True 2\nwrapped True\n"), "{habitat}: {said}");
    }
}
