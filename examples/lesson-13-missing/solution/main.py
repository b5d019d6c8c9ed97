import asyncio, contextlib, datetime, getpass, os, queue, signal, socket, subprocess, sys, threading, zoneinfo

import outside

# What is lacking, what shows it, what there is in its place, and what shows that.
ROWS = [
    ("threads", "threading.Thread(target=print).start()", "tasks", "asyncio.run(asyncio.sleep(0))"),
    ("processes", "subprocess.run(['ls'])", "a host function", "outside.work([1, 2, 3])"),
    ("sockets", "socket.socket()", "a host function", "outside.page('http://example.org/')"),
    ("encryption", "import ssl", "a host function", "outside.page('https://example.org/')"),
    ("machine code", "import ctypes", "a host function", "import outside"),
    ("signals", "os.kill(1, 15)", "one's own, and Ctrl-C", "signal.raise_signal(signal.SIGWINCH)"),
    ("timers", "signal.alarm(1)", "timeouts of tasks", "asyncio.run(asyncio.wait_for(asyncio.sleep(0), 1))"),
    ("users", "os.getuid()", "a name in [env]", "getpass.getuser()"),
    ("permissions", "os.umask(0o077)", "preopens; no effect", "os.chmod('main.py', 0o600)"),
    ("dup", "os.dup(1)", "redirect_stdout", "with contextlib.redirect_stdout(sys.stderr): pass"),
    ("pipes", "os.pipe()", "a queue", "queue.SimpleQueue().put(1)"),
    ("file locks", "import fcntl", "a file that is new", "os.open('job.lock', os.O_WRONLY | os.O_CREAT | os.O_EXCL)"),
    ("mapped files", "import mmap", "reads at a place", "os.pread(os.open('main.py', os.O_RDONLY), 6, 0)"),
    ("time zones", "zoneinfo.ZoneInfo('Europe/Rome')", "UTC, fixed offsets", "datetime.datetime.now(datetime.UTC)"),
]


def outcome(code):
    try:
        exec(code, globals())
    except Exception as error:
        return type(error).__name__
    return "works"


works = 0
for name, lacking, words, instead in ROWS:
    here = outcome(instead)
    works += here == "works"
    print(f"{name:13} {outcome(lacking):22} {words:22} {here}")
print(works, "of", len(ROWS), "have something in their place")
