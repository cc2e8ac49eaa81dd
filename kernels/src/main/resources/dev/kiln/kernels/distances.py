"""Squared Euclidean distances of points, the nearest centre of each point, and the points' means.

A distance is the sum of squared differences, feature after feature: equal points are at distance 0
and equal distances are equal numbers, which |x|^2 - 2 x c + |c|^2 would not give. One step of
k-means (Lloyd, 1982): each program finds the nearest centres of its own points and adds these up,
centre by centre; a second launch adds up what the programs left, in their order.

The second set of points is transposed: a feature of neighbouring points lies side by side.
"""

import triton
import triton.language as tl


@triton.jit
def squared_distances(
    x_ptrs,  # first features of the rows
    c_ptrs,  # first features of the columns
    row_mask,
    col_mask,
    n_features,
    stride_c,  # from a feature of the columns to the next
    COMPUTE: tl.constexpr,
    ROWS: tl.constexpr,
    COLS: tl.constexpr,
):
    sums = tl.zeros((ROWS, COLS), dtype=COMPUTE)
    for feature in range(0, n_features):
        x = tl.load(x_ptrs + feature, mask=row_mask, other=0.0).to(COMPUTE)
        c = tl.load(c_ptrs, mask=col_mask, other=0.0).to(COMPUTE)
        difference = x[:, None] - c[None, :]
        sums += difference * difference
        c_ptrs += stride_c
    return sums


@triton.jit
def distances_kernel(
    x_ptr,
    c_ptr,  # n_features rows
    squares_ptr,  # dense: a row for each row of x, a column for each column of c
    n_rows,
    n_cols,
    n_features,
    stride_x,
    stride_c,
    COMPUTE: tl.constexpr,
    ROWS: tl.constexpr,
    COLS: tl.constexpr,
):
    rows = tl.program_id(axis=0).to(tl.int64) * ROWS + tl.arange(0, ROWS)
    cols = tl.program_id(axis=1).to(tl.int64) * COLS + tl.arange(0, COLS)
    x_ptrs = x_ptr + rows * stride_x
    in_rows = rows < n_rows
    in_cols = cols < n_cols
    squares = squared_distances(
        x_ptrs, c_ptr + cols, in_rows, in_cols, n_features, stride_c, COMPUTE, ROWS, COLS
    )
    mask = in_rows[:, None] & in_cols[None, :]
    tl.store(squares_ptr + rows[:, None] * n_cols + cols[None, :], squares, mask=mask)


@triton.jit
def nearest_kernel(
    x_ptr,
    centres_ptr,  # n_features rows
    nearest_ptr,  # receives the index of each point's centre; -1 if none is at a finite distance
    squares_ptr,  # receives the squared distance; or None
    sums_ptr,  # receives the sum of the points of each centre, for each program; or None
    counts_ptr,  # receives how many these are
    n_points,
    n_centres,
    n_features,
    stride_x,
    stride_c,
    COMPUTE: tl.constexpr,
    POINTS: tl.constexpr,
    BLOCKS: tl.constexpr,  # of POINTS, of a program
    CENTRES: tl.constexpr,
    FEATURES: tl.constexpr,
):
    part = tl.program_id(axis=0).to(tl.int64)
    for block in range(0, BLOCKS):
        points = (part * BLOCKS + block) * POINTS + tl.arange(0, POINTS)
        is_point = points < n_points
        best = tl.full((POINTS,), float("inf"), dtype=COMPUTE)
        nearest = tl.full((POINTS,), -1, dtype=tl.int32)
        for start in range(0, n_centres, CENTRES):
            centres = start + tl.arange(0, CENTRES)
            is_centre = centres < n_centres
            x_ptrs = x_ptr + points * stride_x
            squares = squared_distances(
                x_ptrs,
                centres_ptr + centres,
                is_point,
                is_centre,
                n_features,
                stride_c,
                COMPUTE,
                POINTS,
                CENTRES,
            )
            # NaN counts as infinitely far; of equal distances the first wins.
            is_near = is_centre[None, :] & (squares < float("inf"))
            squares = tl.where(is_near, squares, float("inf"))
            least = tl.min(squares, axis=1)
            is_least = squares == least[:, None]
            first = tl.min(tl.where(is_least, centres[None, :], 0x7FFFFFFF), axis=1)
            nearest = tl.where(least < best, first, nearest)
            best = tl.minimum(least, best)
        tl.store(nearest_ptr + points, nearest, mask=is_point)
        if squares_ptr is not None:
            tl.store(squares_ptr + points, best, mask=is_point)
    if sums_ptr is not None:
        # Other lanes read what these have written.
        tl.debug_barrier()
        for first in range(0, n_centres, CENTRES):
            centres = first + tl.arange(0, CENTRES)
            is_centre = centres < n_centres
            rows = part * n_centres + centres
            for start in range(0, n_features, FEATURES):
                features = start + tl.arange(0, FEATURES)
                is_feature = features < n_features
                sums = tl.zeros((CENTRES, FEATURES), dtype=COMPUTE)
                counts = tl.zeros((CENTRES,), dtype=tl.int32)
                for block in range(0, BLOCKS):
                    points = (part * BLOCKS + block) * POINTS + tl.arange(0, POINTS)
                    nearest = tl.load(nearest_ptr + points, mask=points < n_points, other=-1)
                    own = centres[:, None] == nearest[None, :]
                    # Points without a centre may be NaN, which times 0 is NaN.
                    x_ptrs = x_ptr + points[:, None] * stride_x + features[None, :]
                    mask = (nearest >= 0)[:, None] & is_feature[None, :]
                    x = tl.load(x_ptrs, mask=mask, other=0.0).to(COMPUTE)
                    sums = tl.dot(own.to(COMPUTE), x, sums, input_precision="ieee")
                    counts += tl.sum(own.to(tl.int32), axis=1)
                sums_ptrs = sums_ptr + rows[:, None] * n_features + features[None, :]
                tl.store(sums_ptrs, sums, mask=is_centre[:, None] & is_feature[None, :])
                tl.store(counts_ptr + rows, counts, mask=is_centre)


@triton.jit
def means_kernel(
    sums_ptr,  # of each part and centre
    counts_ptr,
    centres_ptr,  # receives the mean of the points; stays what it is where there are none
    totals_ptr,  # receives the number of points of each centre
    n_parts,
    n_centres,
    n_features,
    stride_c,
    COMPUTE: tl.constexpr,
    FEATURES: tl.constexpr,
):
    centre = tl.program_id(axis=0).to(tl.int64)
    block = tl.program_id(axis=1)
    features = block * FEATURES + tl.arange(0, FEATURES)
    mask = features < n_features
    sums = tl.zeros((FEATURES,), dtype=COMPUTE)
    count = 0
    for part in range(0, n_parts):
        row = part.to(tl.int64) * n_centres + centre
        sums += tl.load(sums_ptr + row * n_features + features, mask=mask, other=0.0)
        count += tl.load(counts_ptr + row).to(tl.int32)
    if count > 0:
        tl.store(centres_ptr + centre * stride_c + features, sums / count.to(COMPUTE), mask=mask)
    if block == 0:
        tl.store(totals_ptr + centre, count)
