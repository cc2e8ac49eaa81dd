// nvcc -arch=sm_90a
#include <cooperative_groups.h>
#include <cuda_fp16.h>

#include "hopper.cuh"

namespace cg = cooperative_groups;

// c = a b^T in half with fp32 sums, wgmma fed by TMA: one warpgroup, 64 x 64 tiles, k in steps of 64, two stages.
extern "C" __global__ void __launch_bounds__(128) wgmma_tma(
    int n, int k, const __grid_constant__ CUtensorMap a, const __grid_constant__ CUtensorMap b, float *c) {
  extern __shared__ __align__(1024) uint8_t dynamic[];
  __half *sa = (__half *)dynamic, *sb = (__half *)(dynamic + 2 * 8192);
  __shared__ uint64_t full[2];
  if (threadIdx.x == 0) {
    barrier_init(&full[0], 1);
    barrier_init(&full[1], 1);
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
  }
  __syncthreads();
  int row = blockIdx.y * 64, column = blockIdx.x * 64, steps = k / 64;
  auto fetch = [&](int s) {
    if (threadIdx.x == 0 && s < steps) {
      barrier_expect(&full[s % 2], 2 * 8192);
      load_tile(sa + s % 2 * 4096, &a, &full[s % 2], s * 64, row);
      load_tile(sb + s % 2 * 4096, &b, &full[s % 2], s * 64, column);
    }
  };
  float d[32] = {};
  fetch(0);
  for (int s = 0; s < steps; s++) {
    fetch(s + 1);
    barrier_wait(&full[s % 2], s / 2 & 1);
    wgmma_fence();
    for (int kk = 0; kk < 4; kk++)
      wgmma_m64n64k16(d, descriptor128(sa + s % 2 * 4096) + kk * 2, descriptor128(sb + s % 2 * 4096) + kk * 2, 1);
    wgmma_wait();
    __syncthreads();
  }
  store_accumulator(n, row, column, d, c);
}

// The same with a warp that only loads: producer and consumers meet at mbarriers only; three stages; registers moved
// from the producer to the consumers.
extern "C" __global__ void __launch_bounds__(256) wgmma_specialised(
    int n, int k, const __grid_constant__ CUtensorMap a, const __grid_constant__ CUtensorMap b, float *c) {
  extern __shared__ __align__(1024) uint8_t dynamic[];
  __half *sa = (__half *)dynamic, *sb = (__half *)(dynamic + 3 * 8192);
  __shared__ uint64_t full[3], empty[3];
  if (threadIdx.x == 0) {
    for (int s = 0; s < 3; s++) {
      barrier_init(&full[s], 1);
      barrier_init(&empty[s], 128);
    }
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
  }
  __syncthreads();
  int row = blockIdx.y * 64, column = blockIdx.x * 64, steps = k / 64;
  if (threadIdx.x < 128) {
    asm volatile("setmaxnreg.dec.sync.aligned.u32 40;");
    if (threadIdx.x == 0)
      for (int s = 0; s < steps; s++) {
        if (s >= 3) barrier_wait(&empty[s % 3], (s / 3 - 1) & 1);
        barrier_expect(&full[s % 3], 2 * 8192);
        load_tile(sa + s % 3 * 4096, &a, &full[s % 3], s * 64, row);
        load_tile(sb + s % 3 * 4096, &b, &full[s % 3], s * 64, column);
      }
  } else {
    asm volatile("setmaxnreg.inc.sync.aligned.u32 200;");
    float d[32] = {};
    for (int s = 0; s < steps; s++) {
      barrier_wait(&full[s % 3], s / 3 & 1);
      wgmma_fence();
      for (int kk = 0; kk < 4; kk++)
        wgmma_m64n64k16(d, descriptor128(sa + s % 3 * 4096) + kk * 2, descriptor128(sb + s % 3 * 4096) + kk * 2, 1);
      wgmma_wait();
      barrier_arrive(&empty[s % 3]);
    }
    store_accumulator(n, row, column, d, c);
  }
}

// A cluster of two blocks adds up in distributed shared memory: each block counts half of the bins for both.
extern "C" __global__ void __cluster_dims__(2, 1, 1) cluster_histogram(int n, const unsigned char *x, int *bins) {
  __shared__ int mine[128];
  cg::cluster_group cluster = cg::this_cluster();
  for (int b = threadIdx.x; b < 128; b += blockDim.x) mine[b] = 0;
  cluster.sync();
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) {
    int *theirs = cluster.map_shared_rank(mine, x[i] / 128);
    atomicAdd(&theirs[x[i] % 128], 1);
  }
  cluster.sync();
  for (int b = threadIdx.x; b < 128; b += blockDim.x) atomicAdd(&bins[cluster.block_rank() * 128 + b], mine[b]);
}

// One load for both blocks of a cluster (multicast); each block scales it and stores its tile by TMA.
extern "C" __global__ void __cluster_dims__(2, 1, 1) multicast_scale(
    const __grid_constant__ CUtensorMap in, const __grid_constant__ CUtensorMap out) {
  __shared__ __align__(128) float tile[16 * 32];
  __shared__ uint64_t barrier;
  cg::cluster_group cluster = cg::this_cluster();
  if (threadIdx.x == 0) {
    barrier_init(&barrier, 1);
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
    barrier_expect(&barrier, sizeof tile);
  }
  cluster.sync();
  if (cluster.block_rank() == 0 && threadIdx.x == 0)
    asm volatile(
        "cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes.multicast::cluster [%0], [%1, {%3, %4}], [%2], %5;" ::"r"(
            shared_address(tile)),
        "l"(&in), "r"(shared_address(&barrier)), "r"(0), "r"(blockIdx.x / 2 * 16), "h"((short)3)
        : "memory");
  barrier_wait(&barrier, 0);
  for (int i = threadIdx.x; i < 512; i += blockDim.x) tile[i] *= cluster.block_rank() + 2;
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
  __syncthreads();
  if (threadIdx.x == 0) {
    asm volatile("cp.async.bulk.tensor.2d.global.shared::cta.tile.bulk_group [%0, {%2, %3}], [%1];" ::"l"(&out),
                 "r"(shared_address(tile)), "r"((int)cluster.block_rank() * 32), "r"(blockIdx.x / 2 * 16)
                 : "memory");
    asm volatile("cp.async.bulk.commit_group;");
    asm volatile("cp.async.bulk.wait_group.read 0;");
  }
  cluster.sync();
}

// A plain bulk copy in, a bulk reduction out: every block adds its piece to the same sums.
extern "C" __global__ void bulk_sums(const float *in, float *sums) {
  __shared__ __align__(128) float piece[256];
  __shared__ uint64_t barrier;
  if (threadIdx.x == 0) {
    barrier_init(&barrier, 1);
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
    barrier_expect(&barrier, sizeof piece);
    asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::"r"(
                     shared_address(piece)),
                 "l"(in + blockIdx.x * 256), "r"((int)sizeof piece), "r"(shared_address(&barrier))
                 : "memory");
  }
  __syncthreads();
  barrier_wait(&barrier, 0);
  piece[threadIdx.x] = piece[threadIdx.x] * 2;
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
  __syncthreads();
  if (threadIdx.x == 0) {
    asm volatile("cp.reduce.async.bulk.global.shared::cta.bulk_group.add.f32 [%0], [%1], %2;" ::"l"(sums),
                 "r"(shared_address(piece)), "r"((int)sizeof piece)
                 : "memory");
    asm volatile("cp.async.bulk.commit_group;");
    asm volatile("cp.async.bulk.wait_group 0;");
  }
}

// 16 x 16 halves transposed by stmatrix with .trans.
extern "C" __global__ void transpose_stmatrix(const __half *in, __half *out) {
  __shared__ __align__(16) __half tile[256];
  int lane = threadIdx.x;
  uint32_t r[4];
  for (int i = 0; i < 4; i++)
    r[i] = *(const uint32_t *)&in[(lane / 4 + i % 2 * 8) * 16 + lane % 4 * 2 + i / 2 * 8];
  const __half *row = &tile[(lane % 8 + lane / 16 * 8) * 16 + lane / 8 % 2 * 8];
  asm volatile("stmatrix.sync.aligned.m8n8.x4.trans.shared::cta.b16 [%0], {%1,%2,%3,%4};" ::"r"(shared_address(row)),
               "r"(r[0]), "r"(r[1]), "r"(r[2]), "r"(r[3])
               : "memory");
  __syncwarp();
  for (int i = lane; i < 256; i += 32) out[i] = tile[i];
}
