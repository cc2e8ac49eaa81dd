package dev.kiln.tests.cuda.driver;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;
import static dev.kiln.tests.cuda.driver.DriverProgram.fails;
import static dev.kiln.tests.cuda.driver.RawCuda.check;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** What the stand-in loads and refuses. */
class ModuleRulesTest extends DriverFixture {
  private static final int LOG_BYTES = 512;

  private static final String VARIABLES =
      """
      .version 7.0
      .target sm_80
      .address_size 64
      .visible .global .align 4 .u32 counter = 7;
      .visible .const .align 4 .u32 table[2] = {11, 12};
      .visible .entry look(.param .u64 to) {
        .reg .b64 %d<2>;
        .reg .b32 %r<4>;
        ld.param.u64 %d0, [to];
        ld.global.u32 %r0, [counter];
        ld.const.u32 %r1, [table+4];
        add.u32 %r2, %r0, %r1;
        st.global.u32 [%d0], %r2;
        ret;
      }
      """;

  private int load(String ptx) {
    return cuModuleLoadDataEx(
        program.out(),
        program.arena().allocateFrom(ptx),
        0,
        MemorySegment.NULL,
        MemorySegment.NULL);
  }

  private static String module(String version, String target) {
    return ".version %s%n.target %s%n.address_size 64%n.visible .entry f() { ret; }%n"
        .formatted(version, target);
  }

  @Test
  void codeForAnotherArchitectureIsRefused() {
    fails(CUDA_ERROR_NO_BINARY_FOR_GPU(), load(module("8.0", "sm_90")));
    fails(CUDA_ERROR_NO_BINARY_FOR_GPU(), load(module("8.0", "sm_90a")));
    program.module(module("7.0", "sm_75"));
  }

  @Test
  void codeThatIsNewerThanTheDriverIsRefused() {
    fails(CUDA_ERROR_UNSUPPORTED_PTX_VERSION(), load(module("9.9", "sm_80")));
  }

  @Test
  void whatIsNoCodeIsRefused() {
    fails(CUDA_ERROR_INVALID_PTX(), load("nonsense"));
    fails(CUDA_ERROR_INVALID_IMAGE(), load("\u007fELF and so on"));
  }

  @Test
  void theLogSaysWhatIsWrong() {
    MemorySegment log = program.arena().allocate(LOG_BYTES);
    MemorySegment keys =
        program
            .arena()
            .allocateFrom(C_INT, CU_JIT_ERROR_LOG_BUFFER(), CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES());
    MemorySegment values =
        program.arena().allocateFrom(C_LONG_LONG, log.address(), (long) LOG_BYTES);
    String wrong = module("7.0", "sm_80").replace("ret;", "bla.u32 %r1, 2; ret;");
    MemorySegment image = program.arena().allocateFrom(wrong);
    fails(CUDA_ERROR_INVALID_PTX(), cuModuleLoadDataEx(program.out(), image, 2, keys, values));
    assertThat(log.getString(0)).contains("bla");
  }

  @Test
  void functionsAndVariablesAreFoundByTheirNames() {
    MemorySegment module = program.module(module("7.0", "sm_80"));
    MemorySegment name = program.arena().allocateFrom("g");
    fails(CUDA_ERROR_NOT_FOUND(), cuModuleGetFunction(program.out(), module, name));
    MemorySegment size = program.arena().allocate(8);
    fails(CUDA_ERROR_NOT_FOUND(), cuModuleGetGlobal_v2(program.out(), size, module, name));
  }

  @Test
  void variablesCanBeWrittenAndRead() {
    MemorySegment stream = program.stream();
    MemorySegment module = program.module(VARIABLES);
    MemorySegment size = program.arena().allocate(8);
    MemorySegment counter = program.arena().allocateFrom("counter");
    check(cuModuleGetGlobal_v2(program.out(), size, module, counter));
    long address = program.number();
    assertThat(size.get(C_LONG_LONG, 0)).isEqualTo(4);
    assertThat(program.read(address, stream)).isEqualTo(7);
    program.write(address, 30, stream);
    MemorySegment table = program.arena().allocateFrom("table");
    check(cuModuleGetGlobal_v2(program.out(), size, module, table));
    long constants = program.number();
    assertThat(size.get(C_LONG_LONG, 0)).isEqualTo(8);
    assertThat(program.read(constants, 2, stream)).containsExactly(11, 12);
    program.write(constants + 4, 20, stream);
    long result = program.memory(4);
    MemorySegment value = program.arena().allocateFrom(C_LONG_LONG, result);
    MemorySegment parameters = program.arena().allocateFrom(C_POINTER, value);
    MemorySegment function = program.function(module, "look");
    check(cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, stream, parameters, MemorySegment.NULL));
    assertThat(program.read(result, stream)).isEqualTo(50);
    fails(CUDA_ERROR_INVALID_VALUE(), cuMemFree_v2(address));
  }

  @Test
  void functionsGoWithTheirModule() {
    check(load(RawCuda.ADD));
    MemorySegment module = program.handle();
    MemorySegment function = program.function(module, "add");
    check(cuModuleUnload(module));
    fails(CUDA_ERROR_INVALID_HANDLE(), cuModuleUnload(module));
    fails(
        CUDA_ERROR_INVALID_HANDLE(),
        cuFuncGetAttribute(program.out(), CU_FUNC_ATTRIBUTE_NUM_REGS(), function));
  }
}
