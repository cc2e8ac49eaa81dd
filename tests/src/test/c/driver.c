/*
 * A stand-in for the CUDA driver's library, for tests: it exports the functions that Kiln uses,
 * under the C interface of the official cuda.h, and hands each call to one function of the test's.
 * There is no logic here: arguments and structs are flattened to 64-bit numbers, which proves that
 * the binding in Java has their widths and layouts right.
 */
#include <cuda.h>
#include <stdint.h>

/* Every function, by the name that is exported. */
#define FUNCTIONS(F) \
  F(cuInit) F(cuDriverGetVersion) F(cuGetErrorName) F(cuGetErrorString) F(cuDeviceGet) \
  F(cuDeviceGetCount) F(cuDeviceGetName) F(cuDeviceGetUuid_v2) F(cuDeviceGetPCIBusId) \
  F(cuDeviceGetAttribute) F(cuDeviceTotalMem_v2) F(cuDeviceCanAccessPeer) \
  F(cuDevicePrimaryCtxRetain) F(cuDevicePrimaryCtxRelease_v2) F(cuCtxSetCurrent) \
  F(cuCtxGetCurrent) F(cuCtxSynchronize) F(cuCtxGetStreamPriorityRange) F(cuCtxEnablePeerAccess) \
  F(cuModuleLoadDataEx) F(cuModuleUnload) F(cuModuleGetFunction) F(cuModuleGetGlobal_v2) \
  F(cuFuncGetAttribute) F(cuFuncSetAttribute) F(cuOccupancyMaxActiveBlocksPerMultiprocessor) \
  F(cuMemGetInfo_v2) F(cuMemAlloc_v2) F(cuMemFree_v2) F(cuDeviceGetDefaultMemPool) \
  F(cuMemPoolCreate) F(cuMemPoolDestroy) F(cuMemPoolSetAttribute) F(cuMemPoolGetAttribute) \
  F(cuMemPoolTrimTo) F(cuMemAllocAsync) F(cuMemAllocFromPoolAsync) F(cuMemFreeAsync) \
  F(cuMemHostAlloc) F(cuMemFreeHost) F(cuMemHostRegister_v2) F(cuMemHostUnregister) \
  F(cuMemHostGetDevicePointer_v2) F(cuMemcpyHtoDAsync_v2) F(cuMemcpyDtoHAsync_v2) \
  F(cuMemcpyDtoDAsync_v2) F(cuMemcpyPeerAsync) F(cuMemcpy2DAsync_v2) F(cuMemsetD8Async) \
  F(cuMemsetD32Async) F(cuPointerGetAttribute) F(cuStreamCreateWithPriority) \
  F(cuStreamDestroy_v2) F(cuStreamSynchronize) F(cuStreamQuery) F(cuStreamWaitEvent) \
  F(cuStreamBeginCapture_v2) F(cuStreamEndCapture) F(cuStreamIsCapturing) F(cuEventCreate) \
  F(cuEventDestroy_v2) F(cuEventRecord) F(cuEventSynchronize) F(cuEventQuery) \
  F(cuEventElapsedTime) F(cuEventElapsedTime_v2) F(cuGraphInstantiateWithFlags) \
  F(cuGraphGetNodes) F(cuGraphLaunch) F(cuGraphExecDestroy) F(cuGraphDestroy) F(cuLaunchKernel) \
  F(cuLaunchKernelEx) F(cuLaunchCooperativeKernel) F(cuLaunchHostFunc) F(cuTensorMapEncodeTiled) \
  F(cuProfilerStart) F(cuProfilerStop)

#define NUMBER(name) NUMBER_##name,
enum { FUNCTIONS(NUMBER) NUMBERS };

#define NAME(name) #name,
/* The names of the functions by their numbers, and a null pointer. */
const char *const kiln_driver_functions[] = {FUNCTIONS(NAME) 0};

typedef int32_t (*dispatcher)(int32_t function, const int64_t *values);

static dispatcher dispatch;

/* Sets who answers calls; null: nobody, as of a driver that has been unloaded. */
void kiln_driver_install(dispatcher next) { dispatch = next; }

static CUresult call(int32_t function, const int64_t *values) {
  dispatcher to = dispatch;
  return to ? (CUresult)to(function, values) : CUDA_ERROR_DEINITIALIZED;
}

#define CALL(name, ...) call(NUMBER_##name, (const int64_t[]){__VA_ARGS__})
#define P(pointer) ((int64_t)(uintptr_t)(pointer))

CUresult CUDAAPI cuInit(unsigned int flags) { return CALL(cuInit, flags); }

CUresult CUDAAPI cuDriverGetVersion(int *version) { return CALL(cuDriverGetVersion, P(version)); }

CUresult CUDAAPI cuGetErrorName(CUresult error, const char **text) {
  return CALL(cuGetErrorName, error, P(text));
}

CUresult CUDAAPI cuGetErrorString(CUresult error, const char **text) {
  return CALL(cuGetErrorString, error, P(text));
}

CUresult CUDAAPI cuDeviceGet(CUdevice *device, int ordinal) {
  return CALL(cuDeviceGet, P(device), ordinal);
}

CUresult CUDAAPI cuDeviceGetCount(int *count) { return CALL(cuDeviceGetCount, P(count)); }

CUresult CUDAAPI cuDeviceGetName(char *name, int length, CUdevice device) {
  return CALL(cuDeviceGetName, P(name), length, device);
}

CUresult CUDAAPI cuDeviceGetUuid_v2(CUuuid *uuid, CUdevice device) {
  return CALL(cuDeviceGetUuid_v2, P(uuid->bytes), sizeof(uuid->bytes), device);
}

CUresult CUDAAPI cuDeviceGetPCIBusId(char *id, int length, CUdevice device) {
  return CALL(cuDeviceGetPCIBusId, P(id), length, device);
}

CUresult CUDAAPI cuDeviceGetAttribute(int *value, CUdevice_attribute attribute, CUdevice device) {
  return CALL(cuDeviceGetAttribute, P(value), attribute, device);
}

CUresult CUDAAPI cuDeviceTotalMem(size_t *bytes, CUdevice device) {
  return CALL(cuDeviceTotalMem_v2, P(bytes), device);
}

CUresult CUDAAPI cuDeviceCanAccessPeer(int *can, CUdevice device, CUdevice peer) {
  return CALL(cuDeviceCanAccessPeer, P(can), device, peer);
}

CUresult CUDAAPI cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice device) {
  return CALL(cuDevicePrimaryCtxRetain, P(context), device);
}

CUresult CUDAAPI cuDevicePrimaryCtxRelease(CUdevice device) {
  return CALL(cuDevicePrimaryCtxRelease_v2, device);
}

CUresult CUDAAPI cuCtxSetCurrent(CUcontext context) { return CALL(cuCtxSetCurrent, P(context)); }

CUresult CUDAAPI cuCtxGetCurrent(CUcontext *context) { return CALL(cuCtxGetCurrent, P(context)); }

CUresult CUDAAPI cuCtxSynchronize(void) { return CALL(cuCtxSynchronize, 0); }

CUresult CUDAAPI cuCtxGetStreamPriorityRange(int *least, int *greatest) {
  return CALL(cuCtxGetStreamPriorityRange, P(least), P(greatest));
}

CUresult CUDAAPI cuCtxEnablePeerAccess(CUcontext peer, unsigned int flags) {
  return CALL(cuCtxEnablePeerAccess, P(peer), flags);
}

/* Options as pairs of 32-bit number and pointer; values that come back go through the last. */
#define MOST_OPTIONS 32
CUresult CUDAAPI cuModuleLoadDataEx(CUmodule *module, const void *image, unsigned int count,
                                    CUjit_option *options, void **optionValues) {
  int64_t values[4 + 2 * MOST_OPTIONS] = {P(module), P(image), count, P(optionValues)};
  for (unsigned int i = 0; i < count && i < MOST_OPTIONS; i++) {
    values[4 + 2 * i] = options[i];
    values[5 + 2 * i] = P(optionValues[i]);
  }
  return call(NUMBER_cuModuleLoadDataEx, values);
}

CUresult CUDAAPI cuModuleUnload(CUmodule module) { return CALL(cuModuleUnload, P(module)); }

CUresult CUDAAPI cuModuleGetFunction(CUfunction *function, CUmodule module, const char *name) {
  return CALL(cuModuleGetFunction, P(function), P(module), P(name));
}

CUresult CUDAAPI cuModuleGetGlobal(CUdeviceptr *address, size_t *bytes, CUmodule module,
                                   const char *name) {
  return CALL(cuModuleGetGlobal_v2, P(address), P(bytes), P(module), P(name));
}

CUresult CUDAAPI cuFuncGetAttribute(int *value, CUfunction_attribute attribute,
                                    CUfunction function) {
  return CALL(cuFuncGetAttribute, P(value), attribute, P(function));
}

CUresult CUDAAPI cuFuncSetAttribute(CUfunction function, CUfunction_attribute attribute,
                                    int value) {
  return CALL(cuFuncSetAttribute, P(function), attribute, value);
}

CUresult CUDAAPI cuOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, CUfunction function,
                                                             int threads, size_t shared) {
  return CALL(cuOccupancyMaxActiveBlocksPerMultiprocessor, P(blocks), P(function), threads, shared);
}

CUresult CUDAAPI cuMemGetInfo(size_t *free, size_t *total) {
  return CALL(cuMemGetInfo_v2, P(free), P(total));
}

CUresult CUDAAPI cuMemAlloc(CUdeviceptr *address, size_t bytes) {
  return CALL(cuMemAlloc_v2, P(address), bytes);
}

CUresult CUDAAPI cuMemFree(CUdeviceptr address) { return CALL(cuMemFree_v2, address); }

CUresult CUDAAPI cuDeviceGetDefaultMemPool(CUmemoryPool *pool, CUdevice device) {
  return CALL(cuDeviceGetDefaultMemPool, P(pool), device);
}

CUresult CUDAAPI cuMemPoolCreate(CUmemoryPool *pool, const CUmemPoolProps *props) {
  return CALL(cuMemPoolCreate, P(pool), props->allocType, props->handleTypes, props->location.type,
              props->location.id, props->maxSize);
}

CUresult CUDAAPI cuMemPoolDestroy(CUmemoryPool pool) { return CALL(cuMemPoolDestroy, P(pool)); }

CUresult CUDAAPI cuMemPoolSetAttribute(CUmemoryPool pool, CUmemPool_attribute attribute,
                                       void *value) {
  return CALL(cuMemPoolSetAttribute, P(pool), attribute, P(value));
}

CUresult CUDAAPI cuMemPoolGetAttribute(CUmemoryPool pool, CUmemPool_attribute attribute,
                                       void *value) {
  return CALL(cuMemPoolGetAttribute, P(pool), attribute, P(value));
}

CUresult CUDAAPI cuMemPoolTrimTo(CUmemoryPool pool, size_t keep) {
  return CALL(cuMemPoolTrimTo, P(pool), keep);
}

CUresult CUDAAPI cuMemAllocAsync(CUdeviceptr *address, size_t bytes, CUstream stream) {
  return CALL(cuMemAllocAsync, P(address), bytes, P(stream));
}

CUresult CUDAAPI cuMemAllocFromPoolAsync(CUdeviceptr *address, size_t bytes, CUmemoryPool pool,
                                         CUstream stream) {
  return CALL(cuMemAllocFromPoolAsync, P(address), bytes, P(pool), P(stream));
}

CUresult CUDAAPI cuMemFreeAsync(CUdeviceptr address, CUstream stream) {
  return CALL(cuMemFreeAsync, address, P(stream));
}

CUresult CUDAAPI cuMemHostAlloc(void **memory, size_t bytes, unsigned int flags) {
  return CALL(cuMemHostAlloc, P(memory), bytes, flags);
}

CUresult CUDAAPI cuMemFreeHost(void *memory) { return CALL(cuMemFreeHost, P(memory)); }

CUresult CUDAAPI cuMemHostRegister(void *memory, size_t bytes, unsigned int flags) {
  return CALL(cuMemHostRegister_v2, P(memory), bytes, flags);
}

CUresult CUDAAPI cuMemHostUnregister(void *memory) { return CALL(cuMemHostUnregister, P(memory)); }

CUresult CUDAAPI cuMemHostGetDevicePointer(CUdeviceptr *address, void *memory,
                                           unsigned int flags) {
  return CALL(cuMemHostGetDevicePointer_v2, P(address), P(memory), flags);
}

CUresult CUDAAPI cuMemcpyHtoDAsync(CUdeviceptr to, const void *from, size_t bytes,
                                   CUstream stream) {
  return CALL(cuMemcpyHtoDAsync_v2, to, P(from), bytes, P(stream));
}

CUresult CUDAAPI cuMemcpyDtoHAsync(void *to, CUdeviceptr from, size_t bytes, CUstream stream) {
  return CALL(cuMemcpyDtoHAsync_v2, P(to), from, bytes, P(stream));
}

CUresult CUDAAPI cuMemcpyDtoDAsync(CUdeviceptr to, CUdeviceptr from, size_t bytes,
                                   CUstream stream) {
  return CALL(cuMemcpyDtoDAsync_v2, to, from, bytes, P(stream));
}

CUresult CUDAAPI cuMemcpyPeerAsync(CUdeviceptr to, CUcontext toContext, CUdeviceptr from,
                                   CUcontext fromContext, size_t bytes, CUstream stream) {
  return CALL(cuMemcpyPeerAsync, to, P(toContext), from, P(fromContext), bytes, P(stream));
}

CUresult CUDAAPI cuMemcpy2DAsync(const CUDA_MEMCPY2D *c, CUstream stream) {
  return CALL(cuMemcpy2DAsync_v2, c->srcXInBytes, c->srcY, c->srcMemoryType, P(c->srcHost),
              c->srcDevice, P(c->srcArray), c->srcPitch, c->dstXInBytes, c->dstY, c->dstMemoryType,
              P(c->dstHost), c->dstDevice, P(c->dstArray), c->dstPitch, c->WidthInBytes, c->Height,
              P(stream));
}

CUresult CUDAAPI cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t count,
                                 CUstream stream) {
  return CALL(cuMemsetD8Async, to, value, count, P(stream));
}

CUresult CUDAAPI cuMemsetD32Async(CUdeviceptr to, unsigned int value, size_t count,
                                  CUstream stream) {
  return CALL(cuMemsetD32Async, to, value, count, P(stream));
}

CUresult CUDAAPI cuPointerGetAttribute(void *data, CUpointer_attribute attribute,
                                       CUdeviceptr address) {
  return CALL(cuPointerGetAttribute, P(data), attribute, address);
}

CUresult CUDAAPI cuStreamCreateWithPriority(CUstream *stream, unsigned int flags, int priority) {
  return CALL(cuStreamCreateWithPriority, P(stream), flags, priority);
}

CUresult CUDAAPI cuStreamDestroy(CUstream stream) { return CALL(cuStreamDestroy_v2, P(stream)); }

CUresult CUDAAPI cuStreamSynchronize(CUstream stream) {
  return CALL(cuStreamSynchronize, P(stream));
}

CUresult CUDAAPI cuStreamQuery(CUstream stream) { return CALL(cuStreamQuery, P(stream)); }

CUresult CUDAAPI cuStreamWaitEvent(CUstream stream, CUevent event, unsigned int flags) {
  return CALL(cuStreamWaitEvent, P(stream), P(event), flags);
}

CUresult CUDAAPI cuStreamBeginCapture(CUstream stream, CUstreamCaptureMode mode) {
  return CALL(cuStreamBeginCapture_v2, P(stream), mode);
}

CUresult CUDAAPI cuStreamEndCapture(CUstream stream, CUgraph *graph) {
  return CALL(cuStreamEndCapture, P(stream), P(graph));
}

CUresult CUDAAPI cuStreamIsCapturing(CUstream stream, CUstreamCaptureStatus *status) {
  return CALL(cuStreamIsCapturing, P(stream), P(status));
}

CUresult CUDAAPI cuEventCreate(CUevent *event, unsigned int flags) {
  return CALL(cuEventCreate, P(event), flags);
}

CUresult CUDAAPI cuEventDestroy(CUevent event) { return CALL(cuEventDestroy_v2, P(event)); }

CUresult CUDAAPI cuEventRecord(CUevent event, CUstream stream) {
  return CALL(cuEventRecord, P(event), P(stream));
}

CUresult CUDAAPI cuEventSynchronize(CUevent event) { return CALL(cuEventSynchronize, P(event)); }

CUresult CUDAAPI cuEventQuery(CUevent event) { return CALL(cuEventQuery, P(event)); }

/* Since CUDA 13 the header maps the name to the newer of two exported functions. */
#undef cuEventElapsedTime
CUresult CUDAAPI cuEventElapsedTime(float *milliseconds, CUevent start, CUevent end) {
  return CALL(cuEventElapsedTime, P(milliseconds), P(start), P(end));
}

CUresult CUDAAPI cuEventElapsedTime_v2(float *milliseconds, CUevent start, CUevent end) {
  return CALL(cuEventElapsedTime_v2, P(milliseconds), P(start), P(end));
}

CUresult CUDAAPI cuGraphInstantiateWithFlags(CUgraphExec *exec, CUgraph graph,
                                             unsigned long long flags) {
  return CALL(cuGraphInstantiateWithFlags, P(exec), P(graph), flags);
}

CUresult CUDAAPI cuGraphGetNodes(CUgraph graph, CUgraphNode *nodes, size_t *count) {
  return CALL(cuGraphGetNodes, P(graph), P(nodes), P(count));
}

CUresult CUDAAPI cuGraphLaunch(CUgraphExec exec, CUstream stream) {
  return CALL(cuGraphLaunch, P(exec), P(stream));
}

CUresult CUDAAPI cuGraphExecDestroy(CUgraphExec exec) { return CALL(cuGraphExecDestroy, P(exec)); }

CUresult CUDAAPI cuGraphDestroy(CUgraph graph) { return CALL(cuGraphDestroy, P(graph)); }

/* The block of parameters that "extra" names, where it is used in the place of kernelParams. */
static void *block(void **extra, int64_t *bytes) {
  void *start = 0;
  for (*bytes = 0; extra && *extra != CU_LAUNCH_PARAM_END; extra += 2) {
    if (*extra == CU_LAUNCH_PARAM_BUFFER_POINTER) {
      start = extra[1];
    } else if (*extra == CU_LAUNCH_PARAM_BUFFER_SIZE) {
      *bytes = (int64_t)*(size_t *)extra[1];
    }
  }
  return start;
}

CUresult CUDAAPI cuLaunchKernel(CUfunction function, unsigned int gridX, unsigned int gridY,
                                unsigned int gridZ, unsigned int blockX, unsigned int blockY,
                                unsigned int blockZ, unsigned int shared, CUstream stream,
                                void **parameters, void **extra) {
  int64_t bytes;
  void *start = block(extra, &bytes);
  return CALL(cuLaunchKernel, P(function), gridX, gridY, gridZ, blockX, blockY, blockZ, shared,
              P(stream), P(parameters), P(start), bytes, 0);
}

/* Attributes as four numbers each: what, and up to three of its value's. */
#define MOST_ATTRIBUTES 32
CUresult CUDAAPI cuLaunchKernelEx(const CUlaunchConfig *config, CUfunction function,
                                  void **parameters, void **extra) {
  int64_t bytes;
  void *start = block(extra, &bytes);
  int64_t values[13 + 4 * MOST_ATTRIBUTES] = {
      P(function),       config->gridDimX,       config->gridDimY, config->gridDimZ,
      config->blockDimX, config->blockDimY,      config->blockDimZ,
      config->sharedMemBytes, P(config->hStream), P(parameters),   P(start),
      bytes,             config->numAttrs};
  for (unsigned int i = 0; i < config->numAttrs && i < MOST_ATTRIBUTES; i++) {
    const CUlaunchAttribute *attribute = &config->attrs[i];
    int64_t *to = values + 13 + 4 * i;
    to[0] = attribute->id;
    if (attribute->id == CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION) {
      to[1] = attribute->value.clusterDim.x;
      to[2] = attribute->value.clusterDim.y;
      to[3] = attribute->value.clusterDim.z;
    } else if (attribute->id == CU_LAUNCH_ATTRIBUTE_COOPERATIVE) {
      to[1] = attribute->value.cooperative;
    }
  }
  return call(NUMBER_cuLaunchKernelEx, values);
}

CUresult CUDAAPI cuLaunchCooperativeKernel(CUfunction function, unsigned int gridX,
                                           unsigned int gridY, unsigned int gridZ,
                                           unsigned int blockX, unsigned int blockY,
                                           unsigned int blockZ, unsigned int shared,
                                           CUstream stream, void **parameters) {
  return CALL(cuLaunchCooperativeKernel, P(function), gridX, gridY, gridZ, blockX, blockY, blockZ,
              shared, P(stream), P(parameters), 0, 0, 0);
}

CUresult CUDAAPI cuLaunchHostFunc(CUstream stream, CUhostFn function, void *data) {
  return CALL(cuLaunchHostFunc, P(stream), P(function), P(data));
}

CUresult CUDAAPI cuTensorMapEncodeTiled(CUtensorMap *map, CUtensorMapDataType type,
                                        cuuint32_t rank, void *address,
                                        const cuuint64_t *dimensions, const cuuint64_t *strides,
                                        const cuuint32_t *box, const cuuint32_t *elementStrides,
                                        CUtensorMapInterleave interleave,
                                        CUtensorMapSwizzle swizzle,
                                        CUtensorMapL2promotion promotion,
                                        CUtensorMapFloatOOBfill fill) {
  return CALL(cuTensorMapEncodeTiled, P(map), sizeof(*map), type, rank, P(address), P(dimensions),
              P(strides), P(box), P(elementStrides), interleave, swizzle, promotion, fill);
}

CUresult CUDAAPI cuProfilerStart(void) { return CALL(cuProfilerStart, 0); }

CUresult CUDAAPI cuProfilerStop(void) { return CALL(cuProfilerStop, 0); }
