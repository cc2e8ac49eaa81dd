package dev.kiln.runtime.sim.isa.tensor;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.isa.Decoder;
import dev.kiln.runtime.sim.isa.tensor.IntegerProduct.Operation;
import dev.kiln.runtime.sim.program.DecodeContext;
import java.util.List;

/** {@code mma.sync} (PTX ISA 9.7.14.5.14), but for sparse matrices and block scales. */
final class MmaDecoder implements Decoder {
  @Override
  public Step decode(DecodeContext context) {
    ProductForm form = ProductForm.take(context); // forms that are not known have more operands
    context.expectOperands(4, 4);
    if (form.types().size() != 4 || form.layouts().size() != 2) {
      throw context.malformed("needs two layouts and four types");
    }
    if (!isLegal(form)) {
      throw form.noSuch(context);
    }
    Element a = form.types().get(1);
    if (form.shape().is(8, 8, 4) && a == Element.F16) {
      return quarters(context, form);
    }
    if (!form.layouts().equals(List.of("row", "col"))) {
      throw context.malformed("needs .row.col");
    }
    return Products.step(context, form, a, form.types().get(2));
  }

  private static Step quarters(DecodeContext context, ProductForm form) {
    boolean halfD = form.types().get(0) == Element.F16;
    boolean halfC = form.types().get(3) == Element.F16;
    Registers registers =
        new Registers(
            Registers.targets(context, context.operand(0), halfD ? 4 : 8),
            Registers.sources(context, context.operand(1), 2),
            Registers.sources(context, context.operand(2), 2),
            Registers.sources(context, context.operand(3), halfC ? 4 : 8));
    return new QuarterMultiply(
        context.instruction().mnemonic(),
        registers,
        form.layouts().get(0).equals("col"),
        form.layouts().get(1).equals("row"),
        halfC,
        halfD);
  }

  private static boolean isLegal(ProductForm form) {
    Shape shape = form.shape();
    Element d = form.types().get(0);
    Element a = form.types().get(1);
    Element b = form.types().get(2);
    Element c = form.types().get(3);
    if (!modifiersFit(form, a)) {
      return false;
    }
    boolean single = d == Element.F32 && c == Element.F32;
    boolean same = d == c && (d == Element.F16 || d == Element.F32);
    boolean total = d == Element.S32 && c == Element.S32;
    boolean wide = shape.m() == 16 && shape.n() == 8;
    boolean small = shape.m() == 8 && shape.n() == 8;
    int k = shape.k();
    return switch (a) {
      case F16 ->
          b == a
              && (small && k == 4 ? same || d == Element.F32 && c == Element.F16 : same && wide)
              && (small || k == 8 || k == 16);
      case BF16 -> b == a && single && wide && (k == 8 || k == 16);
      case TF32 -> b == a && single && wide && (k == 4 || k == 8);
      case E4M3, E5M2, E2M1, E2M3, E3M2 ->
          same && wide && b.isSmallFloat() && smallFits(form.kind(), a, b, k);
      case F64 ->
          form.typesAre(Element.F64, Element.F64, Element.F64, Element.F64)
              && (small ? k == 4 : wide && (k == 4 || k == 8 || k == 16));
      case S8, U8 -> total && bytes(b) && (small ? k == 16 : wide && (k == 16 || k == 32));
      case S4, U4 -> total && nibbles(b) && (small ? k == 32 : wide && (k == 32 || k == 64));
      case B1 -> total && b == a && (small ? k == 128 : wide && (k == 128 || k == 256));
      case F32, S32 -> false;
    };
  }

  private static boolean modifiersFit(ProductForm form, Element a) {
    boolean integer = bytes(a) || nibbles(a);
    return (integer || !form.saturates())
        && (a == Element.F64 || form.rounding().isEmpty())
        && (a == Element.B1) == (form.operation() != Operation.MULTIPLY)
        && (form.kind().isEmpty() || a.isSmallFloat());
  }

  private static boolean smallFits(String kind, Element a, Element b, int k) {
    if (kind.equals("f8f6f4")) {
      return k == 32;
    }
    return kind.isEmpty() && bytesOfFloat(a) && bytesOfFloat(b) && (k == 16 || k == 32);
  }

  private static boolean bytesOfFloat(Element element) {
    return element == Element.E4M3 || element == Element.E5M2;
  }

  static boolean bytes(Element element) {
    return element == Element.S8 || element == Element.U8;
  }

  static boolean nibbles(Element element) {
    return element == Element.S4 || element == Element.U4;
  }
}
