// nvcc -arch=sm_80

// Inclusive scan of up to 1,024 elements in one block: warps by shuffles, then their totals.
extern "C" __global__ void scan_block(int n, const int *x, int *out) {
  __shared__ int totals[32];
  int t = threadIdx.x, lane = t % 32, warp = t / 32;
  int v = t < n ? x[t] : 0;
  for (int delta = 1; delta < 32; delta *= 2) {
    int left = __shfl_up_sync(0xffffffffu, v, delta);
    if (lane >= delta) v += left;
  }
  if (lane == 31) totals[warp] = v;
  __syncthreads();
  if (warp == 0) {
    int total = lane < blockDim.x / 32 ? totals[lane] : 0;
    for (int delta = 1; delta < 32; delta *= 2) {
      int left = __shfl_up_sync(0xffffffffu, total, delta);
      if (lane >= delta) total += left;
    }
    totals[lane] = total;
  }
  __syncthreads();
  if (warp > 0) v += totals[warp - 1];
  if (t < n) out[t] = v;
}

// Exclusive scan after Blelloch: up-sweep and down-sweep over a tree in shared memory.
extern "C" __global__ void scan_blelloch(const int *x, int *out) {
  extern __shared__ int tree[];
  int t = threadIdx.x, n = 2 * blockDim.x;
  tree[2 * t] = x[2 * t];
  tree[2 * t + 1] = x[2 * t + 1];
  int offset = 1;
  for (int d = n >> 1; d > 0; d >>= 1, offset *= 2) {
    __syncthreads();
    if (t < d) tree[offset * (2 * t + 2) - 1] += tree[offset * (2 * t + 1) - 1];
  }
  if (t == 0) tree[n - 1] = 0;
  for (int d = 1; d < n; d *= 2) {
    offset >>= 1;
    __syncthreads();
    if (t < d) {
      int left = offset * (2 * t + 1) - 1, right = offset * (2 * t + 2) - 1;
      int kept = tree[left];
      tree[left] = tree[right];
      tree[right] += kept;
    }
  }
  __syncthreads();
  out[2 * t] = tree[2 * t];
  out[2 * t + 1] = tree[2 * t + 1];
}

// Scan of any length in one pass: each block waits for the prefix of the block before it.
// state[b] is 0, or the inclusive prefix of block b plus 2^32.
extern "C" __global__ void scan_chained(int n, const int *x, int *out, unsigned long long *state) {
  __shared__ int totals[8];
  __shared__ int before;
  int i = blockIdx.x * 256 + threadIdx.x, lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  int v = i < n ? x[i] : 0;
  for (int delta = 1; delta < 32; delta *= 2) {
    int left = __shfl_up_sync(0xffffffffu, v, delta);
    if (lane >= delta) v += left;
  }
  if (lane == 31) totals[warp] = v;
  __syncthreads();
  int offset = 0;
  for (int w = 0; w < warp; w++) offset += totals[w];
  v += offset;
  if (threadIdx.x == 255) {
    int prefix = 0;
    if (blockIdx.x > 0) {
      unsigned long long word;
      do {
        asm volatile("ld.acquire.gpu.global.u64 %0, [%1];"
                     : "=l"(word)
                     : "l"(state + blockIdx.x - 1)
                     : "memory");
      } while (word >> 32 == 0);
      prefix = (int)word;
    }
    asm volatile("st.release.gpu.global.u64 [%0], %1;" ::"l"(state + blockIdx.x),
                 "l"((1ull << 32) | (unsigned)(prefix + v))
                 : "memory");
    before = prefix;
  }
  __syncthreads();
  if (i < n) out[i] = before + v;
}

// Sum of segments that flags begin, scanned within a warp with match.
extern "C" __global__ void sums_by_key(const int *keys, const int *values, int *sums) {
  int i = blockIdx.x * 32 + threadIdx.x;
  int key = keys[i], value = values[i];
  unsigned peers = __match_any_sync(0xffffffffu, key);
  int sum = __reduce_add_sync(peers, value);
  if (threadIdx.x == __ffs(peers) - 1) atomicAdd(&sums[key], sum);
}
