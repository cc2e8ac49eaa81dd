"""Distillation (Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2015).

With the logits x of a student and t of a teacher, a temperature T, p = softmax(t / T) and
q = softmax(x / T), the loss of a row is

    a T^2 sum_c p_c (log p_c - log q_c) + (1 - a) (log sum exp(x) - x_target)

and its gradient a T (q - p) + (1 - a) (softmax(x) - onehot(target)). No gradient goes to the
teacher. The target of a row may be ignore_index: it has the loss 0 and the gradient 0; one whose
target is no class has the loss and the gradient NaN. Without targets the first term is all.

A row is walked through twice, as in cross_entropy.py.
"""

import triton
import triton.language as tl
from loss_rows import load_factor, load_target
from softmax import finite_top


@triton.jit
def add_exponentials(top, total, x):
    """The largest of a row and the sum of its exponentials relative to it, with a block more."""
    higher = tl.maximum(top, tl.max(x, axis=1))
    base = finite_top(higher)
    total = total * tl.exp(top - base) + tl.sum(tl.exp(x - base[:, None]), axis=1)
    return higher, total


@triton.jit
def distillation_kernel(
    student_ptr,  # n_rows rows of n_classes logits
    teacher_ptr,  # likewise
    targets_ptr,  # one integer for each row; or None
    losses_ptr,  # one number for each row; or None
    divergence_ptr,  # likewise, receives the Kullback-Leibler divergence alone
    grads_ptr,  # gradient of the student's logits, may be these; or None
    factor_ptr,  # of the gradient, one for each row or for all; or None for 1
    upstream_ptr,  # one number, likewise; or None for 1
    stride_student,
    stride_teacher,
    stride_grads,
    stride_factor,  # 0 or 1
    n_rows,
    n_classes,
    ignore_index,
    coldness,  # 1 / T
    soft_weight,  # a T^2
    soft_slope,  # a T
    hard_weight,  # 1 - a
    grad_scale,
    COMPUTE: tl.constexpr,
    ROWS: tl.constexpr,
    BLOCK: tl.constexpr,
):
    rows = tl.program_id(axis=0).to(tl.int64) * ROWS + tl.arange(0, ROWS)
    cols = tl.arange(0, BLOCK)
    row_mask = rows < n_rows
    x_rows = student_ptr + rows[:, None] * stride_student
    t_rows = teacher_ptr + rows[:, None] * stride_teacher
    if targets_ptr is not None:
        target, one, is_class, is_ignored = load_target(
            targets_ptr, None, rows, row_mask, n_classes, ignore_index, COMPUTE
        )
        # Read before the gradient is written, which may go to the same place.
        x_target_ptrs = student_ptr + rows * stride_student + target
        x_target = tl.load(x_target_ptrs, mask=row_mask & is_class, other=0.0).to(COMPUTE)

    hard_top = tl.full((ROWS,), float("-inf"), dtype=COMPUTE)
    hard_total = tl.zeros((ROWS,), dtype=COMPUTE)
    top = tl.full((ROWS,), float("-inf"), dtype=COMPUTE)
    total = tl.zeros((ROWS,), dtype=COMPUTE)
    t_top = tl.full((ROWS,), float("-inf"), dtype=COMPUTE)
    t_total = tl.zeros((ROWS,), dtype=COMPUTE)
    for start in range(0, n_classes, BLOCK):
        valid = row_mask[:, None] & (start + cols < n_classes)[None, :]
        x_ptrs = x_rows + (start + cols)[None, :]
        t_ptrs = t_rows + (start + cols)[None, :]
        x = tl.load(x_ptrs, mask=valid, other=float("-inf")).to(COMPUTE)
        t = tl.load(t_ptrs, mask=valid, other=float("-inf")).to(COMPUTE)
        if targets_ptr is not None:
            hard_top, hard_total = add_exponentials(hard_top, hard_total, x)
        top, total = add_exponentials(top, total, x * coldness)
        t_top, t_total = add_exponentials(t_top, t_total, t * coldness)
    hard_base = finite_top(hard_top)
    base = finite_top(top)
    t_base = finite_top(t_top)
    log_total = tl.log(total)
    t_log_total = tl.log(t_total)

    divergence = tl.zeros((ROWS,), dtype=COMPUTE)
    factor = load_factor(
        factor_ptr, stride_factor, upstream_ptr, grad_scale, rows, row_mask, COMPUTE
    )
    if targets_ptr is not None:
        factor = tl.where(is_class, factor, float("nan"))
    for start in range(0, n_classes, BLOCK):
        valid = row_mask[:, None] & (start + cols < n_classes)[None, :]
        x_ptrs = x_rows + (start + cols)[None, :]
        t_ptrs = t_rows + (start + cols)[None, :]
        x = tl.load(x_ptrs, mask=valid, other=float("-inf")).to(COMPUTE)
        t = tl.load(t_ptrs, mask=valid, other=float("-inf")).to(COMPUTE)
        log_q = (x * coldness - base[:, None]) - log_total[:, None]
        log_p = (t * coldness - t_base[:, None]) - t_log_total[:, None]
        p = tl.exp(log_p)
        # 0 log 0 is 0.
        divergence += tl.sum(tl.where(valid & (p > 0.0), p * (log_p - log_q), 0.0), axis=1)
        if grads_ptr is not None:
            grads = (tl.exp(log_q) - p) * soft_slope
            if targets_ptr is not None:
                hard = tl.exp(x - hard_base[:, None]) / hard_total[:, None]
                goal = tl.where((start + cols)[None, :] == target[:, None], 1.0, 0.0)
                grads += (hard - goal) * hard_weight
            grads *= factor[:, None]
            if targets_ptr is not None:
                grads = tl.where(is_ignored[:, None], 0.0, grads)
            grad_ptrs = grads_ptr + rows[:, None] * stride_grads + (start + cols)[None, :]
            tl.store(grad_ptrs, grads, mask=valid)

    if divergence_ptr is not None:
        tl.store(divergence_ptr + rows, divergence, mask=row_mask)
    if losses_ptr is not None:
        loss = divergence * soft_weight
        if targets_ptr is not None:
            loss += (tl.log(hard_total) - (x_target - hard_base)) * hard_weight
            loss = tl.where(is_class, loss, float("nan"))
            loss = tl.where(is_ignored, 0.0, loss)
        tl.store(losses_ptr + rows, loss, mask=row_mask)
