"""Softmax and cross-entropy over rows of logits of any length: losses and their gradient.

With p = softmax(x), a distribution q as the goal, weights w of the classes and a factor z, the loss
of a row is sum_c w_c q_c (lse - x_c) + z lse^2, where lse = log(sum exp(x)); its gradient is
(sum_c w_c q_c + 2 z lse) p - w q. The goal is a class, q = (1 - s) onehot(target) + s / C with the
label smoothing s (Szegedy et al., "Rethinking the Inception Architecture", 2016), or given for each
class, and smoothed likewise. z is that of Chowdhery et al., "PaLM", 2022.

A row whose target is ignore_index has the loss 0 and the gradient 0; one whose target is no class
has the loss NaN and the gradient NaN.

A row is walked through twice: for its largest logit and its sum of exponentials, which is scaled
whenever a larger logit comes (Milakov and Gimelshein, 2018), and for the gradient.
"""

import triton
import triton.language as tl
from loss_rows import load_factor, load_target
from softmax import finite_top


@triton.jit
def goal_tile(
    targets_ptr,
    class_weights_ptr,
    stride_targets,
    n_classes,
    label_smoothing,
    target,
    rows,
    cols,
    valid,
    SOFT: tl.constexpr,
    SMOOTH: tl.constexpr,
    COMPUTE: tl.constexpr,
):
    """w q: the weighted goal of each class."""
    if SOFT:
        ptrs = targets_ptr + rows[:, None] * stride_targets + cols[None, :]
        q = tl.load(ptrs, mask=valid, other=0.0).to(COMPUTE)
        if SMOOTH:
            q = q * (1.0 - label_smoothing) + label_smoothing / n_classes
    else:
        on_target = tl.full(target.shape, 1.0, dtype=COMPUTE)
        if SMOOTH:
            on_target = on_target - label_smoothing
        q = tl.where(cols[None, :] == target[:, None], on_target[:, None], 0.0)
        if SMOOTH:
            q += label_smoothing / n_classes
    if class_weights_ptr is not None:
        weights = tl.load(class_weights_ptr + cols, mask=cols < n_classes, other=0.0).to(COMPUTE)
        q *= weights[None, :]
    return q


@triton.jit
def cross_entropy_kernel(
    logits_ptr,  # n_rows rows of n_classes numbers
    targets_ptr,  # one integer for each row; or, if SOFT, rows of n_classes probabilities
    class_weights_ptr,  # a number for each class; or None for ones
    losses_ptr,  # one number for each row; or None
    lse_ptr,  # likewise
    grads_ptr,  # gradient of the logits, may be the logits; or None
    factor_ptr,  # of the gradient, one for each row or for all; or None for 1
    upstream_ptr,  # one number, likewise; or None for 1
    stride_logits,
    stride_targets,
    stride_grads,
    stride_factor,  # 0 or 1
    n_rows,
    n_classes,
    ignore_index,
    label_smoothing,
    z_weight,
    grad_scale,
    SOFT: tl.constexpr,
    SMOOTH: tl.constexpr,  # label_smoothing is not 0
    Z_LOSS: tl.constexpr,  # z_weight is not 0
    COMPUTE: tl.constexpr,
    ROWS: tl.constexpr,
    BLOCK: tl.constexpr,
):
    rows = tl.program_id(axis=0).to(tl.int64) * ROWS + tl.arange(0, ROWS)
    cols = tl.arange(0, BLOCK)
    row_mask = rows < n_rows
    x_rows = logits_ptr + rows[:, None] * stride_logits
    # Goals with several classes are multiplied and added up, class by class.
    MANY: tl.constexpr = SOFT or SMOOTH
    SUMMED: tl.constexpr = SOFT or (SMOOTH and class_weights_ptr is not None)
    goal_sum = tl.full((ROWS,), 1.0, dtype=COMPUTE)
    if SOFT:
        target = tl.zeros((ROWS,), dtype=tl.int32)
    else:
        target, goal_sum, is_class, is_ignored = load_target(
            targets_ptr, class_weights_ptr, rows, row_mask, n_classes, ignore_index, COMPUTE
        )
        # Read before the gradient is written, which may go to the same place.
        x_target_ptrs = logits_ptr + rows * stride_logits + target
        x_target = tl.load(x_target_ptrs, mask=row_mask & is_class, other=0.0).to(COMPUTE)
    if SUMMED:
        goal_sum = tl.zeros((ROWS,), dtype=COMPUTE)
    elif SMOOTH:
        goal_sum = tl.full((ROWS,), 1.0, dtype=COMPUTE)

    top = tl.full((ROWS,), float("-inf"), dtype=COMPUTE)
    total = tl.zeros((ROWS,), dtype=COMPUTE)
    for start in range(0, n_classes, BLOCK):
        valid = row_mask[:, None] & (start + cols < n_classes)[None, :]
        x_ptrs = x_rows + (start + cols)[None, :]
        x = tl.load(x_ptrs, mask=valid, other=float("-inf")).to(COMPUTE)
        higher = tl.maximum(top, tl.max(x, axis=1))
        base = finite_top(higher)
        total = total * tl.exp(top - base) + tl.sum(tl.exp(x - base[:, None]), axis=1)
        top = higher
        if SUMMED:
            goal = goal_tile(
                targets_ptr, class_weights_ptr, stride_targets, n_classes, label_smoothing,
                target, rows, start + cols, valid, SOFT, SMOOTH, COMPUTE,
            )  # fmt: skip
            goal_sum += tl.sum(tl.where(valid, goal, 0.0), axis=1)
    base = finite_top(top)
    # Relative to the row's largest logit, so that large logits do not cancel.
    log_total = tl.log(total)
    lse = base + log_total
    if lse_ptr is not None:
        tl.store(lse_ptr + rows, lse, mask=row_mask)

    dot = tl.zeros((ROWS,), dtype=COMPUTE)
    if MANY or grads_ptr is not None:
        factor = load_factor(
            factor_ptr, stride_factor, upstream_ptr, grad_scale, rows, row_mask, COMPUTE
        )
        if not SOFT:
            factor = tl.where(is_class, factor, float("nan"))
        slope = goal_sum
        if Z_LOSS:
            slope = slope + 2.0 * z_weight * lse
        slope = slope / total
        for start in range(0, n_classes, BLOCK):
            valid = row_mask[:, None] & (start + cols < n_classes)[None, :]
            x_ptrs = x_rows + (start + cols)[None, :]
            x = tl.load(x_ptrs, mask=valid, other=float("-inf")).to(COMPUTE)
            shifted = x - base[:, None]
            goal = goal_tile(
                targets_ptr, class_weights_ptr, stride_targets, n_classes, label_smoothing,
                target, rows, start + cols, valid, SOFT, SMOOTH, COMPUTE,
            )  # fmt: skip
            if MANY:
                # 0 log 0 is 0.
                dot += tl.sum(tl.where(valid & (goal != 0.0), goal * shifted, 0.0), axis=1)
            if grads_ptr is not None:
                grads = (tl.exp(shifted) * slope[:, None] - goal) * factor[:, None]
                if not SOFT:
                    grads = tl.where(is_ignored[:, None], 0.0, grads)
                grad_ptrs = grads_ptr + rows[:, None] * stride_grads + (start + cols)[None, :]
                tl.store(grad_ptrs, grads, mask=valid)

    if losses_ptr is not None:
        if not MANY:
            dot = goal_sum * (x_target - base)
        loss = goal_sum * log_total - dot
        if Z_LOSS:
            loss += z_weight * lse * lse
        if not SOFT:
            loss = tl.where(is_class, loss, float("nan"))
            loss = tl.where(is_ignored, 0.0, loss)
        tl.store(losses_ptr + rows, loss, mask=row_mask)
