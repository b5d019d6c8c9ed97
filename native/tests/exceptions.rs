//! What an exception tells once it has passed through host modules: it is the object that it was, and where it was is in
//! its notes, in order. Through JavaScript and through Python in another guest, in every habitat.
mod common;

use common::{amphi, folder};

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

/// PARTS are what the whole traceback has, in order, of the host module; TELL prints what became of a wrapped exception.
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
    parts = 'in <module>', 'in <lambda>', 'in fail', 'Own: mine', PARTS
    places = [told.rfind(part) for part in parts]
    print(-1 not in places and places == sorted(places), len(error.__notes__))
try:
    h.wrapped(fail)
except Exception as error:
    print(TELL)
";

/// Holds what a script is told of exceptions that passed through a host module against what is expected.
fn passes(file: (&str, &str), parts: &str, tell: &str, habitats: &[&str], expected: &str) {
    let script = RAISING.replace("PARTS", parts).replace("TELL", tell);
    let folder = folder(&[file, ("main.py", &script)]);
    let host = format!("h={}", file.0);
    for habitat in habitats {
        let args = ["run", "--host", &host, "main.py", "--habitat", habitat];
        let (code, told, said) = amphi(folder.path(), &args);
        assert_eq!((code, told.as_str()), (Some(0), expected), "{habitat}: {said}");
    }
}

#[test]
fn an_exception_of_a_guest_stays_what_it_is_in_another() {
    let tell = "type(error) is RuntimeError, error, 'Own: mine' in error.traceback, 'direct cause' in error.traceback, \
                h.wrapped.__doc__";
    let expected = "True 2\nTrue wrapped True True Wraps.\n";
    let habitats = ["wasmtime", "shim", "chromium"];
    passes(("h.py", PASSING_PYTHON), "'in through', 'in below'", tell, &habitats, expected);
}

#[test]
fn an_exception_tells_what_it_passed() {
    let tell = "type(error) is amphi.HostError, error, 'caused by Own: mine' in error.traceback";
    let expected = "True 2\nTrue wrapped True\n";
    let habitats = ["wasmtime", "shim", "chromium", "firefox", "webkit"];
    passes(("h.js", PASSING), "'below', 'through'", tell, &habitats, expected);
}
