"""What goes over the wire comes back the same, and bytes that nobody honest sent are refused and nothing else."""

import random
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from autograder.grading.wire import (
    DEEPEST,
    LONGEST_TEXT,
    MAGIC,
    MOST_ENTRIES,
    WireError,
    decode,
    encode,
)
from benchmarks.fuzz_wire import LARGE, WAYS, feed

some = settings(max_examples=300, deadline=None, derandomize=True)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
numbers = arrays.arrays(
    st.sampled_from(["<f8", "<f4", "<i8", "u1", "?"]),
    arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
)
single = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | texts | numbers
plain_data = st.recursive(
    single,
    lambda inner: (
        st.lists(inner, max_size=4) | st.lists(inner, max_size=4).map(tuple) | st.dictionaries(texts, inner, max_size=4)
    ),
    max_leaves=8,
)


def same(one: object, other: object) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    return struct.pack("d", one) == struct.pack("d", other) if isinstance(one, float) else one == other


@given(plain_data)
@some
def test_what_goes_in_comes_out(value):
    assert same(decode(encode(value)), value)


def test_arrays_come_out_as_copies_that_can_be_written_to():
    message = encode(np.arange(6.0).reshape(2, 3))
    first, second = decode(message), decode(message)
    first[:] = 7
    assert second.tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize(
    "array",
    [
        np.arange(12.0).reshape(3, 4).T,
        np.arange(24.0)[::3],
        np.asfortranarray(np.ones((2, 3), dtype=np.float32)),
        np.broadcast_to(np.arange(3), (4, 3)),
        np.zeros((0, 5)),
        np.array(2.5),
        np.arange(3, dtype=">f8"),
    ],
    ids=["transposed", "strided", "fortran", "broadcast", "empty", "one number", "big-endian"],
)
def test_arrays_however_they_lie_in_memory(array):
    back = decode(encode(array))
    assert back.shape == array.shape
    assert back.tolist() == array.tolist()


class Text(str):
    pass


@pytest.mark.parametrize(
    "value",
    [
        object(),
        np.array([None]),
        np.array(["text"]),
        np.zeros(2, dtype=complex),
        np.zeros(2, dtype=np.float16),
        np.ma.zeros(2),
        np.float64(1),
        2**63,
        b"bytes",
        {1, 2},
        {1: 2},
        {Text("a"): 1},
        Text("a"),
        "\ud800",
        "a" * (LONGEST_TEXT + 1),
        [0] * (MOST_ENTRIES + 1),
    ],
    ids=lambda value: f"{type(value).__name__}",
)
def test_anything_else_does_not_go_over_the_wire(value):
    with pytest.raises(WireError):
        encode(value)


def test_a_view_that_pretends_to_be_large_is_never_copied():
    pretending = np.broadcast_to(np.zeros(1), (10**7, 3))
    tracemalloc.start()
    with pytest.raises(WireError):
        encode(pretending)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100_000


def test_lists_that_hold_themselves_are_refused():
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(WireError):
        encode(endless)


def test_depth_has_a_limit_on_both_sides():
    value: object = None
    for _ in range(DEEPEST):
        value = [value]
    assert decode(encode(value)) == value
    with pytest.raises(WireError):
        encode([value])
    one_more = MAGIC + b"l\x01\x00\x00\x00" + encode(value)[len(MAGIC) :]
    with pytest.raises(WireError):
        decode(one_more)


def test_messages_have_a_size():
    array = np.zeros(1000)
    message = encode(array)
    assert encode(array, most=len(message)) == message
    with pytest.raises(WireError):
        encode(array, most=len(message) - 1)
    with pytest.raises(WireError):
        decode(message, most=len(message) - 1)


@pytest.mark.parametrize("message", [bytearray(encode(None)), memoryview(encode(None)), "cw1N", None, 7])
def test_only_bytes_are_messages(message):
    with pytest.raises(WireError):
        decode(message)


def axes(*lengths: int) -> bytes:
    return bytes((len(lengths),)) + b"".join(struct.pack("<Q", length) for length in lengths)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        MAGIC,
        b"cw2N",
        encode(None) + b"N",
        MAGIC + b"a\x00" + axes(2**62) + bytes(8),
        MAGIC + b"a\x00" + axes(2**32, 2**32) + bytes(8),  # 2**64 numbers: 0 for those who count in 64 bits
        MAGIC + b"a\x00" + axes(2**62, 0),
        MAGIC + b"a\x00" + axes(*[255] * 15, 0),
        MAGIC + b"a\x00" + axes(2**64 - 1) + bytes(8),  # −1, if it had a sign
        MAGIC + b"a\x00" + axes(2) + bytes(15),
        MAGIC + b"a\x00" + axes(2) + bytes(17),
        MAGIC + b"a\x00" + axes(*[1] * 17) + bytes(8),
        MAGIC + b"a\x05" + axes(1) + bytes(8),
        MAGIC + b"a\x04" + axes(1) + b"\x02",
        MAGIC + b"s" + struct.pack("<I", 2**32 - 1),
        MAGIC + b"s" + struct.pack("<I", 3) + b"\xed\xa0\x80",
        MAGIC + b"l" + struct.pack("<I", 2**32 - 1) + b"N",
        MAGIC + b"m" + struct.pack("<I", 2) + 2 * (struct.pack("<I", 1) + b"aN"),
        MAGIC + b"O",
        MAGIC + b"i" + bytes(7),
        b"\x80\x04K\x01.",  # a pickle
    ],
)
def test_lies_are_refused(message):
    with pytest.raises(WireError):
        decode(message)


@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda tail: MAGIC + tail))
@some
def test_random_bytes_are_refused_or_are_a_message(message):
    try:
        value = decode(message)
    except WireError:
        return
    assert same(decode(encode(value)), value)


@pytest.mark.parametrize("way", WAYS)
def test_made_up_messages_raise_nothing_else(way):
    draw = random.Random(way)
    assert {feed(WAYS[way](draw)) for _ in range(1000)} <= {"value", "refused"}


@pytest.mark.parametrize("name", LARGE)
def test_large_attacks_are_refused_before_anything_is_made(name):
    tracemalloc.start()
    outcome = feed(LARGE[name])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert outcome == "refused"
    assert peak < 10_000_000  # of up to 40 million bytes
