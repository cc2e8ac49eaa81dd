package dev.kiln.tests.cuda.driver;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;
import static dev.kiln.tests.cuda.driver.DriverProgram.fails;
import static dev.kiln.tests.cuda.driver.RawCuda.check;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.Target;
import dev.kiln.runtime.sim.TensorMap;
import dev.kiln.tests.cuda.CudaTest;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** Tensor maps that the stand-in encodes. */
@CudaTest(gpus = Target.SM_90A)
class TensorMapCallTest extends DriverFixture {
  private int encode(MemorySegment map, long address, int inner, int swizzle, int fill) {
    return cuTensorMapEncodeTiled(
        map,
        CU_TENSOR_MAP_DATA_TYPE_FLOAT16(),
        2,
        MemorySegment.ofAddress(address),
        program.arena().allocateFrom(C_LONG_LONG, 128, 64),
        program.arena().allocateFrom(C_LONG_LONG, 256),
        program.arena().allocateFrom(C_INT, inner, 8),
        program.arena().allocateFrom(C_INT, 1, 1),
        CU_TENSOR_MAP_INTERLEAVE_NONE(),
        swizzle,
        CU_TENSOR_MAP_L2_PROMOTION_L2_128B(),
        fill);
  }

  @Test
  void aMapHasWhatTheCallSays() {
    MemorySegment map = program.arena().allocate(TensorMap.BYTES, 64);
    long address = program.memory(128 * 64 * 2);
    check(
        encode(
            map,
            address,
            32,
            CU_TENSOR_MAP_SWIZZLE_64B(),
            CU_TENSOR_MAP_FLOAT_OOB_FILL_NAN_REQUEST_ZERO_FMA()));
    TensorMap decoded = TensorMap.decode(map.toArray(JAVA_BYTE));
    assertThat(decoded.type()).isEqualTo(TensorMap.DataType.FLOAT16);
    assertThat(decoded.address()).isEqualTo(address);
    assertThat(decoded.rank()).isEqualTo(2);
    assertThat(decoded.dimension(0)).isEqualTo(128);
    assertThat(decoded.dimension(1)).isEqualTo(64);
    assertThat(decoded.stride(1)).isEqualTo(256);
    assertThat(decoded.box(0)).isEqualTo(32);
    assertThat(decoded.box(1)).isEqualTo(8);
    assertThat(decoded.swizzle()).isEqualTo(TensorMap.Swizzle.BYTES_64);
    assertThat(decoded.promotion()).isEqualTo(TensorMap.L2Promotion.BYTES_128);
    assertThat(decoded.fill()).isEqualTo(TensorMap.OutOfBoundsFill.NAN_REQUEST_ZERO_FMA);
  }

  @Test
  void mapsThatTheHardwareCannotUseAreRefused() {
    MemorySegment map = program.arena().allocate(TensorMap.BYTES, 64);
    long address = program.memory(128 * 64 * 2);
    int none = CU_TENSOR_MAP_SWIZZLE_NONE();
    int zero = CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE();
    fails(CUDA_ERROR_INVALID_VALUE(), encode(map, address + 8, 32, none, zero));
    fails(CUDA_ERROR_INVALID_VALUE(), encode(map, address, 512, none, zero));
    fails(CUDA_ERROR_INVALID_VALUE(), encode(map, address, 64, CU_TENSOR_MAP_SWIZZLE_32B(), zero));
    fails(CUDA_ERROR_INVALID_VALUE(), encode(MemorySegment.NULL, address, 32, none, zero));
  }
}
