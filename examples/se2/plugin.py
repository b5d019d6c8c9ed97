"""The plugin: it reverses the words of a text, and leaves what is between them."""

import re

import sdk


def run_e(payload, ident):
    if not payload.strip():
        raise ValueError("there is nothing to reverse")
    words = re.compile(r"[^\W\d_]+")
    sdk.return_result(words.sub(lambda word: word[0][::-1], payload), ident)
