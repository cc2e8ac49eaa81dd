// nvcc -arch=sm_80

// A histogram of bytes: privately in shared memory, then merged.
extern "C" __global__ void histogram256(int n, const unsigned char *x, unsigned *bins) {
  __shared__ unsigned local[256];
  for (int b = threadIdx.x; b < 256; b += blockDim.x) local[b] = 0;
  __syncthreads();
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x)
    atomicAdd(&local[x[i]], 1u);
  __syncthreads();
  for (int b = threadIdx.x; b < 256; b += blockDim.x)
    if (local[b]) atomicAdd(&bins[b], local[b]);
}

// Bitonic sort of 1,024 keys in shared memory.
extern "C" __global__ void bitonic1024(unsigned *keys) {
  __shared__ unsigned k[1024];
  int t = threadIdx.x;
  k[t] = keys[blockIdx.x * 1024 + t];
  k[t + 512] = keys[blockIdx.x * 1024 + t + 512];
  for (int size = 2; size <= 1024; size *= 2) {
    for (int stride = size / 2; stride > 0; stride /= 2) {
      __syncthreads();
      int low = 2 * t - (t & (stride - 1));
      bool up = (low & size) == 0;
      unsigned a = k[low], b = k[low + stride];
      if ((a > b) == up) {
        k[low] = b;
        k[low + stride] = a;
      }
    }
  }
  __syncthreads();
  keys[blockIdx.x * 1024 + t] = k[t];
  keys[blockIdx.x * 1024 + t + 512] = k[t + 512];
}

// One pass of a stable radix sort by four bits, one warp.
extern "C" __global__ void radix_pass32(int shift, const unsigned *in, unsigned *out) {
  unsigned key = in[threadIdx.x];
  unsigned digit = (key >> shift) & 15u;
  unsigned below = 0;
  for (unsigned d = 0; d < 16; d++) {
    unsigned votes = __ballot_sync(0xffffffffu, digit == d);
    if (d < digit) below += __popc(votes);
    if (d == digit) below += __popc(votes & ((1u << threadIdx.x) - 1));
  }
  out[below] = key;
}

// Compaction: keeps the positive elements in order, places from one atomic a warp (order between warps is open).
extern "C" __global__ void keep_positive(int n, const int *x, int *out, int *count) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  bool keep = i < n && x[i] > 0;
  unsigned votes = __ballot_sync(0xffffffffu, keep);
  int lane = threadIdx.x % 32, base = 0;
  if (lane == 0) base = atomicAdd(count, __popc(votes));
  base = __shfl_sync(0xffffffffu, base, 0);
  if (keep) out[base + __popc(votes & ((1u << lane) - 1))] = x[i];
}
