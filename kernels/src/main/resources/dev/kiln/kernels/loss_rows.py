"""What losses over rows of classes share: targets, their weights, the sum over the rows."""

import triton
import triton.language as tl


@triton.jit
def load_target(
    targets_ptr, class_weights_ptr, rows, row_mask, n_classes, ignore_index, COMPUTE: tl.constexpr
):
    """Class of each row (-1 if it is none), its weight, whether it is a class, whether ignored."""
    given = tl.load(targets_ptr + rows, mask=row_mask, other=0)
    is_ignored = given == ignore_index
    is_class = (given >= 0) & (given < n_classes)
    # The class fits 32 bits; what is none must not become one by losing its upper bits.
    target = tl.where(is_class, given, -1).to(tl.int32)
    if class_weights_ptr is not None:
        ptrs = class_weights_ptr + target
        weight = tl.load(ptrs, mask=row_mask & is_class, other=0.0).to(COMPUTE)
    else:
        weight = tl.full(rows.shape, 1.0, dtype=COMPUTE)
    return target, weight, is_class, is_ignored


@triton.jit
def load_factor(
    factor_ptr, stride_factor, upstream_ptr, scale, rows, row_mask, COMPUTE: tl.constexpr
):
    """What the gradient of each row is multiplied by."""
    factor = tl.full(rows.shape, 1.0, dtype=COMPUTE) * scale
    if factor_ptr is not None:
        factor *= tl.load(factor_ptr + rows * stride_factor, mask=row_mask, other=0.0)
    if upstream_ptr is not None:
        factor *= tl.load(upstream_ptr)
    return factor


@triton.jit
def row_weight_kernel(
    targets_ptr,
    class_weights_ptr,  # a number for each class; or None for ones
    weight_ptr,  # receives 1 / (weights of the rows that are not ignored), or 0 if there are none
    n_rows,
    n_classes,
    ignore_index,
    COMPUTE: tl.constexpr,
    BLOCK: tl.constexpr,
):
    sums = tl.zeros((BLOCK,), dtype=COMPUTE)
    counts = tl.zeros((BLOCK,), dtype=tl.int32)
    for start in range(0, n_rows, BLOCK):
        rows = start + tl.arange(0, BLOCK)
        mask = rows < n_rows
        if class_weights_ptr is None:
            targets = tl.load(targets_ptr + rows, mask=mask, other=0)
            counts += tl.where(mask & (targets != ignore_index), 1, 0)
        else:
            target, weight, is_class, is_ignored = load_target(
                targets_ptr, class_weights_ptr, rows, mask, n_classes, ignore_index, COMPUTE
            )
            sums += tl.where(mask & (is_ignored == 0), weight, 0.0)
    total = tl.sum(sums, axis=0)
    if class_weights_ptr is None:
        total = tl.sum(counts, axis=0).to(COMPUTE)
    tl.store(weight_ptr, tl.where(total > 0.0, 1.0 / tl.where(total > 0.0, total, 1.0), 0.0))


@triton.jit
def sum_losses_kernel(
    losses_ptr,  # losses of rows, or sums of parts
    weight_ptr,  # one number, the weight of a row; or None for 1
    sum_ptr,  # one number
    n,
    scale,
    COMPUTE: tl.constexpr,
    BLOCK: tl.constexpr,
):
    sums = tl.zeros((BLOCK,), dtype=COMPUTE)
    for start in range(0, n, BLOCK):
        offsets = start + tl.arange(0, BLOCK)
        sums += tl.load(losses_ptr + offsets, mask=offsets < n, other=0.0)
    total = tl.sum(sums, axis=0) * scale
    if weight_ptr is not None:
        total *= tl.load(weight_ptr)
    tl.store(sum_ptr, total)
