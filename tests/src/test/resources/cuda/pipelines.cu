// nvcc -arch=sm_80
#include <cooperative_groups.h>
#include <cooperative_groups/memcpy_async.h>
#include <cooperative_groups/reduce.h>
#include <cooperative_groups/scan.h>
#include <cuda/atomic>
#include <cuda/barrier>
#include <cuda/latch>
#include <cuda/pipeline>
#include <cuda/semaphore>
#include <cstdint>

#pragma nv_diag_suppress static_var_with_dynamic_init

namespace cg = cooperative_groups;

__device__ uint32_t shared_address(const void *p) { return (uint32_t)__cvta_generic_to_shared(p); }

__device__ void barrier_wait(uint64_t *barrier, uint32_t phase) {
  asm volatile(
      "{\n.reg .pred done;\nAGAIN:\n"
      "mbarrier.test_wait.parity.shared.b64 done, [%0], %1;\n@!done bra AGAIN;\n}" ::"r"(shared_address(barrier)),
      "r"(phase)
      : "memory");
}

// Two warps copy, two add up: the copies themselves arrive at the barriers of three stages when they are done.
extern "C" __global__ void __launch_bounds__(128) copies_arrive(int steps, const float *in, float *out) {
  __shared__ __align__(16) float stage[3][256];
  __shared__ uint64_t full[3], empty[3];
  if (threadIdx.x < 3) {
    asm volatile("mbarrier.init.shared.b64 [%0], 64;" ::"r"(shared_address(&full[threadIdx.x])) : "memory");
    asm volatile("mbarrier.init.shared.b64 [%0], 64;" ::"r"(shared_address(&empty[threadIdx.x])) : "memory");
  }
  __syncthreads();
  const float *mine = in + (size_t)blockIdx.x * steps * 256;
  int t = threadIdx.x % 64;
  if (threadIdx.x < 64) {
    for (int s = 0; s < steps; s++) {
      if (s >= 3) barrier_wait(&empty[s % 3], (s / 3 - 1) & 1);
      asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(shared_address(&stage[s % 3][t * 4])),
                   "l"(mine + s * 256 + t * 4)
                   : "memory");
      asm volatile("cp.async.mbarrier.arrive.noinc.shared.b64 [%0];" ::"r"(shared_address(&full[s % 3])) : "memory");
    }
  } else {
    float sums[4] = {};
    for (int s = 0; s < steps; s++) {
      barrier_wait(&full[s % 3], s / 3 & 1);
      for (int e = 0; e < 4; e++) sums[e] += stage[s % 3][e * 64 + 63 - t];
      asm volatile("{\n.reg .b64 state;\nmbarrier.arrive.shared.b64 state, [%0];\n}" ::"r"(
                       shared_address(&empty[s % 3]))
                   : "memory");
    }
    for (int e = 0; e < 4; e++) out[blockIdx.x * 256 + e * 64 + 63 - t] = sums[e];
  }
}

// The library's barrier: all threads copy, arrive with a token, and wait for it after other work.
extern "C" __global__ void library_barrier(int steps, const int *in, int *out) {
  using barrier = cuda::barrier<cuda::thread_scope_block>;
  __shared__ __align__(16) int stage[256];
  __shared__ barrier bar;
  cg::thread_block block = cg::this_thread_block();
  if (block.thread_rank() == 0) init(&bar, block.size());
  block.sync();
  int sum = 0;
  for (int s = 0; s < steps; s++) {
    cuda::memcpy_async(block, stage, in + ((size_t)blockIdx.x * steps + s) * 256, sizeof stage, bar);
    barrier::arrival_token token = bar.arrive();
    sum *= 3;
    bar.wait(std::move(token));
    sum += stage[255 - threadIdx.x];
    bar.arrive_and_wait();
  }
  out[blockIdx.x * 256 + threadIdx.x] = sum;
}

// The library's pipeline of two stages, for each thread by itself.
extern "C" __global__ void library_pipeline(int steps, const int *in, int *out) {
  __shared__ __align__(16) int4 stage[2][64];
  auto pipe = cuda::make_pipeline();
  const int4 *mine = (const int4 *)in + ((size_t)blockIdx.x * steps) * 64 + threadIdx.x;
  auto fetch = [&](int s) {
    pipe.producer_acquire();
    if (s < steps) cuda::memcpy_async(&stage[s % 2][threadIdx.x], mine + s * 64, cuda::aligned_size_t<16>(16), pipe);
    pipe.producer_commit();
  };
  fetch(0);
  int sum = 0;
  for (int s = 0; s < steps; s++) {
    fetch(s + 1);
    cuda::pipeline_consumer_wait_prior<1>(pipe);
    int4 v = stage[s % 2][threadIdx.x];
    sum += v.x - v.y + v.z * v.w;
    pipe.consumer_release();
  }
  out[blockIdx.x * 64 + threadIdx.x] = sum;
}

// The same between warps that produce and warps that consume.
extern "C" __global__ void library_roles(int steps, const int *in, int *out) {
  __shared__ __align__(16) int stage[2][64];
  __shared__ cuda::pipeline_shared_state<cuda::thread_scope_block, 2> state;
  cg::thread_block block = cg::this_thread_block();
  cuda::pipeline_role role = threadIdx.x < 64 ? cuda::pipeline_role::producer : cuda::pipeline_role::consumer;
  auto pipe = cuda::make_pipeline(block, &state, role);
  int t = threadIdx.x % 64, sum = 0;
  for (int s = 0; s < steps; s++) {
    if (role == cuda::pipeline_role::producer) {
      pipe.producer_acquire();
      cuda::memcpy_async(&stage[s % 2][t], in + (blockIdx.x * steps + s) * 64 + t, sizeof(int), pipe);
      pipe.producer_commit();
    } else {
      pipe.consumer_wait();
      sum = sum * 2 + stage[s % 2][63 - t];
      pipe.consumer_release();
    }
  }
  if (role == cuda::pipeline_role::consumer) out[blockIdx.x * 64 + t] = sum;
  block.sync();  // the pipeline's end invalidates its barriers: by match.any.sync, which orders no memory
}

// Copies of a group, two in flight, waited for by number.
extern "C" __global__ void group_copies(int steps, const int *in, int *out) {
  __shared__ __align__(16) int stage[2][128];
  cg::thread_block block = cg::this_thread_block();
  const int *mine = in + (size_t)blockIdx.x * steps * 128;
  cg::memcpy_async(block, stage[0], mine, sizeof stage[0]);
  int sum = 0;
  for (int s = 0; s < steps; s++) {
    if (s + 1 < steps) {
      cg::memcpy_async(block, stage[(s + 1) % 2], mine + (s + 1) * 128, sizeof stage[0]);
      cg::wait_prior<1>(block);
    } else {
      cg::wait(block);
    }
    sum += stage[s % 2][(threadIdx.x * 5 + s) % 128] * (s + 1);
    block.sync();
  }
  cg::thread_block_tile<32> tile = cg::tiled_partition<32>(block);
  int before = cg::exclusive_scan(tile, sum, cg::plus<int>());
  int most = cg::reduce(tile, sum, cg::greater<int>());
  out[blockIdx.x * 128 + threadIdx.x] = before ^ most;
}

// A ticket lock of the library's atomics, taken by one thread of each block: x = a x + b in order of tickets.
extern "C" __global__ void ticket_lock(
    cuda::atomic<unsigned, cuda::thread_scope_device> *next, cuda::atomic<unsigned, cuda::thread_scope_device> *serving,
    unsigned *value, const unsigned *factors, unsigned *tickets) {
  if (threadIdx.x == 0) {
    unsigned ticket = next->fetch_add(1, cuda::memory_order_relaxed);
    while (serving->load(cuda::memory_order_acquire) != ticket) __nanosleep(20);
    *value = *value * factors[ticket] + ticket;
    serving->store(ticket + 1, cuda::memory_order_release);
    tickets[blockIdx.x] = ticket;
  }
}

// Largest and sums by atomics over plain memory, a double by compare and exchange among them.
extern "C" __global__ void atomic_refs(int n, const double *x, double *largest, double *sum, unsigned long long *bits) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  cuda::atomic_ref<double, cuda::thread_scope_device> most(*largest), all(*sum);
  cuda::atomic_ref<unsigned long long, cuda::thread_scope_device> set(*bits);
  double old = most.load(cuda::memory_order_relaxed);
  while (old < x[i] && !most.compare_exchange_weak(old, x[i], cuda::memory_order_relaxed));
  all.fetch_add(x[i], cuda::memory_order_relaxed);
  set.fetch_or(1ull << (i * 7 % 64), cuda::memory_order_relaxed);
  set.fetch_xor(1ull << 63, cuda::memory_order_seq_cst);
}

// At most three threads of a block at a time hold a slot; a latch lets the last phase begin when all have had one.
extern "C" __global__ void slots(int *most, int *left) {
  using semaphore_type = cuda::counting_semaphore<cuda::thread_scope_block, 3>;
  using latch_type = cuda::latch<cuda::thread_scope_block>;
  __shared__ __align__(8) char memory[sizeof(semaphore_type) + sizeof(latch_type)];
  __shared__ int inside, peak;
  semaphore_type &semaphore = *(semaphore_type *)memory;
  latch_type &latch = *(latch_type *)(memory + sizeof(semaphore_type));
  if (threadIdx.x == 0) {
    new (&semaphore) semaphore_type(3);
    new (&latch) latch_type(blockDim.x);
    inside = 0;
    peak = 0;
  }
  __syncthreads();
  semaphore.acquire();
  atomicMax(&peak, atomicAdd(&inside, 1) + 1);
  atomicSub(&inside, 1);
  semaphore.release();
  latch.arrive_and_wait();
  if (threadIdx.x == 0) {
    most[blockIdx.x] = peak;
    left[blockIdx.x] = inside;
  }
}
