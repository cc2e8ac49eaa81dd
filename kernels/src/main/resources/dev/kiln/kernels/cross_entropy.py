"""Softmax and cross-entropy in one pass over the logits: the loss of each row and its gradient.

With p = softmax(x) and the smoothed target q = (1 - s) onehot(target) + s / C, the loss of a row
is -sum(q log p), its gradient p - q. A row whose target is ignore_index has the loss 0 and the
gradient 0; one whose target is no class has the loss NaN.
"""

import triton
import triton.language as tl


@triton.jit
def cross_entropy_kernel(
    logits_ptr,  # rows of n_classes numbers
    targets_ptr,  # one integer for each row
    losses_ptr,  # fp32, one for each row
    grads_ptr,  # gradient of the logits; or None
    weight_ptr,  # fp32: one number, the weight of a row in the gradient; or None for 1
    stride_logits,
    stride_grads,
    n_classes,
    ignore_index,
    label_smoothing,
    grad_scale,
    BLOCK: tl.constexpr,
):
    row = tl.program_id(axis=0).to(tl.int64)
    cols = tl.arange(0, BLOCK)
    mask = cols < n_classes
    x_ptrs = logits_ptr + row * stride_logits + cols
    x = tl.load(x_ptrs, mask=mask, other=float("-inf")).to(tl.float32)
    target = tl.load(targets_ptr + row)
    is_target = cols == target

    top = tl.max(x, axis=0)
    shifted = x - top
    exps = tl.exp(shifted)
    total = tl.sum(exps, axis=0)
    # Relative to the row's largest logit, so that large logits do not cancel.
    log_total = tl.log(total)
    on_target = tl.sum(tl.where(is_target, shifted, 0.0), axis=0)
    on_average = tl.sum(tl.where(mask, shifted, 0.0), axis=0) / n_classes
    loss = log_total - (1.0 - label_smoothing) * on_target
    if label_smoothing > 0.0:
        loss = loss - label_smoothing * on_average
    is_class = (target >= 0) & (target < n_classes)
    is_ignored = target == ignore_index
    loss = tl.where(is_class, loss, float("nan"))
    loss = tl.where(is_ignored, 0.0, loss)
    tl.store(losses_ptr + row, loss)

    if grads_ptr is not None:
        weight = grad_scale
        if weight_ptr is not None:
            weight = weight * tl.load(weight_ptr)
        weight = tl.where(is_ignored, 0.0, weight)
        goal = tl.where(is_target, 1.0 - label_smoothing, 0.0) + label_smoothing / n_classes
        grads = tl.where(is_ignored, 0.0, (exps / total - goal) * weight)
        tl.store(grads_ptr + row * stride_grads + cols, grads, mask=mask)


@triton.jit
def row_weight_kernel(
    targets_ptr,
    weight_ptr,  # fp32: receives 1 / (rows that are not ignored), or 0 if there are none
    n_rows,
    ignore_index,
    BLOCK: tl.constexpr,
):
    counts = tl.zeros((BLOCK,), dtype=tl.int32)
    for start in range(0, n_rows, BLOCK):
        offsets = start + tl.arange(0, BLOCK)
        mask = offsets < n_rows
        targets = tl.load(targets_ptr + offsets, mask=mask, other=0)
        counts += tl.where(mask & (targets != ignore_index), 1, 0)
    count = tl.sum(counts, axis=0).to(tl.float32)
    tl.store(weight_ptr, tl.where(count > 0.0, 1.0 / tl.maximum(count, 1.0), 0.0))


@triton.jit
def mean_loss_kernel(
    losses_ptr,
    weight_ptr,  # fp32: one number, the weight of a row
    mean_ptr,  # fp32: one number
    n_rows,
    BLOCK: tl.constexpr,
):
    sums = tl.zeros((BLOCK,), dtype=tl.float32)
    for start in range(0, n_rows, BLOCK):
        offsets = start + tl.arange(0, BLOCK)
        sums += tl.load(losses_ptr + offsets, mask=offsets < n_rows, other=0.0)
    tl.store(mean_ptr, tl.sum(sums, axis=0) * tl.load(weight_ptr))
