package dev.kiln.runtime.sim.isa.tensor;

import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.ptx.Operand;

/** Makes the steps of products whose four operands are registers. */
final class Products {
  private Products() {}

  /** Of {@code mma}: each operand has as many registers as its elements need. */
  static TensorStep step(DecodeContext context, ProductForm form, Element a, Element b) {
    Tiling tiling = Tiling.of(form.shape(), a);
    return step(context, form, a, b, tiling.registersOfA(), tiling.registersOfB());
  }

  /**
   * With more registers than needed.
   *
   * @param ofA number of registers that hold A
   */
  static TensorStep step(
      DecodeContext context, ProductForm form, Element a, Element b, int ofA, int ofB) {
    Tiling tiling = Tiling.of(form.shape(), a);
    String mnemonic = context.instruction().mnemonic();
    Operand d = context.operand(0);
    Operand c = context.operand(3);
    if (a == Element.F64) {
      Registers registers =
          new Registers(
              Registers.wideTargets(context, d, tiling.accumulators()),
              Registers.wideSources(context, context.operand(1), ofA),
              Registers.wideSources(context, context.operand(2), ofB),
              Registers.wideSources(context, c, tiling.accumulators()));
      return new DoubleMultiply(
          mnemonic, tiling, registers, form.rounding().orElse(DoubleRounding.RN));
    }
    boolean halfD = form.types().getFirst() == Element.F16;
    boolean halfC = form.types().getLast() == Element.F16;
    Registers registers =
        new Registers(
            Registers.targets(context, d, tiling.accumulators() / (halfD ? 2 : 1)),
            Registers.sources(context, context.operand(1), ofA),
            Registers.sources(context, context.operand(2), ofB),
            Registers.sources(context, c, tiling.accumulators() / (halfC ? 2 : 1)));
    if (a.isFloat()) {
      FloatProduct product = new FloatProduct(tiling, a, b);
      return new FloatMultiply(mnemonic, product, registers, halfC, halfD, form.saturates());
    }
    IntegerProduct product = new IntegerProduct(tiling, a, b, form.operation(), form.saturates());
    return new IntegerMultiply(mnemonic, product, registers);
  }
}
