package dev.kiln.compiler.gpu.dot;

import dev.kiln.compiler.gpu.plan.DotForm.Mma;
import dev.kiln.compiler.gpu.plan.DotForm.Split;
import dev.kiln.compiler.ir.ComputeOp.Dot;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.Operand.Register;
import dev.kiln.compiler.ptx.Operand.Vector;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;
import java.util.ArrayList;
import java.util.List;

/**
 * One {@code mma.sync}, or the few that stand for one where operands are taken apart.
 *
 * <p>With parts (as in 3xTF32 of CUTLASS), products of the lesser parts have a sum of their own: it
 * is small, so that little is lost when it is added in the end; and where a part is infinite they
 * are NaN, which counts as zero then, so that the leading product alone decides.
 */
final class MmaInstruction {
  private final PtxBuilder ptx;
  private final Mma form;
  private final String opcode;
  private final RegisterClass sum;

  private MmaInstruction(PtxBuilder ptx, Mma form, String opcode, RegisterClass sum) {
    this.ptx = ptx;
    this.form = form;
    this.opcode = opcode;
    this.sum = sum;
  }

  static MmaInstruction of(PtxBuilder ptx, Dot dot, Mma form) {
    boolean isBf16 = form.split().isBf16();
    String shape = isBf16 ? "m16n8k16" : form.shape().text();
    String a = isBf16 ? "bf16" : type(form.typeA(), dot.signedA());
    String b = isBf16 ? "bf16" : type(form.typeB(), dot.signedB());
    String to =
        switch (form.typeA()) {
          case I8 -> "s32";
          case FP64 -> "f64";
          default -> "f32";
        };
    String opcode = "mma.sync.aligned." + shape + ".row.col." + String.join(".", to, a, b, to);
    boolean isFp64 = form.typeA() == DType.FP64;
    return new MmaInstruction(ptx, form, opcode, isFp64 ? RegisterClass.B64 : RegisterClass.B32);
  }

  static String type(DType dtype, boolean isSigned) {
    return switch (dtype) {
      case I8 -> isSigned ? "s8" : "u8";
      case FP8E4NV -> "e4m3";
      case FP8E5 -> "e5m2";
      case FP16 -> "f16";
      case BF16 -> "bf16";
      case FP32 -> "tf32";
      case FP64 -> "f64";
      default -> throw new IllegalArgumentException("no products of " + dtype);
    };
  }

  /** How far apart steps along K are. */
  int depth() {
    return form.split().isBf16() ? 16 : form.shape().depth();
  }

  /**
   * The parts of the words of a block, the most significant first; of two blocks along K where fp32
   * becomes bf16.
   */
  List<List<Operand>> parts(List<Operand> words) {
    if (form.typeA() != DType.FP32) {
      return List.of(words);
    }
    return form.split().isBf16() ? bf16Parts(words) : tf32Parts(words);
  }

  private List<List<Operand>> tf32Parts(List<Operand> words) {
    var high = new ArrayList<Operand>();
    var low = new ArrayList<Operand>();
    for (Operand word : words) {
      Operand rounded = b32("cvt.rna.tf32.f32", word);
      high.add(rounded);
      if (form.split() == Split.TF32X3) {
        low.add(b32("cvt.rna.tf32.f32", b32("sub.rn.f32", word, rounded)));
      }
    }
    return low.isEmpty() ? List.of(high) : List.of(high, low);
  }

  /**
   * Which element along K a place of the instruction has does not matter as long as both operands
   * agree: places that share a word get the elements of lanes of two neighbouring words.
   */
  private List<List<Operand>> bf16Parts(List<Operand> words) {
    var parts = new ArrayList<List<Operand>>();
    List<Operand> rest = new ArrayList<>(words);
    for (int part = 0; part < form.split().parts(); part++) {
      var packed = new ArrayList<Operand>();
      for (int i = 0; i < 4; i++) {
        int low = i < 2 ? i : i + 2;
        Operand word = b32("cvt.rn.bf16x2.f32", rest.get(low + 2), rest.get(low));
        packed.add(word);
        if (part + 1 < form.split().parts()) {
          Operand lowPart = b32("shl.b32", word, Immediate.b32(16));
          Operand highPart = b32("and.b32", word, Immediate.b32(0xffff0000));
          rest.set(low, b32("sub.rn.f32", rest.get(low), lowPart));
          rest.set(low + 2, b32("sub.rn.f32", rest.get(low + 2), highPart));
        }
      }
      parts.add(packed);
    }
    return parts;
  }

  /**
   * Multiplies blocks and adds to the sums.
   *
   * @param small sums of the products of lesser parts; {@code null} without parts
   */
  void multiply(
      Accumulators sums,
      Accumulators small,
      int batch,
      int row,
      int column,
      List<List<Operand>> a,
      List<List<Operand>> b) {
    int parts = form.split().parts();
    for (int order = parts - 1; order > 0; order--) {
      for (int i = 0; i <= order; i++) {
        mma(small, batch, row, column, a.get(i), b.get(order - i));
      }
    }
    mma(sums, batch, row, column, a.getFirst(), b.getFirst());
  }

  private void mma(
      Accumulators sums, int batch, int row, int column, List<Operand> a, List<Operand> b) {
    List<Operand> before = sums.get(batch, row, column);
    List<Register> after = ptx.registers(sum, before.size());
    // Eight rows: of fp64 the first word is the whole block.
    List<Operand> left = sum == RegisterClass.B64 ? a.subList(0, 1) : a;
    ptx.emit(
        opcode,
        List.of(new Vector(List.copyOf(after))),
        new Vector(left),
        new Vector(b),
        new Vector(before));
    sums.set(batch, row, column, after);
  }

  /** All sums; the lesser ones count only as far as they are numbers. */
  Accumulators sum(Accumulators sums, Accumulators small) {
    return sums.combined(
        small,
        (large, rest) -> {
          Operand isNumber = ptx.emit("setp.num.f32", RegisterClass.PRED, rest, rest);
          Operand number = b32("selp.b32", rest, Immediate.b32(0), isNumber);
          return b32("add.rn.f32", large, number);
        });
  }

  private Operand b32(String op, Operand... operands) {
    return ptx.emit(op, RegisterClass.B32, operands);
  }
}
