package dev.kiln.compiler.gpu.plan;

import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.layout.LinearLayout;
import java.util.List;
import java.util.stream.Stream;

/**
 * A loop some loads of which run ahead of its iterations.
 *
 * @param stages how many iterations' data are in shared memory at a time; at least 2
 * @param copies the loads that run ahead, each thread copying its part
 * @param tensorCopies the loads that run ahead as copies of blocks
 * @param slice what computes their pointers and masks, or the offsets of their blocks
 */
public record PipelinedLoop(
    int stages, List<Copy> copies, List<TensorCopy> tensorCopies, AddressSlice slice) {
  /** The loads that run ahead. */
  public List<MemoryOp.Load> loads() {
    return Stream.concat(
            copies.stream().map(Copy::load), tensorCopies.stream().map(TensorCopy::load))
        .toList();
  }

  /**
   * A load as tensor copies.
   *
   * @param source the tensor of its block
   */
  public record TensorCopy(MemoryOp.Load load, TensorSource source) {}

  /**
   * A load as a copy to shared memory.
   *
   * @param layout which thread copies what
   * @param axis along which neighbours are copied together
   * @param width how many elements: 4, 8 or 16 bytes
   */
  public record Copy(MemoryOp.Load load, LinearLayout layout, int axis, int width) {
    public int bytes() {
      return width * load.result().dtype().bytes();
    }
  }
}
