package dev.kiln.runtime.cuda;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Options for the driver's compiler: where it writes what it has to say, and lines for profilers.
 */
final class JitOptions {
  private static final int MOST = 5;

  private final MemorySegment errors;
  private final MemorySegment information;
  private final MemorySegment keys;
  private final MemorySegment values;
  private int count;

  JitOptions(Arena arena, int logBytes) {
    this.errors = arena.allocate(logBytes);
    this.information = arena.allocate(logBytes);
    this.keys = arena.allocate(C_INT, MOST);
    this.values = arena.allocate(C_POINTER, MOST);
    add(CU_JIT_ERROR_LOG_BUFFER(), errors.address());
    add(CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES(), logBytes);
    add(CU_JIT_INFO_LOG_BUFFER(), information.address());
    add(CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES(), logBytes);
    add(CU_JIT_GENERATE_LINE_INFO(), 1);
  }

  /** Numbers stand in the place of the pointer itself. */
  private void add(int key, long value) {
    keys.setAtIndex(C_INT, count, key);
    values.setAtIndex(C_LONG_LONG, count, value);
    count++;
  }

  int count() {
    return count;
  }

  MemorySegment keys() {
    return keys;
  }

  MemorySegment values() {
    return values;
  }

  String errors() {
    return errors.getString(0);
  }

  String information() {
    return information.getString(0);
  }
}
