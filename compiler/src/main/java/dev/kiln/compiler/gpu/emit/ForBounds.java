package dev.kiln.compiler.gpu.emit;

import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;
import java.util.ArrayList;
import java.util.List;

/**
 * Which iterations a {@code for} has. Numbers beyond the last may overflow, so they are never
 * compared: it is the bound that is moved, not below the least number.
 */
public final class ForBounds {
  private final PtxBuilder ptx;
  private final ControlOp.For loop;
  private final Operand lower;
  private final Operand step;

  /** The bound for a number that so many iterations follow. */
  private final List<Operand> limits = new ArrayList<>();

  /** Bounds of a loop, outside of which this is called. */
  public ForBounds(Emission emission, ControlOp.For loop) {
    this.ptx = emission.ptx();
    this.loop = loop;
    this.lower = emission.scalar(loop.lower());
    this.step = emission.scalar(loop.step());
    limits.add(emission.scalar(loop.upper()));
  }

  public Operand lower() {
    return lower;
  }

  public Operand upper() {
    return limits.getFirst();
  }

  /** What {@link #isFollowed} compares with. */
  public Operand limit(int iterations) {
    return limits.get(iterations);
  }

  /** Whether there is any iteration. */
  public Operand runs() {
    return less(lower, limits.getFirst());
  }

  /**
   * Prepares {@link #isFollowed} for so many iterations; called outside of the loop, so that the
   * bounds are invariant.
   */
  public void prepare(int iterations) {
    while (limits.size() <= iterations) {
      limits.add(lowered(limits.getLast()));
    }
  }

  /** Whether the iteration of a number is followed by so many others, at least. */
  public Operand isFollowed(Operand number, int iterations) {
    return less(number, limits.get(iterations));
  }

  /** The number so many iterations later; may have overflown if there is none. */
  public Operand later(Operand number, int iterations) {
    RegisterClass type = number.type();
    String bits = String.valueOf(type.bits());
    Operand distance =
        ptx.emit("mul.lo.s" + bits, type, step, new Immediate(type, iterations, false));
    return ptx.emit("add.s" + bits, type, number, distance);
  }

  /** Whether one number comes before another. */
  public Operand less(Operand left, Operand right) {
    return compare("lt", left, right);
  }

  private Operand compare(String relation, Operand left, Operand right) {
    String type = (loop.unsigned() ? "u" : "s") + left.type().bits();
    return ptx.emit("setp." + relation + "." + type, RegisterClass.PRED, left, right);
  }

  /** {@code bound - step}, but not below the least number. */
  public Operand lowered(Operand bound) {
    RegisterClass type = bound.type();
    if (type == RegisterClass.B32 && !loop.unsigned()) {
      return ptx.emit("sub.sat.s32", type, bound, step);
    }
    Operand difference = ptx.emit("sub.s" + type.bits(), type, bound, step);
    Operand wraps = compare("gt", difference, bound);
    long least = loop.unsigned() ? 0 : Long.MIN_VALUE;
    return ptx.emit(
        "selp.b" + type.bits(), type, new Immediate(type, least, false), difference, wraps);
  }
}
