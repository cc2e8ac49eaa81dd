// nvcc -arch=sm_80
#include <cuda_fp16.h>

__device__ float block_sum(float v, float *scratch) {
  for (int delta = 16; delta > 0; delta /= 2) v += __shfl_xor_sync(0xffffffffu, v, delta);
  __syncthreads();
  if (threadIdx.x % 32 == 0) scratch[threadIdx.x / 32] = v;
  __syncthreads();
  float sum = 0;
  for (int w = 0; w < blockDim.x / 32; w++) sum += scratch[w];
  return sum;
}

// Softmax of rows, one block a row; maximum and sum in one pass over the row.
extern "C" __global__ void softmax_online(int columns, const float *in, float *out) {
  __shared__ float maxima[32], sums[32];
  const float *row = in + (size_t)blockIdx.x * columns;
  float m = -INFINITY, s = 0;
  for (int c = threadIdx.x; c < columns; c += blockDim.x) {
    float v = row[c], bigger = fmaxf(m, v);
    s = s * __expf(m - bigger) + __expf(v - bigger);
    m = bigger;
  }
  for (int delta = 16; delta > 0; delta /= 2) {
    float m2 = __shfl_xor_sync(0xffffffffu, m, delta), s2 = __shfl_xor_sync(0xffffffffu, s, delta);
    float bigger = fmaxf(m, m2);
    float scale = bigger == -INFINITY ? 0.0f : 1.0f;
    s = scale * (s * __expf(m - bigger) + s2 * __expf(m2 - bigger));
    m = bigger;
    if (scale == 0.0f) s = 0.0f;
  }
  int warp = threadIdx.x / 32;
  if (threadIdx.x % 32 == 0) {
    maxima[warp] = m;
    sums[warp] = s;
  }
  __syncthreads();
  float all = -INFINITY, total = 0;
  for (int w = 0; w < blockDim.x / 32; w++) all = fmaxf(all, maxima[w]);
  for (int w = 0; w < blockDim.x / 32; w++)
    if (sums[w] > 0) total += sums[w] * __expf(maxima[w] - all);
  for (int c = threadIdx.x; c < columns; c += blockDim.x)
    out[(size_t)blockIdx.x * columns + c] = __expf(row[c] - all) / total;
}

// Layer norm of half rows with fp32 statistics.
extern "C" __global__ void layer_norm_half(
    int columns, float epsilon, const __half *in, const float *weight, const float *bias, __half *out) {
  __shared__ float scratch[32];
  const __half *row = in + (size_t)blockIdx.x * columns;
  float sum = 0;
  for (int c = threadIdx.x; c < columns; c += blockDim.x) sum += __half2float(row[c]);
  float mean = block_sum(sum, scratch) / columns;
  float squares = 0;
  for (int c = threadIdx.x; c < columns; c += blockDim.x) {
    float d = __half2float(row[c]) - mean;
    squares += d * d;
  }
  float scale = rsqrtf(block_sum(squares, scratch) / columns + epsilon);
  for (int c = threadIdx.x; c < columns; c += blockDim.x)
    out[(size_t)blockIdx.x * columns + c] =
        __float2half((__half2float(row[c]) - mean) * scale * weight[c] + bias[c]);
}

// RMS norm, one warp a row, four values at a time.
extern "C" __global__ void rms_norm_vector(
    int columns, float epsilon, const float4 *in, const float4 *weight, float4 *out) {
  int row = blockIdx.x * blockDim.y + threadIdx.y;
  const float4 *x = in + (size_t)row * (columns / 4);
  float squares = 0;
  for (int c = threadIdx.x; c < columns / 4; c += 32) {
    float4 v = x[c];
    squares += v.x * v.x + v.y * v.y + v.z * v.z + v.w * v.w;
  }
  for (int delta = 16; delta > 0; delta /= 2) squares += __shfl_xor_sync(0xffffffffu, squares, delta);
  float scale = rsqrtf(squares / columns + epsilon);
  for (int c = threadIdx.x; c < columns / 4; c += 32) {
    float4 v = x[c], w = weight[c];
    out[(size_t)row * (columns / 4) + c] =
        make_float4(v.x * scale * w.x, v.y * scale * w.y, v.z * scale * w.z, v.w * scale * w.w);
  }
}

// Cross-entropy of logits against labels, with the gradient in place; label -1 is ignored.
extern "C" __global__ void cross_entropy(int classes, float *logits, const int *labels, float *loss) {
  __shared__ float scratch[32];
  float *row = logits + (size_t)blockIdx.x * classes;
  int label = labels[blockIdx.x];
  float m = -INFINITY;
  for (int c = 0; c < classes; c++) m = fmaxf(m, row[c]);
  float s = 0;
  for (int c = threadIdx.x; c < classes; c += blockDim.x) s += expf(row[c] - m);
  float total = block_sum(s, scratch);
  if (threadIdx.x == 0) loss[blockIdx.x] = label < 0 ? 0.0f : logf(total) + m - row[label];
  __syncthreads();
  for (int c = threadIdx.x; c < classes; c += blockDim.x)
    row[c] = label < 0 ? 0.0f : expf(row[c] - m) / total - (c == label ? 1.0f : 0.0f);
}
