for mebibytes in (16, 32, 128, 256):
    try:
        block = bytearray(mebibytes << 20)
    except MemoryError:
        print(f"{mebibytes} MiB: no")
    else:
        print(f"{mebibytes} MiB: yes")
        del block
print("still running")
