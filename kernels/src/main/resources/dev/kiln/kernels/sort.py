"""Stable sorting of rows by ranks, and the k best elements of rows.

Elements are sorted as integers of the same order (see extreme.py), together with their indices.
In a run of RUN elements the rank of an element is the number of those that come before it, found
by comparing all with all: no exchange of lanes, and no data-dependent branch. Then neighbouring
runs are merged again and again: the rank of an element in the merged run is its place in its own
run plus the number of elements of the other run before it, found by bisection.

    runs of 256          | 3 1 2 0 | 7 5 4 6 |  ranks in each run, in one launch
    merged to 512, ..    | 0 1 2 3   4 5 6 7 |  one launch for each doubling

The k best: a program goes through a row with a list of the k best so far, and looks at a block
again only while it holds an element that is better than the worst of the list.
"""

import triton
import triton.language as tl

from extreme import integer_of, ordered


@triton.jit
def rank_runs_kernel(
    x_ptr,
    keys_ptr,  # n_rows x length, in the integer type of COMPUTE
    indices_ptr,  # n_rows x length
    length,
    x_row,
    DESCENDING: tl.constexpr,
    COMPUTE: tl.constexpr,
    BLOCK: tl.constexpr,
    RUN: tl.constexpr,
):
    row = tl.program_id(axis=0).to(tl.int64)
    start = tl.program_id(axis=1) * RUN
    others = start + tl.arange(0, RUN)
    x_row_ptr = x_ptr + row * x_row
    # For ascending order the key of the smallest is the smallest: ~ of what is wanted first.
    theirs = ordered(tl.load(x_row_ptr + others, mask=others < length, other=0).to(COMPUTE), True)
    if DESCENDING:
        theirs = ~theirs
    # None is after these: of equal ones the first wins.
    highest: tl.constexpr = theirs.dtype.get_int_max_value()
    theirs = tl.where(others < length, theirs, highest)
    for block in range(0, RUN, BLOCK):
        own = start + block + tl.arange(0, BLOCK)
        x = tl.load(x_row_ptr + own, mask=own < length, other=0).to(COMPUTE)
        key = ordered(x, True)
        if DESCENDING:
            key = ~key
        is_before = theirs[None, :] < key[:, None]
        is_before |= (theirs[None, :] == key[:, None]) & (others[None, :] < own[:, None])
        place = row * length + start + tl.sum(is_before.to(tl.int32), axis=1)
        tl.store(keys_ptr + place, key, mask=own < length)
        tl.store(indices_ptr + place, own, mask=own < length)


@triton.jit
def merge_runs_kernel(
    keys_ptr,
    indices_ptr,
    merged_keys_ptr,
    merged_indices_ptr,
    length,
    log_width,  # of a run, whose length is a power of two
    BLOCK: tl.constexpr,
):
    row = tl.program_id(axis=0).to(tl.int64) * length
    places = tl.program_id(axis=1) * BLOCK + tl.arange(0, BLOCK)
    inside = places < length
    key = tl.load(keys_ptr + row + places, mask=inside, other=0)
    index = tl.load(indices_ptr + row + places, mask=inside, other=0)
    width = 1 << log_width
    run = places >> log_width
    is_right = (run & 1) == 1
    other_start = tl.minimum((run ^ 1) << log_width, length)
    low = other_start
    high = tl.minimum(other_start + width, length)
    # How many of the other run come before: equal ones do if they are on the left.
    for _ in range(0, log_width + 1):
        middle = (low + high) >> 1
        is_open = inside & (low < high)
        other = tl.load(keys_ptr + row + middle, mask=is_open, other=0)
        is_before = is_open & ((other < key) | (is_right & (other == key)))
        low = tl.where(is_before, middle + 1, low)
        high = tl.where(is_open & (is_before == 0), middle, high)
    own_place = places & (width - 1)
    target = ((run >> 1) << (log_width + 1)) + own_place + (low - other_start)
    tl.store(merged_keys_ptr + row + target, key, mask=inside)
    tl.store(merged_indices_ptr + row + target, index, mask=inside)


@triton.jit
def take_sorted_kernel(
    x_ptr,
    indices_ptr,
    values_ptr,  # or None
    positions_ptr,  # or None
    length,
    count,  # elements of a row that are wanted
    x_row,
    BLOCK: tl.constexpr,
):
    row = tl.program_id(axis=0).to(tl.int64)
    places = tl.program_id(axis=1) * BLOCK + tl.arange(0, BLOCK)
    mask = places < count
    index = tl.load(indices_ptr + row * length + places, mask=mask, other=0)
    if values_ptr is not None:
        x = tl.load(x_ptr + row * x_row + index, mask=mask, other=0)
        tl.store(values_ptr + row * count + places, x, mask=mask)
    if positions_ptr is not None:
        tl.store(positions_ptr + row * count + places, index, mask=mask)


@triton.jit
def top_k_kernel(
    x_ptr,
    values_ptr,  # or None
    positions_ptr,  # or None
    length,
    k,
    x_row,
    LARGEST: tl.constexpr,
    COMPUTE: tl.constexpr,
    K: tl.constexpr,
    BLOCK: tl.constexpr,
):
    row = tl.program_id(axis=0).to(tl.int64)
    KEY: tl.constexpr = integer_of(COMPUTE)
    lowest: tl.constexpr = KEY.get_int_min_value()
    highest: tl.constexpr = KEY.get_int_max_value()
    lanes = tl.arange(0, K)
    is_listed = lanes < k
    # Lanes beyond k are never the worst. The index tells equal keys apart.
    list_key = tl.where(is_listed, tl.full((K,), lowest, dtype=KEY), highest)
    list_index = 0x7FFFFFFF - lanes
    worst = tl.min(list_key, axis=0)
    for start in range(0, length, BLOCK):
        columns = start + tl.arange(0, BLOCK)
        x = tl.load(x_ptr + row * x_row + columns, mask=columns < length, other=0).to(COMPUTE)
        key = tl.where(columns < length, ordered(x, LARGEST), lowest)
        best = tl.max(key, axis=0)
        while best > worst:
            index = tl.min(tl.where(key == best, columns, 0x7FFFFFFF), axis=0)
            is_worst = is_listed & (list_key == worst)
            victim = tl.max(tl.where(is_worst, list_index, -1), axis=0)
            is_victim = is_worst & (list_index == victim)
            list_key = tl.where(is_victim, best, list_key)
            list_index = tl.where(is_victim, index, list_index)
            worst = tl.min(list_key, axis=0)
            key = tl.where(columns == index, lowest, key)
            best = tl.max(key, axis=0)
    is_before = list_key[None, :] > list_key[:, None]
    is_before |= (list_key[None, :] == list_key[:, None]) & (
        list_index[None, :] < list_index[:, None]
    )
    is_before &= is_listed[None, :]
    place = row * k + tl.sum(is_before.to(tl.int32), axis=1)
    if values_ptr is not None:
        x = tl.load(x_ptr + row * x_row + list_index, mask=is_listed, other=0)
        tl.store(values_ptr + place, x, mask=is_listed)
    if positions_ptr is not None:
        tl.store(positions_ptr + place, list_index, mask=is_listed)
