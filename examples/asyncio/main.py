import asyncio


async def make(what, seconds):
    await asyncio.sleep(seconds)
    print(what, "are ready" if what.endswith("s") else "is ready")
    return what


async def main():
    print(await asyncio.gather(make("eggs", 0.06), make("tea", 0.02), make("toast", 0.04)))
    try:
        async with asyncio.timeout(0.02):
            await make("cake", 60)
    except TimeoutError:
        print("the cake was given up")


asyncio.run(main())
