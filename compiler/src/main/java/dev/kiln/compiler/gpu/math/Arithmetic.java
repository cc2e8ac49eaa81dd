package dev.kiln.compiler.gpu.math;

import static dev.kiln.compiler.gpu.math.Code.l;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.gpu.GpuTarget;
import dev.kiln.compiler.gpu.emit.Elements;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;
import java.util.List;

/**
 * One element of elementwise operations, held as {@link Elements} says. All edge cases are those of
 * tile IR; {@code docs/compiler-math.md} lists the functions that are approximate, with bounds.
 */
public final class Arithmetic {
  private static final String AXES = "xyz";

  private final Code code;
  private final GpuTarget target;
  private final BooleanArithmetic booleans;
  private final IntegerArithmetic integers;
  private final FloatArithmetic floats;
  private final FloatFunctions functions;
  private final WideFunctions wideFunctions;
  private final Comparisons comparisons;
  private final Casts casts;

  public Arithmetic(PtxBuilder ptx, GpuTarget target) {
    this.target = target;
    code = new Code(ptx);
    var floatCasts = new FloatCasts(code, target);
    booleans = new BooleanArithmetic(code);
    integers = new IntegerArithmetic(code);
    floats = new FloatArithmetic(code, floatCasts, target);
    functions = new FloatFunctions(code);
    wideFunctions = new WideFunctions(code);
    comparisons = new Comparisons(code, booleans, floatCasts);
    casts = new Casts(code, integers, floatCasts);
  }

  /**
   * The operation's result, for one element.
   *
   * @param operands in the order of {@link Op#operands()}
   * @throws CompilationException if the target has not the type
   */
  public Operand element(ElementwiseOp op, List<Operand> operands) {
    checkTypes(op);
    return switch (op) {
      case ElementwiseOp.Constant constant ->
          Casts.constant(constant.result().dtype(), constant.value());
      case ElementwiseOp.Unary unary -> unary(unary, operands.getFirst());
      case ElementwiseOp.Binary binary -> binary(binary, operands.get(0), operands.get(1));
      case ElementwiseOp.Compare compare ->
          comparisons.apply(
              compare.kind(), compare.left().dtype(), operands.get(0), operands.get(1));
      case ElementwiseOp.Fma fma ->
          floats.fma(fma.result().dtype(), operands.get(0), operands.get(1), operands.get(2));
      case ElementwiseOp.Select select ->
          code.select(operands.get(0), operands.get(1), operands.get(2));
      case ElementwiseOp.Cast cast ->
          casts.apply(
              cast.kind(), cast.operand().dtype(), cast.result().dtype(), operands.getFirst());
      case ElementwiseOp.AddPtr add -> addPtr(add, operands.get(0), operands.get(1));
      case ElementwiseOp.Hint hint -> operands.getFirst();
      case ElementwiseOp.ProgramId id -> special("%ctaid.", id.axis());
      case ElementwiseOp.NumPrograms number -> special("%nctaid.", number.axis());
    };
  }

  /** fp8e4nv needs instructions of sm_89, as in Triton. */
  private void checkTypes(ElementwiseOp op) {
    if (target.hasFp8() || op.result().type().isPointer()) {
      return;
    }
    boolean uses =
        op.result().dtype() == DType.FP8E4NV
            || op.operands().stream().anyMatch(value -> value.dtype() == DType.FP8E4NV);
    if (uses) {
      throw CompilationException.at(
          op.loc(), "fp8e4nv needs sm_89 or later; the target is " + target.target());
    }
  }

  private Operand unary(ElementwiseOp.Unary op, Operand a) {
    DType dtype = op.operand().dtype();
    if (op.kind().isApproximate()) {
      return dtype == DType.FP32
          ? functions.apply(op.kind(), a)
          : wideFunctions.apply(op.kind(), a);
    }
    if (dtype == DType.I1) {
      return booleans.apply(op.kind(), a);
    }
    return dtype.isFloat()
        ? floats.apply(op.kind(), dtype, a)
        : integers.apply(op.kind(), dtype, a);
  }

  private Operand binary(ElementwiseOp.Binary op, Operand a, Operand b) {
    DType dtype = op.result().dtype();
    if (dtype == DType.I1) {
      return booleans.apply(op.kind(), a, b);
    }
    return dtype.isFloat()
        ? floats.apply(op.kind(), dtype, a, b)
        : integers.apply(op.kind(), dtype, a, b);
  }

  private Operand addPtr(ElementwiseOp.AddPtr op, Operand pointer, Operand offset) {
    int bytes = op.pointer().type().pointee().bytes();
    if (offset instanceof Operand.Immediate number) {
      return Code.is(number, 0) ? pointer : code.b64("add.s64", pointer, l(number.bits() * bytes));
    }
    if (op.offset().dtype() == DType.I32) {
      return code.b64("mad.wide.s32", offset, Code.i(bytes), pointer);
    }
    return bytes == 1
        ? code.b64("add.s64", pointer, offset)
        : code.b64("mad.lo.s64", offset, l(bytes), pointer);
  }

  private Operand special(String register, int axis) {
    return code.b32("mov.u32", new Operand.Name(RegisterClass.B32, register + AXES.charAt(axis)));
  }
}
