"""What demo.c imports from the host."""


def demo(a: int, b: int) -> int:
    return (a + b) * 11
