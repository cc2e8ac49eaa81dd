package dev.kiln.runtime.sim.isa.vector;

import static dev.kiln.runtime.sim.isa.vector.WideLanes.LENGTH;
import static dev.kiln.runtime.sim.isa.vector.WideLanes.SPECIES;

import dev.kiln.runtime.sim.exec.Warp;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.LongVector;

/** A template: the product of two registers of 32 bits, in 64 bits. */
final class WideningProduct extends TernaryStep {
  private static final Operator OPERATOR =
      OperatorTemplate.constant(MethodHandles.lookup(), Operator.class);

  /** What it is made for. */
  record Operator(Part part, boolean signed) {}

  /** What becomes of the product. */
  enum Part {
    ALL,
    /** c, a register of 64 bits, is added. */
    ALL_AND_ADDEND,
    /** Its high half goes to a register of 32 bits. */
    HIGH
  }

  WideningProduct(int target, int a, int b, int c) {
    super(target, a, b, c);
  }

  @Override
  public void run(Warp warp) {
    long[] wides = warp.wides;
    int[] words = warp.words;
    for (int i = 0; i < Warp.LANES; i += LENGTH) {
      LongVector product = operand(words, a + i).mul(operand(words, b + i));
      switch (OPERATOR.part()) {
        case ALL -> WideLanes.store(product, wides, target, i, warp.active);
        case ALL_AND_ADDEND -> {
          LongVector sum = product.add(LongVector.fromArray(SPECIES, wides, c + i));
          WideLanes.store(sum, wides, target, i, warp.active);
        }
        case HIGH -> WideLanes.storeHigh(product, words, target, i, warp.active);
      }
    }
  }

  private static LongVector operand(int[] words, int at) {
    return OPERATOR.signed() ? WideLanes.signed(words, at) : WideLanes.unsigned(words, at);
  }
}
