package dev.kiln.runtime.sim.exec;

import java.util.Map;

/**
 * A step that decides where its path goes on. Made by the program's builder, executed by the
 * executor, which reads the guard too. A path is a set of lanes of a warp at one program counter;
 * lanes that part at a branch wait for each other at its join, the immediate post-dominator.
 */
public abstract sealed class ControlStep extends Step {
  /** No join: the paths meet where the function returns. */
  public static final int AT_RETURN = -1;

  private ControlStep() {}

  /** Control steps are executed by the executor itself. */
  @Override
  public final void run(Warp warp) {
    throw new IllegalStateException("a control step is not run");
  }

  /** {@code bra}; taken by the lanes that the guard leaves. */
  public static final class Branch extends ControlStep {
    final int target;
    final int join;

    /**
     * @param join number of the step at which the lanes meet again, or {@link #AT_RETURN}
     */
    public Branch(int target, int join) {
      this.target = target;
      this.join = join;
    }
  }

  /** {@code brx.idx}. */
  public static final class IndexedBranch extends ControlStep {
    final int index;
    final int[] targets;
    final int join;

    /**
     * @param index slot in {@code words}; a value beyond the targets is a fault
     */
    public IndexedBranch(int index, int[] targets, int join) {
      this.index = index;
      this.targets = targets.clone();
      this.join = join;
    }
  }

  /**
   * {@code call}. Steps before it have put the addresses of arguments and results, which lie in
   * local memory, into the callee's slots; the call itself only moves, and keeps the caller's
   * registers where the callee may come back to the same function.
   */
  public static final class Call extends ControlStep {
    final int target;
    final SlotRange saved;

    /**
     * @param target first step of the function
     * @param saved slots that a recursive call would overwrite, restored for the lanes that return;
     *     {@code null} if the call is not recursive
     */
    public Call(int target, SlotRange saved) {
      this.target = target;
      this.saved = saved;
    }
  }

  /** A call through an address. */
  public static final class IndirectCall extends ControlStep {
    final int address;
    final Map<Long, Integer> targets;
    final SlotRange saved;

    /**
     * @param address slot in {@code wides}
     * @param targets first steps by function address; any other value is a fault
     */
    public IndirectCall(int address, Map<Long, Integer> targets, SlotRange saved) {
      this.address = address;
      this.targets = Map.copyOf(targets);
      this.saved = saved;
    }
  }

  /** {@code ret}: leaves the function; in an entry, the lanes exit. */
  public static final class Return extends ControlStep {}

  /** {@code exit}. */
  public static final class Exit extends ControlStep {}

  /** Ranges of slots, as indices into a warp's arrays, ends exclusive. */
  public record SlotRange(
      int firstWord,
      int endWord,
      int firstWide,
      int endWide,
      int firstPredicate,
      int endPredicate) {}
}
