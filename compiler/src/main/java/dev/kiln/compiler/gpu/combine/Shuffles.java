package dev.kiln.compiler.gpu.combine;

import dev.kiln.compiler.gpu.emit.Selection;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.Operand.Register;
import dev.kiln.compiler.ptx.Operand.Vector;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Values from other lanes of the warp ({@code shfl.sync}, PTX ISA section 9.7.9.6), of every class:
 * 64 bits travel in two halves, 16 bits and predicates widened.
 */
final class Shuffles {
  private static final Immediate ALL_LANES = Immediate.b32(-1);
  private static final Immediate WHOLE_WARP = Immediate.b32(31);
  private final PtxBuilder ptx;

  Shuffles(PtxBuilder ptx) {
    this.ptx = ptx;
  }

  /** From the lane whose number differs in the bits of the mask. */
  Operand flip(Operand value, int laneMask) {
    return shuffle("bfly", value, Immediate.b32(laneMask), WHOLE_WARP);
  }

  /** From the lane of that number. */
  Operand from(Operand value, Operand lane) {
    return shuffle("idx", value, lane, WHOLE_WARP);
  }

  /**
   * From the lane so much below, or above; the own value where that is outside of the segment.
   *
   * @param segment lanes that count as one, a power of two
   */
  Operand shifted(Operand value, int distance, int segment, boolean fromAbove) {
    int segmentMask = 32 - segment << 8;
    return fromAbove
        ? shuffle("down", value, Immediate.b32(distance), Immediate.b32(segmentMask | 31))
        : shuffle("up", value, Immediate.b32(distance), Immediate.b32(segmentMask));
  }

  private Operand shuffle(String mode, Operand value, Operand how, Operand clamp) {
    if (value instanceof Immediate) {
      return value;
    }
    String opcode = "shfl.sync." + mode + ".b32";
    return asWords(value, word -> ptx.emit(opcode, RegisterClass.B32, word, how, clamp, ALL_LANES));
  }

  /** Does to a value of any class what the function does to each of its {@code .b32} words. */
  Operand asWords(Operand value, UnaryOperator<Operand> function) {
    return switch (value.type()) {
      case B32 -> function.apply(value);
      case PRED, B16 -> narrowed(value.type(), function.apply(widened(value)));
      case B64 -> {
        Register low = ptx.register(RegisterClass.B32);
        Register high = ptx.register(RegisterClass.B32);
        ptx.emit("mov.b64", List.of(Vector.of(low, high)), value);
        yield ptx.emit(
            "mov.b64", RegisterClass.B64, Vector.of(function.apply(low), function.apply(high)));
      }
    };
  }

  /** A value as it lies in a word; 64-bit values stay. */
  Operand widened(Operand value) {
    return switch (value.type()) {
      case PRED ->
          ptx.emit("selp.b32", RegisterClass.B32, Immediate.b32(1), Immediate.b32(0), value);
      case B16 -> ptx.emit("cvt.u32.u16", RegisterClass.B32, value);
      case B32, B64 -> value;
    };
  }

  /** The inverse of {@link #widened}. */
  Operand narrowed(RegisterClass type, Operand word) {
    return switch (type) {
      case PRED -> ptx.emit("setp.ne.b32", RegisterClass.PRED, word, Immediate.b32(0));
      case B16 -> ptx.emit("cvt.u16.u32", RegisterClass.B16, word);
      case B32, B64 -> word;
    };
  }

  /** {@code whenTrue} where the predicate holds; of any class. */
  Operand select(Operand predicate, Operand whenTrue, Operand whenFalse) {
    return Selection.emit(ptx, predicate, whenTrue, whenFalse);
  }
}
