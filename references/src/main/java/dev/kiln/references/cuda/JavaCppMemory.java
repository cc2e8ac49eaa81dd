package dev.kiln.references.cuda;

import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.cuda.CudaBuffer;
import dev.kiln.runtime.cuda.CudaDevice;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.bytedeco.javacpp.Pointer;

/** JavaCPP's pointers as Kiln's buffers, and back, without a copy. */
public final class JavaCppMemory {
  private JavaCppMemory() {}

  /**
   * Host memory as a buffer of a device. The buffer keeps the pointer from being collected; the
   * pointer must not be closed before the buffer.
   *
   * @param pointer with a limit, which says where the memory ends; from its position on
   * @throws KilnException if the pointer is null or has no limit, or the device cannot see host
   *     memory
   */
  public static Buffer host(Device device, Pointer pointer) {
    return device.wrap(segment(pointer));
  }

  /**
   * Host memory from the pointer's position to its limit; keeps the pointer from being collected.
   */
  @SuppressWarnings("restricted")
  public static MemorySegment segment(Pointer pointer) {
    long bytes = bytes(pointer);
    return MemorySegment.ofAddress(address(pointer))
        .reinterpret(bytes, Arena.ofAuto(), _ -> keep(pointer));
  }

  /** Does nothing, but for being able to: whoever may call it holds the pointer. */
  private static void keep(Pointer pointer) {
    pointer.isNull();
  }

  /**
   * Memory of a GPU as a buffer. The pointer must not be closed or collected before the buffer.
   *
   * @param pointer to memory of this GPU, with a limit; from its position on
   * @throws KilnException if the pointer is null or has no limit, or is no memory of this GPU
   */
  public static CudaBuffer device(CudaDevice device, Pointer pointer) {
    return device.wrap(address(pointer), bytes(pointer));
  }

  /**
   * The start of a buffer as a pointer whose limit is the buffer's size in bytes; {@code new
   * FloatPointer(pointer)} views it as floats. The buffer must outlive it.
   */
  public static Pointer pointer(Buffer buffer) {
    return new Address(buffer.address(), buffer.size());
  }

  /** An opaque handle of the driver: a stream. */
  static Pointer handle(long value) {
    return new Address(value, 0);
  }

  private static long address(Pointer pointer) {
    if (pointer == null || pointer.isNull()) {
      throw new KilnException("a null pointer is no memory");
    }
    return pointer.address() + pointer.position() * pointer.sizeof();
  }

  private static long bytes(Pointer pointer) {
    address(pointer);
    long elements = pointer.limit() - pointer.position();
    if (pointer.limit() == 0) {
      throw new KilnException(
          "%s does not say how much memory it points to: set its limit"
              .formatted(pointer.getClass().getSimpleName()));
    }
    return Math.multiplyExact(elements, pointer.sizeof());
  }

  /** A pointer that somebody else owns. */
  private static final class Address extends Pointer {
    Address(long address, long bytes) {
      this.address = address;
      this.limit = bytes;
      this.capacity = bytes;
    }

    @Override
    public int sizeof() {
      return 1;
    }
  }
}
