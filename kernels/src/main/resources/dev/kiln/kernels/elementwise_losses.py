"""Losses of numbers x against targets y, number by number, their sums and their gradients.

    mse           (x - y)^2
    l1            |x - y|                                          gradient 0 at 0
    smooth_l1     d^2 / (2 b) where d = |x - y| < b, else d - b / 2
    huber         d^2 / 2 where d = |x - y| <= b, else b (d - b / 2)  (Huber, 1964)
    bce           -c y log sigmoid(x) - (1 - y) log sigmoid(-x), c a weight of the positive term
    hinge         max(0, b - x y), y is -1 or 1
    kl            y (log y - x), x logarithms; 0 where y is 0
    kl_log        exp(y) (y - x), both logarithms; 0 where y is minus infinity

The derivatives are those for x.
"""

import triton
import triton.language as tl


@triton.jit
def loss_and_slope(x, y, positive, b, LOSS: tl.constexpr):
    """The loss and its derivative; positive is the weight of the positive term, or None."""
    if LOSS == "mse":
        d = x - y
        loss = d * d
        slope = 2.0 * d
    elif LOSS == "l1":
        d = x - y
        loss = tl.abs(d)
        slope = tl.where(d > 0.0, 1.0, tl.where(d < 0.0, -1.0, d))
    elif LOSS == "smooth_l1":
        d = x - y
        far = tl.abs(d)
        loss = tl.where(far < b, 0.5 * d * d / b, far - 0.5 * b)
        slope = tl.where(far < b, d / b, tl.where(d > 0.0, 1.0, tl.where(d < 0.0, -1.0, d)))
    elif LOSS == "huber":
        d = x - y
        far = tl.abs(d)
        loss = tl.where(far <= b, 0.5 * d * d, b * (far - 0.5 * b))
        slope = tl.where(far <= b, d, tl.where(d > 0.0, b, tl.where(d < 0.0, -b, d)))
    elif LOSS == "bce":
        # exp of what is not positive cannot overflow.
        small = tl.exp(-tl.abs(x))
        # log(1 + small), without losing a small one to the 1.
        whole = 1.0 + small
        log = tl.log(whole) + (small - (whole - 1.0)) / whole
        ones = y
        if positive is not None:
            ones = y * positive
        zeros = 1.0 - y
        # The logarithms of sigmoid(x) and of sigmoid(-x): sums of what is not negative.
        loss = (ones + zeros) * log + tl.where(x < 0.0, ones, -zeros) * -x
        larger = 1.0 / whole
        smaller = small / whole
        slope = zeros * tl.where(x < 0.0, smaller, larger)
        slope -= ones * tl.where(x < 0.0, larger, smaller)
    elif LOSS == "hinge":
        margin = b - x * y
        loss = tl.where(margin <= 0.0, 0.0, margin)
        slope = tl.where(margin <= 0.0, 0.0, -y)
    elif LOSS == "kl":
        loss = tl.where(y == 0.0, 0.0, y * (tl.log(y) - x))
        slope = -y
    else:
        tl.static_assert(LOSS == "kl_log", "no such loss")
        p = tl.exp(y)
        loss = tl.where(y == float("-inf"), 0.0, p * (y - x))
        slope = -p
    return loss, slope


@triton.jit
def elementwise_loss_kernel(
    x_ptr,  # n_rows dense rows of n_cols numbers
    y_ptr,  # likewise
    weights_ptr,  # factors of the losses; or None
    positive_ptr,  # weights of the positive terms of "bce"; or None
    losses_ptr,  # receives each loss; or None
    parts_ptr,  # one number for each program, receives the sum of its losses; or None
    grads_ptr,  # gradient of x, may be x or y; or None
    factor_ptr,  # of the gradient, one for each number or for all; or None for 1
    upstream_ptr,  # one number, likewise; or None for 1
    stride_weights,  # from row to row: 0 or n_cols
    stride_positive,  # likewise
    stride_factor,  # from number to number: 0 or 1
    n_rows,
    n_cols,
    b,
    grad_scale,
    LOSS: tl.constexpr,
    COMPUTE: tl.constexpr,
    ROWS: tl.constexpr,
    BLOCK: tl.constexpr,
):
    rows = tl.program_id(axis=0).to(tl.int64) * ROWS + tl.arange(0, ROWS)
    cols = tl.program_id(axis=1).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    valid = (rows < n_rows)[:, None] & (cols < n_cols)[None, :]
    at = rows[:, None] * n_cols + cols[None, :]
    x = tl.load(x_ptr + at, mask=valid, other=0.0).to(COMPUTE)
    y = tl.load(y_ptr + at, mask=valid, other=0.0).to(COMPUTE)
    if positive_ptr is not None:
        positive_ptrs = positive_ptr + rows[:, None] * stride_positive + cols[None, :]
        positive = tl.load(positive_ptrs, mask=valid, other=0.0).to(COMPUTE)
        loss, slope = loss_and_slope(x, y, positive, b, LOSS)
    else:
        loss, slope = loss_and_slope(x, y, None, b, LOSS)
    if weights_ptr is not None:
        weights_ptrs = weights_ptr + rows[:, None] * stride_weights + cols[None, :]
        weights = tl.load(weights_ptrs, mask=valid, other=0.0).to(COMPUTE)
        loss *= weights
        slope *= weights
    if losses_ptr is not None:
        tl.store(losses_ptr + at, loss, mask=valid)
    if parts_ptr is not None:
        part = tl.program_id(axis=0) * tl.num_programs(axis=1) + tl.program_id(axis=1)
        sums = tl.sum(tl.where(valid, loss, 0.0), axis=1)
        tl.store(parts_ptr + part, tl.sum(sums, axis=0))
    if grads_ptr is not None:
        factor = tl.full((ROWS, BLOCK), 1.0, dtype=COMPUTE) * grad_scale
        if upstream_ptr is not None:
            factor *= tl.load(upstream_ptr)
        if factor_ptr is not None:
            factor *= tl.load(factor_ptr + at * stride_factor, mask=valid, other=0.0)
        tl.store(grads_ptr + at, slope * factor, mask=valid)
