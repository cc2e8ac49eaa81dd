// nvcc -arch=sm_80
#include <cuda_fp16.h>
#include <cstdint>

__device__ uint32_t shared_address(const void *p) { return (uint32_t)__cvta_generic_to_shared(p); }

__device__ void copy16(void *shared, const void *global) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(shared_address(shared)), "l"(global));
}

__device__ void load_x4(uint32_t (&r)[4], const void *shared) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(shared_address(shared)));
}

__device__ void load_x2_transposed(uint32_t (&r)[2], const void *shared) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0,%1}, [%2];"
               : "=r"(r[0]), "=r"(r[1])
               : "r"(shared_address(shared)));
}

__device__ void mma(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

// c = a b in half with fp32 sums: 64 x 64 tiles, k in steps of 32, three stages of cp.async, rows
// swizzled by exclusive or so that ldmatrix has no bank conflicts. 128 threads.
constexpr int STAGES = 3, TILE = 64, STEP = 32;

__device__ int swizzled_a(int row, int chunk) { return row * STEP + ((chunk ^ ((row >> 1) & 3)) * 8); }
__device__ int swizzled_b(int row, int chunk) { return row * TILE + ((chunk ^ (row & 7)) * 8); }

extern "C" __global__ void __launch_bounds__(128) hgemm_pipelined(
    int n, int k, const __half *a, const __half *b, __half *c) {
  __shared__ __align__(128) __half sa[STAGES][TILE * STEP], sb[STAGES][STEP * TILE];
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32, wr = warp / 2 * 32, wc = warp % 2 * 32;
  const __half *ga = a + (size_t)blockIdx.y * TILE * k, *gb = b + blockIdx.x * TILE;
  auto fetch = [&](int stage, int base) {
    if (base < k) {
      for (int i = threadIdx.x; i < TILE * STEP / 8; i += 128) {
        int row = i / 4, chunk = i % 4;
        copy16(&sa[stage][swizzled_a(row, chunk)], ga + (size_t)row * k + base + chunk * 8);
      }
      for (int i = threadIdx.x; i < STEP * TILE / 8; i += 128) {
        int row = i / 8, chunk = i % 8;
        copy16(&sb[stage][swizzled_b(row, chunk)], gb + (size_t)(base + row) * n + chunk * 8);
      }
    }
    asm volatile("cp.async.commit_group;");
  };
  float d[2][4][4] = {};
  for (int s = 0; s < STAGES - 1; s++) fetch(s, s * STEP);
  int stage = 0;
  for (int base = 0; base < k; base += STEP) {
    asm volatile("cp.async.wait_group %0;" ::"n"(STAGES - 2));
    __syncthreads();
    fetch((stage + STAGES - 1) % STAGES, base + (STAGES - 1) * STEP);
    for (int kk = 0; kk < STEP; kk += 16) {
      uint32_t fa[2][4], fb[4][2];
      for (int i = 0; i < 2; i++) {
        int row = wr + i * 16 + lane % 16;
        load_x4(fa[i], &sa[stage][swizzled_a(row, kk / 8 + lane / 16)]);
      }
      for (int j = 0; j < 4; j++) {
        int row = kk + lane % 16;
        load_x2_transposed(fb[j], &sb[stage][swizzled_b(row, (wc + j * 8) / 8)]);
      }
      for (int i = 0; i < 2; i++)
        for (int j = 0; j < 4; j++) mma(d[i][j], fa[i], fb[j]);
    }
    stage = (stage + 1) % STAGES;
  }
  for (int i = 0; i < 2; i++)
    for (int j = 0; j < 4; j++) {
      int row = blockIdx.y * TILE + wr + i * 16 + lane / 4, column = blockIdx.x * TILE + wc + j * 8 + lane % 4 * 2;
      *(__half2 *)&c[(size_t)row * n + column] = __floats2half2_rn(d[i][j][0], d[i][j][1]);
      *(__half2 *)&c[(size_t)(row + 8) * n + column] = __floats2half2_rn(d[i][j][2], d[i][j][3]);
    }
}

// int8 products by m16n8k32, one warp a 16 x 8 tile; A by rows, B by columns.
extern "C" __global__ void igemm_mma(int n, int k, const int8_t *a, const int8_t *b, int *c) {
  int lane = threadIdx.x, group = lane / 4, t = lane % 4;
  int row = blockIdx.y * 16, column = blockIdx.x * 8;
  int d[4] = {};
  for (int base = 0; base < k; base += 32) {
    const int8_t *pa = a + (row + group) * k + base + t * 4, *pb = b + (column + group) * k + base + t * 4;
    uint32_t a0 = *(const uint32_t *)pa, a1 = *(const uint32_t *)(pa + 8 * k),
             a2 = *(const uint32_t *)(pa + 16), a3 = *(const uint32_t *)(pa + 8 * k + 16),
             b0 = *(const uint32_t *)pb, b1 = *(const uint32_t *)(pb + 16);
    asm volatile(
        "mma.sync.aligned.m16n8k32.row.col.satfinite.s32.s8.s8.s32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+r"(d[0]), "+r"(d[1]), "+r"(d[2]), "+r"(d[3])
        : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
  }
  c[(row + group) * n + column + t * 2] = d[0];
  c[(row + group) * n + column + t * 2 + 1] = d[1];
  c[(row + group + 8) * n + column + t * 2] = d[2];
  c[(row + group + 8) * n + column + t * 2 + 1] = d[3];
}

// Double-precision products by m8n8k4, one warp an 8 x 8 tile; B by columns.
extern "C" __global__ void dgemm_mma(int n, int k, const double *a, const double *b, double *c) {
  int lane = threadIdx.x, row = blockIdx.y * 8, column = blockIdx.x * 8;
  double d0 = 0, d1 = 0;
  for (int base = 0; base < k; base += 4) {
    double va = a[(row + lane / 4) * k + base + lane % 4], vb = b[(column + lane / 4) * k + base + lane % 4];
    asm volatile("mma.sync.aligned.m8n8k4.row.col.f64.f64.f64.f64 {%0,%1}, {%2}, {%3}, {%0,%1};"
                 : "+d"(d0), "+d"(d1)
                 : "d"(va), "d"(vb));
  }
  c[(row + lane / 4) * n + column + lane % 4 * 2] = d0;
  c[(row + lane / 4) * n + column + lane % 4 * 2 + 1] = d1;
}

// Flash attention, causal or not, head dimension 64: 64 queries a block (16 a warp), keys and values in
// tiles of 64; the probabilities go from one product to the next in registers.
extern "C" __global__ void __launch_bounds__(128) attention_forward(
    int length, int causal, float scale, const __half *q, const __half *k, const __half *v, __half *out) {
  constexpr int D = 64, PITCH = D + 8;
  __shared__ __align__(16) __half sk[64 * PITCH], sv[64 * PITCH];
  int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  int first = blockIdx.x * 64 + warp * 16;
  size_t head = (size_t)blockIdx.y * length * D;
  uint32_t fq[4][4];
  for (int r = threadIdx.x; r < 64 * 8; r += 128)
    copy16(&sk[r / 8 * PITCH + r % 8 * 8], q + head + (size_t)(blockIdx.x * 64 + r / 8) * D + r % 8 * 8);
  asm volatile("cp.async.wait_all;");
  __syncthreads();
  for (int kk = 0; kk < 4; kk++) load_x4(fq[kk], &sk[(warp * 16 + lane % 16) * PITCH + kk * 16 + lane / 16 * 8]);
  float o[8][4] = {}, m[2] = {-INFINITY, -INFINITY}, s[2] = {0, 0};
  int tiles = causal ? blockIdx.x + 1 : length / 64;
  for (int tile = 0; tile < tiles; tile++) {
    __syncthreads();
    for (int r = threadIdx.x; r < 64 * 8; r += 128) {
      size_t from = head + (size_t)(tile * 64 + r / 8) * D + r % 8 * 8;
      copy16(&sk[r / 8 * PITCH + r % 8 * 8], k + from);
      copy16(&sv[r / 8 * PITCH + r % 8 * 8], v + from);
    }
    asm volatile("cp.async.commit_group;");
    asm volatile("cp.async.wait_group 0;");
    __syncthreads();
    float p[8][4] = {};
    for (int j = 0; j < 8; j++)
      for (int kk = 0; kk < 4; kk++) {
        uint32_t b[2];
        asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0,%1}, [%2];"
                     : "=r"(b[0]), "=r"(b[1])
                     : "r"(shared_address(&sk[(j * 8 + lane % 8) * PITCH + kk * 16 + lane / 8 % 2 * 8])));
        mma(p[j], fq[kk], b);
      }
    for (int j = 0; j < 8; j++)
      for (int e = 0; e < 4; e++) {
        int key = tile * 64 + j * 8 + lane % 4 * 2 + e % 2, query = first + lane / 4 + e / 2 * 8;
        p[j][e] = causal && key > query ? -INFINITY : p[j][e] * scale;
      }
    for (int h = 0; h < 2; h++) {
      float top = m[h];
      for (int j = 0; j < 8; j++) top = fmaxf(top, fmaxf(p[j][2 * h], p[j][2 * h + 1]));
      top = fmaxf(top, __shfl_xor_sync(0xffffffffu, top, 1));
      top = fmaxf(top, __shfl_xor_sync(0xffffffffu, top, 2));
      float keep = exp2f((m[h] - top) * 1.44269504f), sum = 0;
      for (int j = 0; j < 8; j++)
        for (int e = 2 * h; e < 2 * h + 2; e++) {
          p[j][e] = exp2f((p[j][e] - top) * 1.44269504f);
          sum += p[j][e];
        }
      s[h] = s[h] * keep + sum;
      m[h] = top;
      for (int j = 0; j < 8; j++) {
        o[j][2 * h] *= keep;
        o[j][2 * h + 1] *= keep;
      }
    }
    for (int kk = 0; kk < 4; kk++) {
      uint32_t fp[4];
      for (int e = 0; e < 4; e++) {
        __half2 pair = __floats2half2_rn(p[2 * kk + e / 2][e % 2 * 2], p[2 * kk + e / 2][e % 2 * 2 + 1]);
        fp[e] = *(uint32_t *)&pair;
      }
      for (int j = 0; j < 8; j++) {
        uint32_t b[2];
        load_x2_transposed(b, &sv[(kk * 16 + lane % 16) * PITCH + j * 8]);
        mma(o[j], fp, b);
      }
    }
  }
  for (int h = 0; h < 2; h++) {
    s[h] += __shfl_xor_sync(0xffffffffu, s[h], 1);
    s[h] += __shfl_xor_sync(0xffffffffu, s[h], 2);
    for (int j = 0; j < 8; j++)
      *(__half2 *)&out[head + (size_t)(first + lane / 4 + h * 8) * D + j * 8 + lane % 4 * 2] =
          __floats2half2_rn(o[j][2 * h] / s[h], o[j][2 * h + 1] / s[h]);
  }
}
