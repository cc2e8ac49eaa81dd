"""The norm of all gradients together, and a look for infinities and NaN.

    norm = |inverse_scale g| over all parameters; factor = max_norm / norm where that is below 1

The sum of squares goes in two steps, the first over blocks, the second over the blocks' sums in
their order: the same bits in every run. Clipping by norm: Pascanu et al., 2013.
"""

import triton
import triton.language as tl
from parameter_table import GRADS, array_of, find_block


@triton.jit
def block_squares_kernel(
    table_ptr,
    map_ptr,
    inverse_scale,
    sums_ptr,  # one for each program
    GRAD: tl.constexpr,
    COMPUTE: tl.constexpr,
    BLOCK: tl.constexpr,
    ALIGNMENT: tl.constexpr,
):
    row, start, left = find_block(table_ptr, map_ptr, BLOCK)
    offsets = tl.arange(0, BLOCK)
    g_ptr = array_of(row, GRADS, start, GRAD, ALIGNMENT)
    g = tl.load(g_ptr + offsets, mask=offsets < left, other=0.0).to(COMPUTE) * inverse_scale
    tl.store(sums_ptr + tl.program_id(axis=0), tl.sum(g * g, axis=0))


@triton.jit
def norm_kernel(
    sums_ptr,
    n,
    max_norm,  # or None
    result_ptr,  # three numbers: the norm; the factor; 1 if the norm is not finite, else 0
    COMPUTE: tl.constexpr,
    BLOCK: tl.constexpr,
):
    offsets = tl.arange(0, BLOCK)
    total = tl.zeros((BLOCK,), dtype=COMPUTE)
    for first in range(0, n, BLOCK):
        total += tl.load(sums_ptr + first + offsets, mask=offsets < n - first, other=0.0)
    norm = tl.sqrt(tl.sum(total, axis=0))
    factor = norm * 0.0 + 1.0
    if max_norm is not None:
        factor = tl.where(norm > max_norm, max_norm / norm, 1.0)
    tl.store(result_ptr, norm)
    tl.store(result_ptr + 1, factor)
    # x - x is 0 for a finite x and NaN otherwise.
    tl.store(result_ptr + 2, tl.where(norm - norm == 0.0, 0.0, 1.0))


@triton.jit
def find_inf_kernel(
    table_ptr,
    map_ptr,
    found_inf_ptr,  # one number, set to 1 if a gradient is not finite, else left alone
    GRAD: tl.constexpr,
    COMPUTE: tl.constexpr,
    BLOCK: tl.constexpr,
    ALIGNMENT: tl.constexpr,
):
    row, start, left = find_block(table_ptr, map_ptr, BLOCK)
    offsets = tl.arange(0, BLOCK)
    g_ptr = array_of(row, GRADS, start, GRAD, ALIGNMENT)
    g = tl.load(g_ptr + offsets, mask=offsets < left, other=0.0).to(COMPUTE)
    bad = tl.max(tl.where(g - g == 0.0, 0, 1), axis=0)
    # Programs that write at all write the same.
    tl.store(found_inf_ptr, 1.0, mask=bad != 0)
