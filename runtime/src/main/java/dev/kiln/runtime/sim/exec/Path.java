package dev.kiln.runtime.sim.exec;

/** Lanes of a warp that go together. */
final class Path {
  enum State {
    /** Goes on when its turn comes. */
    READY,
    /** Stays at a step until other lanes of the warp come to it. */
    GATHERING,
    /** Stays at a {@link WaitingStep} until what it waits for is over. */
    WAITING
  }

  int pc;
  int mask;

  /** Where it meets the lanes from which it parted; {@code null} if it never parted. */
  Join join;

  /** The call it is in; {@code null} in the entry. */
  Frame frame;

  State state = State.READY;

  /** While it waits: for what. */
  WaitingStep.Wait wait;

  /** While it gathers: the lanes with which it will go on, exited ones included. */
  int members;

  Path(int pc, int mask, Join join, Frame frame) {
    this.pc = pc;
    this.mask = mask;
    this.join = join;
    this.frame = frame;
  }

  /** Whether it stands where its join is. */
  boolean atJoin() {
    return join != null && join.pc == pc && join.frame == frame;
  }

  /** Whether two paths may go on as one. */
  boolean meets(Path other) {
    return state == State.READY
        && other.state == State.READY
        && pc == other.pc
        && join == other.join
        && frame == other.frame;
  }
}
