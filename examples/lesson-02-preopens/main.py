"""Which paths lead anywhere, and which do not."""

import os

PATHS = [
    "/work/poem.txt",
    "poem.txt",
    "/lib/python313.zip",
    "/lib/new.txt",
    "/etc/passwd",
    "/",
    "../secret.txt",
]

for path in PATHS:
    flags = os.O_WRONLY | os.O_CREAT if "new" in path else os.O_RDONLY
    try:
        os.close(os.open(path, flags))
        print(f"{path:20} opened")
    except OSError as error:
        print(f"{path:20} {error.strerror}")
