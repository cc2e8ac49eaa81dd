package dev.kiln.tests.cuda.driver;

import static dev.kiln.runtime.cuda.driver.CudaHeader.CUDA_ERROR_INVALID_VALUE;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/** The arguments of a call, flattened to 64-bit numbers, and where its results go. */
@SuppressWarnings("restricted")
final class CallValues {
  private final MemorySegment values;

  CallValues(MemorySegment values) {
    this.values = values;
  }

  /** An argument. */
  long at(int index) {
    return values.getAtIndex(JAVA_LONG, index);
  }

  /** An argument of 32 bits. */
  int number(int index) {
    return (int) at(index);
  }

  /** Memory of the caller's at an address. */
  static MemorySegment memory(long address, long bytes) {
    if (address == 0) {
      throw new DriverError(CUDA_ERROR_INVALID_VALUE(), "a null pointer");
    }
    return MemorySegment.ofAddress(address).reinterpret(bytes);
  }

  /** A text that ends with a zero byte. */
  static String text(long address) {
    return memory(address, Long.MAX_VALUE).getString(0);
  }

  String text(int index) {
    return text(at(index));
  }

  void requirePointer(int index) {
    memory(at(index), 0);
  }

  /** Writes a result of 64 bits through the pointer that an argument is. */
  void put(int index, long value) {
    memory(at(index), Long.BYTES).set(JAVA_LONG_UNALIGNED, 0, value);
  }

  /** Writes a result of 32 bits. */
  void putInt(int index, int value) {
    memory(at(index), Integer.BYTES).set(JAVA_INT_UNALIGNED, 0, value);
  }

  void putFloat(int index, float value) {
    memory(at(index), Float.BYTES).set(JAVA_FLOAT_UNALIGNED, 0, value);
  }

  /** Writes as much of a text as fits, and a zero byte. */
  static void putText(long address, long room, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (room < 1) {
      throw new DriverError(CUDA_ERROR_INVALID_VALUE(), "no room for a text");
    }
    MemorySegment to = memory(address, room);
    int length = (int) Math.min(bytes.length, room - 1);
    MemorySegment.copy(bytes, 0, to, JAVA_BYTE, 0, length);
    to.set(JAVA_BYTE, length, (byte) 0);
  }
}
