"""Stands in for the module `pyperf` that pyperformance's benchmarks are written for: it runs each in this process and
prints, for each part, the seconds of the fastest of a few rounds as `pyperf: 0.123`."""

import argparse
from time import perf_counter

__all__ = ["Runner", "perf_counter", "python_implementation"]

# A round takes at least so long, so that the clock and a pause of the machine count for little.
ROUND_SECONDS = 0.2
ROUNDS = 4


def python_implementation():
    return "cpython"


class Runner:
    def __init__(self, *_, **__):
        self.argparser = argparse.ArgumentParser()
        self.metadata = {}
        self.args = None

    def parse_args(self, args=None):
        if self.args is None:
            self.args = self.argparser.parse_args(args)
        return self.args

    def bench_time_func(self, name, func, *args, inner_loops=1, **_):
        """`func(loops, *args)` gives the seconds that so many loops took."""
        self.parse_args()
        loops = 1
        while (took := func(loops, *args)) < ROUND_SECONDS:
            # Twice as many at least, and as many as the last round promises are enough.
            loops = max(loops * 2, int(loops * ROUND_SECONDS / max(took, 1e-9)))
        # A part that takes seconds says enough in two rounds.
        rounds = ROUNDS if took < 1 else 2
        fastest = min([took] + [func(loops, *args) for _ in range(rounds - 1)])
        print("pyperf:", fastest / loops / inner_loops, flush=True)

    def bench_func(self, name, func, *args, inner_loops=1, **_):
        def loop(loops):
            rounds = range(loops)
            began = perf_counter()
            for _ in rounds:
                func(*args)
            return perf_counter() - began

        self.bench_time_func(name, loop, inner_loops=inner_loops)

    def bench_async_func(self, name, func, *args, inner_loops=1, **_):
        import asyncio

        self.bench_func(name, lambda: asyncio.run(func(*args)), inner_loops=inner_loops)
