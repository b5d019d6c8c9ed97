"""Counts its calls: each request has a run of its own, so it never sees a second."""

import amphi

calls = 0


@amphi.export
def process(text: str) -> str:
    global calls
    calls += 1
    return f"{len(text.split())} words, call {calls}"
