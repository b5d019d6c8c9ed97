import asyncio
import time


async def make(what, seconds):
    await asyncio.sleep(seconds)
    print(what)


async def main():
    await asyncio.gather(make("tea", 1), make("toast", 2), make("eggs", 3))


began = time.monotonic()
asyncio.run(main())
print(f"it took {time.monotonic() - began:.0f} seconds")
