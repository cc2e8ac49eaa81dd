"""Gradient descent with momentum and fp32 master weights: one pass over a parameter's numbers.

g' = g + weight_decay w; v = g' at the first step, then momentum v + (1 - dampening) g'; w -= lr v,
or with Nesterov w -= lr (g' + momentum v). Gradients are multiplied by inverse_scale; where the
number at found_inf_ptr is not 0 nothing changes.
"""

import triton
import triton.language as tl


@triton.jit
def sgd_kernel(
    weights_ptr,  # fp32
    model_ptr,  # the weights in the model's dtype; or None
    grads_ptr,
    velocity_ptr,  # fp32; or None without momentum
    found_inf_ptr,  # fp32: one number; or None
    n,
    lr,
    weight_decay,
    momentum,
    damping,  # 1 - dampening
    inverse_scale,
    FIRST: tl.constexpr,  # whether the velocity starts here
    NESTEROV: tl.constexpr,
    BLOCK: tl.constexpr,
):
    if found_inf_ptr is not None:
        if tl.load(found_inf_ptr) != 0.0:
            return
    offsets = tl.program_id(axis=0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < n
    g = tl.load(grads_ptr + offsets, mask=mask, other=0.0).to(tl.float32) * inverse_scale
    w = tl.load(weights_ptr + offsets, mask=mask, other=0.0)
    g = g + weight_decay * w
    if velocity_ptr is not None:
        if FIRST:
            v = g
        else:
            v = momentum * tl.load(velocity_ptr + offsets, mask=mask, other=0.0) + damping * g
        tl.store(velocity_ptr + offsets, v, mask=mask)
        if NESTEROV:
            g = g + momentum * v
        else:
            g = v
    w = w - lr * g
    tl.store(weights_ptr + offsets, w, mask=mask)
    if model_ptr is not None:
        tl.store(model_ptr + offsets, w, mask=mask)
