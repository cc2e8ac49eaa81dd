package dev.kiln.runtime.sim.isa;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.Optional;

/** A comparison of two operands in all lanes: the part of {@code setp} and {@code set} by type. */
@FunctionalInterface
public interface Comparison {
  /** A bit for each lane in which it holds; bits of inactive lanes mean nothing. */
  int lanes(Warp warp);

  /**
   * A step of its own for {@code setp} with one destination and nothing else, where that is faster
   * than calling {@link #lanes}.
   *
   * @param target index in {@code predicates}
   */
  default Optional<Step> setp(int target) {
    return Optional.empty();
  }

  /** Comparisons of a family of types. */
  @FunctionalInterface
  interface Family {
    /**
     * Decodes the operands and makes a comparison.
     *
     * @param ftz whether {@code .ftz} was written
     * @param high of a packed type, whether the high halves are compared rather than the low ones
     */
    Comparison decode(
        DecodeContext context,
        CompareOp op,
        PtxType type,
        boolean ftz,
        boolean high,
        Operand a,
        Operand b);
  }
}
