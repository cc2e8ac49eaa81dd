"""AdamW with fp32 master weights: one pass over a parameter's numbers.

Gradients are multiplied by inverse_scale, which undoes loss scaling. Where the number at
found_inf_ptr is not 0 nothing changes: the step is skipped. The model's own copy of the weights, in
a smaller dtype, is written in the same pass. Loshchilov and Hutter, "Decoupled Weight Decay
Regularization", 2019.
"""

import triton
import triton.language as tl


@triton.jit
def adamw_kernel(
    weights_ptr,  # fp32
    model_ptr,  # the weights in the model's dtype; or None
    grads_ptr,
    mean_ptr,  # fp32: moving average of the gradient
    square_ptr,  # fp32: moving average of its square
    found_inf_ptr,  # fp32: one number; or None
    n,
    step_size,  # lr / (1 - beta1^t)
    decay,  # 1 - lr * weight_decay
    root_correction,  # 1 / sqrt(1 - beta2^t)
    mean_weight,  # 1 - beta1
    square_weight,  # 1 - beta2
    beta2,
    eps,
    inverse_scale,
    BLOCK: tl.constexpr,
):
    if found_inf_ptr is not None:
        if tl.load(found_inf_ptr) != 0.0:
            return
    offsets = tl.program_id(axis=0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < n
    g = tl.load(grads_ptr + offsets, mask=mask, other=0.0).to(tl.float32) * inverse_scale
    w = tl.load(weights_ptr + offsets, mask=mask, other=0.0)
    m = tl.load(mean_ptr + offsets, mask=mask, other=0.0)
    v = tl.load(square_ptr + offsets, mask=mask, other=0.0)
    m = m + (g - m) * mean_weight
    v = beta2 * v + square_weight * g * g
    w = w * decay - step_size * (m / (tl.sqrt(v) * root_correction + eps))
    tl.store(mean_ptr + offsets, m, mask=mask)
    tl.store(square_ptr + offsets, v, mask=mask)
    tl.store(weights_ptr + offsets, w, mask=mask)
    if model_ptr is not None:
        tl.store(model_ptr + offsets, w, mask=mask)
