package dev.kiln.runtime.gpu;

import dev.kiln.compiler.gpu.KernelAbi;
import dev.kiln.runtime.LaunchException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * A tensor map that a launch needs: the arguments of {@code cuTensorMapEncodeTiled} that a kernel
 * and its caller choose. Dimension 0 is the innermost.
 *
 * @param box what is copied at a time, its extents outermost first
 * @param address of element 0
 * @param dimensions elements
 * @param strides bytes from one element to the next in dimensions 1, 2 ...
 */
public record TensorMapRequest(
    KernelAbi.TensorBox box, long address, long[] dimensions, long[] strides) {
  /** Addresses and strides are multiples of so many bytes. */
  private static final int GRANULE = 16;

  /**
   * Reads a descriptor's address, extents and strides.
   *
   * @param arguments of a launch, 8 bytes each
   * @throws LaunchException if an address or stride is not possible for a tensor map
   */
  static TensorMapRequest of(
      String kernel, KernelAbi.Parameter parameter, MemorySegment arguments) {
    KernelAbi.TensorBox box = parameter.box().orElseThrow();
    int rank = box.extents().size();
    List<KernelAbi.Source> tensor = box.tensor(parameter.argument());
    long address = at(arguments, parameter.argument());
    long[] dimensions = new long[rank];
    long[] strides = new long[rank - 1];
    for (int i = 0; i < rank; i++) {
      dimensions[i] = at(arguments, tensor.get(rank - 1 - i));
      if (dimensions[i] < 1) {
        throw new LaunchException(
            kernel,
            "a tensor whose blocks are copied by TMA cannot be empty; it has an extent of "
                + dimensions[i]);
      }
    }
    for (int i = 1; i < rank; i++) {
      strides[i - 1] = at(arguments, tensor.get(2 * rank - 1 - i)) * box.dtype().bytes();
      require(strides[i - 1], kernel, "strides (in bytes)");
    }
    require(address, kernel, "address");
    return new TensorMapRequest(box, address, dimensions, strides);
  }

  private static void require(long bytes, String kernel, String what) {
    if (bytes % GRANULE != 0) {
      throw new LaunchException(
          kernel,
          "a tensor descriptor on a GPU needs an address and strides (in bytes) that are multiples"
              + " of 16; its %s: %d".formatted(what, bytes));
    }
  }

  private static long at(MemorySegment arguments, KernelAbi.Source source) {
    return source.isArgument() ? at(arguments, source.argument()) : source.number();
  }

  private static long at(MemorySegment arguments, int index) {
    return arguments.getAtIndex(ValueLayout.JAVA_LONG_UNALIGNED, index);
  }

  /** Elements that a copy brings in each dimension, innermost first. */
  public int[] boxDimensions() {
    List<Integer> reversed = box.extents().reversed();
    return reversed.stream().mapToInt(Integer::intValue).toArray();
  }
}
