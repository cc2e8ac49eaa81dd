// nvcc -arch=sm_80
#include <cuda_bf16.h>
#include <cuda_fp16.h>

// y = a * x + y, one element a thread.
extern "C" __global__ void saxpy(int n, float a, const float *x, float *y) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = a * x[i] + y[i];
}

// Four elements a thread and a loop over the grid; n is a multiple of 4.
extern "C" __global__ void add_vector4(int n, const float4 *a, const float4 *b, float4 *c) {
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n / 4; i += gridDim.x * blockDim.x) {
    float4 x = a[i], y = b[i];
    c[i] = make_float4(x.x + y.x, x.y + y.y, x.z + y.z, x.w + y.w);
  }
}

// GELU by its tanh form, in half precision with packed arithmetic where there are pairs.
extern "C" __global__ void gelu_half2(int pairs, const __half2 *x, __half2 *y) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= pairs) return;
  float2 v = __half22float2(x[i]);
  auto gelu = [](float t) {
    return 0.5f * t * (1.0f + tanhf(0.7978845608f * (t + 0.044715f * t * t * t)));
  };
  y[i] = __floats2half2_rn(gelu(v.x), gelu(v.y));
}

// bf16 fused multiply-add of pairs, with a clamp at zero.
extern "C" __global__ void fma_relu_bf162(
    int pairs, const __nv_bfloat162 *a, const __nv_bfloat162 *b, const __nv_bfloat162 *c,
    __nv_bfloat162 *d) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < pairs) d[i] = __hfma2_relu(a[i], b[i], c[i]);
}

// exp, log, sin, cos, pow, erf, cube root: what the mathematics library becomes in PTX.
extern "C" __global__ void transcendental(int n, const float *x, float *out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  float v = x[i];
  out[i] = expf(v);
  out[n + i] = logf(fabsf(v) + 1e-3f);
  out[2 * n + i] = sinf(v);
  out[3 * n + i] = cosf(v);
  out[4 * n + i] = powf(fabsf(v), 1.7f);
  out[5 * n + i] = erff(v);
  out[6 * n + i] = cbrtf(v);
  out[7 * n + i] = atan2f(v, 0.5f);
}

// Double precision: Horner's rule, division, square root.
extern "C" __global__ void polynomial_fp64(
    int n, int degree, const double *coefficients, const double *x, double *y) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  double sum = 0;
  for (int k = degree; k >= 0; k--) sum = fma(sum, x[i], coefficients[k]);
  y[i] = sqrt(fabs(sum)) / (1.0 + x[i] * x[i]);
}
