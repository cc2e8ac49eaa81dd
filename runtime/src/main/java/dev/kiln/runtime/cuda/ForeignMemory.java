package dev.kiln.runtime.cuda;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;

import dev.kiln.runtime.DeviceMemoryException;
import dev.kiln.runtime.KilnException;
import java.lang.foreign.MemorySegment;

/** Memory of others as buffers: the driver is asked what an address is before kernels get it. */
final class ForeignMemory {
  private ForeignMemory() {}

  /** Memory of a GPU that another library allocated. */
  static CudaBuffer wrap(CudaDevice device, long address, long bytes) {
    if (bytes < 0) {
      throw new DeviceMemoryException("a buffer cannot have " + bytes + " bytes");
    }
    device.enter();
    MemorySegment out = CallMemory.take();
    int status = cuPointerGetAttribute(out, CU_POINTER_ATTRIBUTE_MEMORY_TYPE(), address);
    if (status == CUDA_ERROR_INVALID_VALUE()) {
      throw new KilnException(
          "0x%x is no address of CUDA: it was not allocated through the driver, or was freed"
              .formatted(address));
    }
    device.check(status, "cuPointerGetAttribute");
    boolean isDevice = CallMemory.integer(out) == CU_MEMORYTYPE_DEVICE();
    if (isDevice) {
      requireOrdinal(device, address, out);
    }
    requireRange(address, bytes, out);
    return new CudaBuffer(device, address, bytes, null, null, null, _ -> {});
  }

  private static void requireOrdinal(CudaDevice device, long address, MemorySegment out) {
    device.check(
        cuPointerGetAttribute(out, CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL(), address),
        "cuPointerGetAttribute");
    int ordinal = CallMemory.integer(out);
    if (ordinal != device.properties().ordinal()) {
      throw new KilnException(
          "0x%x is memory of GPU %d, not of '%s'".formatted(address, ordinal, device.name()));
    }
  }

  /** Not every driver tells the range of every address. */
  private static void requireRange(long address, long bytes, MemorySegment out) {
    if (cuPointerGetAttribute(out, CU_POINTER_ATTRIBUTE_RANGE_START_ADDR(), address)
        != CudaStatus.SUCCESS) {
      return;
    }
    long start = CallMemory.number(out);
    if (cuPointerGetAttribute(out, CU_POINTER_ATTRIBUTE_RANGE_SIZE(), address)
        != CudaStatus.SUCCESS) {
      return;
    }
    long size = CallMemory.number(out);
    if (size > 0 && bytes > size - (address - start)) {
      throw new DeviceMemoryException(
          "%,d bytes at 0x%x reach beyond the allocation there, %,d bytes at 0x%x"
              .formatted(bytes, address, size, start));
    }
  }

  /** Host memory, which the GPU then reaches through the bus. */
  static CudaBuffer wrap(CudaDevice device, MemorySegment segment) {
    if (!segment.isNative()) {
      throw new KilnException(
          "memory on the Java heap cannot be used without a copy; use a direct ByteBuffer or an"
              + " Arena");
    }
    device.enter();
    if (!device.properties().canRegisterHostMemory()) {
      throw new KilnException(
          "'%s' cannot use host memory: copy it into a buffer".formatted(device.name()));
    }
    if (segment.byteSize() == 0) {
      return new CudaBuffer(device, segment.address(), 0, null, null, segment, _ -> {});
    }
    boolean registered = register(device, segment);
    MemorySegment out = CallMemory.take();
    int status = cuMemHostGetDevicePointer_v2(out, segment, 0);
    if (status != CudaStatus.SUCCESS) {
      if (registered) {
        cuMemHostUnregister(segment);
      }
      device.check(status, "cuMemHostGetDevicePointer");
    }
    CudaBuffer lent =
        new CudaBuffer(
            device,
            CallMemory.number(out),
            segment.byteSize(),
            null,
            null,
            segment,
            buffer -> unregister(device, buffer, segment, registered));
    device.owned().add(lent);
    return lent;
  }

  /** Returns whether it was not known to the driver before. */
  private static boolean register(CudaDevice device, MemorySegment segment) {
    int flags = CU_MEMHOSTREGISTER_PORTABLE() | CU_MEMHOSTREGISTER_DEVICEMAP();
    int status = cuMemHostRegister_v2(segment, segment.byteSize(), flags);
    if (status == CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED()) {
      return false;
    }
    if (status == CUDA_ERROR_INVALID_VALUE() || status == CUDA_ERROR_NOT_SUPPORTED()) {
      CudaException cause = CudaException.of("cuMemHostRegister", CudaStatus.of(status));
      throw new KilnException(
          "%s: '%s' cannot use this host memory of %,d bytes; copy it into a buffer, or take pinned memory of the device"
              .formatted(cause.getMessage(), device.name(), segment.byteSize()),
          cause);
    }
    device.check(status, "cuMemHostRegister");
    return true;
  }

  private static void unregister(
      CudaDevice device, CudaBuffer lent, MemorySegment segment, boolean registered) {
    device.owned().remove(lent);
    ReleaseSteps steps = new ReleaseSteps(device).step(device::awaitStreams);
    if (registered) {
      steps.step(() -> device.check(cuMemHostUnregister(segment), "cuMemHostUnregister"));
    }
    steps.end();
  }
}
