"""Reads a file that came with the program, and writes a folder of new ones."""

from pathlib import Path

here = Path.cwd()
print("working directory:", here)

poem = Path("poem.txt").read_text(encoding="utf-8")
lines = poem.splitlines()
print("poem:", len(lines), "lines,", len(poem.encode()), "bytes")

out = here / "lines"
out.mkdir()
for number, line in enumerate(lines, 1):
    (out / f"{number}.txt").write_text(line + "\n", encoding="utf-8")
print("written:", sorted(path.name for path in out.iterdir()))

first = out / "1.txt"
first.rename(out / "first.txt")
(out / "2.txt").unlink()
print("left:", sorted(path.name for path in out.iterdir()))

with open(out / "first.txt", "r+b") as file:
    file.seek(0, 2)
    file.write("– café\n".encode())
    file.seek(4)
    print("from byte 4:", file.read().decode().splitlines())

try:
    Path("/etc/passwd").read_text()
except OSError as error:
    print("outside:", type(error).__name__, error.strerror)
