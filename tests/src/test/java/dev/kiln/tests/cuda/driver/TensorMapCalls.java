package dev.kiln.tests.cuda.driver;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;
import static dev.kiln.tests.cuda.driver.DeviceCalls.require;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.sim.TensorMap;
import dev.kiln.runtime.sim.TensorMap.DataType;
import dev.kiln.runtime.sim.TensorMap.Interleave;
import dev.kiln.runtime.sim.TensorMap.L2Promotion;
import dev.kiln.runtime.sim.TensorMap.OutOfBoundsFill;
import dev.kiln.runtime.sim.TensorMap.Swizzle;
import java.lang.foreign.MemorySegment;

/** Tensor maps, as the simulator encodes them. */
final class TensorMapCalls {
  private static final int ALIGNMENT = 64;

  void addTo(FunctionTable table) {
    table.inContext("cuTensorMapEncodeTiled", (c, v) -> encode(v));
  }

  private static void encode(CallValues values) {
    require(values.at(0) % ALIGNMENT == 0, "the map is not at a multiple of 64");
    int rank = values.number(3);
    require(rank >= 1 && rank <= TensorMap.MAX_RANK, "rank " + rank);
    TensorMap.Builder builder =
        TensorMap.tiled(type(values.number(2)), values.at(4), longs(values.at(5), rank))
            .box(ints(values.at(7), rank))
            .elementStrides(ints(values.at(8), rank))
            .interleave(constant(Interleave.values(), values.number(9)))
            .swizzle(constant(Swizzle.values(), values.number(10)))
            .l2Promotion(constant(L2Promotion.values(), values.number(11)))
            .outOfBounds(constant(OutOfBoundsFill.values(), values.number(12)));
    if (rank > 1) {
      builder.strides(longs(values.at(6), rank - 1));
    }
    MemorySegment map;
    try {
      map = MemorySegment.ofArray(builder.build().encode());
    } catch (KilnException e) {
      throw new DriverError(CUDA_ERROR_INVALID_VALUE(), e.getMessage());
    }
    CallValues.memory(values.at(0), values.at(1)).copyFrom(map);
  }

  /** In the order of the header, which is the simulator's. */
  private static DataType type(int number) {
    return constant(DataType.values(), number);
  }

  private static <T> T constant(T[] all, int number) {
    require(number >= 0 && number < all.length, "a constant that the simulator does not know");
    return all[number];
  }

  private static long[] longs(long address, int count) {
    return CallValues.memory(address, (long) count * Long.BYTES).toArray(JAVA_LONG_UNALIGNED);
  }

  private static int[] ints(long address, int count) {
    return CallValues.memory(address, (long) count * Integer.BYTES).toArray(JAVA_INT_UNALIGNED);
  }
}
