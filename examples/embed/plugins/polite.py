"""Replaces words that should not be shown."""

import re

import amphi
import words


@amphi.export
def process(text: str) -> str:
    return re.sub(r"\w+", lambda word: "*" * len(word[0]) if words.is_rude(word[0]) else word[0], text)
