package dev.kiln.tests.cuda.driver;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;
import static dev.kiln.tests.cuda.driver.DriverProgram.fails;
import static dev.kiln.tests.cuda.driver.RawCuda.check;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.runtime.cuda.driver.CUDA_MEMCPY2D_st;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Copies of rectangles, and between GPUs. */
class PlacesTest extends DriverFixture {
  private MemorySegment stream;

  @BeforeEach
  void open() {
    stream = program.stream();
  }

  /** From host memory with rows of 12 bytes to a GPU's with rows of 16, in bytes. */
  private MemorySegment rectangle(MemorySegment from, long to, long width, long height) {
    MemorySegment copy = CUDA_MEMCPY2D_st.allocate(program.arena());
    CUDA_MEMCPY2D_st.srcMemoryType(copy, CU_MEMORYTYPE_HOST());
    CUDA_MEMCPY2D_st.srcHost(copy, from);
    CUDA_MEMCPY2D_st.srcPitch(copy, 12);
    CUDA_MEMCPY2D_st.dstMemoryType(copy, CU_MEMORYTYPE_DEVICE());
    CUDA_MEMCPY2D_st.dstDevice(copy, to);
    CUDA_MEMCPY2D_st.dstPitch(copy, 16);
    CUDA_MEMCPY2D_st.WidthInBytes(copy, width);
    CUDA_MEMCPY2D_st.Height(copy, height);
    return copy;
  }

  @Test
  void rowsAreCopiedToTheirPlaces() {
    MemorySegment host = program.arena().allocateFrom(JAVA_INT, 1, 2, 3, 4, 5, 6);
    long memory = program.memory(32);
    check(cuMemsetD32Async(memory, 9, 8, stream));
    MemorySegment copy = rectangle(host, memory, 8, 2);
    CUDA_MEMCPY2D_st.srcXInBytes(copy, 4);
    check(cuMemcpy2DAsync_v2(copy, stream));
    host.fill((byte) 0);
    assertThat(program.read(memory, 8, stream)).containsExactly(2, 3, 9, 9, 5, 6, 9, 9);
  }

  @Test
  void rowsThatLieOutsideOfMemoryAreRefused() {
    MemorySegment host = program.arena().allocateFrom(JAVA_INT, 1, 2, 3, 4, 5, 6);
    long memory = program.memory(32);
    fails(CUDA_ERROR_INVALID_VALUE(), cuMemcpy2DAsync_v2(rectangle(host, memory, 8, 3), stream));
    fails(CUDA_ERROR_INVALID_VALUE(), cuMemcpy2DAsync_v2(rectangle(host, memory, 16, 2), stream));
    check(cuMemcpy2DAsync_v2(rectangle(host, memory, 0, 2), stream));
  }

  @Test
  void rowsFromPinnedMemoryAreReadWhenTheCopyRuns() {
    MemorySegment host = program.pinned(1, 2, 3, 4, 5, 6);
    long memory = program.memory(32);
    check(cuMemcpy2DAsync_v2(rectangle(host, memory, 12, 2), stream));
    host.setAtIndex(JAVA_INT, 4, 50);
    assertThat(program.read(memory + 16, 3, stream)).containsExactly(4, 50, 6);
  }

  @Test
  void gpusCopyToEachOther() {
    check(cuDeviceCanAccessPeer(program.out(), 0, 1));
    assertThat(program.integer()).isEqualTo(1);
    check(cuCtxGetCurrent(program.out()));
    MemorySegment first = program.handle();
    MemorySegment second = program.retain(1);
    long here = program.memory(16);
    check(cuCtxSetCurrent(second));
    check(cuMemAlloc_v2(program.out(), 16));
    long there = program.number();
    check(cuPointerGetAttribute(program.out(), CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL(), there));
    assertThat(program.integer()).isEqualTo(1);
    check(cuCtxSetCurrent(first));
    program.write(here, 42, stream);
    check(cuMemcpyPeerAsync(there, second, here, first, 4, stream));
    program.write(here, 0, stream);
    check(cuMemcpyPeerAsync(here, first, there, second, 4, stream));
    assertThat(program.read(here, stream)).isEqualTo(42);
    fails(CUDA_ERROR_INVALID_VALUE(), cuMemcpyPeerAsync(there, first, here, second, 4, stream));
    check(cuCtxSetCurrent(second));
    check(cuMemFree_v2(there));
    check(cuCtxSetCurrent(first));
  }

  @Test
  void kernelsOfOneGpuDoNotFindMemoryOfAnother() {
    check(cuCtxGetCurrent(program.out()));
    MemorySegment first = program.handle();
    check(cuCtxSetCurrent(program.retain(1)));
    check(cuMemAlloc_v2(program.out(), 16));
    long there = program.number();
    program.after(() -> cuMemFree_v2(there));
    check(cuCtxSetCurrent(first));
    check(program.add(there, 1, stream));
    fails(CUDA_ERROR_ILLEGAL_ADDRESS(), cuStreamSynchronize(stream));
    check(cuCtxSetCurrent(program.retain(1)));
  }

  @Test
  void peerAccessIsEnabledOnce() {
    MemorySegment second = program.retain(1);
    check(cuCtxEnablePeerAccess(second, 0));
    fails(CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED(), cuCtxEnablePeerAccess(second, 0));
    fails(CUDA_ERROR_INVALID_VALUE(), cuCtxEnablePeerAccess(second, 1));
  }
}
