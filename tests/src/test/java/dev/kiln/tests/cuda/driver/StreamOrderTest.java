package dev.kiln.tests.cuda.driver;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;
import static dev.kiln.tests.cuda.driver.RawCuda.check;
import static dev.kiln.tests.cuda.driver.RawCuda.same;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.tests.cuda.AddKernel;
import dev.kiln.tests.cuda.CudaTest;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The stand-in runs work as late as it may: mistakes in the order of streams show. */
@CudaTest
class StreamOrderTest {
  private static final int N = 8;
  private static final long BYTES = 4 * N;

  @Test
  void allFunctionsOfTheLibraryAreKnown(SimulatedDriver driver) {
    assertThat(NativeDriver.functions()).allMatch(driver::knows);
  }

  @Test
  void nothingRunsBeforeSomebodyWaits(SimulatedDriver driver) {
    try (RawCuda cuda = new RawCuda()) {
      MemorySegment stream = cuda.stream();
      MemorySegment result = cuda.pinned(same(7, N));
      long memory = cuda.allocate(BYTES);
      check(cuMemsetD32Async(memory, 3, N, stream));
      check(cuMemcpyDtoHAsync_v2(result, memory, BYTES, stream));
      assertThat(result.toArray(ValueLayout.JAVA_INT)).containsOnly(7);
      check(cuStreamSynchronize(stream));
      assertThat(result.toArray(ValueLayout.JAVA_INT)).containsOnly(3);
      check(cuMemFreeHost(result));
      check(cuMemFree_v2(memory));
      check(cuStreamDestroy_v2(stream));
    }
  }

  @Test
  void whoeverAsksLongEnoughSeesWorkDone(SimulatedDriver driver) {
    try (RawCuda cuda = new RawCuda()) {
      MemorySegment stream = cuda.stream();
      long memory = cuda.allocate(BYTES);
      check(cuMemsetD32Async(memory, 3, N, stream));
      assertThat(cuStreamQuery(stream)).isEqualTo(CUDA_ERROR_NOT_READY());
      int asked = 0;
      while (cuStreamQuery(stream) == CUDA_ERROR_NOT_READY()) {
        assertThat(++asked).isLessThan(10);
      }
      check(cuMemFree_v2(memory));
      check(cuStreamDestroy_v2(stream));
    }
  }

  @Test
  void pageableMemoryIsReadAtTheCallAndPinnedMemoryLater(SimulatedDriver driver) {
    try (RawCuda cuda = new RawCuda()) {
      MemorySegment stream = cuda.stream();
      MemorySegment pageable = cuda.pageable(same(1, N));
      MemorySegment pinned = cuda.pinned(same(1, N));
      long first = cuda.allocate(BYTES);
      long second = cuda.allocate(BYTES);
      check(cuMemcpyHtoDAsync_v2(first, pageable, BYTES, stream));
      check(cuMemcpyHtoDAsync_v2(second, pinned, BYTES, stream));
      pageable.copyFrom(MemorySegment.ofArray(same(2, N)));
      pinned.copyFrom(MemorySegment.ofArray(same(2, N)));
      assertThat(cuda.read(first, N, stream)).containsOnly(1);
      assertThat(cuda.read(second, N, stream)).as("changed before it was copied").containsOnly(2);
      check(cuMemFree_v2(first));
      check(cuMemFree_v2(second));
      check(cuMemFreeHost(pinned));
      check(cuStreamDestroy_v2(stream));
    }
  }

  @Test
  void aMissingEventBetweenStreamsShows(SimulatedDriver driver) {
    try (RawCuda cuda = new RawCuda()) {
      MemorySegment producer = cuda.stream();
      MemorySegment consumer = cuda.stream();
      MemorySegment event = cuda.event();
      long memory = cuda.allocate(BYTES);
      cuda.write(memory, producer, same(1, N));
      check(cuStreamSynchronize(producer));

      check(cuMemsetD32Async(memory, 5, N, producer));
      assertThat(cuda.read(memory, N, consumer)).as("without an event").containsOnly(1);

      check(cuMemsetD32Async(memory, 6, N, producer));
      check(cuEventRecord(event, producer));
      check(cuStreamWaitEvent(consumer, event, 0));
      assertThat(cuda.read(memory, N, consumer)).as("with an event").containsOnly(6);
      check(cuEventDestroy_v2(event));
      check(cuMemFree_v2(memory));
      check(cuStreamDestroy_v2(producer));
      check(cuStreamDestroy_v2(consumer));
    }
  }

  @Test
  void streamsThatNothingOrdersRunTheLastFirst(SimulatedDriver driver) {
    try (RawCuda cuda = new RawCuda()) {
      MemorySegment first = cuda.stream();
      MemorySegment second = cuda.stream();
      long memory = cuda.allocate(BYTES);
      check(cuMemsetD32Async(memory, 1, N, first));
      check(cuMemsetD32Async(memory, 2, N, second));
      check(cuCtxSynchronize());
      assertThat(cuda.read(memory, N, first)).containsOnly(1);
      check(cuMemFree_v2(memory));
      check(cuStreamDestroy_v2(first));
      check(cuStreamDestroy_v2(second));
    }
  }

  @Test
  void theLegacyStreamWaitsForBlockingStreamsOnly(SimulatedDriver driver) {
    try (RawCuda cuda = new RawCuda()) {
      MemorySegment blocking = cuda.stream(CU_STREAM_DEFAULT());
      MemorySegment other = cuda.stream();
      long first = cuda.allocate(BYTES);
      long second = cuda.allocate(BYTES);
      cuda.write(second, other, same(1, N));
      check(cuStreamSynchronize(other));
      check(cuMemsetD32Async(first, 2, N, blocking));
      check(cuMemsetD32Async(second, 2, N, other));
      assertThat(cuda.read(first, N, MemorySegment.NULL)).containsOnly(2);
      assertThat(cuda.read(second, N, MemorySegment.NULL)).containsOnly(1);
      check(cuMemsetD32Async(first, 3, N, MemorySegment.NULL));
      assertThat(cuda.read(first, N, blocking)).containsOnly(3);
      check(cuMemFree_v2(first));
      check(cuCtxSynchronize());
      check(cuMemFree_v2(second));
      check(cuStreamDestroy_v2(blocking));
      check(cuStreamDestroy_v2(other));
    }
  }

  @Test
  void memoryFreedTooEarlyFailsTheLaunch(SimulatedDriver driver) {
    try (RawCuda cuda = new RawCuda()) {
      MemorySegment function = cuda.function(cuda.module(AddKernel.PTX), "add");
      MemorySegment stream = cuda.stream();
      long memory = cuda.allocate(BYTES);
      check(cuMemsetD32Async(memory, 1, N, stream));
      check(cuda.add(function, memory, 2, N, stream));
      check(cuMemFree_v2(memory));
      assertThat(cuStreamSynchronize(stream)).isEqualTo(CUDA_ERROR_ILLEGAL_ADDRESS());
      assertThat(cuMemAlloc_v2(cuda.out(), 8)).as("for good").isEqualTo(700);
      assertThat(driver.faults()).hasSize(1);
    }
  }

  @Test
  void memoryFreedInTheOrderOfAStreamIsGoneForLaterWork(SimulatedDriver driver) {
    try (RawCuda cuda = new RawCuda()) {
      MemorySegment function = cuda.function(cuda.module(AddKernel.PTX), "add");
      MemorySegment stream = cuda.stream();
      long memory = cuda.allocateAsync(BYTES, stream);
      check(cuMemsetD32Async(memory, 1, N, stream));
      check(cuda.add(function, memory, 2, N, stream));
      check(cuMemFreeAsync(memory, stream));
      check(cuStreamSynchronize(stream));
      check(cuda.add(function, memory, 2, N, stream));
      assertThat(cuStreamSynchronize(stream)).isEqualTo(CUDA_ERROR_ILLEGAL_ADDRESS());
      assertThat(driver.faults().getFirst()).contains("which the host freed");
    }
  }

  @Test
  void memoryUsedByAStreamThatDoesNotWaitForItsAllocationIsNotThere(SimulatedDriver driver) {
    try (RawCuda cuda = new RawCuda()) {
      MemorySegment function = cuda.function(cuda.module(AddKernel.PTX), "add");
      long memory = cuda.allocateAsync(BYTES, cuda.stream());
      MemorySegment other = cuda.stream();
      check(cuda.add(function, memory, 2, N, other));
      assertThat(cuStreamSynchronize(other)).isEqualTo(CUDA_ERROR_ILLEGAL_ADDRESS());
      assertThat(driver.faults().getFirst()).contains("which is not allocated at this time");
    }
  }

  @Test
  void pinnedMemoryFreedBeforeItsCopyRanFailsIt(SimulatedDriver driver) {
    try (RawCuda cuda = new RawCuda()) {
      MemorySegment stream = cuda.stream();
      long memory = cuda.allocate(BYTES);
      MemorySegment pinned = cuda.pinned(same(1, N));
      check(cuMemcpyHtoDAsync_v2(memory, pinned, BYTES, stream));
      check(cuMemFreeHost(pinned));
      assertThat(cuStreamSynchronize(stream)).isEqualTo(CUDA_ERROR_ILLEGAL_ADDRESS());
      assertThat(driver.faults().getFirst()).contains("queued before it was freed");
    }
  }

  @Test
  void aModuleUnloadedBeforeItsLaunchRanFailsIt(SimulatedDriver driver) {
    try (RawCuda cuda = new RawCuda()) {
      MemorySegment module = cuda.module(AddKernel.PTX);
      MemorySegment function = cuda.function(module, "add");
      MemorySegment stream = cuda.stream();
      long memory = cuda.allocate(BYTES);
      check(cuda.add(function, memory, 2, N, stream));
      check(cuModuleUnload(module));
      assertThat(cuStreamSynchronize(stream)).isEqualTo(CUDA_ERROR_LAUNCH_FAILED());
      assertThat(driver.faults().getFirst()).contains("is closed");
    }
  }

  @Test
  void eventsHaveTheTimesOfTheirWork(SimulatedDriver driver) {
    try (RawCuda cuda = new RawCuda()) {
      MemorySegment stream = cuda.stream();
      MemorySegment start = cuda.event();
      MemorySegment end = cuda.event();
      long memory = cuda.allocate(BYTES);
      check(cuEventRecord(start, stream));
      check(cuMemsetD32Async(memory, 5, N, stream));
      check(cuEventRecord(end, stream));
      assertThat(cuEventQuery(end)).isEqualTo(CUDA_ERROR_NOT_READY());
      assertThat(cuEventElapsedTime_v2(cuda.out(), start, end)).isEqualTo(CUDA_ERROR_NOT_READY());
      check(cuEventSynchronize(end));
      assertThat(cuda.milliseconds(start, end)).isBetween(0f, 60_000f);
      check(cuEventDestroy_v2(start));
      check(cuEventDestroy_v2(end));
      check(cuMemFree_v2(memory));
      check(cuStreamDestroy_v2(stream));
    }
  }

  @Test
  void whatIsNotGivenBackIsTold(SimulatedDriver driver) {
    try (RawCuda cuda = new RawCuda()) {
      cuda.allocate(BYTES);
      cuda.allocateAsync(16, cuda.stream());
      cuda.event();
      cuda.module(AddKernel.PTX);
      cuda.pinned(1, 2);
    }
    assertThat(driver.takeLeaks())
        .anyMatch(leak -> leak.startsWith("32 bytes at"))
        .anyMatch(leak -> leak.startsWith("16 bytes at"))
        .contains("an event", "stream 1", "a module with [add]", "8 bytes of pinned host memory")
        .contains("an allocation, which never ran")
        .hasSize(7);
  }

  @Test
  void callsAreCheckedAsByTheDriver(SimulatedDriver driver) {
    try (RawCuda cuda = new RawCuda()) {
      MemorySegment function = cuda.function(cuda.module(AddKernel.PTX), "add");
      MemorySegment none = MemorySegment.NULL;
      MemorySegment wrong = MemorySegment.ofAddress(0x1234_5678L);
      long memory = cuda.allocate(BYTES);
      List<Integer> statuses =
          List.of(
              cuMemFree_v2(memory + 4),
              cuMemsetD32Async(memory, 1, N + 1, none),
              cuStreamSynchronize(wrong),
              cuLaunchKernel(function, 0, 1, 1, 32, 1, 1, 0, none, none, none),
              cuLaunchKernel(function, 1, 1, 1, 2048, 1, 1, 0, none, none, none),
              cuLaunchKernel(function, 1, 1, 1, 32, 1, 1, 50_000, none, none, none),
              cuLaunchCooperativeKernel(function, 1 << 20, 1, 1, 1024, 1, 1, 0, none, none),
              cuModuleUnload(wrong),
              cuMemAlloc_v2(cuda.out(), 1L << 40),
              cuDeviceGet(cuda.out(), 9));
      assertThat(statuses).containsExactly(1, 1, 400, 1, 1, 1, 720, 400, 2, 101);
      check(
          cuFuncSetAttribute(function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES(), 60_000));
      check(cuCtxSetCurrent(none));
      assertThat(cuMemFree_v2(memory)).isEqualTo(CUDA_ERROR_INVALID_CONTEXT());
    }
    driver.takeLeaks();
  }
}
