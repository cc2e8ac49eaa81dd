package dev.kiln.compiler.jvm;

import dev.kiln.compiler.jvm.support.PanelPool;
import dev.kiln.compiler.loop.LoopKernel;
import dev.kiln.compiler.loop.LoopStmt;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where a kernel's programs find packed copies of operands that earlier programs of the launch
 * made: one {@link PanelPool} for left factors, one for right ones.
 */
final class SharedPanels {
  // A thread goes through some rows of tiles with the same columns of b.
  private static final long LEFT_BYTES = 9L << 19;
  private static final long RIGHT_BYTES = 9L << 18;

  private final Map<LoopStmt.Dot, Integer> sites = new IdentityHashMap<>();
  private final Optional<Pool> left;
  private final Optional<Pool> right;

  /**
   * @param offset in the kernel's scratch memory
   * @param counters offset of its counters, in front of that
   */
  record Pool(long offset, long counters, int places, long placeBytes) {}

  private SharedPanels(List<LoopStmt.Dot> products, ScratchLayout scratch) {
    long leftBytes = 0;
    long rightBytes = 0;
    for (LoopStmt.Dot dot : products) {
      sites.put(dot, sites.size());
      if (dot.a().steady().isPresent()) {
        leftBytes = Math.max(leftBytes, DotEmitter.leftPanelBytes(dot));
      }
      if (dot.b().steady().isPresent()) {
        rightBytes = Math.max(rightBytes, DotEmitter.rightPanelBytes(dot));
      }
    }
    long counters = -ProgramBody.SCRATCH_HEADER;
    left = pool(scratch, counters, LEFT_BYTES, leftBytes);
    right = pool(scratch, counters + PanelPool.COUNTER_BYTES, RIGHT_BYTES, rightBytes);
  }

  /** Of a kernel; the pools get their place in scratch memory. */
  static SharedPanels of(LoopKernel kernel, ScratchLayout scratch) {
    return new SharedPanels(TransientBytes.products(kernel.body()), scratch);
  }

  private static Optional<Pool> pool(
      ScratchLayout scratch, long counters, long budget, long placeBytes) {
    int places = placeBytes == 0 ? 0 : PanelPool.places(budget, placeBytes);
    if (places == 0) {
      return Optional.empty();
    }
    long offset = scratch.allocate(PanelPool.bytes(places, placeBytes));
    return Optional.of(new Pool(offset, counters, places, placeBytes));
  }

  Optional<Pool> left() {
    return left;
  }

  Optional<Pool> right() {
    return right;
  }

  /** Which product of the kernel it is. */
  int site(LoopStmt.Dot dot) {
    return sites.get(dot);
  }
}
