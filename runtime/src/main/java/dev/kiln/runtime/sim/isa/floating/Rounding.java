package dev.kiln.runtime.sim.isa.floating;

import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.program.Modifiers;
import java.util.Optional;

/** Which neighbour stands for a number between two of a format. */
public enum Rounding {
  /** The nearer one, ties to the even one: {@code .rn}, {@code .rni}. */
  NEAREST,
  /** Towards zero: {@code .rz}, {@code .rzi}. */
  ZERO,
  /** Towards minus infinity: {@code .rm}, {@code .rmi}. */
  DOWN,
  /** Towards plus infinity: {@code .rp}, {@code .rpi}. */
  UP,
  /** The nearer one, ties away from zero: {@code .rna}. */
  AWAY;

  /** Takes {@code .rn}, {@code .rz}, {@code .rm} or {@code .rp} if one is there. */
  public static Optional<Rounding> take(Modifiers modifiers) {
    return modifiers
        .takeAny("rn", "rz", "rm", "rp")
        .map(
            word ->
                switch (word) {
                  case "rn" -> NEAREST;
                  case "rz" -> ZERO;
                  case "rm" -> DOWN;
                  default -> UP;
                });
  }

  /** Takes {@code .rni}, {@code .rzi}, {@code .rmi} or {@code .rpi} if one is there. */
  public static Optional<Rounding> takeIntegral(Modifiers modifiers) {
    return modifiers
        .takeAny("rni", "rzi", "rmi", "rpi")
        .map(
            word ->
                switch (word) {
                  case "rni" -> NEAREST;
                  case "rzi" -> ZERO;
                  case "rmi" -> DOWN;
                  default -> UP;
                });
  }

  /** Takes the rounding that the instruction has to name. */
  static Rounding require(DecodeContext context) {
    return take(context.modifiers())
        .orElseThrow(
            () -> context.malformed(context.instruction().mnemonic() + " needs a rounding"));
  }

  /**
   * Whether a magnitude that was cut off is to be increased by one.
   *
   * @param negative whether the number is
   * @param kept what stays of the magnitude
   * @param rest what was cut off, below {@code 2 * half}
   */
  public boolean increases(boolean negative, long kept, long rest, long half) {
    return switch (this) {
      case NEAREST -> rest > half || (rest == half && (kept & 1) != 0);
      case ZERO -> false;
      case DOWN -> negative && rest != 0;
      case UP -> !negative && rest != 0;
      case AWAY -> rest >= half;
    };
  }

  /** Whether numbers beyond the range become the largest finite number rather than infinity. */
  boolean staysFinite(boolean negative) {
    return switch (this) {
      case NEAREST, AWAY -> false;
      case ZERO -> true;
      case DOWN -> !negative;
      case UP -> negative;
    };
  }

  /** The integer that stands for a number; infinities, NaN and a zero's sign are kept. */
  public double integral(double value) {
    return switch (this) {
      case NEAREST -> Math.rint(value);
      case ZERO -> value < 0 ? Math.ceil(value) : Math.floor(value);
      case DOWN -> Math.floor(value);
      case UP -> Math.ceil(value);
      case AWAY ->
          value < 0
              ? Math.ceil(value) - (Math.ceil(value) - value >= 0.5 ? 1 : 0)
              : Math.floor(value) + (value - Math.floor(value) >= 0.5 ? 1 : 0);
    };
  }
}
