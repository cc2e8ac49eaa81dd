package dev.kiln.tests.cuda.driver;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.kiln.runtime.cuda.DriverLibrary;
import dev.kiln.tests.cuda.AddKernel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Calls of the driver as a program in C makes them, for tests of the stand-in itself. */
@SuppressWarnings("restricted")
final class RawCuda implements AutoCloseable {
  /** Adds a number to each of n integers. */
  static final String ADD = AddKernel.PTX;

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment out = arena.allocate(JAVA_LONG);

  /** A context of the first GPU, current to the thread. */
  RawCuda() {
    DriverLibrary.load();
    check(cuInit(0));
    check(cuDevicePrimaryCtxRetain(out, 0));
    check(cuCtxSetCurrent(out.get(ADDRESS, 0)));
  }

  static void check(int status) {
    if (status != CUDA_SUCCESS()) {
      throw new AssertionError(StatusTexts.label(status));
    }
  }

  MemorySegment out() {
    return out;
  }

  Arena arena() {
    return arena;
  }

  long allocate(long bytes) {
    check(cuMemAlloc_v2(out, bytes));
    return out.get(JAVA_LONG, 0);
  }

  long allocateAsync(long bytes, MemorySegment stream) {
    check(cuMemAllocAsync(out, bytes, stream));
    return out.get(JAVA_LONG, 0);
  }

  MemorySegment pinned(int... values) {
    check(cuMemHostAlloc(out, 4L * values.length, 0));
    MemorySegment memory = out.get(ADDRESS, 0).reinterpret(4L * values.length);
    return memory.copyFrom(MemorySegment.ofArray(values));
  }

  MemorySegment pageable(int... values) {
    return arena.allocateFrom(JAVA_INT, values);
  }

  MemorySegment stream(int flags) {
    check(cuStreamCreateWithPriority(out, flags, 0));
    return out.get(ADDRESS, 0);
  }

  MemorySegment stream() {
    return stream(CU_STREAM_NON_BLOCKING());
  }

  MemorySegment event() {
    check(cuEventCreate(out, 0));
    return out.get(ADDRESS, 0);
  }

  float milliseconds(MemorySegment start, MemorySegment end) {
    check(cuEventElapsedTime_v2(out, start, end));
    return out.get(JAVA_FLOAT, 0);
  }

  MemorySegment module(String ptx) {
    MemorySegment none = MemorySegment.NULL;
    check(cuModuleLoadDataEx(out, arena.allocateFrom(ptx), 0, none, none));
    return out.get(ADDRESS, 0);
  }

  MemorySegment function(MemorySegment module, String name) {
    check(cuModuleGetFunction(out, module, arena.allocateFrom(name)));
    return out.get(ADDRESS, 0);
  }

  /** Adds a number to integers in a stream, by {@link #ADD}. */
  int add(MemorySegment function, long to, int value, int n, MemorySegment stream) {
    MemorySegment parameters = arena.allocate(ADDRESS, 3);
    MemorySegment values = arena.allocate(16, 8);
    values.set(JAVA_LONG, 0, to);
    values.set(JAVA_INT, 8, value);
    values.set(JAVA_INT, 12, n);
    parameters.setAtIndex(ADDRESS, 0, values);
    parameters.setAtIndex(ADDRESS, 1, values.asSlice(8));
    parameters.setAtIndex(ADDRESS, 2, values.asSlice(12));
    int status =
        cuLaunchKernel(function, 1, 1, 1, 32, 1, 1, 0, stream, parameters, MemorySegment.NULL);
    values.fill((byte) -1); // The driver has read them.
    return status;
  }

  /** Integers of the GPU, after the work of a stream. */
  int[] read(long address, int n, MemorySegment stream) {
    MemorySegment to = arena.allocate(4L * n);
    check(cuMemcpyDtoHAsync_v2(to, address, 4L * n, stream));
    return to.toArray(JAVA_INT);
  }

  void write(long address, MemorySegment stream, int... values) {
    check(cuMemcpyHtoDAsync_v2(address, pageable(values), 4L * values.length, stream));
  }

  static int[] same(int value, int n) {
    int[] values = new int[n];
    Arrays.fill(values, value);
    return values;
  }

  @Override
  public void close() {
    cuDevicePrimaryCtxRelease_v2(0);
    cuCtxSetCurrent(MemorySegment.NULL);
    arena.close();
  }
}
