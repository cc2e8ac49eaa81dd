// nvcc -arch=sm_80
#include <cassert>
#include <cooperative_groups.h>
#include <cstdio>

namespace cg = cooperative_groups;

// A lock that lanes of one warp and of many blocks take in turn.
extern "C" __global__ void locked_sum(int *lock, volatile long long *sum, const int *x) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  while (atomicCAS(lock, 0, 1) != 0) __nanosleep(10);
  __threadfence();
  *sum = *sum * 3 % 1000003 + x[i];
  __threadfence();
  atomicExch(lock, 0);
}

// The same, with the lock taken inside of the loop's body.
extern "C" __global__ void locked_count(int *lock, volatile int *count) {
  bool done = false;
  while (!done) {
    if (atomicCAS(lock, 0, 1) == 0) {
      __threadfence();
      *count = *count + 1;
      __threadfence();
      atomicExch(lock, 0);
      done = true;
    }
  }
}

__device__ __noinline__ unsigned ackermann(unsigned m, unsigned n) {
  if (m == 0) return n + 1;
  if (n == 0) return ackermann(m - 1, 1);
  return ackermann(m - 1, ackermann(m, n - 1));
}

// Recursion, each lane with its own depth.
extern "C" __global__ void ackermann_of(const unsigned *m, const unsigned *n, unsigned *out) {
  out[threadIdx.x] = ackermann(m[threadIdx.x], n[threadIdx.x]);
}

__device__ __noinline__ void sort_range(int *a, int low, int high, int *depth) {
  int deepest = *depth + 1;
  int here[2] = {low, high};
  while (here[0] < here[1]) {
    int pivot = a[(here[0] + here[1]) / 2], i = here[0], j = here[1];
    while (i <= j) {
      while (a[i] < pivot) i++;
      while (a[j] > pivot) j--;
      if (i <= j) {
        int t = a[i];
        a[i++] = a[j];
        a[j--] = t;
      }
    }
    int below = *depth + 1;
    sort_range(a, here[0], j, &below);
    deepest = max(deepest, below);
    here[0] = i;
  }
  *depth = deepest;
}

// Quicksort by recursion, addresses of local variables passed down: one array a thread.
extern "C" __global__ void quicksort(int length, int *arrays, int *depths) {
  int depth = 0;
  sort_range(arrays + threadIdx.x * length, 0, length - 1, &depth);
  depths[threadIdx.x] = depth;
}

typedef float (*unary)(float);
__device__ __noinline__ float twice(float x) { return 2 * x; }
__device__ __noinline__ float square(float x) { return x * x; }
__device__ __noinline__ float negate(float x) { return -x; }
__device__ unary functions[3] = {twice, square, negate};

// Calls through a table of pointers; lanes of a warp call different functions.
extern "C" __global__ void call_table(const int *which, float *x) {
  x[threadIdx.x] = functions[which[threadIdx.x]](x[threadIdx.x]) + 1;
}

// A switch that becomes a jump table.
extern "C" __global__ void classify(int n, const int *x, int *out) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  int v = x[i];
  switch (v & 15) {
    case 0: v = v * 3 + 1; break;
    case 1: v = v ^ 0x55; break;
    case 2: v = v / 7; break;
    case 3: v = v % 11; break;
    case 4: v = __popc(v); break;
    case 5: v = __clz(v); break;
    case 6: v = -v; break;
    case 7: v = v << 3; break;
    case 8: v = v >> 2; break;
    case 9: v = __brev(v); break;
    case 10: v = abs(v - 100); break;
    case 11: v = max(v, 50); break;
    default: for (int k = 0; k < (v & 7); k++) v = v * 5 + k;
  }
  out[i] = v;
}

// One warp makes, one takes: named barriers with arrive and sync, two slots.
extern "C" __global__ void producer_consumer(int steps, const int *in, int *out) {
  __shared__ int slots[2][32];
  int lane = threadIdx.x % 32;
  if (threadIdx.x < 32) {
    for (int s = 0; s < steps; s++) {
      asm volatile("bar.sync %0, 64;" ::"r"(3 + s % 2) : "memory");
      slots[s % 2][lane] = in[s * 32 + lane] * 2;
      asm volatile("bar.arrive %0, 64;" ::"r"(1 + s % 2) : "memory");
    }
  } else {
    asm volatile("bar.arrive 3, 64;" ::: "memory");
    asm volatile("bar.arrive 4, 64;" ::: "memory");
    for (int s = 0; s < steps; s++) {
      asm volatile("bar.sync %0, 64;" ::"r"(1 + s % 2) : "memory");
      out[s * 32 + lane] = slots[s % 2][31 - lane] + 1;
      if (s + 2 < steps) asm volatile("bar.arrive %0, 64;" ::"r"(3 + s % 2) : "memory");
    }
  }
}

// Every block passes a barrier of the whole grid between steps: an own barrier of atomics.
extern "C" __global__ void grid_steps(int steps, unsigned *arrived, volatile int *cells, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  for (int s = 0; s < steps; s++) {
    int left = cells[(s & 1) * n + (i + n - 1) % n], right = cells[(s & 1) * n + (i + 1) % n];
    cells[((s + 1) & 1) * n + i] = left + right;
    __syncthreads();
    if (threadIdx.x == 0) {
      __threadfence();
      atomicAdd(arrived, 1);
      while (atomicAdd(arrived, 0) < gridDim.x * (s + 1)) __nanosleep(50);
      __threadfence();
    }
    __syncthreads();
  }
}

// Cooperative groups: tiles of eight, a coalesced group in a branch, a labelled partition.
extern "C" __global__ void groups(const int *x, int *tile_sums, int *odd_counts) {
  cg::thread_block block = cg::this_thread_block();
  cg::thread_block_tile<8> tile = cg::tiled_partition<8>(block);
  int v = x[block.thread_rank()];
  int sum = v;
  for (int delta = tile.size() / 2; delta > 0; delta /= 2) sum += tile.shfl_xor(sum, delta);
  if (tile.thread_rank() == 0) tile_sums[block.thread_rank() / 8] = sum;
  if (v % 2 != 0) {
    cg::coalesced_group odd = cg::coalesced_threads();
    if (odd.thread_rank() == 0) atomicAdd(odd_counts, odd.size());
  }
}

// Prints a line and checks a condition.
extern "C" __global__ void prints(int limit, const int *x) {
  int i = threadIdx.x;
  assert(x[i] < limit);
  if (i % 8 == 0) printf("thread %d: %5d|%-4u|%08.3f|%s|%c|%#llx\n", i, x[i], 7u, x[i] * 0.5, "text", 'k', 255ull);
}

// A linked list on the device's heap.
struct Node {
  int value;
  Node *next;
};
extern "C" __global__ void lists(int length, int *sums) {
  Node *head = nullptr;
  for (int i = 0; i < length + threadIdx.x % 3; i++) {
    Node *node = (Node *)malloc(sizeof(Node));
    node->value = i * (threadIdx.x + 1);
    node->next = head;
    head = node;
  }
  int sum = 0;
  while (head) {
    sum += head->value;
    Node *next = head->next;
    free(head);
    head = next;
  }
  sums[threadIdx.x] = sum;
}

// A struct by value, and indexing of a local array that stays in local memory.
struct Shape {
  int width, height;
  double scale;
  short tags[4];
};
extern "C" __global__ void by_value(Shape shape, const int *order, double *out) {
  double local[8];
  for (int i = 0; i < 8; i++) local[i] = shape.scale * i + shape.tags[i % 4];
  double sum = 0;
  for (int i = 0; i < 8; i++) sum = sum * 2 + local[order[threadIdx.x * 8 + i]];
  out[threadIdx.x] = sum + shape.width * shape.height;
}
