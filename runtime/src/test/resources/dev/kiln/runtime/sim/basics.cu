// Kernels for SimDeviceTest. basics.ptx is made of this by: nvcc -arch=sm_80 -ptx basics.cu

extern "C" __global__ void add(const float* x, const float* y, float* o, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) o[i] = x[i] + y[i];
}

extern "C" __global__ void total(const float* x, float* o, int n) {
  __shared__ float s[256];
  float a = 0;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) a += x[i];
  s[threadIdx.x] = a;
  __syncthreads();
  for (int d = blockDim.x / 2; d > 0; d >>= 1) {
    if (threadIdx.x < d) s[threadIdx.x] += s[threadIdx.x + d];
    __syncthreads();
  }
  if (threadIdx.x == 0) o[blockIdx.x] = s[0];
}

__device__ unsigned warps = 5;
__constant__ int weights[4] = {1, 2, 3, 4};

extern "C" __global__ void sums(const int* x, int* o) {
  int v = x[threadIdx.x] * weights[threadIdx.x & 3];
  for (int d = 16; d; d >>= 1) v += __shfl_xor_sync(0xffffffff, v, d);
  if (threadIdx.x % 32 == 0) {
    o[threadIdx.x / 32] = v;
    atomicAdd(&warps, 1);
  }
}

__device__ int taken = 0;

extern "C" __global__ void locked(int* o) {
  while (atomicCAS(&taken, 0, 1) != 0) {
  }
  __threadfence();
  *(volatile int*)o += 1;
  __threadfence();
  atomicExch(&taken, 0);
}

extern "C" __global__ void everybody(int* arrived, int* o, int n) {
  if (threadIdx.x == 0) {
    __threadfence();
    atomicAdd(arrived, 1);
    while (*(volatile int*)arrived < n) {
    }
    atomicAdd(o, *(volatile int*)arrived);
  }
}

extern "C" __global__ void outside(int* o) { o[threadIdx.x == 37 ? 100000 : threadIdx.x] = 1; }

extern "C" __global__ void stuck(int* o) {
  if (threadIdx.x < 32) {
    __syncthreads();
  } else {
    while (*(volatile int*)o == 0) {
    }
  }
}

extern "C" __global__ void __launch_bounds__(64) reverse(int* o) {
  extern __shared__ int d[];
  d[threadIdx.x] = threadIdx.x;
  __syncthreads();
  o[threadIdx.x] = d[blockDim.x - 1 - threadIdx.x];
}

struct Pair {
  short low;
  double high;
};

extern "C" __global__ void scalars(double* o, Pair pair, float f, long long l, char c, bool b, double d) {
  o[0] = pair.low;
  o[1] = pair.high;
  o[2] = f;
  o[3] = l;
  o[4] = c;
  o[5] = b;
  o[6] = d;
}
