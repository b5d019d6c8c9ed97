import getpass
import os
from pathlib import Path

print("getuid:", "there" if hasattr(os, "getuid") else "missing")

letter = Path("letter.txt")
letter.write_text("still readable")
status = letter.stat()
print(f"owner {status.st_uid}, mode {status.st_mode & 0o777:03o}")

letter.chmod(0o000)
print("after chmod 000:", letter.read_text())

try:
    print("getuser:", getpass.getuser())
except OSError as error:
    print("getuser:", error)


def may_write(folder):
    probe = Path(folder, "probe.tmp")
    try:
        probe.touch()
    except PermissionError:
        return False
    probe.unlink()
    return True


for folder in ("/work", "/lib"):
    print(folder, "may be written to" if may_write(folder) else "may not be written to")
