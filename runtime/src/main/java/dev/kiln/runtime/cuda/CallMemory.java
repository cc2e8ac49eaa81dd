package dev.kiln.runtime.cuda;

import static dev.kiln.runtime.cuda.driver.CudaHeader.C_FLOAT;
import static dev.kiln.runtime.cuda.driver.CudaHeader.C_INT;
import static dev.kiln.runtime.cuda.driver.CudaHeader.C_LONG_LONG;
import static dev.kiln.runtime.cuda.driver.CudaHeader.C_POINTER;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Where the driver writes the results of a call, one piece for each thread: functions of the driver
 * give numbers and handles through pointers.
 */
final class CallMemory {
  private static final long BYTES = 256;
  private static final ThreadLocal<MemorySegment> MEMORY =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(BYTES, 16));

  private CallMemory() {}

  /** {@value #BYTES} bytes, for one call. */
  static MemorySegment take() {
    return MEMORY.get();
  }

  static int integer(MemorySegment memory) {
    return memory.get(C_INT, 0);
  }

  static long number(MemorySegment memory) {
    return memory.get(C_LONG_LONG, 0);
  }

  static float single(MemorySegment memory) {
    return memory.get(C_FLOAT, 0);
  }

  /** A handle, or an address. */
  static MemorySegment handle(MemorySegment memory) {
    return MemorySegment.ofAddress(memory.get(C_LONG_LONG, 0));
  }

  /** The text that begins at the address; empty if that is null. */
  static String text(MemorySegment memory) {
    MemorySegment text = memory.get(C_POINTER, 0);
    return text.address() == 0 ? "" : text.getString(0);
  }
}
