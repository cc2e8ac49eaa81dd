# Kernels that a GPU target refuses, in the form of faulty_kernels.py. The second comment names the target, and options of
# the launch.
import triton
import triton.language as tl

# ---- options

# ==== warps that are not a power of two
# signature: x=*fp32
# target: sm_80 num_warps=3
@triton.jit
def kernel(x):  # error: num_warps is 3; on GPUs it is a power of two up to 32
    tl.store(x, 1.0)

# ==== more warps than a block has
# signature: x=*fp32
# target: sm_90a num_warps=64
@triton.jit
def kernel(x):  # error: num_warps is 64; on GPUs it is a power of two up to 32
    tl.store(x, 1.0)

# ==== clusters
# signature: x=*fp32
# target: sm_90a num_ctas=2
@triton.jit
def kernel(x):  # error: not supported yet: num_ctas = 2
    tl.store(x, 1.0)

# ==== fewer registers than a thread needs
# signature: x=*fp32
# target: sm_90a maxnreg=300
@triton.jit
def kernel(x):  # error: maxnreg is 300; a thread has 24 to 255 registers
    tl.store(x, 1.0)

# ---- types

# ==== a cast to fp8e4nv before sm_89
# signature: x=*fp32, y=*fp8e4nv
# target: sm_80
@triton.jit
def kernel(x, y):
    i = tl.arange(0, 64)
    v = tl.load(x + i)
    tl.store(y + i, v.to(tl.float8e4nv))  # error: fp8e4nv needs sm_89 or later; the target is sm_80

# ==== a product of fp8e4nv before sm_89
# signature: x=*fp8e4nv, y=*fp32
# target: sm_80
@triton.jit
def kernel(x, y):
    i = tl.arange(0, 64)[:, None] * 64 + tl.arange(0, 64)[None, :]
    a = tl.load(x + i)
    tl.store(y + i, tl.dot(a, a))  # error: fp8e4nv needs sm_89 or later; the target is sm_80

# ==== memory of fp8e4nv before sm_89
# signature: x=*fp8e4nv, y=*fp8e4nv
# target: sm_80
@triton.jit
def kernel(x, y):
    i = tl.arange(0, 64)
    tl.store(y + i, tl.load(x + i) + tl.load(x + i))  # error: fp8e4nv needs sm_89 or later; the target is sm_80

# ---- sizes

# ==== a product whose operands do not fit
# signature: x=*fp32:16, y=*fp32:16
# target: sm_89 num_warps=8
@triton.jit
def kernel(x, y):
    i = tl.arange(0, 256)[:, None] * 256 + tl.arange(0, 256)[None, :]
    a = tl.load(x + i)
    b = tl.load(y + i)
    c = tl.dot(a, b)  # error: kernel kernel needs 524,288 bytes of shared memory, but a block of sm_89 may have 101,376: 262,144 bytes for operand 256x256 of a product, 262,144 bytes for operand 256x256 of a product
    tl.store(x + i, c)

# ==== a pipeline whose stages do not fit
# signature: x=*fp16:16, y=*fp16:16, n=i32
# target: sm_80 num_warps=8 num_stages=8
@triton.jit
def kernel(x, y, n):
    i = tl.arange(0, 128)[:, None] * 128 + tl.arange(0, 128)[None, :]
    acc = tl.zeros((128, 128), tl.float32)
    # error below: kernel kernel needs 524,288 bytes of shared memory, but a block of sm_80 may have 166,912: 262,144 bytes for 8 stages of the load of tile<128x128xfp16> at faulty_kernels.py:86:13, 262,144 bytes for 8 stages of the load of tile<128x128xfp16> at faulty_kernels.py:87:13, 32,768 bytes for a tile that changes threads
    for k in range(0, n):
        a = tl.load(x + i + k * 16384)
        b = tl.load(y + i + k * 16384)
        acc = tl.dot(a, b, acc)
    tl.store(x + i, acc.to(tl.float16))

# ==== a histogram with too many bins
# signature: x=*i32:16, y=*i32:16
# target: sm_80
@triton.jit
def kernel(x, y):
    i = tl.load(x + tl.arange(0, 1024))
    h = tl.histogram(i, 65536)  # error: kernel kernel needs 262,144 bytes of shared memory, but a block of sm_80 may have 166,912: 262,144 bytes for counts of the histogram
    tl.store(y + tl.arange(0, 65536), h)

# ==== a gather from too large a tile
# signature: x=*fp64:16
# target: sm_80
@triton.jit
def kernel(x):
    i = tl.arange(0, 32768)
    v = tl.gather(tl.load(x + i), tl.load(x + 7 * i).to(tl.int32) & 32767, 0)  # error: kernel kernel needs 262,144 bytes of shared memory, but a block of sm_80 may have 166,912: 262,144 bytes for source of the gather
    tl.store(x + i, v)

# ---- functions of elements

# ==== memory in a function that maps elements
# signature: x=*fp32, y=*fp32
# target: sm_80
@triton.jit
def first(a, b):
    tl.device_print("a", a)  # error: not supported yet: 'print' in a function that combines or maps elements, on GPUs
    return a + b
@triton.jit
def kernel(x, y):
    i = tl.arange(0, 64)
    v = tl.load(x + i)
    w = tl.map_elementwise(first, v, v)
    tl.store(y + i, w)

# ---- inline assembly

# ==== too few constraints
# signature: x=*i8
# target: sm_80
@triton.jit
def kernel(x):
    v = tl.load(x + tl.arange(0, 64))
    w = tl.inline_asm_elementwise("not.b32 $0, $1;", "=r,r", [v], tl.int8, True, 8)  # error: inline_asm_elementwise: constraints '=r,r' name 1 result and 1 operand, where pack 8 makes 2 and 2
    tl.store(x + tl.arange(0, 64), w)

# ==== a constraint that is not known
# signature: x=*i32
# target: sm_80
@triton.jit
def kernel(x):
    w = tl.inline_asm_elementwise("not.b32 $0, $1;", "=r,x", [tl.load(x)], tl.int32, True, 1)  # error: inline_asm_elementwise: constraint 'x' is not one of b, h, r, l, f, d, with '=' for results
    tl.store(x, w)

# ==== a register that is too narrow
# signature: x=*i64
# target: sm_80
@triton.jit
def kernel(x):
    w = tl.inline_asm_elementwise("not.b64 $0, $1;", "=r,r", [tl.load(x)], tl.int64, True, 1)  # error: inline_asm_elementwise: 64 bits of i64 do not fit in a register 'r' of 32
    tl.store(x, w)

# ==== an operand that is not there
# signature: x=*i32
# target: sm_80
@triton.jit
def kernel(x):
    w = tl.inline_asm_elementwise("add.s32 $0, $1, $2;", "=r,r", [tl.load(x)], tl.int32, True, 1)  # error: inline_asm_elementwise: the text names $2, but its operands end with $1
    tl.store(x, w)

# ==== a scalar of each thread
# signature: x=*i32
# target: sm_80
@triton.jit
def kernel(x):
    t = tl.inline_asm_elementwise("mov.u32 $0, %tid.x;", "=r", [], tl.int32, True, 1)  # error: not supported yet: inline assembly that gives each thread a scalar of its own
    tl.store(x + t, t)

# ==== a packing that is no power of two
# signature: x=*i32
# target: sm_80
@triton.jit
def kernel(x):
    w = tl.inline_asm_elementwise("not.b32 $0, $1;", "=r,r", [tl.load(x)], tl.int32, True, 3)  # error: inline_asm_elementwise: pack must be a power of 2, got 3
    tl.store(x, w)
