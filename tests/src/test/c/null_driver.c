/*
 * A driver of a GPU that does nothing at all, at once: memory is the host's, copies happen within
 * the call, launches are counted and run nothing. What a call takes with it is the caller's own
 * part. Built against the official cuda.h.
 */
#include <cuda.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define OK CUDA_SUCCESS
#define P(number) ((void *)(uintptr_t)(number))

static int64_t launches;
static CUcontext current;
static int one;

/* How often a kernel was launched. */
int64_t kiln_null_launches(void) { return launches; }

CUresult CUDAAPI cuInit(unsigned int f) { return OK; }
CUresult CUDAAPI cuDriverGetVersion(int *v) { *v = CUDA_VERSION; return OK; }
CUresult CUDAAPI cuGetErrorName(CUresult e, const char **t) { *t = "CUDA_ERROR"; return OK; }
CUresult CUDAAPI cuGetErrorString(CUresult e, const char **t) { *t = "an error"; return OK; }
CUresult CUDAAPI cuDeviceGet(CUdevice *d, int n) { *d = n; return OK; }
CUresult CUDAAPI cuDeviceGetCount(int *n) { *n = 1; return OK; }
CUresult CUDAAPI cuDeviceGetName(char *t, int n, CUdevice d) { strncpy(t, "none", n); return OK; }
CUresult CUDAAPI cuDeviceGetUuid_v2(CUuuid *u, CUdevice d) { memset(u, 0, 16); return OK; }
CUresult CUDAAPI cuDeviceGetPCIBusId(char *t, int n, CUdevice d) { *t = 0; return OK; }
CUresult CUDAAPI cuDeviceGetAttribute(int *v, CUdevice_attribute a, CUdevice d) {
  *v = a == CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR   ? 9
       : a == CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR ? 0
       : a == CU_DEVICE_ATTRIBUTE_COMPUTE_MODE             ? 0
       : a == CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN ? 232448 : 1;
  return OK;
}
CUresult CUDAAPI cuDeviceTotalMem(size_t *n, CUdevice d) { *n = 1 << 30; return OK; }
CUresult CUDAAPI cuDeviceCanAccessPeer(int *c, CUdevice d, CUdevice p) { *c = 0; return OK; }
CUresult CUDAAPI cuDevicePrimaryCtxRetain(CUcontext *c, CUdevice d) { *c = P(&one); return OK; }
CUresult CUDAAPI cuDevicePrimaryCtxRelease(CUdevice d) { return OK; }
CUresult CUDAAPI cuCtxSetCurrent(CUcontext c) { current = c; return OK; }
CUresult CUDAAPI cuCtxGetCurrent(CUcontext *c) { *c = current; return OK; }
CUresult CUDAAPI cuCtxSynchronize(void) { return OK; }
CUresult CUDAAPI cuCtxGetStreamPriorityRange(int *l, int *g) { *l = *g = 0; return OK; }
CUresult CUDAAPI cuCtxEnablePeerAccess(CUcontext c, unsigned int f) { return OK; }
CUresult CUDAAPI cuModuleLoadDataEx(CUmodule *m, const void *i, unsigned int n, CUjit_option *o,
                                    void **v) {
  *m = P(&one);
  return OK;
}
CUresult CUDAAPI cuModuleUnload(CUmodule m) { return OK; }
CUresult CUDAAPI cuModuleGetFunction(CUfunction *f, CUmodule m, const char *n) {
  *f = P(&one);
  return OK;
}
CUresult CUDAAPI cuModuleGetGlobal(CUdeviceptr *p, size_t *n, CUmodule m, const char *t) {
  return CUDA_ERROR_NOT_FOUND;
}
CUresult CUDAAPI cuFuncGetAttribute(int *v, CUfunction_attribute a, CUfunction f) {
  *v = 1;
  return OK;
}
CUresult CUDAAPI cuFuncSetAttribute(CUfunction f, CUfunction_attribute a, int v) { return OK; }
CUresult CUDAAPI cuOccupancyMaxActiveBlocksPerMultiprocessor(int *n, CUfunction f, int b,
                                                             size_t s) {
  *n = 1;
  return OK;
}
CUresult CUDAAPI cuMemGetInfo(size_t *f, size_t *t) { *f = *t = 1 << 30; return OK; }
CUresult CUDAAPI cuMemAlloc(CUdeviceptr *p, size_t n) {
  *p = (CUdeviceptr)(uintptr_t)aligned_alloc(256, (n + 255) / 256 * 256);
  return *p ? OK : CUDA_ERROR_OUT_OF_MEMORY;
}
CUresult CUDAAPI cuMemFree(CUdeviceptr p) { free(P(p)); return OK; }
CUresult CUDAAPI cuDeviceGetDefaultMemPool(CUmemoryPool *p, CUdevice d) { *p = P(&one); return OK; }
CUresult CUDAAPI cuMemPoolCreate(CUmemoryPool *p, const CUmemPoolProps *q) {
  *p = P(&one);
  return OK;
}
CUresult CUDAAPI cuMemPoolDestroy(CUmemoryPool p) { return OK; }
CUresult CUDAAPI cuMemPoolSetAttribute(CUmemoryPool p, CUmemPool_attribute a, void *v) {
  return OK;
}
CUresult CUDAAPI cuMemPoolGetAttribute(CUmemoryPool p, CUmemPool_attribute a, void *v) {
  return OK;
}
CUresult CUDAAPI cuMemPoolTrimTo(CUmemoryPool p, size_t n) { return OK; }
CUresult CUDAAPI cuMemAllocAsync(CUdeviceptr *p, size_t n, CUstream s) { return cuMemAlloc(p, n); }
CUresult CUDAAPI cuMemAllocFromPoolAsync(CUdeviceptr *p, size_t n, CUmemoryPool q, CUstream s) {
  return cuMemAlloc(p, n);
}
CUresult CUDAAPI cuMemFreeAsync(CUdeviceptr p, CUstream s) { return cuMemFree(p); }
CUresult CUDAAPI cuMemHostAlloc(void **p, size_t n, unsigned int f) {
  *p = malloc(n);
  return *p ? OK : CUDA_ERROR_OUT_OF_MEMORY;
}
CUresult CUDAAPI cuMemFreeHost(void *p) { free(p); return OK; }
CUresult CUDAAPI cuMemHostRegister(void *p, size_t n, unsigned int f) { return OK; }
CUresult CUDAAPI cuMemHostUnregister(void *p) { return OK; }
CUresult CUDAAPI cuMemHostGetDevicePointer(CUdeviceptr *d, void *p, unsigned int f) {
  *d = (CUdeviceptr)(uintptr_t)p;
  return OK;
}
CUresult CUDAAPI cuMemcpyHtoDAsync(CUdeviceptr d, const void *h, size_t n, CUstream s) {
  memcpy(P(d), h, n);
  return OK;
}
CUresult CUDAAPI cuMemcpyDtoHAsync(void *h, CUdeviceptr d, size_t n, CUstream s) {
  memcpy(h, P(d), n);
  return OK;
}
CUresult CUDAAPI cuMemcpyDtoDAsync(CUdeviceptr d, CUdeviceptr f, size_t n, CUstream s) {
  memmove(P(d), P(f), n);
  return OK;
}
CUresult CUDAAPI cuMemcpyPeerAsync(CUdeviceptr d, CUcontext c, CUdeviceptr f, CUcontext e,
                                   size_t n, CUstream s) {
  memmove(P(d), P(f), n);
  return OK;
}
CUresult CUDAAPI cuMemcpy2DAsync(const CUDA_MEMCPY2D *c, CUstream s) {
  char *to = c->dstMemoryType == CU_MEMORYTYPE_HOST ? c->dstHost : P(c->dstDevice);
  const char *from = c->srcMemoryType == CU_MEMORYTYPE_HOST ? c->srcHost : P(c->srcDevice);
  for (size_t y = 0; y < c->Height; y++) {
    memcpy(to + y * c->dstPitch, from + y * c->srcPitch, c->WidthInBytes);
  }
  return OK;
}
CUresult CUDAAPI cuMemsetD8Async(CUdeviceptr d, unsigned char v, size_t n, CUstream s) {
  memset(P(d), v, n);
  return OK;
}
CUresult CUDAAPI cuMemsetD32Async(CUdeviceptr d, unsigned int v, size_t n, CUstream s) {
  for (size_t i = 0; i < n; i++) ((unsigned int *)P(d))[i] = v;
  return OK;
}
CUresult CUDAAPI cuPointerGetAttribute(void *v, CUpointer_attribute a, CUdeviceptr p) {
  return CUDA_ERROR_INVALID_VALUE;
}
CUresult CUDAAPI cuStreamCreateWithPriority(CUstream *s, unsigned int f, int p) {
  *s = P(&one);
  return OK;
}
CUresult CUDAAPI cuStreamDestroy(CUstream s) { return OK; }
CUresult CUDAAPI cuStreamSynchronize(CUstream s) { return OK; }
CUresult CUDAAPI cuStreamQuery(CUstream s) { return OK; }
CUresult CUDAAPI cuStreamWaitEvent(CUstream s, CUevent e, unsigned int f) { return OK; }
CUresult CUDAAPI cuStreamBeginCapture(CUstream s, CUstreamCaptureMode m) { return OK; }
CUresult CUDAAPI cuStreamEndCapture(CUstream s, CUgraph *g) { *g = P(&one); return OK; }
CUresult CUDAAPI cuStreamIsCapturing(CUstream s, CUstreamCaptureStatus *c) {
  *c = CU_STREAM_CAPTURE_STATUS_NONE;
  return OK;
}
CUresult CUDAAPI cuEventCreate(CUevent *e, unsigned int f) { *e = P(&one); return OK; }
CUresult CUDAAPI cuEventDestroy(CUevent e) { return OK; }
CUresult CUDAAPI cuEventRecord(CUevent e, CUstream s) { return OK; }
CUresult CUDAAPI cuEventSynchronize(CUevent e) { return OK; }
CUresult CUDAAPI cuEventQuery(CUevent e) { return OK; }
#undef cuEventElapsedTime
CUresult CUDAAPI cuEventElapsedTime(float *t, CUevent a, CUevent b) { *t = 0; return OK; }
CUresult CUDAAPI cuEventElapsedTime_v2(float *t, CUevent a, CUevent b) { *t = 0; return OK; }
CUresult CUDAAPI cuGraphInstantiateWithFlags(CUgraphExec *x, CUgraph g, unsigned long long f) {
  *x = P(&one);
  return OK;
}
CUresult CUDAAPI cuGraphGetNodes(CUgraph g, CUgraphNode *n, size_t *c) { *c = 0; return OK; }
CUresult CUDAAPI cuGraphLaunch(CUgraphExec x, CUstream s) { return OK; }
CUresult CUDAAPI cuGraphExecDestroy(CUgraphExec x) { return OK; }
CUresult CUDAAPI cuGraphDestroy(CUgraph g) { return OK; }
CUresult CUDAAPI cuLaunchKernel(CUfunction f, unsigned int gx, unsigned int gy, unsigned int gz,
                                unsigned int bx, unsigned int by, unsigned int bz, unsigned int m,
                                CUstream s, void **p, void **e) {
  launches++;
  return OK;
}
CUresult CUDAAPI cuLaunchKernelEx(const CUlaunchConfig *c, CUfunction f, void **p, void **e) {
  launches++;
  return OK;
}
CUresult CUDAAPI cuLaunchCooperativeKernel(CUfunction f, unsigned int gx, unsigned int gy,
                                           unsigned int gz, unsigned int bx, unsigned int by,
                                           unsigned int bz, unsigned int m, CUstream s, void **p) {
  launches++;
  return OK;
}
CUresult CUDAAPI cuLaunchHostFunc(CUstream s, CUhostFn f, void *d) { return OK; }
CUresult CUDAAPI cuTensorMapEncodeTiled(CUtensorMap *m, CUtensorMapDataType t, cuuint32_t r,
                                        void *a, const cuuint64_t *d, const cuuint64_t *st,
                                        const cuuint32_t *b, const cuuint32_t *es,
                                        CUtensorMapInterleave i, CUtensorMapSwizzle w,
                                        CUtensorMapL2promotion l, CUtensorMapFloatOOBfill o) {
  memset(m, 0, sizeof *m);
  return OK;
}
CUresult CUDAAPI cuProfilerStart(void) { return OK; }
CUresult CUDAAPI cuProfilerStop(void) { return OK; }
