import _socket
import importlib.util
import re
import socket

import amphi
import pages

try:
    socket.socket()
except OSError as error:
    print("a socket:", error.strerror)

# What `socket` is built on lacks what it needs: names, connections, encryption.
print("getaddrinfo:", "there" if hasattr(_socket, "getaddrinfo") else "missing")
print("connect:", "there" if hasattr(_socket.socket, "connect") else "missing")
print("ssl:", "there" if importlib.util.find_spec("_ssl") else "missing")

# The host has a network, or pretends to; the guest has one function.
page = pages.get("https://example.org/")
print("title:", re.search("<title>(.*)</title>", page)[1])

try:
    pages.get("https://example.com/")
except amphi.HostError as error:
    print(error)
