import triton.language as tl
