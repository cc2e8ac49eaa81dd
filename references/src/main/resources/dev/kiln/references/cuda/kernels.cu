// Plain CUDA C++ in fp32, without tricks: what a programmer writes first. Compiled by NVRTC.

#define ELEMENTWISE(NAME, EXPRESSION)                                                \
  extern "C" __global__ void NAME(const float *in, float *out, long long count) {    \
    long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x;                  \
    if (i < count) {                                                                 \
      float x = in[i];                                                               \
      out[i] = EXPRESSION;                                                           \
    }                                                                                \
  }

#define GATED(NAME, EXPRESSION)                                                      \
  extern "C" __global__ void NAME(const float *gate, const float *value, float *out, \
                                  long long count) {                                 \
    long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x;                  \
    if (i < count) {                                                                 \
      float x = gate[i];                                                             \
      out[i] = (EXPRESSION) * value[i];                                              \
    }                                                                                \
  }

__device__ float sigmoid_of(float x) { return 1.0f / (1.0f + expf(-x)); }

__device__ float gelu_of(float x) { return 0.5f * x * (1.0f + erff(x * 0.70710678118654752f)); }

__device__ float gelu_tanh_of(float x) {
  return 0.5f * x * (1.0f + tanhf(0.79788456080286536f * (x + 0.044715f * x * x * x)));
}

__device__ float softplus_of(float x) { return fmaxf(x, 0.0f) + log1pf(expf(-fabsf(x))); }

ELEMENTWISE(relu, fmaxf(x, 0.0f))
ELEMENTWISE(gelu, gelu_of(x))
ELEMENTWISE(gelu_tanh, gelu_tanh_of(x))
ELEMENTWISE(silu, x * sigmoid_of(x))
ELEMENTWISE(mish, x * tanhf(softplus_of(x)))
ELEMENTWISE(sigmoid, sigmoid_of(x))
ELEMENTWISE(tanh_, tanhf(x))
ELEMENTWISE(softplus, softplus_of(x))
GATED(swiglu, x * sigmoid_of(x))
GATED(geglu, gelu_of(x))

// One block of 256 threads for each row; the row is read three times.
__device__ float over_block(float mine, bool largest, float *shared) {
  shared[threadIdx.x] = mine;
  __syncthreads();
  for (int half = blockDim.x / 2; half > 0; half /= 2) {
    if (threadIdx.x < half) {
      float other = shared[threadIdx.x + half];
      shared[threadIdx.x] = largest ? fmaxf(shared[threadIdx.x], other)
                                    : shared[threadIdx.x] + other;
    }
    __syncthreads();
  }
  float result = shared[0];
  __syncthreads();
  return result;
}

extern "C" __global__ void softmax(const float *in, float *out, int columns) {
  __shared__ float shared[256];
  const float *x = in + blockIdx.x * (long long)columns;
  float *y = out + blockIdx.x * (long long)columns;
  float largest = -3.402823466e38f;
  for (int i = threadIdx.x; i < columns; i += blockDim.x) {
    largest = fmaxf(largest, x[i]);
  }
  largest = over_block(largest, true, shared);
  float sum = 0.0f;
  for (int i = threadIdx.x; i < columns; i += blockDim.x) {
    sum += expf(x[i] - largest);
  }
  sum = over_block(sum, false, shared);
  for (int i = threadIdx.x; i < columns; i += blockDim.x) {
    y[i] = expf(x[i] - largest) / sum;
  }
}
