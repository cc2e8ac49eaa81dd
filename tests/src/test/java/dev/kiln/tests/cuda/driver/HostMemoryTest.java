package dev.kiln.tests.cuda.driver;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;
import static dev.kiln.tests.cuda.driver.DriverProgram.fails;
import static dev.kiln.tests.cuda.driver.RawCuda.check;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Pinned and registered host memory, and what the driver tells of addresses. */
class HostMemoryTest extends DriverFixture {
  private static final int BYTES = 64;

  private MemorySegment stream;

  @BeforeEach
  void open() {
    stream = program.stream();
  }

  private long devicePointer(MemorySegment host) {
    check(cuMemHostGetDevicePointer_v2(program.out(), host, 0));
    return program.number();
  }

  private int integer(int attribute, long address) {
    check(cuPointerGetAttribute(program.out(), attribute, address));
    return program.integer();
  }

  private long number(int attribute, long address) {
    check(cuPointerGetAttribute(program.out(), attribute, address));
    return program.number();
  }

  @Test
  void kernelsReachPinnedMemoryByItsDevicePointer() {
    MemorySegment host = program.pinned(1, 2, 3);
    long device = devicePointer(host.asSlice(4));
    check(program.add(device, 40, stream));
    assertThat(host.getAtIndex(C_INT, 1)).isEqualTo(2);
    check(cuStreamSynchronize(stream));
    assertThat(host.getAtIndex(C_INT, 1)).isEqualTo(42);
  }

  @Test
  void registeredMemoryIsReadWhenTheCopyRuns() {
    MemorySegment host = program.arena().allocate(BYTES, 64);
    long memory = program.memory(BYTES);
    host.set(C_INT, 0, 1);
    check(cuMemHostRegister_v2(host, BYTES, CU_MEMHOSTREGISTER_DEVICEMAP()));
    check(cuMemcpyHtoDAsync_v2(memory, host, BYTES, stream));
    host.set(C_INT, 0, 2);
    assertThat(program.read(memory, stream)).as("changed too early").isEqualTo(2);
    check(cuMemHostUnregister(host));
    check(cuMemcpyHtoDAsync_v2(memory, host, BYTES, stream));
    host.set(C_INT, 0, 3);
    assertThat(program.read(memory, stream)).as("pageable again").isEqualTo(2);
  }

  @Test
  void memoryIsRegisteredOnce() {
    MemorySegment host = program.arena().allocate(BYTES, 64);
    fails(CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED(), cuMemHostUnregister(host));
    check(cuMemHostRegister_v2(host, BYTES, 0));
    fails(CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED(), cuMemHostRegister_v2(host.asSlice(8), 8, 0));
    fails(CUDA_ERROR_INVALID_VALUE(), cuMemFreeHost(host));
    check(cuMemHostUnregister(host));
    fails(CUDA_ERROR_INVALID_VALUE(), cuMemHostGetDevicePointer_v2(program.out(), host, 0));
  }

  @Test
  void copiesBeyondPinnedMemoryAreRefused() {
    MemorySegment host = program.pinned(1, 2);
    long memory = program.memory(BYTES);
    fails(CUDA_ERROR_INVALID_VALUE(), cuMemcpyHtoDAsync_v2(memory, host, 9, stream));
  }

  @Test
  void kernelsThatUsePinnedMemoryAfterItWasFreedFail() {
    check(cuMemHostAlloc(program.out(), BYTES, 0));
    MemorySegment host = program.handle();
    check(program.add(devicePointer(host), 40, stream));
    check(cuMemFreeHost(host));
    fails(CUDA_ERROR_INVALID_VALUE(), cuMemFreeHost(host));
    fails(CUDA_ERROR_ILLEGAL_ADDRESS(), cuStreamSynchronize(stream));
  }

  @Test
  void theDriverTellsWhatAnAddressIs() {
    long memory = program.memory(BYTES);
    long inside = memory + 20;
    assertThat(integer(CU_POINTER_ATTRIBUTE_MEMORY_TYPE(), inside))
        .isEqualTo(CU_MEMORYTYPE_DEVICE());
    assertThat(integer(CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL(), inside)).isZero();
    assertThat(number(CU_POINTER_ATTRIBUTE_RANGE_START_ADDR(), inside)).isEqualTo(memory);
    assertThat(number(CU_POINTER_ATTRIBUTE_RANGE_SIZE(), inside)).isEqualTo(BYTES);
    check(cuCtxGetCurrent(program.out()));
    long context = program.number();
    assertThat(number(CU_POINTER_ATTRIBUTE_CONTEXT(), inside)).isEqualTo(context);
    fails(
        CUDA_ERROR_INVALID_VALUE(),
        cuPointerGetAttribute(
            program.out(), CU_POINTER_ATTRIBUTE_MEMORY_TYPE(), memory + BYTES + 1));
  }

  @Test
  void theDriverTellsPinnedMemoryFromPageable() {
    MemorySegment host = program.pinned(1, 2);
    assertThat(integer(CU_POINTER_ATTRIBUTE_MEMORY_TYPE(), host.address()))
        .isEqualTo(CU_MEMORYTYPE_HOST());
    assertThat(number(CU_POINTER_ATTRIBUTE_RANGE_SIZE(), host.address())).isEqualTo(8);
    MemorySegment pageable = program.arena().allocate(BYTES);
    fails(
        CUDA_ERROR_INVALID_VALUE(),
        cuPointerGetAttribute(
            program.out(), CU_POINTER_ATTRIBUTE_MEMORY_TYPE(), pageable.address()));
  }

  @Test
  void freedMemoryIsNoAddressAnyMore() {
    check(cuMemAlloc_v2(program.out(), BYTES));
    long memory = program.number();
    check(cuMemFree_v2(memory));
    fails(
        CUDA_ERROR_INVALID_VALUE(),
        cuPointerGetAttribute(program.out(), CU_POINTER_ATTRIBUTE_MEMORY_TYPE(), memory));
    fails(CUDA_ERROR_INVALID_VALUE(), cuMemsetD8Async(memory, (byte) 0, 4, stream));
  }
}
