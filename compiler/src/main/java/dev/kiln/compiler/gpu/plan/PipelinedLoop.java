package dev.kiln.compiler.gpu.plan;

import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.layout.LinearLayout;
import java.util.List;

/**
 * A loop some loads of which run ahead of its iterations.
 *
 * @param stages how many iterations' data are in shared memory at a time; at least 2
 * @param copies the loads that run ahead
 * @param slice what computes their pointers and masks
 */
public record PipelinedLoop(int stages, List<Copy> copies, AddressSlice slice) {
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
