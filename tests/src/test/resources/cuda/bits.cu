// nvcc -arch=sm_89
#include <cuda_fp16.h>
#include <cuda_fp8.h>
#include <cstdint>

// Philox 4x32-10: four random words for each counter.
extern "C" __global__ void philox(uint32_t key0, uint32_t key1, uint4 *out) {
  uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  uint4 c = make_uint4(i, 0, 0, 0);
  for (int round = 0; round < 10; round++) {
    uint32_t high0 = __umulhi(0xD2511F53u, c.x), low0 = 0xD2511F53u * c.x;
    uint32_t high1 = __umulhi(0xCD9E8D57u, c.z), low1 = 0xCD9E8D57u * c.z;
    c = make_uint4(high1 ^ c.y ^ key0, low1, high0 ^ c.w ^ key1, low0);
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  out[i] = c;
}

// Sum and product of 128-bit numbers by carry chains.
extern "C" __global__ void big_numbers(const uint4 *a, const uint4 *b, uint4 *sum, uint4 *low, uint4 *high) {
  int i = threadIdx.x;
  uint4 x = a[i], y = b[i], s;
  asm("add.cc.u32 %0, %4, %8; addc.cc.u32 %1, %5, %9; addc.cc.u32 %2, %6, %10; addc.u32 %3, %7, %11;"
      : "=r"(s.x), "=r"(s.y), "=r"(s.z), "=r"(s.w)
      : "r"(x.x), "r"(x.y), "r"(x.z), "r"(x.w), "r"(y.x), "r"(y.y), "r"(y.z), "r"(y.w));
  sum[i] = s;
  uint32_t p[8] = {}, xs[4] = {x.x, x.y, x.z, x.w}, ys[4] = {y.x, y.y, y.z, y.w};
  for (int r = 0; r < 4; r++) {
    asm("mad.lo.cc.u32 %0, %5, %9, %0; madc.lo.cc.u32 %1, %6, %9, %1; madc.lo.cc.u32 %2, %7, %9, %2;"
        "madc.lo.cc.u32 %3, %8, %9, %3; addc.u32 %4, %4, 0;"
        : "+r"(p[r]), "+r"(p[r + 1]), "+r"(p[r + 2]), "+r"(p[r + 3]), "+r"(p[r + 4])
        : "r"(xs[0]), "r"(xs[1]), "r"(xs[2]), "r"(xs[3]), "r"(ys[r]));
    asm("mad.hi.cc.u32 %0, %4, %8, %0; madc.hi.cc.u32 %1, %5, %8, %1; madc.hi.cc.u32 %2, %6, %8, %2;"
        "madc.hi.u32 %3, %7, %8, %3;"
        : "+r"(p[r + 1]), "+r"(p[r + 2]), "+r"(p[r + 3]), "+r"(p[r + 4])
        : "r"(xs[0]), "r"(xs[1]), "r"(xs[2]), "r"(xs[3]), "r"(ys[r]));
  }
  low[i] = make_uint4(p[0], p[1], p[2], p[3]);
  high[i] = make_uint4(p[4], p[5], p[6], p[7]);
}

// Division and remainder of 64-bit integers, which nvcc spells out.
extern "C" __global__ void divide64(const int64_t *a, const int64_t *b, int64_t *quotient, int64_t *rest) {
  int i = threadIdx.x;
  quotient[i] = a[i] / b[i];
  rest[i] = a[i] % b[i];
}

// Bit fields: counts, reversals, byte permutations, funnel shifts, packed differences.
extern "C" __global__ void bit_fields(const uint32_t *x, uint32_t *out) {
  uint32_t v = x[threadIdx.x], w = x[(threadIdx.x + 1) % blockDim.x];
  uint32_t *o = out + threadIdx.x * 8;
  o[0] = __popc(v) + (__clz(v) << 8) + (__ffs(v) << 16);
  o[1] = __brev(v);
  o[2] = __byte_perm(v, w, 0x5140);
  o[3] = __funnelshift_l(v, w, v & 31);
  o[4] = __vabsdiffu4(v, w);
  o[5] = __vadd2(v, w);
  o[6] = __sad((int)v, (int)w, 5u);
  o[7] = __fns(v, 0, 3);
}

// fp8: two halves to e4m3 and e5m2 and back, saturating.
extern "C" __global__ void fp8_round_trip(const __half2 *x, __half2 *e4m3, __half2 *e5m2) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  __nv_fp8x2_storage_t a = __nv_cvt_halfraw2_to_fp8x2(x[i], __NV_SATFINITE, __NV_E4M3);
  __nv_fp8x2_storage_t b = __nv_cvt_halfraw2_to_fp8x2(x[i], __NV_SATFINITE, __NV_E5M2);
  e4m3[i] = __half2(__nv_cvt_fp8x2_to_halfraw2(a, __NV_E4M3));
  e5m2[i] = __half2(__nv_cvt_fp8x2_to_halfraw2(b, __NV_E5M2));
}

// Products of fp8 by m16n8k32, one warp a 16 x 8 tile; A by rows (e4m3), B by columns (e5m2).
extern "C" __global__ void product_fp8(int n, int k, const uint8_t *a, const uint8_t *b, float *c) {
  int lane = threadIdx.x, group = lane / 4, t = lane % 4, row = blockIdx.y * 16, column = blockIdx.x * 8;
  float d[4] = {};
  for (int base = 0; base < k; base += 32) {
    const uint8_t *pa = a + (row + group) * k + base + t * 4, *pb = b + (column + group) * k + base + t * 4;
    asm volatile(
        "mma.sync.aligned.m16n8k32.row.col.f32.e4m3.e5m2.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(*(const uint32_t *)pa), "r"(*(const uint32_t *)(pa + 8 * k)), "r"(*(const uint32_t *)(pa + 16)),
          "r"(*(const uint32_t *)(pa + 8 * k + 16)), "r"(*(const uint32_t *)pb), "r"(*(const uint32_t *)(pb + 16)));
  }
  c[(row + group) * n + column + t * 2] = d[0];
  c[(row + group) * n + column + t * 2 + 1] = d[1];
  c[(row + group + 8) * n + column + t * 2] = d[2];
  c[(row + group + 8) * n + column + t * 2 + 1] = d[3];
}

// Mandelbrot: lanes leave a loop at different times.
extern "C" __global__ void mandelbrot(int width, int limit, int *counts) {
  int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y;
  if (x >= width) return;
  float cx = 3.0f * x / width - 2.0f, cy = 2.0f * y / gridDim.y - 1.0f, zx = 0, zy = 0;
  int count = 0;
  while (count < limit && zx * zx + zy * zy < 4.0f) {
    float next = zx * zx - zy * zy + cx;
    zy = 2 * zx * zy + cy;
    zx = next;
    count++;
  }
  counts[y * width + x] = count;
}
