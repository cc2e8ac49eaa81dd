// nvcc -arch=sm_80

// Sum of a block's elements through shared memory, then one atomic.
extern "C" __global__ void sum_shared(int n, const float *x, float *sum) {
  __shared__ float partial[256];
  int t = threadIdx.x;
  float v = 0;
  for (int i = blockIdx.x * 256 + t; i < n; i += gridDim.x * 256) v += x[i];
  partial[t] = v;
  __syncthreads();
  for (int step = 128; step > 0; step >>= 1) {
    if (t < step) partial[t] += partial[t + step];
    __syncthreads();
  }
  if (t == 0) atomicAdd(sum, partial[0]);
}

// Sum of rows by shuffles: one warp a row.
extern "C" __global__ void row_sums_shuffle(int rows, int columns, const float *x, float *sums) {
  int row = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
  int lane = threadIdx.x % 32;
  if (row >= rows) return;
  float v = 0;
  for (int c = lane; c < columns; c += 32) v += x[row * columns + c];
  for (int delta = 16; delta > 0; delta /= 2) v += __shfl_down_sync(0xffffffffu, v, delta);
  if (lane == 0) sums[row] = v;
}

// Largest element of each row and where it first stands: one block a row.
extern "C" __global__ void row_argmax(int columns, const float *x, int *where, float *largest) {
  __shared__ float values[32];
  __shared__ int places[32];
  const float *row = x + (long long)blockIdx.x * columns;
  float best = -INFINITY;
  int place = 0x7fffffff;
  for (int c = threadIdx.x; c < columns; c += blockDim.x) {
    if (row[c] > best || (row[c] == best && c < place)) {
      best = row[c];
      place = c;
    }
  }
  auto merge = [&](float v, int p) {
    if (v > best || (v == best && p < place)) {
      best = v;
      place = p;
    }
  };
  for (int delta = 16; delta > 0; delta /= 2) {
    float v = __shfl_xor_sync(0xffffffffu, best, delta);
    int p = __shfl_xor_sync(0xffffffffu, place, delta);
    merge(v, p);
  }
  int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  if (lane == 0) {
    values[warp] = best;
    places[warp] = place;
  }
  __syncthreads();
  if (warp == 0) {
    int warps = blockDim.x / 32;
    best = lane < warps ? values[lane] : -INFINITY;
    place = lane < warps ? places[lane] : 0x7fffffff;
    for (int delta = 16; delta > 0; delta /= 2) {
      float v = __shfl_xor_sync(0xffffffffu, best, delta);
      int p = __shfl_xor_sync(0xffffffffu, place, delta);
      merge(v, p);
    }
    if (lane == 0) {
      where[blockIdx.x] = place;
      largest[blockIdx.x] = best;
    }
  }
}

// Sum, minimum and maximum of integers by redux, one atomic a warp.
extern "C" __global__ void integer_extremes(int n, const int *x, int *sum, int *least, int *most) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  bool inside = i < n;
  int v = inside ? x[i] : 0;
  int total = __reduce_add_sync(0xffffffffu, v);
  int low = __reduce_min_sync(0xffffffffu, inside ? v : 0x7fffffff);
  int high = __reduce_max_sync(0xffffffffu, inside ? v : (int)0x80000000);
  if (threadIdx.x % 32 == 0) {
    atomicAdd(sum, total);
    atomicMin(least, low);
    atomicMax(most, high);
  }
}

// The last block to finish adds the partial sums of all: a counter with a fence.
__device__ unsigned blocks_done = 0;
extern "C" __global__ void sum_last_block(int n, const float *x, volatile float *partial, float *sum) {
  __shared__ float cache[8];
  __shared__ bool last;
  float v = 0;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) v += x[i];
  for (int delta = 16; delta > 0; delta /= 2) v += __shfl_xor_sync(0xffffffffu, v, delta);
  if (threadIdx.x % 32 == 0) cache[threadIdx.x / 32] = v;
  __syncthreads();
  if (threadIdx.x == 0) {
    float block = 0;
    for (int w = 0; w < blockDim.x / 32; w++) block += cache[w];
    partial[blockIdx.x] = block;
    __threadfence();
    last = atomicInc(&blocks_done, gridDim.x - 1) == gridDim.x - 1;
    if (last) {
      __threadfence();
      float total = 0;
      for (int b = 0; b < gridDim.x; b++) total += partial[b];
      *sum = total;
    }
  }
}

// Counts elements above a threshold with ballots, and where a block's first one stands.
extern "C" __global__ void count_above(int n, float threshold, const float *x, int *count, int *first) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  bool above = i < n && x[i] > threshold;
  unsigned votes = __ballot_sync(0xffffffffu, above);
  if (votes != 0 && threadIdx.x % 32 == __ffs(votes) - 1) {
    atomicAdd(count, __popc(votes));
    atomicMin(first, i);
  }
}
