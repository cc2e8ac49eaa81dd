# Kernels with one fault each, and what Kiln says about it.
#
# Each section is compiled on its own, for the arguments in its first comment, as its function `kernel`. The comment
# `error:` beside a line holds the exact message, and stands on the line that the message names (`error below:` on the line
# before it).
import triton
import triton.language as tl

# ---- syntax

# ==== a bracket that is not closed
# signature: x=*fp32
@triton.jit
def kernel(x):
    y = (1 + 2  # error: '(' is never closed
    tl.store(x, y)

# ==== an expression that ends too early
# signature: x=*fp32
@triton.jit
def kernel(x):
    y = 1 +  # error: expected an expression after '+', found the end of the line
    tl.store(x, y)

# ==== a colon is missing
# signature: x=*fp32, n=i32
@triton.jit
def kernel(x, n):
    if n > 3  # error: expected ':' at the end of the 'if' line
        tl.store(x, n)

# ==== a body is not indented
# signature: x=*fp32, n=i32
@triton.jit
def kernel(x, n):
    if n > 3:
    tl.store(x, n)  # error: expected an indented block after 'if' on line 36

# ==== a line is indented without cause
# signature: x=*fp32, n=i32
@triton.jit
def kernel(x, n):
    y = n
        tl.store(x, y)  # error: this line is indented deeper than the block it stands in

# ==== an assignment stands where a value must
# signature: x=*fp32, n=i32
@triton.jit
def kernel(x, n):
    if n = 3:  # error: '=' assigns and cannot stand within an expression
        tl.store(x, n)

# ==== a string that does not end
# signature: x=*fp32
@triton.jit
def kernel(x):
    # error below: string has no closing "
    s = "text

# ==== a keyword as a name
# signature: x=*fp32
@triton.jit
def kernel(x):
    lambda = 3  # error: 'lambda' is a keyword and cannot be assigned to

# ---- names

# ==== a name that nothing defines
# signature: x=*fp32
@triton.jit
def kernel(x):
    tl.store(x, value)  # error: value is not defined

# ==== a misspelt variable
# signature: x=*fp32, n=i32
@triton.jit
def kernel(x, n):
    offsets = tl.arange(0, 16)
    tl.store(x + ofsets, 1.0)  # error: ofsets is not defined

# ==== a misspelt function of the language
# signature: x=*fp32
@triton.jit
def kernel(x):
    y = tl.lod(x)  # error: module triton.language has no attribute 'lod'

# ==== a misspelt method
# signature: x=*fp32
@triton.jit
def kernel(x):
    y = tl.load(x).too(tl.float16)  # error: float32 has no attribute 'too'

# ==== a module that was not imported
# signature: x=*fp32
@triton.jit
def kernel(x):
    y = np.float32(3)  # error: np is not defined

# ==== a global variable that is no constant
# signature: x=*fp32
SCALE = 3.0

@triton.jit
def kernel(x):
    tl.store(x, SCALE)  # error: Cannot access global variable SCALE from within @jit'ed function

# ==== a function without a decorator
# signature: x=*fp32
def double(v):
    return v * 2

@triton.jit
def kernel(x):
    tl.store(x, double(tl.load(x)))  # error: Cannot call double from within @jit'ed function: it is not decorated

# ==== a variable of one branch only
# signature: x=*fp32, n=i32
@triton.jit
def kernel(x, n):
    if n > 3:
        y = 1.0
    tl.store(x, y)  # error: y is not defined

# ==== a variable of a loop's body
# signature: x=*fp32, n=i32
@triton.jit
def kernel(x, n):
    for i in range(n):
        y = i
    tl.store(x, y)  # error: y is not defined

# ==== a loop's variable after the loop
# signature: x=*fp32, n=i32
@triton.jit
def kernel(x, n):
    for i in range(n):
        pass
    tl.store(x, i)  # error: i is not defined

# ---- calls

# ==== an argument is missing
# signature: x=*fp32
@triton.jit
def scale(v, factor):
    return v * factor

@triton.jit
def kernel(x):
    tl.store(x, scale(tl.load(x)))  # error: scale() missing 1 required positional argument: 'factor'

# ==== an argument too many
# signature: x=*fp32
@triton.jit
def scale(v, factor):
    return v * factor

@triton.jit
def kernel(x):
    tl.store(x, scale(tl.load(x), 2, 3))  # error: scale() takes 2 positional arguments but 3 were given

# ==== an argument of an unknown name
# signature: x=*fp32
@triton.jit
def scale(v, factor):
    return v * factor

@triton.jit
def kernel(x):
    tl.store(x, scale(tl.load(x), fact=2))  # error: scale() got an unexpected keyword argument 'fact'

# ==== an argument given twice
# signature: x=*fp32
@triton.jit
def scale(v, factor):
    return v * factor

@triton.jit
def kernel(x):
    tl.store(x, scale(tl.load(x), 2, v=2))  # error: scale() got multiple values for argument 'v'

# ==== a builtin with an unknown argument
# signature: x=*fp32
@triton.jit
def kernel(x):
    y = tl.load(x, maks=True)  # error: load() got an unexpected keyword argument 'maks'

# ==== a builtin without its arguments
# signature: x=*fp32
@triton.jit
def kernel(x):
    y = tl.load()  # error: load() missing 1 required positional argument: 'pointer'

# ==== a value is called
# signature: x=*fp32, n=i32
@triton.jit
def kernel(x, n):
    y = n(3)  # error: int32 object is not callable

# ==== recursion that nothing ends
# signature: x=*fp32, n=i32
@triton.jit
def down(n):
    return down(n - 1)  # error: calls are nested more than 64 deep at down

@triton.jit
def kernel(x, n):
    tl.store(x, down(n))

# ---- statements

# ==== break
# signature: x=*fp32, n=i32
@triton.jit
def kernel(x, n):
    for i in range(n):
        break  # error: `break` is not supported in a kernel

# ==== continue
# signature: x=*fp32, n=i32
@triton.jit
def kernel(x, n):
    for i in range(n):
        continue  # error: `continue` is not supported in a kernel

# ==== try
# signature: x=*fp32
@triton.jit
def kernel(x):
    try:  # error: `try` is not supported in a kernel
        tl.store(x, 1.0)
    except ValueError:
        pass

# ==== a function within a kernel
# signature: x=*fp32
@triton.jit
def kernel(x):
    def f(v):  # error: nested function definition is not supported
        return v
    tl.store(x, f(1.0))

# ==== an import within a kernel
# signature: x=*fp32
@triton.jit
def kernel(x):
    import math  # error: `import` is not supported in a kernel
    tl.store(x, math.pi)

# ==== del
# signature: x=*fp32
@triton.jit
def kernel(x):
    y = 1
    del y  # error: `del` is not supported in a kernel

# ==== global
# signature: x=*fp32
@triton.jit
def kernel(x):
    global y  # error: `global` is not supported in a kernel
    y = 1

# ==== raise where it is reached
# signature: x=*fp32, MODE="max"
@triton.jit
def kernel(x, MODE: tl.constexpr):
    if MODE == "sum":
        tl.store(x, 0.0)
    else:
        raise ValueError("MODE must be sum")  # error: `raise` is reached: MODE must be sum

# ==== return from within a loop
# signature: x=*fp32, n=i32
@triton.jit
def kernel(x, n):
    for i in range(n):
        if i == 3:
            return  # error: Cannot have `return` statements inside `while` or `for` statements in triton

# ==== a kernel that returns a value
# signature: x=*fp32
@triton.jit
def kernel(x):
    return tl.load(x)  # error: a kernel cannot return a value

# ==== returns of different types
# signature: x=*fp32, n=i32
@triton.jit
def choose(v, n):
    if n > 3:  # error: Inconsistent return types: float32 and int32 in function choose
        return v
    return n

@triton.jit
def kernel(x, n):
    tl.store(x, choose(tl.load(x), n))

# ==== two targets
# signature: x=*fp32
@triton.jit
def kernel(x):
    a = b = 0  # error: simultaneous multiple assignment is not supported

# ==== too many values for the targets
# signature: x=*fp32
@triton.jit
def kernel(x):
    a, b = 1, 2, 3  # error: too many values to unpack (expected 2, got 3)

# ==== too few values for the targets
# signature: x=*fp32
@triton.jit
def kernel(x):
    a, b, c = 1, 2  # error: not enough values to unpack (expected 3, got 2)

# ==== a tensor is taken apart
# signature: x=*fp32
@triton.jit
def kernel(x):
    a, b = tl.arange(0, 2)  # error: cannot unpack non-iterable int32[2] object

# ==== an element is assigned
# signature: x=*fp32
@triton.jit
def kernel(x):
    y = tl.arange(0, 16)
    y[0] = 3  # error: subscript assignment is not supported in a kernel

# ==== a constant is declared twice
# signature: x=*fp32
@triton.jit
def kernel(x):
    N: tl.constexpr = 3
    N: tl.constexpr = 4  # error: N is already defined. constexpr cannot be reassigned

# ==== a constant from a run-time value
# signature: x=*fp32, n=i32
@triton.jit
def kernel(x, n):
    N: tl.constexpr = n * 2  # error: N is declared tl.constexpr, but its value of type int32 is known only at run time

# ---- conditions and loops

# ==== a condition on a whole tensor
# signature: x=*fp32
@triton.jit
def kernel(x):
    v = tl.load(x + tl.arange(0, 16))
    if v > 0:  # error: Boolean value of Tensor with more than one value is ambiguous
        tl.store(x, 1.0)

# ==== a condition of another type
# signature: x=*fp32
@triton.jit
def kernel(x):
    if "text":  # error: `if` conditionals can only accept values of type {bool, int, NoneType}, not constexpr 'text'
        tl.store(x, 1.0)

# ==== a branch that changes a variable's type
# signature: x=*fp32, n=i32
@triton.jit
def kernel(x, n):
    y = 0
    if n > 3:
        y = 0.5  # error: initial value for `y` is of type int32, but the then block redefines it as float32
    tl.store(x, y)

# ==== branches that disagree
# signature: x=*fp32, n=i32
@triton.jit
def kernel(x, n):
    if n > 3:
        y = 1
    else:
        y = tl.zeros([16], tl.float32)  # error: Mismatched type for y between then block (int32) and else block (float32[16])
    tl.store(x, 0.0)

# ==== a conditional expression of two types
# signature: x=*fp32, n=i32
@triton.jit
def kernel(x, n):
    y = n if n > 3 else 0.5  # error: Ternary expression with dynamic condition has inconsistent types int32 and float32

# ==== a chained comparison
# signature: x=*fp32, n=i32
@triton.jit
def kernel(x, n):
    if 0 < n < 8:  # error: simultaneous multiple comparison is not supported
        tl.store(x, 1.0)

# ==== a loop that changes a variable's type
# signature: x=*fp32, n=i32
@triton.jit
def kernel(x, n):
    s = 0
    for i in range(n):
        s += tl.load(x + i)  # error: Loop-carried variable s has initial type int32 but is re-assigned to float32 in the loop
    tl.store(x, s)

# ==== a loop that changes a variable's shape
# signature: x=*fp32, n=i32
@triton.jit
def kernel(x, n):
    s = 0.0
    for i in range(n):
        s += tl.load(x + tl.arange(0, 16))  # error: Loop-carried variable s has initial type float32 but is re-assigned to float32[16] in the loop
    tl.store(x, tl.sum(s))

# ==== a loop that changes a declared constant
# signature: x=*fp32, n=i32, B=4
@triton.jit
def kernel(x, n, B: tl.constexpr):
    for i in range(n):
        B = B * 2  # error: cannot reassign constexpr B in the loop

# ==== a variable that starts as None
# signature: x=*fp32, n=i32
@triton.jit
def kernel(x, n):
    s = None
    for i in range(n):
        s = i  # error: Loop-carried variable s has initial type constexpr None but is re-assigned to int32 in the loop

# ==== a loop over floats
# signature: x=*fp32, n=fp32
@triton.jit
def kernel(x, n):
    for i in range(n):  # error: range: bounds and step must be integers, got float32
        tl.store(x, 0.0)

# ==== a loop over a tensor
# signature: x=*fp32
@triton.jit
def kernel(x):
    for i in tl.arange(0, 8):  # error: Only `range` and `static_range` iterators are currently supported, not int32[8]
        tl.store(x, 0.0)

# ==== a step of zero
# signature: x=*fp32, n=i32
@triton.jit
def kernel(x, n):
    for i in range(0, n, 0):  # error: range: the step must not be 0
        tl.store(x, 0.0)

# ==== an unrolled loop whose length is not known
# signature: x=*fp32, n=i32
@triton.jit
def kernel(x, n):
    for i in tl.static_range(n):  # error: static_range: bounds and step must be known at compile time, got int32
        tl.store(x, 0.0)

# ==== a loop that never ends
# signature: x=*fp32
@triton.jit
def kernel(x):
    while True:  # error: the condition of this `while` is always true, so that the loop never ends
        tl.store(x, 0.0)

# ==== else after a loop
# signature: x=*fp32, n=i32
@triton.jit
def kernel(x, n):
    for i in range(n):  # error: `else` after `for` is not supported in a kernel
        tl.store(x, 0.0)
    else:
        tl.store(x, 1.0)

# ---- shapes

# ==== a shape that is not known at compile time
# signature: x=*fp32, n=i32
@triton.jit
def kernel(x, n):
    y = tl.arange(0, n)  # error: arange: 'end' must be a compile-time integer, got int32

# ==== a local variable as a shape
# signature: x=*fp32
@triton.jit
def kernel(x):
    n = 16
    y = tl.zeros([n], tl.float32)  # error: zeros: 'shape' must be a compile-time integer, got int32

# ==== a range whose length is no power of two
# signature: x=*fp32
@triton.jit
def kernel(x):
    y = tl.arange(0, 100)  # error: arange: the range's size must be a power of 2, got 100

# ==== a shape that is no power of two
# signature: x=*fp32
@triton.jit
def kernel(x):
    y = tl.zeros([3, 4], tl.float32)  # error: zeros: shape element 0 must be a power of 2, got 3 in [3, 4]

# ==== operands of shapes that do not meet
# signature: x=*fp32
@triton.jit
def kernel(x):
    y = tl.arange(0, 16) + tl.arange(0, 32)  # error: shapes [16] and [32] do not broadcast: dimension 0 is 16 and 32

# ==== a row and a column, one axis forgotten
# signature: x=*fp32
@triton.jit
def kernel(x):
    y = tl.arange(0, 16)[:, None] + tl.arange(0, 32)[:, None]  # error: shapes [16, 1] and [32, 1] do not broadcast: dimension 0 is 16 and 32

# ==== a mask of another shape
# signature: x=*fp32
@triton.jit
def kernel(x):
    i = tl.arange(0, 16)
    y = tl.load(x + i, mask=tl.arange(0, 32) < 4)  # error: shapes [16] and [32] do not broadcast: dimension 0 is 16 and 32

# ==== a reshape that loses elements
# signature: x=*fp32
@triton.jit
def kernel(x):
    y = tl.arange(0, 16).reshape(4, 8)  # error: reshape: cannot reshape int32[16], of 16 elements, to [4, 8], of 32

# ==== an axis that is not there
# signature: x=*fp32
@triton.jit
def kernel(x):
    y = tl.sum(tl.load(x + tl.arange(0, 16)), axis=1)  # error: sum: axis 1 is out of range for a tensor of rank 1

# ==== inner dimensions of a product that differ
# signature: x=*fp16
@triton.jit
def kernel(x):
    a = tl.zeros([16, 32], tl.float16)
    b = tl.zeros([16, 16], tl.float16)
    c = tl.dot(a, b)  # error: dot: shapes [16, 32] and [16, 16] do not multiply: the last dimension of the first is 32, the second to last of the second is 16

# ==== a product of vectors
# signature: x=*fp16
@triton.jit
def kernel(x):
    a = tl.zeros([16], tl.float16)
    c = tl.dot(a, a)  # error: dot: both operands must be 2D or both 3D, got float16[16] and float16[16]

# ==== a number as an index
# signature: x=*fp32
@triton.jit
def kernel(x):
    y = tl.arange(0, 16)[3]  # error: a tensor is indexed with ':' and None only, got the index 3 for int32[16]

# ==== an axis beside a scalar's
# signature: x=*fp32
@triton.jit
def kernel(x):
    y = tl.load(x)[:, None]  # error: too many indices for float32: 1 slices for 0 dimensions

# ---- data types

# ==== operands of a product that differ
# signature: x=*fp16
@triton.jit
def kernel(x):
    a = tl.zeros([16, 16], tl.float16)
    b = tl.zeros([16, 16], tl.float32)
    c = tl.dot(a, b)  # error: dot: both operands must have the same dtype, got float16 and float32

# ==== bits of floats
# signature: x=*fp32
@triton.jit
def kernel(x):
    y = tl.load(x) & 3  # error: & takes integers, got float32 and 3 (int32)

# ==== a floor division of floats
# signature: x=*fp32
@triton.jit
def kernel(x):
    y = tl.load(x) // 2.0  # error: // divides integers, got float32 and 2.0 (float32)

# ==== signed and unsigned in a division
# signature: x=*i32, n=u32
@triton.jit
def kernel(x, n):
    y = tl.load(x) // n  # error: cannot use /, // or % with int32 and uint32 because they have different signedness

# ==== an exponential of half precision
# signature: x=*fp16
@triton.jit
def kernel(x):
    y = tl.exp(tl.load(x))  # error: exp: expected float32 or float64, got float16

# ==== a square root of integers
# signature: x=*i32
@triton.jit
def kernel(x):
    y = tl.sqrt(tl.load(x))  # error: sqrt: expected float32 or float64, got int32

# ==== a constant beyond all integers
# signature: x=*i32
@triton.jit
def kernel(x):
    y = 100000000000000000000  # error: integer 100000000000000000000 does not fit in 64 bits

# ==== a constant that the tensor's type cannot hold
# signature: x=*i8
@triton.jit
def kernel(x):
    y = tl.load(x) + 300  # error: the number 300 is out of range for int8

# ==== a negative constant beside an unsigned value
# signature: x=*u32
@triton.jit
def kernel(x):
    y = tl.load(x) + -1  # error: the negative number -1 cannot be combined with a tensor of the unsigned type uint32

# ==== a division by a constant zero
# signature: x=*fp32, N=4
@triton.jit
def kernel(x, N: tl.constexpr):
    M: tl.constexpr = N // 0  # error: ZeroDivisionError: integer division or modulo by zero

# ==== a power of a run-time value
# signature: x=*fp32
@triton.jit
def kernel(x):
    y = tl.load(x) ** 2  # error: ** takes compile-time constants only, got float32 and 2 (int32)

# ---- memory

# ==== a store through a const pointer
# signature: x=*kfp32
@triton.jit
def kernel(x):
    tl.store(x, 1.0)  # error: store: cannot store to a constant pointer

# ==== a load from a number
# signature: x=*fp32, n=i32
@triton.jit
def kernel(x, n):
    y = tl.load(n)  # error: load: 'pointer' must be a pointer or a tensor of pointers, got int32

# ==== pointers are added
# signature: x=*fp32, y=*fp32
@triton.jit
def kernel(x, y):
    tl.store(x + y, 1.0)  # error: cannot add pointers together

# ==== a float as an offset
# signature: x=*fp32
@triton.jit
def kernel(x):
    tl.store(x + 0.5, 1.0)  # error: invalid operands of type pointer<float32> and 0.5 (float32)

# ==== other without a mask
# signature: x=*fp32
@triton.jit
def kernel(x):
    y = tl.load(x + tl.arange(0, 16), other=0.0)  # error: load: 'other' cannot be given without 'mask'

# ==== an unknown cache modifier
# signature: x=*fp32
@triton.jit
def kernel(x):
    y = tl.load(x, cache_modifier=".xy")  # error: load: cache_modifier '.xy' is not supported

# ==== a block through a scalar pointer
# signature: x=*fp32
@triton.jit
def kernel(x):
    tl.store(x, tl.zeros([16], tl.float32))  # error: store: 'value' cannot be a tensor where the pointer is a scalar, got float32[16]

# ==== an atomic on a type that has none
# signature: x=*i8
@triton.jit
def kernel(x):
    tl.atomic_add(x, 1)  # error: atomic_add: does not support int8

# ==== an axis of the grid that is not there
# signature: x=*fp32
@triton.jit
def kernel(x):
    tl.store(x, tl.program_id(3))  # error: program_id: axis must be 0, 1 or 2, got 3

# ---- constants and classes

# ==== a static assertion that fails
# signature: x=*fp32, N=6
@triton.jit
def kernel(x, N: tl.constexpr):
    tl.static_assert(N % 4 == 0, "N must be a multiple of 4")  # error: static assertion failed: N must be a multiple of 4

# ==== a static assertion on a run-time value
# signature: x=*fp32, n=i32
@triton.jit
def kernel(x, n):
    tl.static_assert(n > 3)  # error: static_assert: the condition must be known at compile time, got int1

# ==== a run-time value in a function of constants
# signature: x=*fp32, n=i32
@triton.constexpr_function
def half(n):
    return n // 2

@triton.jit
def kernel(x, n):
    y = half(n)  # error: a function that runs at compile time takes constants only, not a value of type int32

# ==== a run-time value in an f-string
# signature: x=*fp32, n=i32
@triton.jit
def kernel(x, n):
    tl.static_print(f"n is {n}")  # error: an f-string can hold constants only, not a value of type int32 that is known at run time

# ==== a field that an aggregate does not have
# signature: x=*fp32, n=i32
@triton.aggregate
class Point:
    a: tl.tensor
    b: tl.tensor

@triton.jit
def kernel(x, n):
    p = Point(n, n)
    tl.store(x, p.c)  # error: 'Point' object has no attribute 'c'

# ==== a field of an aggregate is assigned
# signature: x=*fp32, n=i32
@triton.aggregate
class Point:
    a: tl.tensor
    b: tl.tensor

@triton.jit
def kernel(x, n):
    p = Point(n, n)
    p.a = 3  # error: attribute assignment is not supported in a kernel

# ==== a constructor that forgets a field
# signature: x=*fp32, n=i32
@triton.aggregate
class Point:
    a: tl.tensor
    b: tl.tensor

    def __init__(self, a):
        self.a = a

@triton.jit
def kernel(x, n):
    p = Point(n)  # error: constructor for Point did not initialize attribute 'b'

# ==== a combine function of the wrong kind
# signature: x=*fp32
@triton.jit
def kernel(x):
    y = tl.reduce(tl.load(x + tl.arange(0, 16)), 0, 3)  # error: reduce: 'combine_fn' must be a jit function, got constexpr 3

# ==== a constant parameter without a value
# signature: x=*fp32, B=i32
@triton.jit
def kernel(
    x,
    B: tl.constexpr,  # error: parameter B is declared tl.constexpr, but has no constant value
):
    tl.store(x, B)
