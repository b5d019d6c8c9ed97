import atexit
import sys

atexit.register(print, "cleaned up")
print("going")
sys.exit(42)
