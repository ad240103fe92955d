"""Feed the wire's decoder with bytes that no honest kernel sends: `python -m benchmarks.fuzz_wire --count 100000`.

Random bytes, valid messages with a few bytes changed, cut or added, and attacks on each size. Anything but a value or a
WireError stops it, and so does memory out of proportion to the message.
"""

from __future__ import annotations

import argparse
import random
import struct
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable

import numpy as np

from autograder.grading.wire import DEEPEST, MAGIC, WireError, decode, encode

SIZES = (0, 1, 2, 7, 255, 2**16, 2**31 - 1, 2**31, 2**32 - 1)
LENGTHS = (*SIZES, 2**53, 2**62, 2**63 - 1, 2**63, 2**64 - 1)
ROOM = 64  # bytes that one byte of a message may cost: an empty list in a list of lists takes that
SPARE = 100_000


def valid(draw: random.Random, depth: int = 0) -> object:
    """Plain data as a kernel sends it."""
    kinds: list[Callable[[], object]] = [
        lambda: None,
        lambda: draw.random() < 0.5,
        lambda: draw.randint(-(2**63), 2**63 - 1),
        lambda: draw.choice([draw.random(), float("nan"), float("inf"), -0.0, 5e-324]),
        lambda: "".join(map(chr, draw.choices([*range(32, 127), 0x2713, 0x1F600, 0], k=draw.randint(0, 20)))),
        lambda: np.zeros(draw.choices(range(4), k=draw.randint(0, 3)), draw.choice(["f8", "f4", "i8", "u1", "?"])),
    ]
    lists: list[Callable[[], object]] = [
        lambda: [valid(draw, depth + 1) for _ in range(draw.randint(0, 2))],
        lambda: tuple(valid(draw, depth + 1) for _ in range(draw.randint(0, 2))),
        lambda: {str(i): valid(draw, depth + 1) for i in range(draw.randint(0, 2))},
    ]
    return draw.choice(kinds + lists * (depth < DEEPEST))()


def attack(draw: random.Random) -> bytes:
    """A message that lies about one of its sizes."""
    count, axis = struct.pack("<I", draw.choice(SIZES)), struct.pack("<Q", draw.choice(LENGTHS))
    axes = draw.choice([0, 1, 2, 3, 16, 17, 64, 255])
    return MAGIC + draw.choice(
        [
            b"s" + count + b"abc",
            b"s" + struct.pack("<I", 3) + draw.choice([b"\xed\xa0\x80", b"\xff\xfe\xfd", b"\xc0\x80a"]),
            draw.choice([b"l", b"t"]) + count + b"N" * draw.randint(0, 9),
            b"m" + count + (struct.pack("<I", 1) + b"aN") * draw.randint(0, 3),
            b"a" + bytes((draw.randint(0, 6), axes)) + axis * draw.randint(0, axes) + bytes(draw.randint(0, 16)),
            b"a" + bytes((0, 2)) + axis + struct.pack("<Q", draw.choice(LENGTHS)),
            b"a" + bytes((4, 1)) + struct.pack("<Q", 3) + draw.randbytes(3),
            (draw.choice([b"l", b"t"]) + struct.pack("<I", 1)) * draw.choice([7, 8, 9, 1000]) + b"N",
            b"l" + count + b"l" + count + b"l" + count,
        ]
    )


def mutated(draw: random.Random) -> bytes:
    """A valid message with some bytes changed, cut off, doubled or put in."""
    message = bytearray(encode(valid(draw)))
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(message) + 1)
        way = draw.randrange(4)
        if way == 0 and at < len(message):
            message[at] = draw.randrange(256)
        elif way == 1:
            del message[at : at + draw.randint(1, 8)]
        elif way == 2:
            message[at:at] = message[at : at + draw.randint(1, 8)]
        else:
            message[at:at] = draw.randbytes(draw.randint(1, 8))
    return bytes(message)


WAYS: dict[str, Callable[[random.Random], bytes]] = {
    "random bytes": lambda draw: draw.randbytes(draw.randint(0, 60)),
    "random after the first bytes": lambda draw: MAGIC + draw.choice(b"NTFidsltma").to_bytes() + draw.randbytes(40),
    "changed messages": mutated,
    "lies about sizes": attack,
}
LARGE = {
    "nested 100,000 deep": MAGIC + b"l\x01\x00\x00\x00" * 10**5 + b"N",
    "a million empty lists": MAGIC + b"l" + struct.pack("<I", 10**6) + (b"l" + bytes(4)) * 10**6,
    "30 MB of nothing": MAGIC + bytes(30_000_000),
    "more than a message may be": MAGIC + b"a" + bytes((3, 1)) + struct.pack("<Q", 40_000_000) + bytes(40_000_000),
}


def feed(message: bytes) -> str:
    """What came of one message: "value" or "refused". Raises whatever else the decoder raises."""
    try:
        decode(message)
    except WireError:
        return "refused"
    return "value"


def main() -> None:
    """Feed all of it, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    draw, came, slowest = random.Random(asked.seed), Counter[tuple[str, str]](), 0.0
    for number in range(asked.count):
        way = list(WAYS)[number % len(WAYS)]
        message = WAYS[way](draw)
        begun = time.perf_counter()
        came[way, feed(message)] += 1
        slowest = max(slowest, time.perf_counter() - begun)
    for (way, outcome), count in sorted(came.items()):
        print(f"{way:32} {outcome:8} {count:8,}")
    print(f"the slowest took {1000 * slowest:.1f} ms")
    for name, message in LARGE.items():
        tracemalloc.start()
        begun = time.perf_counter()
        outcome = feed(message)
        took = time.perf_counter() - begun
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        print(f"{name:32} {outcome:8} {1000 * took:8.1f} ms, {peak:,} bytes for {len(message):,}")
        if peak > ROOM * len(message) + SPARE:
            raise SystemExit("that is too much memory")


if __name__ == "__main__":
    main()
