// nvcc -arch=sm_90a
#include <cooperative_groups.h>
#include <cuda_fp16.h>

#include "hopper.cuh"

namespace cg = cooperative_groups;

__device__ void store_commit_wait() {
  asm volatile("cp.async.bulk.commit_group;");
  asm volatile("cp.async.bulk.wait_group 0;" ::: "memory");
}

__device__ void proxy_fence() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }

__device__ void barrier_ready(uint64_t *barrier) {
  if (threadIdx.x == 0) {
    barrier_init(barrier, 1);
    proxy_fence();
  }
  __syncthreads();
}

// 3 x 3 convolution of several channels: boxes of 20 x 10 numbers overlap by their borders, and begin outside of the
// image at its edges, where zeros are filled in. A block computes 16 x 8 results of one image.
__constant__ float weights[4][3][3];

extern "C" __global__ void __launch_bounds__(128) convolution_tma(
    int width, int height, int channels, const __grid_constant__ CUtensorMap in, float *out) {
  __shared__ __align__(128) float box[2][10][20];
  __shared__ uint64_t full;
  barrier_ready(&full);
  int x = threadIdx.x % 16, y = threadIdx.x / 16, left = blockIdx.x * 16, top = blockIdx.y * 8;
  float sum = 0;
  for (int c = 0; c < channels; c += 2) {
    if (threadIdx.x == 0) {
      barrier_expect(&full, sizeof box);
      asm volatile(
          "cp.async.bulk.tensor.3d.shared::cluster.global.tile.mbarrier::complete_tx::bytes "
          "[%0], [%1, {%3, %4, %5}], [%2];" ::"r"(shared_address(box)),
          "l"(&in), "r"(shared_address(&full)), "r"(left - 1), "r"(top - 1), "r"(c)
          : "memory");
    }
    barrier_wait(&full, c / 2 & 1);
    for (int i = 0; i < 2; i++)
      for (int dy = 0; dy < 3; dy++)
        for (int dx = 0; dx < 3; dx++) sum += box[i][y + dy][x + dx] * weights[c + i][dy][dx];
    __syncthreads();
  }
  if (left + x < width && top + y < height) out[(top + y) * width + left + x] = sum;
}

// Transposes 32 x 32 tiles of 4 bytes between two swizzled tiles, so that rows and columns are read without conflicts.
extern "C" __global__ void __launch_bounds__(256) transpose_tma(
    const __grid_constant__ CUtensorMap in, const __grid_constant__ CUtensorMap out) {
  __shared__ __align__(1024) float from[32 * 32], to[32 * 32];
  __shared__ uint64_t full;
  barrier_ready(&full);
  if (threadIdx.x == 0) {
    barrier_expect(&full, sizeof from);
    load_tile(from, &in, &full, blockIdx.x * 32, blockIdx.y * 32);
  }
  barrier_wait(&full, 0);
  for (int i = threadIdx.x; i < 1024; i += blockDim.x) {
    int row = i / 32, column = i % 32;
    to[row * 32 + ((column / 4 ^ row % 8) * 4) + column % 4] = from[column * 32 + ((row / 4 ^ column % 8) * 4) + row % 4];
  }
  proxy_fence();
  __syncthreads();
  if (threadIdx.x == 0) {
    asm volatile("cp.async.bulk.tensor.2d.global.shared::cta.tile.bulk_group [%0, {%2, %3}], [%1];" ::"l"(&out),
                 "r"(shared_address(to)), "r"(blockIdx.y * 32), "r"(blockIdx.x * 32)
                 : "memory");
    store_commit_wait();
  }
}

// Every block adds its tile into overlapping places of the sums, and takes the largest into others.
extern "C" __global__ void reduce_tma(
    int step, const int *in, const __grid_constant__ CUtensorMap sums, const __grid_constant__ CUtensorMap largest) {
  __shared__ __align__(128) int tile[16 * 16];
  for (int i = threadIdx.x; i < 256; i += blockDim.x) tile[i] = in[blockIdx.x * 256 + i];
  proxy_fence();
  __syncthreads();
  if (threadIdx.x == 0) {
    int x = blockIdx.x * step, y = blockIdx.x * 8;
    asm volatile("cp.reduce.async.bulk.tensor.2d.global.shared::cta.add.tile.bulk_group [%0, {%2, %3}], [%1];" ::"l"(
                     &sums),
                 "r"(shared_address(tile)), "r"(x), "r"(y)
                 : "memory");
    asm volatile("cp.reduce.async.bulk.tensor.2d.global.shared::cta.max.tile.bulk_group [%0, {%2, %3}], [%1];" ::"l"(
                     &largest),
                 "r"(shared_address(tile)), "r"(x), "r"(y)
                 : "memory");
    store_commit_wait();
  }
}

// Rows that a table names come by bulk copies of their own, in four stages, and are summed up.
extern "C" __global__ void __launch_bounds__(64) gather_bulk(int rows, const int *table, const float *in, float *out) {
  __shared__ __align__(128) float stage[4][64];
  __shared__ uint64_t full[4];
  if (threadIdx.x == 0) {
    for (int s = 0; s < 4; s++) barrier_init(&full[s], 1);
    proxy_fence();
  }
  __syncthreads();
  auto fetch = [&](int i) {
    if (threadIdx.x == 0 && i < rows) {
      barrier_expect(&full[i % 4], 256);
      asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], 256, [%2];" ::"r"(
                       shared_address(stage[i % 4])),
                   "l"(in + (size_t)table[blockIdx.x * rows + i] * 64), "r"(shared_address(&full[i % 4]))
                   : "memory");
    }
  };
  for (int i = 0; i < 3; i++) fetch(i);
  float sum = 0;
  for (int i = 0; i < rows; i++) {
    fetch(i + 3);
    barrier_wait(&full[i % 4], i / 4 & 1);
    sum += stage[i % 4][threadIdx.x];
    __syncthreads();
  }
  out[blockIdx.x * 64 + threadIdx.x] = sum;
}

// A ring of four blocks: each sends its part to the next by a bulk copy between shared memories, which also counts down
// the other's barrier; after three steps all have all sums.
extern "C" __global__ void __cluster_dims__(4, 1, 1) ring_sums(const float *in, float *out) {
  __shared__ __align__(128) float part[4][128];
  __shared__ uint64_t full[3];
  cg::cluster_group cluster = cg::this_cluster();
  unsigned rank = cluster.block_rank(), next = (rank + 1) % 4;
  if (threadIdx.x == 0) {
    for (int s = 0; s < 3; s++) {
      barrier_init(&full[s], 1);
      barrier_expect(&full[s], 512);
    }
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
  }
  float mine = in[blockIdx.x * 128 + threadIdx.x], sum = mine;
  part[0][threadIdx.x] = mine;
  proxy_fence();
  cluster.sync();
  for (int s = 0; s < 3; s++) {
    if (threadIdx.x == 0) {
      uint32_t to, there;
      asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(to) : "r"(shared_address(part[s + 1])), "r"(next));
      asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(there) : "r"(shared_address(&full[s])), "r"(next));
      asm volatile(
          "cp.async.bulk.shared::cluster.shared::cta.mbarrier::complete_tx::bytes [%0], [%1], 512, [%2];" ::"r"(to),
          "r"(shared_address(part[s])), "r"(there)
          : "memory");
    }
    barrier_wait(&full[s], 0);
    sum += part[s + 1][threadIdx.x];
  }
  out[blockIdx.x * 128 + threadIdx.x] = sum;
  cluster.sync();
}

// c = a b^T: four blocks of a cluster share their rows of A. Each loads a quarter of A's tile for all of them, and its
// own tile of B. A stage is free when the consumers of all four blocks have told so, by arriving at barriers of others.
extern "C" __global__ void __cluster_dims__(4, 1, 1) __launch_bounds__(160) wgmma_multicast(
    int n, int k, const __grid_constant__ CUtensorMap a, const __grid_constant__ CUtensorMap b, float *c) {
  extern __shared__ __align__(1024) uint8_t dynamic[];
  __half *sa = (__half *)dynamic, *sb = (__half *)(dynamic + 2 * 8192);
  __shared__ uint64_t full[2], empty[2];
  cg::cluster_group cluster = cg::this_cluster();
  unsigned rank = cluster.block_rank();
  if (threadIdx.x == 0) {
    for (int s = 0; s < 2; s++) {
      barrier_init(&full[s], 1);
      barrier_init(&empty[s], 16);
    }
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
  }
  cluster.sync();
  int row = blockIdx.y * 64, column = blockIdx.x * 64, steps = k / 64;
  if (threadIdx.x >= 128) {
    if (threadIdx.x == 128)
      for (int s = 0; s < steps; s++) {
        int stage = s % 2;
        if (s >= 2)
          asm volatile(
              "{\n.reg .pred done;\nAGAIN:\n"
              "mbarrier.try_wait.parity.acquire.cluster.shared::cta.b64 done, [%0], %1;\n@!done bra AGAIN;\n}" ::"r"(
                  shared_address(&empty[stage])),
              "r"((s / 2 - 1) & 1)
              : "memory");
        barrier_expect(&full[stage], 2 * 8192);
        load_tile(sb + stage * 4096, &b, &full[stage], s * 64, column);
        asm volatile(
            "cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes.multicast::cluster "
            "[%0], [%1, {%3, %4}], [%2], %5;" ::"r"(shared_address(sa + stage * 4096 + rank * 1024)),
            "l"(&a), "r"(shared_address(&full[stage])), "r"(s * 64), "r"(row + (int)rank * 16), "h"((short)15)
            : "memory");
      }
    __syncwarp();
  } else {
    float d[32] = {};
    for (int s = 0; s < steps; s++) {
      int stage = s % 2;
      barrier_wait(&full[stage], s / 2 & 1);
      wgmma_fence();
      for (int kk = 0; kk < 4; kk++)
        wgmma_m64n64k16(d, descriptor128(sa + stage * 4096) + kk * 2, descriptor128(sb + stage * 4096) + kk * 2, 1);
      wgmma_wait();
      __syncwarp();
      int lane = threadIdx.x % 32;
      if (lane < 4) {
        uint32_t there;
        asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(there) : "r"(shared_address(&empty[stage])), "r"(lane));
        asm volatile("mbarrier.arrive.release.cluster.shared::cluster.b64 _, [%0];" ::"r"(there) : "memory");
      }
    }
    store_accumulator(n, row, column, d, c);
  }
  cluster.sync();
}
