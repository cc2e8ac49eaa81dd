/* What jextract reads: the driver API, and its switch for profilers. */
#include <cuda.h>
#include <cudaProfiler.h>

/* cuda.h of CUDA 13 gives this name to cuEventElapsedTime_v2; drivers before 12.8 know the old one alone. */
#undef cuEventElapsedTime
CUresult CUDAAPI cuEventElapsedTime(float *pMilliseconds, CUevent hStart, CUevent hEnd);
