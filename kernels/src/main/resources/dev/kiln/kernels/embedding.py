"""Embedding lookup y = scale table[index], and its gradient, always added up in the same order.

An index outside the table gives a row of NaN, and takes no part in the gradient.

The gradient of a row is the sum over the places where its index stands, in the order of the places.
A first kernel links those places: first[v] is the first place of index v, next[t] the next place
with the index of place t, -1 that there is none. Each of its programs owns a part of the table and
looks through all indices, from the last to the first; it handles a block of indices only if one of
them is its own. A second kernel follows the links of each row and adds up.
"""

import triton
import triton.language as tl


@triton.jit
def embedding_forward_kernel(
    table_ptr,
    indices_ptr,
    y_ptr,
    n_indices,
    n_rows,  # of the table
    n_cols,
    stride_table,
    stride_y,
    scale,
    COMPUTE: tl.constexpr,
    ROWS_OF_PROGRAM: tl.constexpr,
    BLOCK_COLS: tl.constexpr,
):
    first = tl.program_id(axis=0) * ROWS_OF_PROGRAM
    cols = tl.program_id(axis=1) * BLOCK_COLS + tl.arange(0, BLOCK_COLS)
    mask = cols < n_cols
    for place in range(first, min(first + ROWS_OF_PROGRAM, n_indices)):
        index = tl.load(indices_ptr + place).to(tl.int64)
        is_row = (index >= 0) & (index < n_rows)
        source = table_ptr + index * stride_table + cols
        x = tl.load(source, mask=mask & is_row, other=float("nan")).to(COMPUTE)
        tl.store(y_ptr + place.to(tl.int64) * stride_y + cols, x * scale, mask=mask)


@triton.jit
def link_places_kernel(
    indices_ptr,
    first_ptr,  # i32, one for each row of the table
    next_ptr,  # i32, one for each index
    n_indices,
    n_rows,
    rows_of_program,
    padding_index,  # its places are not linked; -1 for none
    BLOCK_ROWS: tl.constexpr,
    BLOCK: tl.constexpr,
):
    low = tl.program_id(axis=0) * rows_of_program
    high = min(low + rows_of_program, n_rows)
    for start in range(low, high, BLOCK_ROWS):
        rows = start + tl.arange(0, BLOCK_ROWS)
        none = tl.full((BLOCK_ROWS,), -1, dtype=tl.int32)
        tl.store(first_ptr + rows, none, mask=rows < high)
    tl.debug_barrier()
    blocks = tl.cdiv(n_indices, BLOCK)
    for block in range(0, blocks):
        begin = (blocks - 1 - block) * BLOCK
        places = begin + tl.arange(0, BLOCK)
        indices = tl.load(indices_ptr + places, mask=places < n_indices, other=-1)
        own = (indices >= low) & (indices < high)
        if tl.max(own.to(tl.int32), axis=0) > 0:
            end = min(begin + BLOCK, n_indices)
            for back in range(begin, end):
                place = end - 1 - (back - begin)
                index = tl.load(indices_ptr + place)
                if (index >= low) & (index < high) & (index != padding_index):
                    tl.store(next_ptr + place, tl.load(first_ptr + index))
                    tl.store(first_ptr + index, place)
                    tl.debug_barrier()


@triton.jit
def embedding_backward_kernel(
    first_ptr,
    next_ptr,
    dy_ptr,
    dtable_ptr,
    n_rows,
    n_cols,
    stride_dy,
    stride_dtable,
    scale,
    ACCUMULATE: tl.constexpr,  # add to what is there
    COMPUTE: tl.constexpr,
    ROWS_OF_PROGRAM: tl.constexpr,
    BLOCK_COLS: tl.constexpr,
):
    first_row = tl.program_id(axis=0) * ROWS_OF_PROGRAM
    cols = tl.program_id(axis=1) * BLOCK_COLS + tl.arange(0, BLOCK_COLS)
    mask = cols < n_cols
    for row in range(first_row, min(first_row + ROWS_OF_PROGRAM, n_rows)):
        place = tl.load(first_ptr + row)
        target = dtable_ptr + row.to(tl.int64) * stride_dtable + cols
        if place >= 0:
            total = tl.zeros((BLOCK_COLS,), dtype=COMPUTE)
            while place >= 0:
                source = dy_ptr + place.to(tl.int64) * stride_dy + cols
                total += tl.load(source, mask=mask, other=0.0).to(COMPUTE)
                place = tl.load(next_ptr + place)
            total = total * scale
            if ACCUMULATE:
                total += tl.load(target, mask=mask, other=0.0).to(COMPUTE)
            tl.store(target, total, mask=mask)
        elif not ACCUMULATE:
            tl.store(target, tl.zeros((BLOCK_COLS,), dtype=COMPUTE), mask=mask)
