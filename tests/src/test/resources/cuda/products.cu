// nvcc -arch=sm_80
#include <cuda_fp16.h>
#include <mma.h>

// One thread an element.
extern "C" __global__ void product_naive(int m, int n, int k, const float *a, const float *b, float *c) {
  int row = blockIdx.y * blockDim.y + threadIdx.y, column = blockIdx.x * blockDim.x + threadIdx.x;
  if (row >= m || column >= n) return;
  float sum = 0;
  for (int i = 0; i < k; i++) sum += a[row * k + i] * b[i * n + column];
  c[row * n + column] = sum;
}

// 16 x 16 tiles in shared memory.
extern "C" __global__ void product_tiled(int m, int n, int k, const float *a, const float *b, float *c) {
  __shared__ float ta[16][16], tb[16][16];
  int tx = threadIdx.x, ty = threadIdx.y, row = blockIdx.y * 16 + ty, column = blockIdx.x * 16 + tx;
  float sum = 0;
  for (int base = 0; base < k; base += 16) {
    ta[ty][tx] = row < m && base + tx < k ? a[row * k + base + tx] : 0.0f;
    tb[ty][tx] = base + ty < k && column < n ? b[(base + ty) * n + column] : 0.0f;
    __syncthreads();
#pragma unroll
    for (int i = 0; i < 16; i++) sum += ta[ty][i] * tb[i][tx];
    __syncthreads();
  }
  if (row < m && column < n) c[row * n + column] = sum;
}

// 64 x 64 tiles, 4 x 4 results a thread, vector loads; sizes are multiples of 64 and 16.
extern "C" __global__ void product_registers(int n, int k, const float *a, const float *b, float *c) {
  __shared__ float ta[16][64], tb[16][64];
  int tx = threadIdx.x % 16, ty = threadIdx.x / 16;
  float sums[4][4] = {};
  for (int base = 0; base < k; base += 16) {
    int r = threadIdx.x / 4, q = threadIdx.x % 4 * 4;
    float4 va = *(const float4 *)&a[(blockIdx.y * 64 + r) * k + base + q];
    ta[q][r] = va.x;
    ta[q + 1][r] = va.y;
    ta[q + 2][r] = va.z;
    ta[q + 3][r] = va.w;
    *(float4 *)&tb[threadIdx.x / 16][threadIdx.x % 16 * 4] =
        *(const float4 *)&b[(base + threadIdx.x / 16) * n + blockIdx.x * 64 + threadIdx.x % 16 * 4];
    __syncthreads();
#pragma unroll
    for (int i = 0; i < 16; i++) {
      float4 x = *(float4 *)&ta[i][ty * 4], y = *(float4 *)&tb[i][tx * 4];
      float xs[4] = {x.x, x.y, x.z, x.w}, ys[4] = {y.x, y.y, y.z, y.w};
#pragma unroll
      for (int r2 = 0; r2 < 4; r2++)
#pragma unroll
        for (int c2 = 0; c2 < 4; c2++) sums[r2][c2] += xs[r2] * ys[c2];
    }
    __syncthreads();
  }
  for (int r = 0; r < 4; r++)
    *(float4 *)&c[(blockIdx.y * 64 + ty * 4 + r) * n + blockIdx.x * 64 + tx * 4] =
        make_float4(sums[r][0], sums[r][1], sums[r][2], sums[r][3]);
}

// Split along k: the blocks of one tile add up in turn, each waiting for the one before.
extern "C" __global__ void product_split_k(
    int n, int k, int splits, const float *a, const float *b, float *c, int *turn) {
  int tile = blockIdx.x / splits, split = blockIdx.x % splits, tiles = n / 16;
  int row = tile / tiles * 16 + threadIdx.x / 16, column = tile % tiles * 16 + threadIdx.x % 16;
  int from = k / splits * split, to = from + k / splits;
  float sum = 0;
  for (int i = from; i < to; i++) sum += a[row * k + i] * b[i * n + column];
  if (threadIdx.x == 0) {
    while (atomicAdd(&turn[tile], 0) != split) __nanosleep(20);
    __threadfence();
  }
  __syncthreads();
  if (split == 0) c[row * n + column] = sum;
  else c[row * n + column] += sum;
  __syncthreads();
  if (threadIdx.x == 0) {
    __threadfence();
    atomicExch(&turn[tile], split + 1);
  }
}

// wmma, one warp a 16 x 16 tile of half inputs and float results.
extern "C" __global__ void product_wmma(int n, int k, const __half *a, const __half *b, float *c) {
  using namespace nvcuda;
  int row = blockIdx.y * 16, column = blockIdx.x * 16;
  wmma::fragment<wmma::matrix_a, 16, 16, 16, __half, wmma::row_major> fa;
  wmma::fragment<wmma::matrix_b, 16, 16, 16, __half, wmma::row_major> fb;
  wmma::fragment<wmma::accumulator, 16, 16, 16, float> fc;
  wmma::fill_fragment(fc, 0.0f);
  for (int i = 0; i < k; i += 16) {
    wmma::load_matrix_sync(fa, a + row * k + i, k);
    wmma::load_matrix_sync(fb, b + i * n + column, n);
    wmma::mma_sync(fc, fa, fb, fc);
  }
  wmma::store_matrix_sync(c + row * n + column, fc, n, wmma::mem_row_major);
}

// wmma in tf32 with the operands rounded, A by columns.
extern "C" __global__ void product_wmma_tf32(int n, int k, const float *a, const float *b, float *c) {
  using namespace nvcuda;
  int row = blockIdx.y * 16, column = blockIdx.x * 16;
  wmma::fragment<wmma::matrix_a, 16, 16, 8, wmma::precision::tf32, wmma::row_major> fa;
  wmma::fragment<wmma::matrix_b, 16, 16, 8, wmma::precision::tf32, wmma::row_major> fb;
  wmma::fragment<wmma::accumulator, 16, 16, 8, float> fc;
  wmma::fill_fragment(fc, 0.0f);
  for (int i = 0; i < k; i += 8) {
    wmma::load_matrix_sync(fa, a + row * k + i, k);
    wmma::load_matrix_sync(fb, b + i * n + column, n);
    for (int e = 0; e < fa.num_elements; e++) fa.x[e] = wmma::__float_to_tf32(fa.x[e]);
    for (int e = 0; e < fb.num_elements; e++) fb.x[e] = wmma::__float_to_tf32(fb.x[e]);
    wmma::mma_sync(fc, fa, fb, fc);
  }
  wmma::store_matrix_sync(c + row * n + column, fc, n, wmma::mem_row_major);
}

// Four int8 products at a time by dp4a; A by rows, B by columns, k a multiple of 4.
extern "C" __global__ void product_dp4a(int n, int k, const int *a, const int *b, int *c) {
  int row = blockIdx.y * blockDim.y + threadIdx.y, column = blockIdx.x * blockDim.x + threadIdx.x;
  int sum = 0;
  for (int i = 0; i < k / 4; i++) sum = __dp4a(a[row * (k / 4) + i], b[column * (k / 4) + i], sum);
  c[row * n + column] = sum;
}
