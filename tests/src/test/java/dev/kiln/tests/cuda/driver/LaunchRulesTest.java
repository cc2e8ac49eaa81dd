package dev.kiln.tests.cuda.driver;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;
import static dev.kiln.tests.cuda.driver.DriverProgram.fails;
import static dev.kiln.tests.cuda.driver.RawCuda.check;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.Target;
import dev.kiln.runtime.cuda.driver.CUlaunchAttributeValue_union;
import dev.kiln.runtime.cuda.driver.CUlaunchAttribute_st;
import dev.kiln.runtime.cuda.driver.CUlaunchConfig_st;
import dev.kiln.tests.cuda.CudaTest;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the stand-in checks before a launch, as the driver does. */
@CudaTest(gpus = Target.SM_90A)
class LaunchRulesTest extends DriverFixture {
  private static final MemorySegment NULL = MemorySegment.NULL;
  private static final int PLAIN_SHARED = 48 << 10;
  private static final int MOST_SHARED = 227 << 10;

  /** Kernels that do nothing, and one that writes each block's rank in its cluster. */
  private static final String PTX =
      """
      .version 8.0
      .target sm_90
      .address_size 64
      .visible .entry plain() { ret; }
      .visible .entry wide() .reqntid 128, 1, 1 { ret; }
      .visible .entry narrow() .maxntid 64, 1, 1 { ret; }
      .visible .entry fixed() {
        .shared .align 4 .b8 tile[8192];
        .reg .b32 %r;
        mov.u32 %r, 1;
        st.shared.u32 [tile], %r;
        ret;
      }
      .visible .entry rank(.param .u64 to) {
        .reg .b64 %d<4>;
        .reg .b32 %r<3>;
        ld.param.u64 %d0, [to];
        mov.u32 %r0, %cluster_ctarank;
        mov.u32 %r1, %ctaid.x;
        mul.wide.u32 %d1, %r1, 4;
        add.u64 %d2, %d0, %d1;
        st.global.u32 [%d2], %r0;
        ret;
      }
      """;

  private MemorySegment stream;
  private MemorySegment module;

  @BeforeEach
  void open() {
    stream = program.stream();
    module = program.module(PTX);
  }

  private MemorySegment function(String name) {
    return program.function(module, name);
  }

  private int launch(String name, int gridX, int gridY, int threads, int shared) {
    return cuLaunchKernel(
        function(name), gridX, gridY, 1, threads, 1, 1, shared, stream, NULL, NULL);
  }

  private int attribute(String name, int attribute) {
    MemorySegment function = function(name);
    check(cuFuncGetAttribute(program.out(), attribute, function));
    return program.integer();
  }

  @Test
  void shapesThatNoGpuHasAreRefused() {
    check(launch("plain", 1, 1, 1024, 0));
    fails(CUDA_ERROR_INVALID_VALUE(), launch("plain", 0, 1, 32, 0));
    fails(CUDA_ERROR_INVALID_VALUE(), launch("plain", 1, 1, 0, 0));
    fails(CUDA_ERROR_INVALID_VALUE(), launch("plain", 1, 1, 1025, 0));
    fails(CUDA_ERROR_INVALID_VALUE(), launch("plain", 1, 65_536, 32, 0));
    check(cuStreamSynchronize(stream));
  }

  @Test
  void threadsAreThoseThatTheKernelAsksFor() {
    check(launch("wide", 1, 1, 128, 0));
    fails(CUDA_ERROR_INVALID_VALUE(), launch("wide", 1, 1, 64, 0));
    check(launch("narrow", 1, 1, 64, 0));
    fails(CUDA_ERROR_INVALID_VALUE(), launch("narrow", 1, 1, 96, 0));
    assertThat(attribute("narrow", CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK())).isEqualTo(64);
    check(cuStreamSynchronize(stream));
  }

  @Test
  void muchSharedMemoryMustBeAskedFor() {
    MemorySegment function = function("plain");
    int attribute = CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES();
    check(launch("plain", 1, 1, 32, PLAIN_SHARED));
    fails(CUDA_ERROR_INVALID_VALUE(), launch("plain", 1, 1, 32, PLAIN_SHARED + 1));
    fails(CUDA_ERROR_INVALID_VALUE(), cuFuncSetAttribute(function, attribute, MOST_SHARED + 1));
    check(cuFuncSetAttribute(function, attribute, MOST_SHARED));
    check(launch("plain", 1, 1, 32, MOST_SHARED));
    check(cuStreamSynchronize(stream));
  }

  @Test
  void staticSharedMemoryCountsToo() {
    MemorySegment function = function("fixed");
    int attribute = CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES();
    assertThat(attribute("fixed", CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES())).isEqualTo(8192);
    fails(CUDA_ERROR_INVALID_VALUE(), launch("fixed", 1, 1, 32, PLAIN_SHARED));
    fails(CUDA_ERROR_INVALID_VALUE(), cuFuncSetAttribute(function, attribute, MOST_SHARED));
    check(cuFuncSetAttribute(function, attribute, MOST_SHARED - 8192));
  }

  @Test
  void occupancyFallsWithSharedMemory() {
    MemorySegment function = function("plain");
    check(cuOccupancyMaxActiveBlocksPerMultiprocessor(program.out(), function, 128, 0));
    assertThat(program.integer()).isEqualTo(16);
    check(cuOccupancyMaxActiveBlocksPerMultiprocessor(program.out(), function, 128, 100 << 10));
    assertThat(program.integer()).isEqualTo(2);
  }

  @Test
  void parametersMustBeThere() {
    fails(
        CUDA_ERROR_INVALID_VALUE(),
        cuLaunchKernel(function("rank"), 1, 1, 1, 32, 1, 1, 0, stream, NULL, NULL));
  }

  private int clusters(int grid, int cluster, MemorySegment parameters, boolean cooperative) {
    MemorySegment config = CUlaunchConfig_st.allocate(program.arena());
    MemorySegment attributes = CUlaunchAttribute_st.allocateArray(2, program.arena());
    MemorySegment first = CUlaunchAttribute_st.asSlice(attributes, 0);
    CUlaunchAttribute_st.id(first, CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION());
    MemorySegment size = CUlaunchAttributeValue_union.clusterDim(CUlaunchAttribute_st.value(first));
    CUlaunchAttributeValue_union.clusterDim.x(size, cluster);
    CUlaunchAttributeValue_union.clusterDim.y(size, 1);
    CUlaunchAttributeValue_union.clusterDim.z(size, 1);
    MemorySegment second = CUlaunchAttribute_st.asSlice(attributes, 1);
    CUlaunchAttribute_st.id(second, CU_LAUNCH_ATTRIBUTE_COOPERATIVE());
    CUlaunchAttributeValue_union.cooperative(
        CUlaunchAttribute_st.value(second), cooperative ? 1 : 0);
    CUlaunchConfig_st.gridDimX(config, grid);
    CUlaunchConfig_st.gridDimY(config, 1);
    CUlaunchConfig_st.gridDimZ(config, 1);
    CUlaunchConfig_st.blockDimX(config, 1);
    CUlaunchConfig_st.blockDimY(config, 1);
    CUlaunchConfig_st.blockDimZ(config, 1);
    CUlaunchConfig_st.hStream(config, stream);
    CUlaunchConfig_st.attrs(config, attributes);
    CUlaunchConfig_st.numAttrs(config, 2);
    return cuLaunchKernelEx(config, function("rank"), parameters, NULL);
  }

  private MemorySegment pointer(long address) {
    MemorySegment value = program.arena().allocateFrom(C_LONG_LONG, address);
    return program.arena().allocateFrom(C_POINTER, value);
  }

  @Test
  void blocksAreLaunchedByClusters() {
    long memory = program.memory(16);
    check(clusters(4, 2, pointer(memory), false));
    assertThat(program.read(memory, 4, stream)).containsExactly(0, 1, 0, 1);
  }

  @Test
  void clustersMustDivideTheGridAndBeFewEnough() {
    MemorySegment parameters = pointer(program.memory(64));
    fails(CUDA_ERROR_INVALID_CLUSTER_SIZE(), clusters(3, 2, parameters, false));
    fails(CUDA_ERROR_INVALID_CLUSTER_SIZE(), clusters(16, 16, parameters, false));
    MemorySegment function = function("rank");
    check(cuFuncSetAttribute(function, CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED(), 1));
    check(clusters(16, 16, parameters, false));
    check(cuStreamSynchronize(stream));
  }

  @Test
  void cooperativeLaunchesMustFitOnTheGpu() {
    long memory = program.memory(16);
    check(clusters(4, 1, pointer(memory), true));
    check(cuStreamSynchronize(stream));
    int tooMany = 132 * 32 + 1;
    fails(CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE(), clusters(tooMany, 1, pointer(memory), true));
    fails(
        CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE(),
        cuLaunchCooperativeKernel(function("plain"), tooMany, 1, 1, 32, 1, 1, 0, stream, NULL));
  }

  @Test
  void attributesArePlausible() {
    assertThat(attribute("rank", CU_FUNC_ATTRIBUTE_NUM_REGS())).isBetween(8, 64);
    assertThat(attribute("rank", CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES())).isZero();
    assertThat(attribute("rank", CU_FUNC_ATTRIBUTE_PTX_VERSION())).isEqualTo(90);
    assertThat(attribute("rank", CU_FUNC_ATTRIBUTE_BINARY_VERSION())).isEqualTo(90);
  }
}
