package dev.kiln.compiler.gpu.emit;

import dev.kiln.compiler.gpu.KernelAbi;
import dev.kiln.compiler.ptx.Node;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Address;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.Operand.Name;
import dev.kiln.compiler.ptx.Operand.Register;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;
import java.util.List;

/**
 * Global memory of a program for the kernel's own use. How much it is, is known in the end only, so
 * its address is computed before everything else, by instructions that are made last.
 */
final class Scratch {
  private static final int ALIGNMENT = 16;

  private final PtxBuilder ptx;
  private Register base;
  private long bytes;

  Scratch(PtxBuilder ptx) {
    this.ptx = ptx;
  }

  long bytes() {
    return bytes;
  }

  /** The address of new memory, aligned to 16 bytes. */
  Operand take(long wanted) {
    if (base == null) {
      base = ptx.register(RegisterClass.B64);
    }
    long offset = bytes;
    bytes += (wanted + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return offset == 0 ? base : ptx.emit("add.s64", RegisterClass.B64, base, Immediate.b64(offset));
  }

  /** What computes the address of this program's memory; empty if nobody needs it. */
  List<Node> prologue() {
    if (base == null) {
      return List.of();
    }
    var before = new PtxBuilder();
    Operand memory =
        before.emit(
            "ld.param.b64",
            RegisterClass.B64,
            Address.of(new Name(RegisterClass.B64, KernelAbi.SCRATCH_NAME), 0));
    Operand number = special(before, "%ctaid.z");
    number = times(before, number, "%nctaid.y", "%ctaid.y");
    number = times(before, number, "%nctaid.x", "%ctaid.x");
    Operand offset = before.emit("mul.lo.s64", RegisterClass.B64, number, Immediate.b64(bytes));
    before.add("add.s64", List.of(base), null, List.of(), Node.Effect.PURE, null, memory, offset);
    return before.body();
  }

  /** {@code number * factor + term}. */
  private static Operand times(PtxBuilder ptx, Operand number, String factor, String term) {
    Operand product = ptx.emit("mul.lo.s64", RegisterClass.B64, number, special(ptx, factor));
    return ptx.emit("add.s64", RegisterClass.B64, product, special(ptx, term));
  }

  private static Operand special(PtxBuilder ptx, String name) {
    Operand narrow = ptx.emit("mov.u32", RegisterClass.B32, new Name(RegisterClass.B32, name));
    return ptx.emit("cvt.u64.u32", RegisterClass.B64, narrow);
  }
}
