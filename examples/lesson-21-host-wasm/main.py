import digest

for data in (b"", b"a", b"foobar"):
    print(data, f"{digest.fnv(data):08x}")
