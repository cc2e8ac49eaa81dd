"""Negative log-likelihood: -w_target x_target for rows x of log-probabilities, and its gradient.

A row whose target is ignore_index has the loss 0 and the gradient 0; one whose target is no class
has the loss NaN and the gradient NaN.
"""

import triton
import triton.language as tl
from loss_rows import load_factor, load_target


@triton.jit
def nll_kernel(
    logs_ptr,  # n_rows rows of n_classes logarithms of probabilities
    targets_ptr,  # one integer for each row
    class_weights_ptr,  # a number for each class; or None for ones
    losses_ptr,  # one number for each row; or None
    grads_ptr,  # gradient of the logarithms; or None
    factor_ptr,  # of the gradient, one for each row or for all; or None for 1
    upstream_ptr,  # one number, likewise; or None for 1
    stride_logs,
    stride_grads,
    stride_factor,  # 0 or 1
    n_rows,
    n_classes,
    ignore_index,
    grad_scale,
    COMPUTE: tl.constexpr,
    ROWS: tl.constexpr,
    BLOCK: tl.constexpr,
):
    rows = tl.program_id(axis=0).to(tl.int64) * ROWS + tl.arange(0, ROWS)
    cols = tl.arange(0, BLOCK)
    row_mask = rows < n_rows
    target, weight, is_class, is_ignored = load_target(
        targets_ptr, class_weights_ptr, rows, row_mask, n_classes, ignore_index, COMPUTE
    )
    if losses_ptr is not None:
        x_ptrs = logs_ptr + rows * stride_logs + target
        x = tl.load(x_ptrs, mask=row_mask & is_class, other=0.0).to(COMPUTE)
        loss = tl.where(is_class, -weight * x, float("nan"))
        tl.store(losses_ptr + rows, tl.where(is_ignored, 0.0, loss), mask=row_mask)
    if grads_ptr is not None:
        factor = load_factor(
            factor_ptr, stride_factor, upstream_ptr, grad_scale, rows, row_mask, COMPUTE
        )
        on_target = tl.where(is_ignored, 0.0, -weight * factor)
        elsewhere = tl.where(is_class | is_ignored, 0.0, float("nan"))
        for start in range(0, n_classes, BLOCK):
            is_target = (start + cols)[None, :] == target[:, None]
            grads = tl.where(is_target, on_target[:, None], elsewhere[:, None])
            mask = row_mask[:, None] & (start + cols < n_classes)[None, :]
            grad_ptrs = grads_ptr + rows[:, None] * stride_grads + (start + cols)[None, :]
            tl.store(grad_ptrs, grads, mask=mask)
