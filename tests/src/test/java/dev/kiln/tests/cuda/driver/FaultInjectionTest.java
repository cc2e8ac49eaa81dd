package dev.kiln.tests.cuda.driver;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;
import static dev.kiln.tests.cuda.driver.DriverProgram.fails;
import static dev.kiln.tests.cuda.driver.RawCuda.check;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** Errors that tests ask for, and what the stand-in tells of a program afterwards. */
class FaultInjectionTest extends DriverFixture {
  private static final int BYTES = 64;

  @Test
  void theChosenCallOfAFunctionFailsAndDoesNothing() {
    driver.injection().reset();
    driver.injection().failAt("cuMemAlloc_v2", 2, CUDA_ERROR_OUT_OF_MEMORY());
    program.memory(BYTES);
    fails(CUDA_ERROR_OUT_OF_MEMORY(), cuMemAlloc_v2(program.out(), BYTES));
    assertThat(driver.injection().struck()).contains("cuMemAlloc_v2");
    assertThat(driver.held()).filteredOn(text -> text.contains("bytes at")).hasSize(1);
    program.memory(BYTES);
  }

  @Test
  void theChosenCallOfAllFails() {
    driver.injection().reset();
    driver.injection().failAt(2, CUDA_ERROR_UNKNOWN());
    check(cuDeviceGetCount(program.out()));
    fails(CUDA_ERROR_UNKNOWN(), cuDeviceGet(program.out(), 0));
    check(cuDeviceGet(program.out(), 0));
    assertThat(driver.injection().calls())
        .containsExactly("cuDeviceGetCount", "cuDeviceGet", "cuDeviceGet");
  }

  @Test
  void whatIsGivenBackIsGoneThoughTheCallFails() {
    check(cuMemAlloc_v2(program.out(), BYTES));
    long memory = program.number();
    driver.injection().reset();
    driver.injection().failAt("cuMemFree_v2", 1, CUDA_ERROR_LAUNCH_FAILED());
    fails(CUDA_ERROR_LAUNCH_FAILED(), cuMemFree_v2(memory));
    fails(CUDA_ERROR_INVALID_VALUE(), cuMemFree_v2(memory));
  }

  @Test
  void aLostGpuFailsEveryCallOfItsContextAlone() {
    MemorySegment second = program.retain(1);
    driver.lose(0, CUDA_ERROR_ECC_UNCORRECTABLE());
    fails(CUDA_ERROR_ECC_UNCORRECTABLE(), cuCtxSynchronize());
    fails(CUDA_ERROR_ECC_UNCORRECTABLE(), cuMemAlloc_v2(program.out(), BYTES));
    check(cuCtxSetCurrent(second));
    check(cuCtxSynchronize());
  }

  @Test
  void workThatIsQueuedDoesNotRunAfterAFault() {
    MemorySegment stream = program.stream();
    MemorySegment result = program.pinned(5);
    long memory = program.memory(BYTES);
    check(program.add(memory + (1L << 30), 1, stream));
    check(cuMemcpyDtoHAsync_v2(result, memory, 4, stream));
    fails(CUDA_ERROR_ILLEGAL_ADDRESS(), cuStreamSynchronize(stream));
    assertThat(result.get(C_INT, 0)).isEqualTo(5);
  }

  @Test
  void everythingThatIsLeftIsToldByKind() {
    check(cuMemAlloc_v2(program.out(), 48));
    check(cuMemHostAlloc(program.out(), 32, 0));
    check(cuEventCreate(program.out(), 0));
    check(cuStreamCreateWithPriority(program.out(), CU_STREAM_NON_BLOCKING(), 0));
    MemorySegment stream = program.handle();
    check(cuMemAllocAsync(program.out(), 16, stream));
    check(cuStreamSynchronize(stream));
    check(cuStreamBeginCapture_v2(stream, CU_STREAM_CAPTURE_MODE_RELAXED()));
    check(cuStreamEndCapture(stream, program.out()));
    MemorySegment graph = program.handle();
    check(cuGraphInstantiateWithFlags(program.out(), graph, 0));
    check(
        cuModuleLoadDataEx(
            program.out(),
            program.arena().allocateFrom(RawCuda.ADD),
            0,
            MemorySegment.NULL,
            MemorySegment.NULL));
    check(cuDevicePrimaryCtxRelease_v2(0));
    assertThat(driver.takeLeaks())
        .hasSize(8)
        .anyMatch(text -> text.startsWith("48 bytes"))
        .anyMatch(text -> text.startsWith("16 bytes"))
        .anyMatch(text -> text.contains("32 bytes of pinned host memory"))
        .anyMatch(text -> text.contains("event"))
        .anyMatch(text -> text.contains("stream"))
        .anyMatch(text -> text.contains("an executable graph"))
        .anyMatch(text -> text.startsWith("a graph"))
        .anyMatch(text -> text.contains("module"));
    assertThat(driver.takeLeaks()).as("told once").isEmpty();
    fails(CUDA_ERROR_CONTEXT_IS_DESTROYED(), cuStreamSynchronize(stream));
  }

  @Test
  void contextsAreHeldAsOftenAsTheyWereRetained() {
    MemorySegment again = program.retain(0);
    check(cuCtxGetCurrent(program.out()));
    assertThat(again).isEqualTo(program.handle());
    long memory = program.memory(BYTES);
    check(cuDevicePrimaryCtxRelease_v2(0));
    check(cuMemsetD8Async(memory, (byte) 0, BYTES, MemorySegment.NULL));
    check(cuCtxSynchronize());
    check(cuDevicePrimaryCtxRetain(program.out(), 0));
  }
}
