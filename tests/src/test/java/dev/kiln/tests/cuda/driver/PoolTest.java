package dev.kiln.tests.cuda.driver;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;
import static dev.kiln.tests.cuda.driver.DriverProgram.fails;
import static dev.kiln.tests.cuda.driver.RawCuda.check;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.runtime.cuda.driver.CUmemLocation_st;
import dev.kiln.runtime.cuda.driver.CUmemPoolProps_st;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Memory pools: what they count and keep, and the end of a GPU's memory. */
class PoolTest extends DriverFixture {
  private static final long MIB = 1 << 20;

  private MemorySegment stream;

  @BeforeEach
  void open() {
    stream = program.stream();
  }

  private MemorySegment props(int type, int gpu) {
    MemorySegment props = CUmemPoolProps_st.allocate(program.arena());
    CUmemPoolProps_st.allocType(props, type);
    CUmemPoolProps_st.handleTypes(props, CU_MEM_HANDLE_TYPE_NONE());
    MemorySegment location = CUmemPoolProps_st.location(props);
    CUmemLocation_st.type(location, CU_MEM_LOCATION_TYPE_DEVICE());
    CUmemLocation_st.id(location, gpu);
    return props;
  }

  private MemorySegment pool(long threshold) {
    check(cuMemPoolCreate(program.out(), props(CU_MEM_ALLOCATION_TYPE_PINNED(), 0)));
    MemorySegment pool = program.handle();
    program.after(() -> cuMemPoolDestroy(pool));
    MemorySegment value = program.arena().allocateFrom(C_LONG_LONG, threshold);
    check(cuMemPoolSetAttribute(pool, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD(), value));
    return pool;
  }

  private long attribute(MemorySegment pool, int attribute) {
    check(cuMemPoolGetAttribute(pool, attribute, program.out()));
    return program.number();
  }

  private long take(MemorySegment pool, long bytes) {
    check(cuMemAllocFromPoolAsync(program.out(), bytes, pool, stream));
    return program.number();
  }

  private long free() {
    MemorySegment total = program.arena().allocate(8);
    check(cuMemGetInfo_v2(program.out(), total));
    return program.number();
  }

  @Test
  void aPoolCountsWhatIsUsedAndWhatItKeeps() {
    MemorySegment pool = pool(-1);
    long before = free();
    long first = take(pool, 3 * MIB);
    long second = take(pool, MIB);
    assertThat(attribute(pool, CU_MEMPOOL_ATTR_USED_MEM_CURRENT())).isEqualTo(4 * MIB);
    assertThat(free()).isEqualTo(before - 4 * MIB);
    check(cuMemFreeAsync(first, stream));
    check(cuStreamSynchronize(stream));
    assertThat(attribute(pool, CU_MEMPOOL_ATTR_USED_MEM_CURRENT())).isEqualTo(MIB);
    assertThat(attribute(pool, CU_MEMPOOL_ATTR_USED_MEM_HIGH())).isEqualTo(4 * MIB);
    assertThat(attribute(pool, CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT())).isEqualTo(4 * MIB);
    assertThat(free()).as("the pool keeps it").isEqualTo(before - 4 * MIB);
    check(cuMemPoolTrimTo(pool, 0));
    assertThat(attribute(pool, CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT())).isEqualTo(MIB);
    assertThat(free()).isEqualTo(before - MIB);
    check(cuMemFreeAsync(second, stream));
    check(cuStreamSynchronize(stream));
  }

  @Test
  void aPoolGivesBackBeyondItsThresholdWhenSomebodyWaits() {
    MemorySegment pool = pool(0);
    long before = free();
    long memory = take(pool, 3 * MIB);
    check(cuMemFreeAsync(memory, stream));
    assertThat(free()).as("the free has not run").isEqualTo(before - 3 * MIB);
    check(cuStreamSynchronize(stream));
    assertThat(free()).isEqualTo(before);
    assertThat(attribute(pool, CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT())).isZero();
    assertThat(attribute(pool, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD())).isZero();
  }

  @Test
  void moreThanTheGpuHasIsRefused() {
    long before = free();
    fails(CUDA_ERROR_OUT_OF_MEMORY(), cuMemAlloc_v2(program.out(), before + 1));
    fails(CUDA_ERROR_OUT_OF_MEMORY(), cuMemAllocAsync(program.out(), before + 1, stream));
    long most = program.memory(before - MIB);
    assertThat(most).isPositive();
    fails(CUDA_ERROR_OUT_OF_MEMORY(), cuMemAlloc_v2(program.out(), 2 * MIB));
    assertThat(free()).isEqualTo(MIB);
  }

  @Test
  void whatAPoolKeepsIsNotThereForOthers() {
    MemorySegment pool = pool(-1);
    long half = free() / 2 + MIB;
    check(cuMemFreeAsync(take(pool, half), stream));
    check(cuStreamSynchronize(stream));
    fails(CUDA_ERROR_OUT_OF_MEMORY(), cuMemAlloc_v2(program.out(), half));
    check(cuMemPoolTrimTo(pool, 0));
    program.memory(half);
  }

  @Test
  void wrongPropertiesAndSizesAreRefused() {
    fails(
        CUDA_ERROR_INVALID_VALUE(),
        cuMemPoolCreate(program.out(), props(CU_MEM_ALLOCATION_TYPE_INVALID(), 0)));
    fails(
        CUDA_ERROR_INVALID_DEVICE(),
        cuMemPoolCreate(program.out(), props(CU_MEM_ALLOCATION_TYPE_PINNED(), 7)));
    fails(CUDA_ERROR_INVALID_VALUE(), cuMemAllocAsync(program.out(), 0, stream));
    fails(CUDA_ERROR_INVALID_VALUE(), cuMemAlloc_v2(program.out(), 0));
  }

  @Test
  void eachGpuHasAPoolOfItsOwn() {
    check(cuDeviceGetDefaultMemPool(program.out(), 0));
    MemorySegment first = program.handle();
    check(cuDeviceGetDefaultMemPool(program.out(), 1));
    assertThat(program.handle()).isNotEqualTo(first);
    long memory = program.memory(64, stream);
    assertThat(attribute(first, CU_MEMPOOL_ATTR_USED_MEM_CURRENT())).isEqualTo(64);
    check(cuMemFreeAsync(memory, stream));
    check(cuStreamSynchronize(stream));
  }
}
