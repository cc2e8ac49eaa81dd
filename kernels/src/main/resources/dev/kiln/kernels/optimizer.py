"""One step of an optimizer for many parameters in one launch, each number read and written once.

Gradients are multiplied by inverse_scale, which undoes loss scaling, and by the number at
clip_factor_ptr; then clipped to clip_value. Where the number at found_inf_ptr is not 0 nothing
changes: the step is skipped. The model's own copy of the weights, in a smaller dtype, is written
in the same pass. `lr` is the learning rate times the parameter's factor, `wd` the weight decay
times the parameter's factor.

    SGD      g += wd w; v = momentum v + (1 - dampening) g, v = g at first; w -= lr v, or with
             Nesterov lr (g + momentum v)                             (PyTorch's form)
    Adagrad  g += wd w; s += g^2; w -= lr g / (sqrt(s) + eps)         (Duchi et al., 2011)
    RMSProp  g += wd w; s = alpha s + (1 - alpha) g^2; w -= lr g / (sqrt(s) + eps); centred
             variant and momentum as in PyTorch                       (Hinton, 2012; Graves, 2013)
    Adam     m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2, both corrected for their
             start at 0; w -= lr m / (sqrt(v) + eps)                  (Kingma and Ba, 2015)
             AdamW: w -= lr wd w in place of g += wd w                (Loshchilov and Hutter, 2019)
             AMSGrad: the largest v so far in place of v              (Reddi et al., 2018)
    Lion     w -= lr (sign(beta1 m + (1 - beta1) g) + wd w); m = beta2 m + (1 - beta2) g
                                                                      (Chen et al., 2023)
    Averages w += rate (x - w), x in the place of the gradient
    Rprop    a step size for each weight grows while the gradient's sign stays and shrinks when it
             changes                                                  (Riedmiller and Braun, 1993)
"""

import triton
import triton.language as tl
from parameter_table import (
    DECAY_SCALE,
    MODEL_COPY,
    RATE_SCALE,
    STATE_A,
    STATE_B,
    STATE_C,
    array_of,
    elements_of_block,
    factor_of,
    load_gradient,
    store_weights,
    weights_and_gradients,
)


@triton.jit
def sgd_kernel(
    table_ptr,  # the state is the velocity
    map_ptr,
    found_inf_ptr,  # one number; or None
    clip_factor_ptr,  # one number; or None
    inverse_scale,
    clip_value,  # or None
    lr,
    weight_decay,
    momentum,
    keep,  # of the velocity: momentum, or 0 at the first step
    damping,  # 1 - dampening, or 1 at the first step
    WEIGHT: tl.constexpr,  # dtypes
    MODEL: tl.constexpr,  # or None
    GRAD: tl.constexpr,
    COMPUTE: tl.constexpr,  # also of the state
    BLOCK: tl.constexpr,
    ALIGNMENT: tl.constexpr,  # of the parameters' arrays, in bytes
    MOMENTUM: tl.constexpr,  # whether there is a velocity
    NESTEROV: tl.constexpr,
):
    if found_inf_ptr is not None:
        if tl.load(found_inf_ptr) != 0.0:
            return
    row, start, offsets, mask = elements_of_block(table_ptr, map_ptr, BLOCK, ALIGNMENT)
    w_ptr, g_ptr = weights_and_gradients(row, start, WEIGHT, GRAD, ALIGNMENT)
    model_ptr = array_of(row, MODEL_COPY, start, MODEL, ALIGNMENT)
    v_ptr = array_of(row, STATE_A, start, COMPUTE, ALIGNMENT)
    lr = lr * factor_of(row, RATE_SCALE, COMPUTE)
    weight_decay = weight_decay * factor_of(row, DECAY_SCALE, COMPUTE)
    w = tl.load(w_ptr + offsets, mask=mask, other=0.0).to(COMPUTE)
    g = load_gradient(
        g_ptr, offsets, mask, clip_factor_ptr, inverse_scale, clip_value, COMPUTE
    )
    g = g + weight_decay * w
    if MOMENTUM:
        v = tl.load(v_ptr + offsets, mask=mask, other=0.0)
        v = keep * v + damping * g
        if NESTEROV:
            g = g + momentum * v
        else:
            g = v
    w = w - lr * g
    store_weights(w_ptr, model_ptr, offsets, mask, w)
    if MOMENTUM:
        tl.store(v_ptr + offsets, v, mask=mask)


@triton.jit
def adagrad_kernel(
    table_ptr,  # the state is the sum of squares
    map_ptr,
    found_inf_ptr,
    clip_factor_ptr,
    inverse_scale,
    clip_value,
    lr,
    weight_decay,
    eps,
    WEIGHT: tl.constexpr,
    MODEL: tl.constexpr,
    GRAD: tl.constexpr,
    COMPUTE: tl.constexpr,
    BLOCK: tl.constexpr,
    ALIGNMENT: tl.constexpr,
):
    if found_inf_ptr is not None:
        if tl.load(found_inf_ptr) != 0.0:
            return
    row, start, offsets, mask = elements_of_block(table_ptr, map_ptr, BLOCK, ALIGNMENT)
    w_ptr, g_ptr = weights_and_gradients(row, start, WEIGHT, GRAD, ALIGNMENT)
    model_ptr = array_of(row, MODEL_COPY, start, MODEL, ALIGNMENT)
    s_ptr = array_of(row, STATE_A, start, COMPUTE, ALIGNMENT)
    lr = lr * factor_of(row, RATE_SCALE, COMPUTE)
    weight_decay = weight_decay * factor_of(row, DECAY_SCALE, COMPUTE)
    w = tl.load(w_ptr + offsets, mask=mask, other=0.0).to(COMPUTE)
    g = load_gradient(
        g_ptr, offsets, mask, clip_factor_ptr, inverse_scale, clip_value, COMPUTE
    )
    g = g + weight_decay * w
    s = tl.load(s_ptr + offsets, mask=mask, other=0.0)
    s = s + g * g
    w = w - lr * (g / (tl.sqrt(s) + eps))
    store_weights(w_ptr, model_ptr, offsets, mask, w)
    tl.store(s_ptr + offsets, s, mask=mask)


@triton.jit
def rmsprop_kernel(
    table_ptr,  # states: average of squares; velocity; average of gradients
    map_ptr,
    found_inf_ptr,
    clip_factor_ptr,
    inverse_scale,
    clip_value,
    lr,
    weight_decay,
    alpha,
    square_weight,  # 1 - alpha
    eps,
    momentum,
    WEIGHT: tl.constexpr,
    MODEL: tl.constexpr,
    GRAD: tl.constexpr,
    COMPUTE: tl.constexpr,
    BLOCK: tl.constexpr,
    ALIGNMENT: tl.constexpr,
    MOMENTUM: tl.constexpr,  # whether there is a velocity
    CENTERED: tl.constexpr,  # whether the average of gradients is taken off
):
    if found_inf_ptr is not None:
        if tl.load(found_inf_ptr) != 0.0:
            return
    row, start, offsets, mask = elements_of_block(table_ptr, map_ptr, BLOCK, ALIGNMENT)
    w_ptr, g_ptr = weights_and_gradients(row, start, WEIGHT, GRAD, ALIGNMENT)
    model_ptr = array_of(row, MODEL_COPY, start, MODEL, ALIGNMENT)
    s_ptr = array_of(row, STATE_A, start, COMPUTE, ALIGNMENT)
    v_ptr = array_of(row, STATE_B, start, COMPUTE, ALIGNMENT)
    a_ptr = array_of(row, STATE_C, start, COMPUTE, ALIGNMENT)
    lr = lr * factor_of(row, RATE_SCALE, COMPUTE)
    weight_decay = weight_decay * factor_of(row, DECAY_SCALE, COMPUTE)
    w = tl.load(w_ptr + offsets, mask=mask, other=0.0).to(COMPUTE)
    g = load_gradient(
        g_ptr, offsets, mask, clip_factor_ptr, inverse_scale, clip_value, COMPUTE
    )
    g = g + weight_decay * w
    s = tl.load(s_ptr + offsets, mask=mask, other=0.0)
    s = alpha * s + square_weight * g * g
    variance = s
    if CENTERED:
        a = tl.load(a_ptr + offsets, mask=mask, other=0.0)
        a = a + (g - a) * square_weight
        # Rounding may make it a little less than 0, whose root is NaN.
        variance = s - a * a
        variance = tl.where(variance < 0.0, 0.0, variance)
    u = g / (tl.sqrt(variance) + eps)
    if MOMENTUM:
        v = tl.load(v_ptr + offsets, mask=mask, other=0.0)
        u = momentum * v + u
    w = w - lr * u
    store_weights(w_ptr, model_ptr, offsets, mask, w)
    tl.store(s_ptr + offsets, s, mask=mask)
    if MOMENTUM:
        tl.store(v_ptr + offsets, u, mask=mask)
    if CENTERED:
        tl.store(a_ptr + offsets, a, mask=mask)


# ptx sm_80, sm_90a [AdamW of 8192]: registers <= 32, spills == 0, sectors <= ideal
@triton.jit
def adam_kernel(
    table_ptr,  # states: averages of the gradient and of its square; largest of these
    map_ptr,
    found_inf_ptr,
    clip_factor_ptr,
    inverse_scale,
    clip_value,
    step_size,  # lr / (1 - beta1^t)
    decay,  # the weight decay; if it is decoupled, times lr
    root_correction,  # 1 / sqrt(1 - beta2^t)
    mean_weight,  # 1 - beta1
    square_weight,  # 1 - beta2
    beta2,
    eps,
    WEIGHT: tl.constexpr,
    MODEL: tl.constexpr,
    GRAD: tl.constexpr,
    COMPUTE: tl.constexpr,
    BLOCK: tl.constexpr,
    ALIGNMENT: tl.constexpr,
    DECOUPLED: tl.constexpr,  # AdamW
    AMSGRAD: tl.constexpr,
):
    if found_inf_ptr is not None:
        if tl.load(found_inf_ptr) != 0.0:
            return
    row, start, offsets, mask = elements_of_block(table_ptr, map_ptr, BLOCK, ALIGNMENT)
    w_ptr, g_ptr = weights_and_gradients(row, start, WEIGHT, GRAD, ALIGNMENT)
    model_ptr = array_of(row, MODEL_COPY, start, MODEL, ALIGNMENT)
    m_ptr = array_of(row, STATE_A, start, COMPUTE, ALIGNMENT)
    v_ptr = array_of(row, STATE_B, start, COMPUTE, ALIGNMENT)
    top_ptr = array_of(row, STATE_C, start, COMPUTE, ALIGNMENT)
    rate_scale = factor_of(row, RATE_SCALE, COMPUTE)
    decay = decay * factor_of(row, DECAY_SCALE, COMPUTE)
    step_size = step_size * rate_scale
    w = tl.load(w_ptr + offsets, mask=mask, other=0.0).to(COMPUTE)
    g = load_gradient(
        g_ptr, offsets, mask, clip_factor_ptr, inverse_scale, clip_value, COMPUTE
    )
    if DECOUPLED:
        w = w * (1.0 - rate_scale * decay)
    else:
        g = g + decay * w
    m = tl.load(m_ptr + offsets, mask=mask, other=0.0)
    v = tl.load(v_ptr + offsets, mask=mask, other=0.0)
    m = m + (g - m) * mean_weight
    v = beta2 * v + square_weight * g * g
    root = v
    if AMSGRAD:
        top = tl.load(top_ptr + offsets, mask=mask, other=0.0)
        root = tl.maximum(top, v, tl.PropagateNan.ALL)
        tl.store(top_ptr + offsets, root, mask=mask)
    # What is stored before the quotients needs no registers meanwhile.
    tl.store(m_ptr + offsets, m, mask=mask)
    tl.store(v_ptr + offsets, v, mask=mask)
    w = w - step_size * (m / (tl.sqrt(root) * root_correction + eps))
    store_weights(w_ptr, model_ptr, offsets, mask, w)


@triton.jit
def lion_kernel(
    table_ptr,  # the state is the average of the gradient
    map_ptr,
    found_inf_ptr,
    clip_factor_ptr,
    inverse_scale,
    clip_value,
    lr,
    decay,  # lr * weight decay
    update_weight,  # 1 - beta1
    mean_weight,  # 1 - beta2
    WEIGHT: tl.constexpr,
    MODEL: tl.constexpr,
    GRAD: tl.constexpr,
    COMPUTE: tl.constexpr,
    BLOCK: tl.constexpr,
    ALIGNMENT: tl.constexpr,
):
    if found_inf_ptr is not None:
        if tl.load(found_inf_ptr) != 0.0:
            return
    row, start, offsets, mask = elements_of_block(table_ptr, map_ptr, BLOCK, ALIGNMENT)
    w_ptr, g_ptr = weights_and_gradients(row, start, WEIGHT, GRAD, ALIGNMENT)
    model_ptr = array_of(row, MODEL_COPY, start, MODEL, ALIGNMENT)
    m_ptr = array_of(row, STATE_A, start, COMPUTE, ALIGNMENT)
    rate_scale = factor_of(row, RATE_SCALE, COMPUTE)
    decay = decay * factor_of(row, DECAY_SCALE, COMPUTE)
    lr = lr * rate_scale
    w = tl.load(w_ptr + offsets, mask=mask, other=0.0).to(COMPUTE)
    g = load_gradient(
        g_ptr, offsets, mask, clip_factor_ptr, inverse_scale, clip_value, COMPUTE
    )
    m = tl.load(m_ptr + offsets, mask=mask, other=0.0)
    u = m + (g - m) * update_weight
    w = w * (1.0 - rate_scale * decay)
    # Neither side takes NaN, which stays.
    w = w - tl.where(u > 0.0, lr, tl.where(u < 0.0, -lr, u))
    m = m + (g - m) * mean_weight
    store_weights(w_ptr, model_ptr, offsets, mask, w)
    tl.store(m_ptr + offsets, m, mask=mask)


@triton.jit
def rprop_kernel(
    table_ptr,  # states: the last gradient; the step sizes, 0 at first
    map_ptr,
    found_inf_ptr,
    clip_factor_ptr,
    inverse_scale,
    clip_value,
    lr,  # the first step size
    shrink,
    grow,
    least,
    most,
    WEIGHT: tl.constexpr,
    MODEL: tl.constexpr,
    GRAD: tl.constexpr,
    COMPUTE: tl.constexpr,
    BLOCK: tl.constexpr,
    ALIGNMENT: tl.constexpr,
):
    if found_inf_ptr is not None:
        if tl.load(found_inf_ptr) != 0.0:
            return
    row, start, offsets, mask = elements_of_block(table_ptr, map_ptr, BLOCK, ALIGNMENT)
    w_ptr, g_ptr = weights_and_gradients(row, start, WEIGHT, GRAD, ALIGNMENT)
    model_ptr = array_of(row, MODEL_COPY, start, MODEL, ALIGNMENT)
    last_ptr = array_of(row, STATE_A, start, COMPUTE, ALIGNMENT)
    size_ptr = array_of(row, STATE_B, start, COMPUTE, ALIGNMENT)
    lr = lr * factor_of(row, RATE_SCALE, COMPUTE)
    w = tl.load(w_ptr + offsets, mask=mask, other=0.0).to(COMPUTE)
    g = load_gradient(
        g_ptr, offsets, mask, clip_factor_ptr, inverse_scale, clip_value, COMPUTE
    )
    last = tl.load(last_ptr + offsets, mask=mask, other=0.0)
    size = tl.load(size_ptr + offsets, mask=mask, other=0.0)
    size = tl.where(size == 0.0, lr, size)
    # By comparisons: the product of two small gradients would be 0.
    same = ((g > 0.0) & (last > 0.0)) | ((g < 0.0) & (last < 0.0))
    turned = ((g > 0.0) & (last < 0.0)) | ((g < 0.0) & (last > 0.0))
    size = size * tl.where(same, grow, tl.where(turned, shrink, 1.0))
    size = tl.minimum(tl.maximum(size, least), most)
    # After a turn the weight stays, and the next step counts as the first.
    g = tl.where(turned, 0.0, g)
    w = w - tl.where(g > 0.0, size, tl.where(g < 0.0, -size, g))
    store_weights(w_ptr, model_ptr, offsets, mask, w)
    tl.store(last_ptr + offsets, g, mask=mask)
    tl.store(size_ptr + offsets, size, mask=mask)


@triton.jit
def average_kernel(
    table_ptr,  # weights are the averages, gradients what goes into them
    map_ptr,
    rate,
    WEIGHT: tl.constexpr,
    GRAD: tl.constexpr,
    COMPUTE: tl.constexpr,
    BLOCK: tl.constexpr,
    ALIGNMENT: tl.constexpr,
):
    row, start, offsets, mask = elements_of_block(table_ptr, map_ptr, BLOCK, ALIGNMENT)
    w_ptr, x_ptr = weights_and_gradients(row, start, WEIGHT, GRAD, ALIGNMENT)
    w = tl.load(w_ptr + offsets, mask=mask, other=0.0).to(COMPUTE)
    x = tl.load(x_ptr + offsets, mask=mask, other=0.0).to(COMPUTE)
    # From the nearer end: rates of 0 and 1 give w and x exactly.
    w = tl.where(rate < 0.5, w + rate * (x - w), x - (1.0 - rate) * (x - w))
    tl.store(w_ptr + offsets, w, mask=mask)
