import random
import time
import uuid

print(time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime()))
print(random.random(), uuid.uuid4())

# Hash values are seeded by random numbers too, so sets keep one order.
print({"alpha", "beta", "gamma"})

began = time.monotonic()
time.sleep(3600)
print("an hour later:", round(time.monotonic() - began))
