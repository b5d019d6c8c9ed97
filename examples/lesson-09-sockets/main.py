import _socket
import importlib.util
import socket

try:
    socket.socket()
except OSError as error:
    print("a socket:", error.strerror)

# What `socket` is built on lacks what it needs: names, connections, encryption.
print("getaddrinfo:", "there" if hasattr(_socket, "getaddrinfo") else "missing")
print("connect:", "there" if hasattr(_socket.socket, "connect") else "missing")
print("ssl:", "there" if importlib.util.find_spec("_ssl") else "missing")
