package dev.kiln.tests.cuda.driver;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;
import static dev.kiln.tests.cuda.driver.DriverProgram.fails;
import static dev.kiln.tests.cuda.driver.RawCuda.check;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** Rules of streams, events and of memory in their order, as the stand-in keeps them. */
class StreamRulesTest extends DriverFixture {
  private static final int BYTES = 64;

  @Test
  void anEventThatIsRecordedAgainKeepsEarlierWaitsAtTheEarlierPlace() {
    MemorySegment writer = program.stream();
    MemorySegment reader = program.stream();
    MemorySegment event = program.event();
    long memory = program.memory(BYTES);
    program.write(memory, 1, writer);
    check(cuEventRecord(event, writer));
    check(cuStreamWaitEvent(reader, event, 0));
    program.write(memory, 2, writer);
    check(cuEventRecord(event, writer));
    assertThat(program.read(memory, reader)).isEqualTo(1);
    check(cuEventSynchronize(event));
    assertThat(program.read(memory, reader)).isEqualTo(2);
  }

  @Test
  void manyWaitsBetweenTwoStreamsDoNotOverflowTheStack() {
    MemorySegment[] streams = {program.stream(), program.stream()};
    MemorySegment event = program.event();
    long memory = program.memory(BYTES);
    program.write(memory, 3, streams[0]);
    int rounds = 3_000;
    for (int i = 0; i < rounds; i++) {
      check(cuEventRecord(event, streams[i % 2]));
      check(cuStreamWaitEvent(streams[(i + 1) % 2], event, 0));
    }
    assertThat(program.read(memory, streams[rounds % 2])).isEqualTo(3);
  }

  @Test
  void memoryIsFreedAsEarlyAsItsStreamAllows() {
    MemorySegment user = program.stream();
    MemorySegment freeing = program.stream();
    long memory = program.memory(BYTES, user);
    program.write(memory, 1, user);
    check(cuStreamSynchronize(user));
    check(program.add(memory, 1, user));
    check(cuMemFreeAsync(memory, freeing));
    fails(CUDA_ERROR_ILLEGAL_ADDRESS(), cuStreamSynchronize(user));
    assertThat(driver.faults()).singleElement().asString().contains("add", "freed");
  }

  @Test
  void aReleaseThatWaitsForTheUsersComesAfterThem() {
    MemorySegment user = program.stream();
    MemorySegment freeing = program.stream();
    MemorySegment event = program.event();
    long memory = program.memory(BYTES, user);
    program.write(memory, 1, user);
    check(program.add(memory, 1, user));
    check(cuEventRecord(event, user));
    check(cuStreamWaitEvent(freeing, event, 0));
    check(cuMemFreeAsync(memory, freeing));
    check(cuStreamSynchronize(user));
    check(cuStreamSynchronize(freeing));
  }

  @Test
  void aFaultIsToldByTheNextWaitAndByAllCallsAfterIt() {
    MemorySegment stream = program.stream();
    long memory = program.memory(BYTES);
    check(program.add(memory + (1L << 30), 1, stream));
    long other = program.memory(BYTES);
    fails(CUDA_ERROR_ILLEGAL_ADDRESS(), cuStreamSynchronize(stream));
    fails(CUDA_ERROR_ILLEGAL_ADDRESS(), cuMemsetD8Async(other, (byte) 1, BYTES, stream));
    fails(CUDA_ERROR_ILLEGAL_ADDRESS(), cuEventCreate(program.out(), 0));
    check(cuDeviceGetCount(program.out()));
  }

  @Test
  void freeingTwiceIsRefused() {
    MemorySegment stream = program.stream();
    long memory = program.memory(BYTES, stream);
    check(cuMemFreeAsync(memory, stream));
    fails(CUDA_ERROR_INVALID_VALUE(), cuMemFreeAsync(memory, stream));
    fails(CUDA_ERROR_INVALID_VALUE(), cuMemFree_v2(memory));
    check(cuStreamSynchronize(stream));
    fails(CUDA_ERROR_INVALID_VALUE(), cuMemFree_v2(memory));
    fails(CUDA_ERROR_INVALID_VALUE(), cuMemFree_v2(12_345));
  }

  @Test
  void onlyTheStartOfMemoryFreesIt() {
    long memory = program.memory(BYTES);
    fails(CUDA_ERROR_INVALID_VALUE(), cuMemFree_v2(memory + 16));
  }

  @Test
  void copiesBeyondMemoryAreRefused() {
    MemorySegment stream = program.stream();
    long memory = program.memory(BYTES);
    fails(CUDA_ERROR_INVALID_VALUE(), cuMemsetD8Async(memory, (byte) 0, BYTES + 1, stream));
    fails(CUDA_ERROR_INVALID_VALUE(), cuMemcpyDtoDAsync_v2(memory, memory + 32, 33, stream));
    fails(CUDA_ERROR_INVALID_VALUE(), cuMemsetD32Async(memory + 2, 0, 1, stream));
    check(cuMemsetD8Async(memory, (byte) 0, 0, stream));
  }

  @Test
  void timesNeedTwoEventsThatHavePassed() {
    MemorySegment stream = program.stream();
    MemorySegment start = program.event();
    MemorySegment end = program.event();
    fails(CUDA_ERROR_INVALID_HANDLE(), cuEventElapsedTime(program.out(), start, end));
    long memory = program.memory(BYTES);
    check(cuEventRecord(start, stream));
    program.write(memory, 5, stream);
    check(cuEventRecord(end, stream));
    fails(CUDA_ERROR_NOT_READY(), cuEventElapsedTime(program.out(), start, end));
    check(cuStreamSynchronize(stream));
    check(cuEventElapsedTime(program.out(), start, end));
    assertThat(program.out().get(C_FLOAT, 0)).isNotNegative();
  }

  @Test
  void aDestroyedStreamStillDoesItsWork() {
    check(cuStreamCreateWithPriority(program.out(), CU_STREAM_NON_BLOCKING(), 0));
    MemorySegment stream = program.handle();
    long memory = program.memory(BYTES);
    program.write(memory, 9, stream);
    MemorySegment event = program.event();
    check(cuEventRecord(event, stream));
    check(cuStreamDestroy_v2(stream));
    fails(CUDA_ERROR_INVALID_HANDLE(), cuStreamSynchronize(stream));
    check(cuEventSynchronize(event));
    assertThat(program.read(memory, program.stream())).isEqualTo(9);
  }

  @Test
  void theDefaultStreamOfAThreadWaitsForTheLegacyOne() {
    MemorySegment own = CU_STREAM_PER_THREAD();
    long memory = program.memory(BYTES);
    program.write(memory, 4, CU_STREAM_LEGACY());
    assertThat(program.read(memory, own)).isEqualTo(4);
    program.write(memory, 5, own);
    assertThat(program.read(memory, MemorySegment.NULL)).isEqualTo(5);
  }

  @Test
  void handlesOfAnotherKindAreRefused() {
    MemorySegment stream = program.stream();
    MemorySegment event = program.event();
    fails(CUDA_ERROR_INVALID_HANDLE(), cuEventRecord(stream, stream));
    fails(CUDA_ERROR_INVALID_HANDLE(), cuStreamSynchronize(event));
    fails(CUDA_ERROR_INVALID_HANDLE(), cuModuleUnload(MemorySegment.ofAddress(0x1234)));
  }

  @Test
  void streamsOfAnotherContextAreRefused() {
    MemorySegment stream = program.stream();
    MemorySegment event = program.event();
    MemorySegment first = current();
    MemorySegment second = program.retain(1);
    check(cuCtxSetCurrent(second));
    try {
      fails(CUDA_ERROR_INVALID_HANDLE(), cuEventRecord(event, stream));
    } finally {
      check(cuCtxSetCurrent(first));
    }
  }

  private MemorySegment current() {
    check(cuCtxGetCurrent(program.out()));
    return program.handle();
  }

  @Test
  void callsWithoutAContextAreRefused() {
    MemorySegment context = current();
    check(cuCtxSetCurrent(MemorySegment.NULL));
    fails(CUDA_ERROR_INVALID_CONTEXT(), cuMemAlloc_v2(program.out(), BYTES));
    check(cuCtxSetCurrent(context));
  }
}
