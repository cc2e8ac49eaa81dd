package dev.kiln.runtime.sim.monitor.race;

import java.util.Arrays;
import java.util.List;

/** What is known of the agents of all blocks: a sparse vector clock. Immutable. */
final class Clock {
  static final Clock NOTHING = new Clock(new int[0], new BlockClock[0]);

  /** Numbers of the blocks of which something is known, ascending. */
  private final int[] blocks;

  private final BlockClock[] times;

  private Clock(int[] blocks, BlockClock[] times) {
    this.blocks = blocks;
    this.times = times;
  }

  BlockClock of(int block) {
    int at = blocks.length == 1 && blocks[0] == block ? 0 : Arrays.binarySearch(blocks, block);
    return at < 0 ? BlockClock.NOTHING : times[at];
  }

  /** What either knows; one of the two if it knows all that the other does. */
  Clock join(Clock other) {
    if (other == this || other.blocks.length == 0) {
      return this;
    }
    if (blocks.length == 0) {
      return other;
    }
    int[] all = new int[blocks.length + other.blocks.length];
    BlockClock[] joined = new BlockClock[all.length];
    int count = 0;
    boolean sameAsThis = true;
    boolean sameAsOther = true;
    int i = 0;
    int j = 0;
    while (i < blocks.length || j < other.blocks.length) {
      int a = i < blocks.length ? blocks[i] : Integer.MAX_VALUE;
      int b = j < other.blocks.length ? other.blocks[j] : Integer.MAX_VALUE;
      BlockClock mine = a <= b ? times[i++] : null;
      BlockClock its = b <= a ? other.times[j++] : null;
      BlockClock both = mine == null ? its : its == null ? mine : mine.join(its);
      sameAsThis &= both == mine;
      sameAsOther &= both == its;
      all[count] = Math.min(a, b);
      joined[count] = both;
      count++;
    }
    if (sameAsThis || sameAsOther) {
      return sameAsThis ? this : other;
    }
    return new Clock(Arrays.copyOf(all, count), Arrays.copyOf(joined, count));
  }

  /** The same with an event of an agent, and all of its before that one. */
  Clock raised(int block, int agent, int lanes, int event) {
    if (event <= 0 || of(block).knows(agent, lanes, event)) {
      return this;
    }
    Clock copy = holding(block);
    copy.raise(block, agent, lanes, event);
    return copy;
  }

  /**
   * The same with what threads know of themselves.
   *
   * @param kind which of their events: an index of {@link View}
   */
  Clock raised(List<Mark> marks, int kind) {
    Clock result = this;
    for (Mark mark : marks) {
      WarpState warp = mark.warp();
      int event = mark.event(kind);
      if (event > 0 && !result.of(warp.block.number).knows(warp.index, mark.lanes(), event)) {
        if (result == this) {
          result = copy(marks);
        }
        result.raise(warp.block.number, warp.index, mark.lanes(), event);
      }
    }
    return result;
  }

  /** A copy whose parts for the blocks of marks may be changed. */
  private Clock copy(List<Mark> marks) {
    Clock result = this;
    int last = -1;
    for (Mark mark : marks) {
      int block = mark.warp().block.number;
      if (block != last) {
        result = result.holding(block);
        last = block;
      }
    }
    return result;
  }

  private Clock holding(int block) {
    int at = Arrays.binarySearch(blocks, block);
    if (at >= 0) {
      BlockClock[] parts = times.clone();
      parts[at] = parts[at].copy();
      return new Clock(blocks, parts);
    }
    at = ~at;
    int[] more = Arrays.copyOf(blocks, blocks.length + 1);
    BlockClock[] parts = Arrays.copyOf(times, more.length);
    System.arraycopy(blocks, at, more, at + 1, blocks.length - at);
    System.arraycopy(times, at, parts, at + 1, blocks.length - at);
    more[at] = block;
    parts[at] = BlockClock.NOTHING.copy();
    return new Clock(more, parts);
  }

  private void raise(int block, int agent, int lanes, int event) {
    of(block).raise(agent, lanes, event);
  }
}
