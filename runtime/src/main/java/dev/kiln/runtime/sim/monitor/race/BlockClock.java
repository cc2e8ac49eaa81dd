package dev.kiln.runtime.sim.monitor.race;

import dev.kiln.runtime.sim.exec.Warp;
import java.util.Arrays;

/**
 * What is known of one block's agents, its warps and mbarriers: the number of the last event of
 * each that comes before. Where lanes of a warp differ, more is known of some lanes than of the
 * warp. Shared once it has been made; only its maker changes it.
 */
final class BlockClock {
  static final BlockClock NOTHING = new BlockClock(new int[0], null);

  private int[] known;

  /** By agent, then lane; {@code null} where nothing more is known than {@link #known} says. */
  private int[][] ofLanes;

  private BlockClock(int[] known, int[][] ofLanes) {
    this.known = known;
    this.ofLanes = ofLanes;
  }

  BlockClock copy() {
    return new BlockClock(known.clone(), ofLanes == null ? null : ofLanes.clone());
  }

  /** Whether an event of every lane of an agent comes before. */
  boolean knows(int agent, int event) {
    return agent < known.length && known[agent] >= event;
  }

  /** Whether an event of some lanes of an agent comes before. */
  boolean knows(int agent, int lanes, int event) {
    if (knows(agent, event)) {
      return true;
    }
    int[] more = more(agent);
    if (more == null) {
      return false;
    }
    for (int rest = lanes; rest != 0; rest &= rest - 1) {
      if (more[Integer.numberOfTrailingZeros(rest)] < event) {
        return false;
      }
    }
    return true;
  }

  /** Whether an event of one lane at least of an agent comes before. */
  boolean knowsAny(int agent, int event) {
    if (knows(agent, event)) {
      return true;
    }
    int[] more = more(agent);
    return more != null && Arrays.stream(more).anyMatch(of -> of >= event);
  }

  private int of(int agent) {
    return agent < known.length ? known[agent] : 0;
  }

  private int[] more(int agent) {
    return ofLanes == null || agent >= ofLanes.length ? null : ofLanes[agent];
  }

  /** Adds knowledge; only for a copy that nobody else has. */
  void raise(int agent, int lanes, int event) {
    if (of(agent) >= event) {
      return;
    }
    if (agent >= known.length) {
      known = Arrays.copyOf(known, agent + 1);
    }
    int[] more = more(agent);
    if (lanes == Warp.FULL && more == null) {
      known[agent] = event;
      return;
    }
    int[] raised = more == null ? filled(known[agent]) : more.clone();
    for (int rest = lanes; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      raised[lane] = Math.max(raised[lane], event);
    }
    put(agent, raised);
  }

  private static int[] filled(int event) {
    int[] lanes = new int[Warp.LANES];
    Arrays.fill(lanes, event);
    return lanes;
  }

  private void put(int agent, int[] lanes) {
    int least = lanes[0];
    int most = lanes[0];
    for (int event : lanes) {
      least = Math.min(least, event);
      most = Math.max(most, event);
    }
    known[agent] = Math.max(known[agent], least);
    if (ofLanes == null) {
      ofLanes = new int[known.length][];
    } else if (agent >= ofLanes.length) {
      ofLanes = Arrays.copyOf(ofLanes, known.length);
    }
    ofLanes[agent] = most > known[agent] ? lanes : null;
  }

  /** What either knows; one of the two if it knows all that the other does. */
  BlockClock join(BlockClock other) {
    if (other == this || other.isWithin(this)) {
      return this;
    }
    if (isWithin(other)) {
      return other;
    }
    BlockClock joined = copy();
    for (int agent = 0; agent < other.known.length; agent++) {
      joined.raise(agent, Warp.FULL, other.known[agent]);
      int[] more = other.more(agent);
      if (more != null) {
        for (int lane = 0; lane < Warp.LANES; lane++) {
          joined.raise(agent, 1 << lane, more[lane]);
        }
      }
    }
    return joined;
  }

  private boolean isWithin(BlockClock other) {
    for (int agent = 0; agent < known.length; agent++) {
      if (known[agent] > other.of(agent) && !other.knows(agent, Warp.FULL, known[agent])) {
        return false;
      }
      int[] more = more(agent);
      if (more != null && !lanesWithin(agent, more, other)) {
        return false;
      }
    }
    return true;
  }

  private static boolean lanesWithin(int agent, int[] lanes, BlockClock other) {
    for (int lane = 0; lane < Warp.LANES; lane++) {
      if (!other.knows(agent, 1 << lane, lanes[lane])) {
        return false;
      }
    }
    return true;
  }
}
