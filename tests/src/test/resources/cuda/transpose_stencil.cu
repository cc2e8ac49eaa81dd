// nvcc -arch=sm_80

// Transpose through a padded tile: no bank conflicts, coalesced both ways.
extern "C" __global__ void transpose_tile(int rows, int columns, const float *in, float *out) {
  __shared__ float tile[32][33];
  int x = blockIdx.x * 32 + threadIdx.x;
  for (int k = threadIdx.y; k < 32; k += 8) {
    int y = blockIdx.y * 32 + k;
    if (x < columns && y < rows) tile[k][threadIdx.x] = in[y * columns + x];
  }
  __syncthreads();
  int tx = blockIdx.y * 32 + threadIdx.x;
  for (int k = threadIdx.y; k < 32; k += 8) {
    int ty = blockIdx.x * 32 + k;
    if (tx < rows && ty < columns) out[ty * rows + tx] = tile[threadIdx.x][k];
  }
}

// The same without padding: each column access is a 32-way bank conflict.
extern "C" __global__ void transpose_conflicts(const float *in, float *out) {
  __shared__ float tile[32][32];
  for (int k = threadIdx.y; k < 32; k += 8) tile[k][threadIdx.x] = in[k * 32 + threadIdx.x];
  __syncthreads();
  for (int k = threadIdx.y; k < 32; k += 8) out[k * 32 + threadIdx.x] = tile[threadIdx.x][k];
}

__constant__ float taps[25];

// 5 x 5 convolution with a halo in shared memory and weights in constant memory; zero outside.
extern "C" __global__ void convolve5x5(int height, int width, const float *in, float *out) {
  __shared__ float tile[20][20];
  int ox = blockIdx.x * 16, oy = blockIdx.y * 16;
  for (int i = threadIdx.y * 16 + threadIdx.x; i < 400; i += 256) {
    int x = ox + i % 20 - 2, y = oy + i / 20 - 2;
    tile[i / 20][i % 20] = x >= 0 && x < width && y >= 0 && y < height ? in[y * width + x] : 0.0f;
  }
  __syncthreads();
  int x = ox + threadIdx.x, y = oy + threadIdx.y;
  if (x >= width || y >= height) return;
  float sum = 0;
  for (int dy = 0; dy < 5; dy++)
    for (int dx = 0; dx < 5; dx++) sum += taps[dy * 5 + dx] * tile[threadIdx.y + dy][threadIdx.x + dx];
  out[y * width + x] = sum;
}

// Writes the filter that convolve5x5 uses: constant memory is set from the host otherwise.
extern "C" __global__ void taps_of(float *out) {
  if (threadIdx.x < 25) out[threadIdx.x] = taps[threadIdx.x];
}

// A step of the heat equation, in place of two buffers, several steps in one block.
extern "C" __global__ void heat1d(int steps, float alpha, float *u) {
  __shared__ float a[258];
  int t = threadIdx.x;
  a[t + 1] = u[t];
  if (t == 0) a[0] = a[257] = 0;
  __syncthreads();
  for (int s = 0; s < steps; s++) {
    float next = a[t + 1] + alpha * (a[t] - 2 * a[t + 1] + a[t + 2]);
    __syncthreads();
    a[t + 1] = next;
    __syncthreads();
  }
  u[t] = a[t + 1];
}

// All pairs in double precision: gravity on each body, bodies staged through shared memory.
extern "C" __global__ void gravity_fp64(int n, const double4_16a *bodies, double4_16a *acceleration) {
  extern __shared__ double4_16a staged[];
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  double4_16a me = i < n ? bodies[i] : make_double4_16a(0, 0, 0, 0);
  double ax = 0, ay = 0, az = 0;
  for (int base = 0; base < n; base += blockDim.x) {
    __syncthreads();
    if (base + threadIdx.x < n) staged[threadIdx.x] = bodies[base + threadIdx.x];
    __syncthreads();
    int count = min((int)blockDim.x, n - base);
    for (int j = 0; j < count; j++) {
      double dx = staged[j].x - me.x, dy = staged[j].y - me.y, dz = staged[j].z - me.z;
      double r2 = dx * dx + dy * dy + dz * dz + 1e-3;
      double inverse = rsqrt(r2);
      double f = staged[j].w * inverse * inverse * inverse;
      ax += f * dx;
      ay += f * dy;
      az += f * dz;
    }
  }
  if (i < n) acceleration[i] = make_double4_16a(ax, ay, az, 0);
}
