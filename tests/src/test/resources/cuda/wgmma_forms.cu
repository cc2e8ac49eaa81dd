// nvcc -arch=sm_90a
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "hopper.cuh"

// One warpgroup, 64 x 64 or 64 x 128 results, k in steps of 128 bytes or less, each loaded when the last is done.

__device__ void barrier_start(uint64_t *full) {
  if (threadIdx.x == 0) {
    barrier_init(full, 1);
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
  }
  __syncthreads();
}

// Descriptor of any layout: offsets in bytes; swizzle 0 for none, 1 for 128 bytes, 2 for 64, 3 for 32.
__device__ uint64_t descriptor(const void *p, int leading, int stride, int swizzle) {
  uint64_t address = (shared_address(p) & 0x3ffff) >> 4;
  return address | (uint64_t)(leading >> 4) << 16 | (uint64_t)(stride >> 4) << 32 | (uint64_t)swizzle << 62;
}

// A from registers, B by rows: transposed by the descriptor's reader.
extern "C" __global__ void __launch_bounds__(128) wgmma_registers(
    int n, int k, const __half *a, const __grid_constant__ CUtensorMap b, float *c) {
  __shared__ __align__(1024) __half sb[64 * 64];
  __shared__ uint64_t full;
  barrier_start(&full);
  int lane = threadIdx.x % 32, row = blockIdx.y * 64, column = blockIdx.x * 64;
  const __half *mine = a + (size_t)(row + threadIdx.x / 32 * 16 + lane / 4) * k + lane % 4 * 2;
  float d[32] = {};
  for (int base = 0; base < k; base += 64) {
    if (threadIdx.x == 0) {
      barrier_expect(&full, sizeof sb);
      load_tile(sb, &b, &full, column, base);
    }
    uint32_t fa[4][4];
    for (int kk = 0; kk < 4; kk++)
      for (int e = 0; e < 4; e++)
        fa[kk][e] = *(const uint32_t *)&mine[(size_t)(e % 2 * 8) * k + base + kk * 16 + e / 2 * 8];
    barrier_wait(&full, base / 64 & 1);
    wgmma_fence();
    for (int kk = 0; kk < 4; kk++)
      asm volatile(
          "wgmma.mma_async.sync.aligned.m64n64k16.f32.f16.f16 " LIST32
          ", {%32,%33,%34,%35}, %36, 1, 1, 1, 1;"
          : SUMS32(d)
          : "r"(fa[kk][0]), "r"(fa[kk][1]), "r"(fa[kk][2]), "r"(fa[kk][3]),
            "l"(descriptor(sb + kk * 16 * 64, 8192, 1024, 1)));
    wgmma_wait();
    __syncthreads();
  }
  store_accumulator(n, row, column, d, c);
}

// Both by columns of the product's k: A is k x m, B is k x n. 128 columns in two patterns side by side; bf16.
extern "C" __global__ void __launch_bounds__(128) wgmma_bf16_across(
    int n, int k, const __grid_constant__ CUtensorMap a, const __grid_constant__ CUtensorMap b, float *c) {
  __shared__ __align__(1024) __nv_bfloat16 sa[64 * 64], sb[2 * 64 * 64];
  __shared__ uint64_t full;
  barrier_start(&full);
  int row = blockIdx.y * 64, column = blockIdx.x * 128;
  float d[64];
  for (int base = 0; base < k; base += 64) {
    if (threadIdx.x == 0) {
      barrier_expect(&full, sizeof sa + sizeof sb);
      load_tile(sa, &a, &full, row, base);
      load_tile(sb, &b, &full, column, base);
      load_tile(sb + 4096, &b, &full, column + 64, base);
    }
    barrier_wait(&full, base / 64 & 1);
    wgmma_fence();
    for (int kk = 0; kk < 4; kk++)
      asm volatile(
          "{\n.reg .pred p;\nsetp.ne.b32 p, %66, 0;\n"
          "wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 " LIST64 ", %64, %65, p, 1, 1, 1, 1;\n}"
          : SUMS64(d)
          : "l"(descriptor(sa + kk * 16 * 64, 8192, 1024, 1)), "l"(descriptor(sb + kk * 16 * 64, 8192, 1024, 1)),
            "r"(base + kk));
    wgmma_wait();
    __syncthreads();
  }
  store_accumulator(n, row, column, d, c);
}

// bf16 with 128 columns, both along k: c = a b^T.
extern "C" __global__ void __launch_bounds__(128) wgmma_bf16(
    int n, int k, const __grid_constant__ CUtensorMap a, const __grid_constant__ CUtensorMap b, float *c) {
  __shared__ __align__(1024) __nv_bfloat16 sa[64 * 64], sb[128 * 64];
  __shared__ uint64_t full;
  barrier_start(&full);
  int row = blockIdx.y * 64, column = blockIdx.x * 128;
  float d[64] = {};
  for (int base = 0; base < k; base += 64) {
    if (threadIdx.x == 0) {
      barrier_expect(&full, sizeof sa + sizeof sb);
      load_tile(sa, &a, &full, base, row);
      load_tile(sb, &b, &full, base, column);
    }
    barrier_wait(&full, base / 64 & 1);
    wgmma_fence();
    for (int kk = 0; kk < 4; kk++)
      asm volatile("wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 " LIST64 ", %64, %65, 1, 1, 1, 0, 0;"
                   : SUMS64(d)
                   : "l"(descriptor128(sa) + kk * 2), "l"(descriptor128(sb) + kk * 2));
    wgmma_wait();
    __syncthreads();
  }
  store_accumulator(n, row, column, d, c);
}

// c = a b^T in half, tiles of WIDTH bytes along k: swizzled by as much, or not at all where it is 16.
template <int WIDTH>
__device__ void narrow(int n, int k, const CUtensorMap &a, const CUtensorMap &b, float *c) {
  constexpr int COPIES = WIDTH == 16 ? 2 : 1, STEP = WIDTH / 2 * COPIES, PART = 64 * WIDTH / 2;
  constexpr int SWIZZLE = WIDTH == 64 ? 2 : WIDTH == 32 ? 3 : 0;
  __shared__ __align__(1024) __half sa[COPIES * PART], sb[COPIES * PART];
  __shared__ uint64_t full;
  barrier_start(&full);
  int row = blockIdx.y * 64, column = blockIdx.x * 64;
  float d[32] = {};
  for (int base = 0, step = 0; base < k; base += STEP, step++) {
    if (threadIdx.x == 0) {
      barrier_expect(&full, sizeof sa + sizeof sb);
      for (int i = 0; i < COPIES; i++) {
        load_tile(sa + i * PART, &a, &full, base + i * 8, row);
        load_tile(sb + i * PART, &b, &full, base + i * 8, column);
      }
    }
    barrier_wait(&full, step & 1);
    wgmma_fence();
    for (int kk = 0; kk < STEP / 16; kk++)
      wgmma_m64n64k16(d, descriptor(sa + kk * 16, 1024, 8 * WIDTH, SWIZZLE),
                      descriptor(sb + kk * 16, 1024, 8 * WIDTH, SWIZZLE), 1);
    wgmma_wait();
    __syncthreads();
  }
  store_accumulator(n, row, column, d, c);
}

extern "C" __global__ void __launch_bounds__(128) wgmma_swizzle64(
    int n, int k, const __grid_constant__ CUtensorMap a, const __grid_constant__ CUtensorMap b, float *c) {
  narrow<64>(n, k, a, b, c);
}

extern "C" __global__ void __launch_bounds__(128) wgmma_swizzle32(
    int n, int k, const __grid_constant__ CUtensorMap a, const __grid_constant__ CUtensorMap b, float *c) {
  narrow<32>(n, k, a, b, c);
}

extern "C" __global__ void __launch_bounds__(128) wgmma_unswizzled(
    int n, int k, const __grid_constant__ CUtensorMap a, const __grid_constant__ CUtensorMap b, float *c) {
  narrow<16>(n, k, a, b, c);
}

// e4m3, both along k: c = a b^T.
extern "C" __global__ void __launch_bounds__(128) wgmma_fp8(
    int n, int k, const __grid_constant__ CUtensorMap a, const __grid_constant__ CUtensorMap b, float *c) {
  __shared__ __align__(1024) uint8_t sa[64 * 128], sb[64 * 128];
  __shared__ uint64_t full;
  barrier_start(&full);
  int row = blockIdx.y * 64, column = blockIdx.x * 64;
  float d[32] = {};
  for (int base = 0; base < k; base += 128) {
    if (threadIdx.x == 0) {
      barrier_expect(&full, sizeof sa + sizeof sb);
      load_tile(sa, &a, &full, base, row);
      load_tile(sb, &b, &full, base, column);
    }
    barrier_wait(&full, base / 128 & 1);
    wgmma_fence();
    for (int kk = 0; kk < 4; kk++)
      asm volatile("wgmma.mma_async.sync.aligned.m64n64k32.f32.e4m3.e4m3 " LIST32 ", %32, %33, 1, 1, 1;"
                   : SUMS32(d)
                   : "l"(descriptor128(sa) + kk * 2), "l"(descriptor128(sb) + kk * 2));
    wgmma_wait();
    __syncthreads();
  }
  store_accumulator(n, row, column, d, c);
}

// The product of complex matrices: real = ar br^T - ai bi^T, imaginary = ar bi^T + ai br^T; two groups of products
// at a time, the first waited for before the second.
extern "C" __global__ void __launch_bounds__(128) wgmma_complex(
    int n, int k, const __grid_constant__ CUtensorMap ar, const __grid_constant__ CUtensorMap ai,
    const __grid_constant__ CUtensorMap br, const __grid_constant__ CUtensorMap bi, float *real, float *imaginary) {
  __shared__ __align__(1024) __half tiles[4][64 * 64];
  __shared__ uint64_t full;
  barrier_start(&full);
  int row = blockIdx.y * 64, column = blockIdx.x * 64;
  float re[32], im[32];
  for (int base = 0; base < k; base += 64) {
    if (threadIdx.x == 0) {
      barrier_expect(&full, sizeof tiles);
      load_tile(tiles[0], &ar, &full, base, row);
      load_tile(tiles[1], &ai, &full, base, row);
      load_tile(tiles[2], &br, &full, base, column);
      load_tile(tiles[3], &bi, &full, base, column);
    }
    barrier_wait(&full, base / 64 & 1);
    wgmma_fence();
    for (int kk = 0; kk < 4; kk++) {
      wgmma_m64n64k16(re, descriptor128(tiles[0]) + kk * 2, descriptor128(tiles[2]) + kk * 2, base + kk);
      asm volatile("wgmma.mma_async.sync.aligned.m64n64k16.f32.f16.f16 " LIST32 ", %32, %33, 1, -1, 1, 0, 0;"
                   : SUMS32(re)
                   : "l"(descriptor128(tiles[1]) + kk * 2), "l"(descriptor128(tiles[3]) + kk * 2));
    }
    asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
    for (int kk = 0; kk < 4; kk++) {
      wgmma_m64n64k16(im, descriptor128(tiles[0]) + kk * 2, descriptor128(tiles[3]) + kk * 2, base + kk);
      wgmma_m64n64k16(im, descriptor128(tiles[1]) + kk * 2, descriptor128(tiles[2]) + kk * 2, 1);
    }
    asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
    if (base + 64 == k) {
      asm volatile("wgmma.wait_group.sync.aligned 1;" ::: "memory");
      store_accumulator(n, row, column, re, real);
    }
    asm volatile("wgmma.wait_group.sync.aligned 0;" ::: "memory");
    __syncthreads();
  }
  store_accumulator(n, row, column, im, imaginary);
}

// Sums in half: c = a b^T, 64 x 32 results.
extern "C" __global__ void __launch_bounds__(128) wgmma_half_sums(
    int n, int k, const __grid_constant__ CUtensorMap a, const __grid_constant__ CUtensorMap b, __half *c) {
  __shared__ __align__(1024) __half sa[64 * 64], sb[32 * 64];
  __shared__ uint64_t full;
  barrier_start(&full);
  int lane = threadIdx.x % 32, row = blockIdx.y * 64, column = blockIdx.x * 32;
  uint32_t d[8] = {};
  for (int base = 0; base < k; base += 64) {
    if (threadIdx.x == 0) {
      barrier_expect(&full, sizeof sa + sizeof sb);
      load_tile(sa, &a, &full, base, row);
      load_tile(sb, &b, &full, base, column);
    }
    barrier_wait(&full, base / 64 & 1);
    wgmma_fence();
    for (int kk = 0; kk < 4; kk++)
      asm volatile(
          "wgmma.mma_async.sync.aligned.m64n32k16.f16.f16.f16 {%0,%1,%2,%3,%4,%5,%6,%7}, %8, %9, 1, 1, 1, 0, 0;"
          : "+r"(d[0]), "+r"(d[1]), "+r"(d[2]), "+r"(d[3]), "+r"(d[4]), "+r"(d[5]), "+r"(d[6]), "+r"(d[7])
          : "l"(descriptor128(sa) + kk * 2), "l"(descriptor128(sb) + kk * 2));
    wgmma_wait();
    __syncthreads();
  }
  int first = row + threadIdx.x / 32 * 16 + lane / 4;
  for (int i = 0; i < 8; i++)
    *(uint32_t *)&c[(size_t)(first + i % 2 * 8) * n + column + i / 2 * 8 + lane % 4 * 2] = d[i];
}
