import triton
from .helpers import LIMIT, scaled
from . import helpers
from .sub import inner
from .compat import tl
from .helpers import *
import helpers as absolute

FROM_FUNCTION = scaled(3)
FROM_MODULE = helpers.LIMIT + absolute.LIMIT
FROM_PACKAGE = inner.DEEP
FROM_STAR = STARRED


@triton.autotune(configs=helpers.configs(), key=["n"])
@triton.jit
def kernel(x, n, BLOCK: tl.constexpr):
    pass
