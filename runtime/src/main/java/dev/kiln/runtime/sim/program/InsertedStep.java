package dev.kiln.runtime.sim.program;

import dev.kiln.runtime.sim.exec.LaneFault;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;

/**
 * A step that no instruction stands for: it belongs to the instruction of its site, which needs it
 * done before or after. Counters pass over it.
 */
public abstract sealed class InsertedStep extends Step {
  private InsertedStep() {}

  /** Copies a word. */
  static final class CopyWord extends InsertedStep {
    private final int target;
    private final int source;
    private final int mask;

    /**
     * @param mask bits to be kept
     */
    CopyWord(int target, int source, int mask) {
      this.target = target;
      this.source = source;
      this.mask = mask;
    }

    @Override
    public void run(Warp warp) {
      int[] words = warp.words;
      for (int lanes = warp.active; lanes != 0; lanes &= lanes - 1) {
        int lane = Integer.numberOfTrailingZeros(lanes);
        words[target + lane] = words[source + lane] & mask;
      }
    }
  }

  /** Copies a wide and adds a number: addresses of variables in a frame. */
  static final class AddWide extends InsertedStep {
    private final int target;
    private final int source;
    private final long addend;

    AddWide(int target, int source, long addend) {
      this.target = target;
      this.source = source;
      this.addend = addend;
    }

    @Override
    public void run(Warp warp) {
      long[] wides = warp.wides;
      for (int lanes = warp.active; lanes != 0; lanes &= lanes - 1) {
        int lane = Integer.numberOfTrailingZeros(lanes);
        wides[target + lane] = wides[source + lane] + addend;
      }
    }
  }

  /** Copies predicates. */
  static final class CopyPredicate extends InsertedStep {
    private final int target;
    private final int source;
    private final int flip;

    CopyPredicate(int target, int source, boolean negated) {
      this.target = target;
      this.source = source;
      this.flip = negated ? -1 : 0;
    }

    @Override
    public void run(Warp warp) {
      int value = warp.predicates[source] ^ flip;
      warp.predicates[target] = (warp.predicates[target] & ~warp.active) | (value & warp.active);
    }
  }

  /** The low half of a wide. */
  static final class LowHalf extends InsertedStep {
    private final int target;
    private final int source;

    LowHalf(int target, int source) {
      this.target = target;
      this.source = source;
    }

    @Override
    public void run(Warp warp) {
      for (int lanes = warp.active; lanes != 0; lanes &= lanes - 1) {
        int lane = Integer.numberOfTrailingZeros(lanes);
        warp.words[target + lane] = (int) warp.wides[source + lane];
      }
    }
  }

  /** Whether a word is not 0. */
  static final class TestWord extends InsertedStep {
    private final int target;
    private final int source;

    TestWord(int target, int source) {
      this.target = target;
      this.source = source;
    }

    @Override
    public void run(Warp warp) {
      int set = 0;
      for (int lanes = warp.active; lanes != 0; lanes &= lanes - 1) {
        int lane = Integer.numberOfTrailingZeros(lanes);
        set |= warp.words[source + lane] != 0 ? 1 << lane : 0;
      }
      warp.predicates[target] = (warp.predicates[target] & ~warp.active) | set;
    }
  }

  /** Reads the warp's clock. */
  static final class ReadClock extends InsertedStep {
    private final int target;
    private final Clock.Part part;

    /**
     * @param target in {@code wides} for the whole time, else in {@code words}
     */
    ReadClock(int target, Clock.Part part) {
      this.target = target;
      this.part = part;
    }

    @Override
    public void run(Warp warp) {
      long now = warp.attached(Clock.OF_WARP).read();
      for (int lanes = warp.active; lanes != 0; lanes &= lanes - 1) {
        int lane = Integer.numberOfTrailingZeros(lanes);
        switch (part) {
          case WHOLE -> warp.wides[target + lane] = now;
          case LOW -> warp.words[target + lane] = (int) now;
          case HIGH -> warp.words[target + lane] = (int) (now >>> 32);
        }
      }
    }
  }

  /** Takes a recursive function's frame from the stack. */
  static final class EnterFrame extends InsertedStep {
    private final int frame;
    private final int stackPointer;
    private final long bytes;
    private final long limit;

    /**
     * @param frame where the frame's address is kept, in {@code wides}
     * @param limit end of the stack
     */
    EnterFrame(int frame, int stackPointer, long bytes, long limit) {
      this.frame = frame;
      this.stackPointer = stackPointer;
      this.bytes = bytes;
      this.limit = limit;
    }

    @Override
    public void run(Warp warp) {
      long[] wides = warp.wides;
      for (int lanes = warp.active; lanes != 0; lanes &= lanes - 1) {
        int lane = Integer.numberOfTrailingZeros(lanes);
        long begin = wides[stackPointer + lane];
        if (begin + bytes > limit) {
          throw new LaneFault(
              LaneFault.Kind.STACK_OVERFLOW,
              lane,
              "the stack of %,d bytes is full: a recursive function needs a frame of %,d bytes more"
                  .formatted(limit, bytes));
        }
        wides[frame + lane] = begin;
        wides[stackPointer + lane] = begin + bytes;
      }
    }
  }
}
