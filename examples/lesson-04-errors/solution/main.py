import errno
import os


def attempt(what, function, *args):
    try:
        function(*args)
    except OSError as error:
        print(f"{what}: {type(error).__name__}, {errno.errorcode[error.errno]}")


attempt("not there", open, "gone.txt")
attempt("there already", os.mkdir, "/work/settings.txt")
attempt("a file as a folder", os.listdir, "settings.txt")


def save(text):
    with open("settings.new", "wb", buffering=0) as file:
        file.write(text)
    os.rename("settings.new", "settings.txt")  # The old settings are there until the new ones are.


for _ in range(2):
    try:
        save(b"volume = 11\n")
    except OSError as error:
        print("not saved:", error.strerror)
    print(f"settings: {open('settings.txt').read().strip()!r}")
