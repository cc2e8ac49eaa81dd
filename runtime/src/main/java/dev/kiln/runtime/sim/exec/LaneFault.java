package dev.kiln.runtime.sim.exec;

/**
 * An instruction could not be executed. Thrown by steps and by memory; the executor adds
 * instruction, block and warp and makes a {@link dev.kiln.runtime.sim.SimFault} of it.
 */
public final class LaneFault extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int lane;
  private final Kind kind;

  /** What went wrong, roughly. */
  public enum Kind {
    ILLEGAL_ADDRESS,
    MISALIGNED_ADDRESS,
    WRITE_TO_READ_ONLY,
    ILLEGAL_INSTRUCTION,
    TRAP,
    ASSERT,
    BREAKPOINT,
    BARRIER,
    DEADLOCK,
    LIMIT,
    STACK_OVERFLOW,
    OUT_OF_MEMORY,
    /** An error of the simulator. */
    INTERNAL;

    /** In words, for messages: "illegal address". */
    public String text() {
      return Faults.words(this);
    }
  }

  /**
   * @param lane the first lane at fault; -1 if it is none's in particular
   * @param message what happened, without the place
   */
  public LaneFault(Kind kind, int lane, String message) {
    super(message, null, false, false);
    this.lane = lane;
    this.kind = kind;
  }

  public int lane() {
    return lane;
  }

  public Kind kind() {
    return kind;
  }
}
