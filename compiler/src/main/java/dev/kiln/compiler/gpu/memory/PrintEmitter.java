package dev.kiln.compiler.gpu.memory;

import dev.kiln.compiler.eval.PrintFormat;
import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.gpu.emit.Fragment;
import dev.kiln.compiler.gpu.emit.Uniform;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Node.Guard;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.Operand.Name;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;
import java.util.List;

/**
 * Prints lines of {@link PrintFormat} by {@code vprintf}: for each operand a function that takes
 * the row-major index of an element and its value. The lines of a tile come in the order of
 * registers and threads; each tells program and index.
 */
public final class PrintEmitter {
  private final Emission emission;
  private final PtxBuilder ptx;

  public PrintEmitter(Emission emission) {
    this.emission = emission;
    this.ptx = emission.ptx();
  }

  public void emit(MemoryOp.Print op) {
    emission.helper(DeviceText.VPRINTF);
    if (op.operands().isEmpty()) {
      var function = new PrintFunction(Shape.of(), DType.I64, false, "%s");
      String name = function.declare(emission, op.prefix().strip(), false);
      call(name, Immediate.b32(0), Immediate.b64(0), new Uniform(emission).isFirst());
    }
    for (int n = 0; n < op.operands().size(); n++) {
      operand(op, n);
    }
  }

  private void operand(MemoryOp.Print op, int n) {
    Value operand = op.operands().get(n);
    DType dtype = operand.dtype();
    boolean hex = op.hex() || operand.type().isPointer();
    boolean signed = op.signed().get(n) && !hex;
    var function =
        new PrintFunction(operand.shape(), dtype, dtype.isFloat(), conversion(dtype, signed, hex));
    String label = PrintFormat.label(op.prefix(), n, op.operands().size());
    String name = function.declare(emission, label, true);
    if (!operand.type().isTile()) {
      Operand value = printed(op, dtype, signed, emission.scalar(operand));
      call(name, Immediate.b32(0), value, new Uniform(emission).isFirst());
      return;
    }
    Fragment tile = emission.fragment(operand);
    LinearLayout layout = tile.layout();
    Operand owner = emission.isOwner(layout);
    for (int r = 0; r < layout.registerCount(); r++) {
      if ((r & layout.freeRegisters()) == 0) {
        Operand value = printed(op, dtype, signed, tile.registers().get(r));
        call(name, emission.coordinate(layout, -1, r), value, owner);
      }
    }
  }

  private static String conversion(DType dtype, boolean signed, boolean hex) {
    if (dtype.isFloat()) {
      return "%f";
    }
    if (hex) {
      return "0x%0" + Math.max(1, dtype.bits() / 4) + "llx";
    }
    return signed ? "%lld" : "%llu";
  }

  /** The value in 64 bits: a double, or an integer extended as it is to be shown. */
  private Operand printed(MemoryOp.Print op, DType dtype, boolean signed, Operand value) {
    if (dtype.isFloat()) {
      return toDouble(op, dtype, value);
    }
    return switch (dtype) {
      case I64, U64 -> value;
      case I1 -> ptx.emit("selp.b64", RegisterClass.B64, Immediate.b64(1), Immediate.b64(0), value);
      default -> {
        if (signed) {
          yield ptx.emit("cvt.s64.s32", RegisterClass.B64, value);
        }
        int mask = dtype.bits() == 32 ? -1 : (1 << dtype.bits()) - 1;
        Operand narrow = ptx.emit("and.b32", RegisterClass.B32, value, Immediate.b32(mask));
        yield ptx.emit("cvt.u64.u32", RegisterClass.B64, narrow);
      }
    };
  }

  private Operand toDouble(MemoryOp.Print op, DType dtype, Operand value) {
    if (dtype == DType.FP64) {
      return value;
    }
    return emission.element(
        new ElementwiseOp.Cast(
            op.loc(),
            new Value(Type.scalar(DType.FP64)),
            CastKind.FPEXT,
            new Value(Type.scalar(dtype))),
        List.of(value));
  }

  private void call(String function, Operand index, Operand value, Operand guard) {
    ptx.add(
        "call",
        List.of(),
        guard == null ? null : new Guard(guard, false),
        List.of(),
        Effect.EFFECT,
        null,
        new Name(RegisterClass.B64, function),
        index,
        value);
  }
}
