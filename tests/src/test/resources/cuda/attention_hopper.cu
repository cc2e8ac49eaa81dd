// nvcc -arch=sm_90a
#include <cuda_bf16.h>

#include "hopper.cuh"

// Flash attention in bf16, causal or not, head dimension 64: one warpgroup for 64 queries; keys and values come by TMA
// in two stages; scores and outputs by wgmma, the probabilities going from one product to the next in registers.
extern "C" __global__ void __launch_bounds__(128) attention_wgmma(
    int length, int causal, float scale, const __grid_constant__ CUtensorMap q, const __grid_constant__ CUtensorMap k,
    const __grid_constant__ CUtensorMap v, __nv_bfloat16 *out) {
  __shared__ __align__(1024) __nv_bfloat16 sq[64 * 64], sk[2][64 * 64], sv[64 * 64];
  __shared__ uint64_t ready, keys[2], values;
  int lane = threadIdx.x % 32, row = blockIdx.y * length;
  int tiles = causal ? blockIdx.x + 1 : length / 64;
  auto fetch = [&](void *to, const CUtensorMap *map, uint64_t *full, int tile) {
    if (threadIdx.x == 0 && tile < tiles) {
      barrier_expect(full, 8192);
      load_tile(to, map, full, 0, row + tile * 64);
    }
  };
  if (threadIdx.x == 0) {
    barrier_init(&ready, 1);
    barrier_init(&keys[0], 1);
    barrier_init(&keys[1], 1);
    barrier_init(&values, 1);
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
    barrier_expect(&ready, 8192);
    load_tile(sq, &q, &ready, 0, row + blockIdx.x * 64);
  }
  fetch(sk[0], &k, &keys[0], 0);
  __syncthreads();
  barrier_wait(&ready, 0);
  float o[32] = {}, top[2] = {-INFINITY, -INFINITY}, sum[2] = {0, 0};
  for (int tile = 0; tile < tiles; tile++) {
    fetch(sv, &v, &values, tile);
    fetch(sk[(tile + 1) % 2], &k, &keys[(tile + 1) % 2], tile + 1);
    barrier_wait(&keys[tile % 2], tile / 2 & 1);
    float s[32];
    wgmma_fence();
    for (int kk = 0; kk < 4; kk++)
      asm volatile(
          "{\n.reg .pred p;\nsetp.ne.b32 p, %34, 0;\n"
          "wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 " LIST32 ", %32, %33, p, 1, 1, 0, 0;\n}"
          : SUMS32(s)
          : "l"(descriptor128(sq) + kk * 2), "l"(descriptor128(sk[tile % 2]) + kk * 2), "r"(kk));
    wgmma_wait();
    for (int i = 0; i < 32; i++) {
      int key = tile * 64 + i / 4 * 8 + lane % 4 * 2 + i % 2;
      int query = blockIdx.x * 64 + threadIdx.x / 32 * 16 + lane / 4 + i / 2 % 2 * 8;
      s[i] = causal && key > query ? -INFINITY : s[i] * scale;
    }
    for (int h = 0; h < 2; h++) {
      float most = top[h];
      for (int i = 0; i < 32; i++)
        if (i / 2 % 2 == h) most = fmaxf(most, s[i]);
      most = fmaxf(most, __shfl_xor_sync(0xffffffffu, most, 1));
      most = fmaxf(most, __shfl_xor_sync(0xffffffffu, most, 2));
      float keep = exp2f((top[h] - most) * 1.44269504f);
      sum[h] *= keep;
      top[h] = most;
      for (int i = 0; i < 32; i++)
        if (i / 2 % 2 == h) {
          s[i] = exp2f((s[i] - most) * 1.44269504f);
          sum[h] += s[i];
          o[i] *= keep;
        }
    }
    uint32_t p[4][4];
    for (int kk = 0; kk < 4; kk++)
      for (int e = 0; e < 4; e++) {
        __nv_bfloat162 pair = __floats2bfloat162_rn(s[kk * 8 + e * 2], s[kk * 8 + e * 2 + 1]);
        p[kk][e] = *(uint32_t *)&pair;
      }
    barrier_wait(&values, tile & 1);
    wgmma_fence();
    for (int kk = 0; kk < 4; kk++) {
      uint64_t rows = ((uint64_t)(shared_address(sv + kk * 16 * 64) & 0x3ffff) >> 4) | (uint64_t)1 << 16 |
                      (uint64_t)(1024 >> 4) << 32 | (uint64_t)1 << 62;
      asm volatile("wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 " LIST32
                   ", {%32,%33,%34,%35}, %36, 1, 1, 1, 1;"
                   : SUMS32(o)
                   : "r"(p[kk][0]), "r"(p[kk][1]), "r"(p[kk][2]), "r"(p[kk][3]), "l"(rows));
    }
    wgmma_wait();
    __syncthreads();
  }
  for (int h = 0; h < 2; h++) {
    sum[h] += __shfl_xor_sync(0xffffffffu, sum[h], 1);
    sum[h] += __shfl_xor_sync(0xffffffffu, sum[h], 2);
    size_t at = (size_t)(row + blockIdx.x * 64 + threadIdx.x / 32 * 16 + lane / 4 + h * 8) * 64 + lane % 4 * 2;
    for (int j = 0; j < 8; j++)
      *(__nv_bfloat162 *)&out[at + j * 8] =
          __floats2bfloat162_rn(o[j * 4 + h * 2] / sum[h], o[j * 4 + h * 2 + 1] / sum[h]);
  }
}
