package dev.kiln.runtime.sim.exec;

/**
 * Where lanes that parted wait for each other: a step, or the return of a function. Joins form a
 * chain from the innermost outwards.
 */
final class Join {
  /** The step at which the lanes meet; {@link ControlStep#AT_RETURN} for the end of a frame. */
  final int pc;

  /** The call in which they meet; {@code null} in the entry. */
  final Frame frame;

  /** The next join outwards; {@code null} for none. */
  final Join parent;

  /** The lanes that still have to come, or have come. */
  int expected;

  /** The lanes that have come. */
  int arrived;

  Join(int pc, Frame frame, int expected, Join parent) {
    this.pc = pc;
    this.frame = frame;
    this.expected = expected;
    this.parent = parent;
  }

  boolean complete() {
    return arrived != 0 && arrived == expected;
  }
}
