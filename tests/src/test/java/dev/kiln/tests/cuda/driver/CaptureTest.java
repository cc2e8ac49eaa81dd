package dev.kiln.tests.cuda.driver;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;
import static dev.kiln.tests.cuda.driver.DriverProgram.fails;
import static dev.kiln.tests.cuda.driver.RawCuda.check;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Graphs: what is recorded, how it runs, and what a capture does not allow. */
class CaptureTest extends DriverFixture {
  private static final int BYTES = 64;

  private MemorySegment stream;

  @BeforeEach
  void open() {
    stream = program.stream();
  }

  private void begin(int mode) {
    check(cuStreamBeginCapture_v2(stream, mode));
  }

  private void begin() {
    begin(CU_STREAM_CAPTURE_MODE_RELAXED());
  }

  private MemorySegment endCapture() {
    check(cuStreamEndCapture(stream, program.out()));
    MemorySegment graph = program.handle();
    program.after(() -> cuGraphDestroy(graph));
    return graph;
  }

  private MemorySegment instantiate(MemorySegment graph, int flags) {
    check(cuGraphInstantiateWithFlags(program.out(), graph, flags));
    MemorySegment executable = program.handle();
    program.after(() -> cuGraphExecDestroy(executable));
    return executable;
  }

  private long nodes(MemorySegment graph) {
    check(cuGraphGetNodes(graph, MemorySegment.NULL, program.out()));
    return program.number();
  }

  private int captureStatus(MemorySegment of) {
    check(cuStreamIsCapturing(of, program.out()));
    return program.integer();
  }

  private void abandon(int expected) {
    fails(expected, cuStreamEndCapture(stream, program.out()));
    assertThat(captureStatus(stream)).isEqualTo(CU_STREAM_CAPTURE_STATUS_NONE());
  }

  @Test
  void workIsRecordedAndRunsAtEachLaunch() {
    long memory = program.memory(BYTES);
    program.write(memory, 10, stream);
    program.add();
    begin();
    assertThat(captureStatus(stream)).isEqualTo(CU_STREAM_CAPTURE_STATUS_ACTIVE());
    check(program.add(memory, 1, stream));
    check(program.add(memory, 2, stream));
    MemorySegment graph = endCapture();
    assertThat(nodes(graph)).isEqualTo(2);
    assertThat(program.read(memory, stream)).as("nothing ran").isEqualTo(10);
    MemorySegment executable = instantiate(graph, 0);
    check(cuGraphLaunch(executable, stream));
    check(cuGraphLaunch(executable, stream));
    assertThat(program.read(memory, stream)).isEqualTo(16);
  }

  @Test
  void launchesOfOneGraphInTwoStreamsComeAfterEachOther() {
    long memory = program.memory(BYTES);
    program.write(memory, 0, stream);
    check(cuStreamSynchronize(stream));
    program.add();
    begin();
    check(program.add(memory, 1, stream));
    MemorySegment executable = instantiate(endCapture(), 0);
    MemorySegment other = program.stream();
    check(cuGraphLaunch(executable, stream));
    check(cuGraphLaunch(executable, other));
    assertThat(program.read(memory, other)).isEqualTo(2);
  }

  @Test
  void anEventBringsAnotherStreamIntoTheCaptureAndBack() {
    long memory = program.memory(BYTES);
    long copy = program.memory(BYTES);
    MemorySegment other = program.stream();
    MemorySegment fork = program.event();
    MemorySegment join = program.event();
    program.write(memory, 1, stream);
    program.add();
    begin();
    check(program.add(memory, 1, stream));
    check(cuEventRecord(fork, stream));
    check(cuStreamWaitEvent(other, fork, 0));
    assertThat(captureStatus(other)).isEqualTo(CU_STREAM_CAPTURE_STATUS_ACTIVE());
    check(cuMemcpyDtoDAsync_v2(copy, memory, 4, other));
    check(cuEventRecord(join, other));
    check(cuStreamWaitEvent(stream, join, 0));
    check(program.add(memory, 5, stream));
    MemorySegment graph = endCapture();
    assertThat(captureStatus(other)).isEqualTo(CU_STREAM_CAPTURE_STATUS_NONE());
    assertThat(nodes(graph)).isEqualTo(3);
    check(cuGraphLaunch(instantiate(graph, 0), stream));
    assertThat(program.read(memory, stream)).isEqualTo(7);
    assertThat(program.read(copy, stream)).isEqualTo(2);
  }

  @Test
  void branchesThatNothingOrdersRunTheLastFirst() {
    long memory = program.memory(BYTES);
    MemorySegment other = program.stream();
    MemorySegment event = program.event();
    begin();
    check(cuEventRecord(event, stream));
    check(cuStreamWaitEvent(other, event, 0));
    check(cuMemsetD32Async(memory, 1, 1, stream));
    check(cuMemsetD32Async(memory, 2, 1, other));
    check(cuEventRecord(event, other));
    check(cuStreamWaitEvent(stream, event, 0));
    check(cuGraphLaunch(instantiate(endCapture(), 0), stream));
    assertThat(program.read(memory, stream)).as("a missing event shows").isEqualTo(1);
  }

  @Test
  void aStreamThatIsNotJoinedMakesTheCaptureFail() {
    MemorySegment other = program.stream();
    MemorySegment event = program.event();
    long memory = program.memory(BYTES);
    begin();
    check(cuEventRecord(event, stream));
    check(cuStreamWaitEvent(other, event, 0));
    check(cuMemsetD32Async(memory, 2, 1, other));
    abandon(CUDA_ERROR_STREAM_CAPTURE_UNJOINED());
    assertThat(captureStatus(other)).isEqualTo(CU_STREAM_CAPTURE_STATUS_NONE());
  }

  @Test
  void memoryOfAGraphIsThereBetweenItsNodes() {
    long result = program.memory(BYTES);
    program.add();
    begin();
    long memory = program.memory(BYTES, stream);
    check(cuMemsetD32Async(memory, 41, 1, stream));
    check(program.add(memory, 1, stream));
    check(cuMemcpyDtoDAsync_v2(result, memory, 4, stream));
    check(cuMemFreeAsync(memory, stream));
    MemorySegment graph = endCapture();
    assertThat(nodes(graph)).isEqualTo(5);
    fails(CUDA_ERROR_INVALID_VALUE(), cuMemFreeAsync(memory, stream));
    MemorySegment executable = instantiate(graph, 0);
    check(cuGraphLaunch(executable, stream));
    check(cuGraphLaunch(executable, stream));
    assertThat(program.read(result, stream)).isEqualTo(42);
    check(cuMemsetD32Async(memory, 1, 1, stream));
    fails(CUDA_ERROR_ILLEGAL_ADDRESS(), cuStreamSynchronize(stream));
  }

  @Test
  void memoryThatAGraphLeavesIsFreedByTheProgramOrTheNextLaunch() {
    begin();
    long memory = program.memory(BYTES, stream);
    check(cuMemsetD32Async(memory, 41, 1, stream));
    MemorySegment graph = endCapture();
    MemorySegment strict = instantiate(graph, 0);
    check(cuGraphLaunch(strict, stream));
    assertThat(program.read(memory, stream)).isEqualTo(41);
    fails(CUDA_ERROR_INVALID_VALUE(), cuGraphLaunch(strict, stream));
    check(cuMemFreeAsync(memory, stream));
    check(cuGraphLaunch(strict, stream));
    check(cuMemFreeAsync(memory, stream));
    MemorySegment freeing = instantiate(graph, CUDA_GRAPH_INSTANTIATE_FLAG_AUTO_FREE_ON_LAUNCH());
    check(cuGraphLaunch(freeing, stream));
    check(cuGraphLaunch(freeing, stream));
    assertThat(program.read(memory, stream)).isEqualTo(41);
    check(cuMemFreeAsync(memory, stream));
    check(cuStreamSynchronize(stream));
  }

  @Test
  void pinnedMemoryIsReadAtEachLaunch() {
    MemorySegment source = program.pinned(1);
    long memory = program.memory(BYTES);
    begin();
    check(cuMemcpyHtoDAsync_v2(memory, source, 4, stream));
    MemorySegment executable = instantiate(endCapture(), 0);
    check(cuGraphLaunch(executable, stream));
    assertThat(program.read(memory, stream)).isEqualTo(1);
    source.set(C_INT, 0, 2);
    check(cuGraphLaunch(executable, stream));
    assertThat(program.read(memory, stream)).isEqualTo(2);
  }

  @Test
  void waitingForWhatIsCapturedIsRefusedAndInvalidatesTheCapture() {
    long memory = program.memory(BYTES);
    begin();
    check(cuMemsetD32Async(memory, 1, 1, stream));
    fails(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED(), cuStreamSynchronize(stream));
    assertThat(captureStatus(stream)).isEqualTo(CU_STREAM_CAPTURE_STATUS_INVALIDATED());
    fails(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED(), cuMemsetD32Async(memory, 1, 1, stream));
    abandon(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED());
    check(cuMemsetD32Async(memory, 1, 1, stream));
    assertThat(program.read(memory, stream)).isEqualTo(1);
  }

  @Test
  void waitingForTheDeviceIsRefused() {
    begin();
    fails(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED(), cuCtxSynchronize());
    abandon(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED());
  }

  @Test
  void eventsOfACaptureCannotBeWaitedForByTheHost() {
    MemorySegment event = program.event();
    begin();
    check(cuEventRecord(event, stream));
    fails(CUDA_ERROR_CAPTURED_EVENT(), cuEventSynchronize(event));
    abandon(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED());
  }

  @Test
  void workOutsideOfTheCaptureCannotBeWaitedForInIt() {
    MemorySegment other = program.stream();
    MemorySegment event = program.event();
    check(cuEventRecord(event, other));
    begin();
    fails(CUDA_ERROR_STREAM_CAPTURE_ISOLATION(), cuStreamWaitEvent(stream, event, 0));
    check(cuStreamSynchronize(other));
    abandon(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED());
  }

  @Test
  void twoCapturesCannotBeJoined() {
    MemorySegment other = program.stream();
    MemorySegment event = program.event();
    begin();
    check(cuStreamBeginCapture_v2(other, CU_STREAM_CAPTURE_MODE_RELAXED()));
    check(cuEventRecord(event, other));
    fails(CUDA_ERROR_STREAM_CAPTURE_MERGE(), cuStreamWaitEvent(stream, event, 0));
    fails(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED(), cuStreamEndCapture(other, program.out()));
    abandon(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED());
  }

  @Test
  void callsThatMayDisturbAreForbiddenByStricterModes() {
    begin(CU_STREAM_CAPTURE_MODE_GLOBAL());
    fails(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED(), cuMemAlloc_v2(program.out(), BYTES));
    abandon(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED());
    begin(CU_STREAM_CAPTURE_MODE_THREAD_LOCAL());
    fails(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED(), cuMemHostAlloc(program.out(), BYTES, 0));
    abandon(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED());
    begin(CU_STREAM_CAPTURE_MODE_RELAXED());
    program.memory(BYTES);
    endCapture();
  }

  @Test
  void pageableMemoryCannotBeCopiedInACapture() {
    long memory = program.memory(BYTES);
    begin();
    MemorySegment host = program.arena().allocateFrom(C_INT, 1);
    fails(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED(), cuMemcpyDtoHAsync_v2(host, memory, 4, stream));
    abandon(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED());
  }

  @Test
  void theLegacyStreamCannotBeCapturedNorUsedBesideBlockingStreamsThatAre() {
    MemorySegment legacy = MemorySegment.NULL;
    fails(
        CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED(),
        cuStreamBeginCapture_v2(legacy, CU_STREAM_CAPTURE_MODE_RELAXED()));
    check(cuStreamCreateWithPriority(program.out(), CU_STREAM_DEFAULT(), 0));
    MemorySegment blocking = program.handle();
    program.after(() -> cuStreamDestroy_v2(blocking));
    long memory = program.memory(BYTES);
    check(cuStreamBeginCapture_v2(blocking, CU_STREAM_CAPTURE_MODE_RELAXED()));
    fails(CUDA_ERROR_STREAM_CAPTURE_IMPLICIT(), cuMemsetD32Async(memory, 1, 1, legacy));
    fails(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED(), cuStreamEndCapture(blocking, program.out()));
  }

  @Test
  void capturesAreEndedWhereTheyBegan() throws InterruptedException {
    fails(CUDA_ERROR_ILLEGAL_STATE(), cuStreamEndCapture(stream, program.out()));
    MemorySegment context = current();
    begin(CU_STREAM_CAPTURE_MODE_THREAD_LOCAL());
    fails(
        CUDA_ERROR_ILLEGAL_STATE(),
        cuStreamBeginCapture_v2(stream, CU_STREAM_CAPTURE_MODE_RELAXED()));
    int[] status = new int[1];
    Thread thread =
        Thread.ofPlatform()
            .start(
                () -> {
                  check(cuCtxSetCurrent(context));
                  status[0] =
                      cuStreamEndCapture(stream, java.lang.foreign.Arena.ofAuto().allocate(8));
                });
    thread.join();
    fails(CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD(), status[0]);
    check(cuStreamEndCapture(stream, program.out()));
    check(cuGraphDestroy(program.handle()));
  }

  private MemorySegment current() {
    check(cuCtxGetCurrent(program.out()));
    return program.handle();
  }

  @Test
  void memoryOfAGraphIsGivenBackWhenNobodyCanUseIt() {
    long before = freeBytes();
    begin();
    long memory = program.memory(BYTES, stream);
    check(cuMemsetD32Async(memory, 1, 1, stream));
    check(cuMemFreeAsync(memory, stream));
    check(cuStreamEndCapture(stream, program.out()));
    MemorySegment graph = program.handle();
    check(cuGraphInstantiateWithFlags(program.out(), graph, 0));
    MemorySegment executable = program.handle();
    check(cuGraphDestroy(graph));
    check(cuGraphLaunch(executable, stream));
    assertThat(freeBytes()).isEqualTo(before - BYTES);
    check(cuGraphExecDestroy(executable));
    assertThat(freeBytes()).as("a launch is yet to run").isEqualTo(before - BYTES);
    check(cuStreamSynchronize(stream));
    begin();
    endCapture();
    assertThat(freeBytes()).isEqualTo(before);
  }

  @Test
  void memoryThatAGraphLeftIsFreedInItsStreamThoughTheGraphIsDestroyed() {
    long before = freeBytes();
    begin();
    long memory = program.memory(BYTES, stream);
    check(cuMemsetD32Async(memory, 8, 1, stream));
    check(cuStreamEndCapture(stream, program.out()));
    MemorySegment graph = program.handle();
    check(cuGraphInstantiateWithFlags(program.out(), graph, 0));
    MemorySegment executable = program.handle();
    check(cuGraphLaunch(executable, stream));
    check(cuGraphExecDestroy(executable));
    check(cuGraphDestroy(graph));
    assertThat(program.read(memory, stream)).isEqualTo(8);
    check(cuMemFreeAsync(memory, stream));
    check(cuStreamSynchronize(stream));
    begin();
    endCapture();
    assertThat(freeBytes()).isEqualTo(before);
  }

  private long freeBytes() {
    check(cuMemGetInfo_v2(program.out(), program.out().asSlice(8)));
    return program.number();
  }

  @Test
  void aDestroyedGraphCannotBeUsed() {
    begin();
    check(cuStreamEndCapture(stream, program.out()));
    MemorySegment graph = program.handle();
    MemorySegment executable = instantiate(graph, 0);
    check(cuGraphDestroy(graph));
    check(cuGraphLaunch(executable, stream));
    check(cuStreamSynchronize(stream));
    fails(CUDA_ERROR_INVALID_HANDLE(), cuGraphInstantiateWithFlags(program.out(), graph, 0));
    fails(CUDA_ERROR_INVALID_HANDLE(), cuGraphLaunch(graph, stream));
  }
}
