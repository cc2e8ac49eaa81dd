package dev.kiln.tests.cuda.driver;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;
import static dev.kiln.tests.cuda.driver.RawCuda.check;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Calls of {@link RawCuda}, for tests of one mistake each: what is made here is given back at the
 * end, in the opposite order; statuses are ignored then.
 */
final class DriverProgram implements AutoCloseable {
  private final RawCuda cuda = new RawCuda();
  private final MemorySegment result = cuda.arena().allocate(64, Long.BYTES);
  private final Deque<Runnable> undo = new ArrayDeque<>();
  private MemorySegment add;

  /** Compares a status with what the call must return. */
  static void fails(int expected, int status) {
    assertThat(StatusTexts.label(status)).isEqualTo(StatusTexts.label(expected));
  }

  Arena arena() {
    return cuda.arena();
  }

  /** Where calls write numbers and handles. */
  MemorySegment out() {
    return result;
  }

  MemorySegment handle() {
    return result.get(ADDRESS, 0);
  }

  long number() {
    return result.get(JAVA_LONG, 0);
  }

  int integer() {
    return result.get(JAVA_INT, 0);
  }

  /** Does something at the end. */
  void after(Runnable task) {
    undo.push(task);
  }

  /** A stream that does not wait for the legacy default stream. */
  MemorySegment stream() {
    MemorySegment stream = cuda.stream();
    after(() -> cuStreamDestroy_v2(stream));
    return stream;
  }

  MemorySegment event() {
    MemorySegment event = cuda.event();
    after(() -> cuEventDestroy_v2(event));
    return event;
  }

  /** Memory from now to the end. */
  long memory(long bytes) {
    long address = cuda.allocate(bytes);
    after(() -> cuMemFree_v2(address));
    return address;
  }

  /** Memory in the order of a stream; the test frees it. */
  long memory(long bytes, MemorySegment stream) {
    return cuda.allocateAsync(bytes, stream);
  }

  MemorySegment pinned(int... values) {
    MemorySegment memory = cuda.pinned(values);
    after(() -> cuMemFreeHost(memory));
    return memory;
  }

  /** Another GPU's context, which is not made current. */
  MemorySegment retain(int gpu) {
    check(cuDevicePrimaryCtxRetain(result, gpu));
    after(() -> cuDevicePrimaryCtxRelease_v2(gpu));
    return handle();
  }

  /** Loads PTX. */
  MemorySegment module(String ptx) {
    MemorySegment module = cuda.module(ptx);
    after(() -> cuModuleUnload(module));
    return module;
  }

  MemorySegment function(MemorySegment module, String name) {
    return cuda.function(module, name);
  }

  /** The function of {@link RawCuda#ADD}. */
  MemorySegment add() {
    if (add == null) {
      add = function(module(RawCuda.ADD), "add");
    }
    return add;
  }

  /** Adds a number to the int at an address, in a stream. */
  int add(long address, int value, MemorySegment stream) {
    return cuda.add(add(), address, value, 1, stream);
  }

  /** Writes one int from pageable memory. */
  void write(long address, int value, MemorySegment stream) {
    cuda.write(address, stream, value);
  }

  /** Reads one int, which waits for the stream. */
  int read(long address, MemorySegment stream) {
    return cuda.read(address, 1, stream)[0];
  }

  int[] read(long address, int n, MemorySegment stream) {
    return cuda.read(address, n, stream);
  }

  @Override
  public void close() {
    undo.forEach(Runnable::run);
    cuda.close();
  }
}
