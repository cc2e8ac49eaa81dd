package dev.kiln.runtime.sim.isa.tensor;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.isa.Decoder;
import dev.kiln.runtime.sim.isa.tensor.IntegerProduct.Operation;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.program.Modifiers;
import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.PtxType;

/** {@code wgmma} (PTX ISA 9.7.15), but for sparse matrices. */
final class WgmmaDecoder implements Decoder {
  /** Registers of A in each lane: 16 rows of 32 bytes in a warp. */
  private static final int REGISTERS_OF_A = 4;

  @Override
  public Step decode(DecodeContext context) {
    Modifiers modifiers = context.modifiers();
    if (modifiers.take("mma_async")) {
      return multiply(context);
    }
    if (modifiers.take("fence")) {
      return control(context, WgmmaControl.Action.FENCE);
    }
    if (modifiers.take("commit_group")) {
      return control(context, WgmmaControl.Action.COMMIT);
    }
    if (modifiers.take("wait_group")) {
      return waiting(context);
    }
    throw context.malformed("is none of .mma_async, .fence, .commit_group and .wait_group");
  }

  private static Step control(DecodeContext context, WgmmaControl.Action action) {
    ProductForm.requireAligned(context);
    context.expectOperands(0, 0);
    return new WgmmaControl(context.instruction().mnemonic(), action);
  }

  private static Step waiting(DecodeContext context) {
    ProductForm.requireAligned(context);
    context.expectOperands(1, 1);
    long most = context.constant(context.operand(0));
    if (most < 0 || most > Integer.MAX_VALUE) {
      throw context.malformed("a number of groups cannot be " + most);
    }
    return new WgmmaWait(context.instruction().mnemonic(), (int) most);
  }

  private static Step multiply(DecodeContext context) {
    ProductForm form = ProductForm.take(context);
    if (form.types().size() != 3 || !isLegal(form)) {
      throw form.noSuch(context);
    }
    Element d = form.types().get(0);
    Element a = form.types().get(1);
    Element b = form.types().get(2);
    boolean inRegisters = context.operand(1) instanceof Operand.Vector;
    boolean sixteen = a == Element.F16 || a == Element.BF16;
    int scales = a.isFloat() ? 2 : 0;
    int transposes = !sixteen ? 0 : inRegisters ? 1 : 2;
    int count = 4 + scales + transposes;
    context.expectOperands(count, count);
    boolean negates =
        scales == 2 && sign(context, context.operand(4)) != sign(context, context.operand(5));
    boolean acrossOfA = transposes == 2 && flag(context, context.operand(6));
    boolean acrossOfB = transposes > 0 && flag(context, context.operand(5 + transposes));
    boolean halfD = d == Element.F16;
    Tiling tiling = Tiling.of(new Shape(16, form.shape().n(), form.shape().k()), a);
    var operands =
        new WgmmaMultiply.Operands(
            Registers.targets(context, context.operand(0), tiling.accumulators() / (halfD ? 2 : 1)),
            inRegisters
                ? Registers.sources(context, context.operand(1), REGISTERS_OF_A)
                : new int[0],
            inRegisters ? -1 : context.wide(context.operand(1), PtxType.B64),
            context.wide(context.operand(2), PtxType.B64),
            context.predicate(context.operand(3)));
    return new WgmmaMultiply(
        context.instruction().mnemonic(),
        operands,
        new WgmmaMultiply.Options(negates, acrossOfA, acrossOfB),
        a.isFloat() ? new FloatProduct(tiling, a, b) : null,
        a.isFloat() ? null : new IntegerProduct(tiling, a, b, form.operation(), form.saturates()),
        halfD);
  }

  private static boolean isLegal(ProductForm form) {
    Element d = form.types().get(0);
    Element a = form.types().get(1);
    Element b = form.types().get(2);
    int n = form.shape().n();
    int k = form.shape().k();
    boolean bits = form.operation() == Operation.AND;
    boolean bytes = MmaDecoder.bytes(a);
    if (form.shape().m() != 64
        || n % 8 != 0
        || n < 8
        || n > 256
        || !form.layouts().isEmpty()
        || !form.kind().isEmpty()
        || form.rounding().isPresent()
        || form.operation() == Operation.XOR
        || bits != (a == Element.B1)
        || form.saturates() && !bytes) {
      return false;
    }
    boolean integerColumns = n <= 32 || n % 16 == 0;
    boolean eitherSum = d == Element.F16 || d == Element.F32;
    return switch (a) {
      case F16 -> b == a && eitherSum && k == 16;
      case BF16 -> b == a && d == Element.F32 && k == 16;
      case TF32 -> b == a && d == Element.F32 && k == 8;
      case E4M3, E5M2 -> (b == Element.E4M3 || b == Element.E5M2) && eitherSum && k == 32;
      case S8, U8 -> MmaDecoder.bytes(b) && d == Element.S32 && k == 32 && integerColumns;
      case B1 -> b == a && d == Element.S32 && k == 256 && integerColumns;
      case F32, F64, E2M1, E2M3, E3M2, S4, U4, S32 -> false;
    };
  }

  private static long sign(DecodeContext context, Operand operand) {
    long sign = context.constant(operand);
    if (sign != 1 && sign != -1) {
      throw context.malformed("a scale is 1 or -1, not " + sign);
    }
    return sign;
  }

  private static boolean flag(DecodeContext context, Operand operand) {
    long flag = context.constant(operand);
    if (flag != 0 && flag != 1) {
      throw context.malformed("a transposition is 0 or 1, not " + flag);
    }
    return flag == 1;
  }
}
