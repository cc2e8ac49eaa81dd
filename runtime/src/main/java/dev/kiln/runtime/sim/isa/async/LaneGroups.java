package dev.kiln.runtime.sim.isa.async;

import dev.kiln.runtime.sim.exec.Warp;
import java.util.Arrays;

/**
 * How many groups of asynchronous operations each lane of a warp has committed. An operation that
 * is issued belongs to the group of that number, which is the next to be committed.
 */
final class LaneGroups {
  private final int[] committed = new int[Warp.LANES];

  /** Whether all lanes have committed {@link #all} groups, as long as they keep together. */
  private boolean together = true;

  private int all;

  void commit(Warp warp, int lanes) {
    if (together) {
      if (lanes == warp.present()) {
        all++;
        return;
      }
      Arrays.fill(committed, all);
      together = false;
    }
    for (int left = lanes; left != 0; left &= left - 1) {
      committed[Integer.numberOfTrailingZeros(left)]++;
    }
  }

  /** The group to which an operation of a lane would belong now. */
  int current(int lane) {
    return together ? all : committed[lane];
  }

  /** Those of the lanes whose current group has the same number as the first one's. */
  int alike(int lanes) {
    if (together) {
      return lanes;
    }
    int group = committed[Integer.numberOfTrailingZeros(lanes)];
    int result = 0;
    for (int left = lanes; left != 0; left &= left - 1) {
      int lane = Integer.numberOfTrailingZeros(left);
      result |= committed[lane] == group ? 1 << lane : 0;
    }
    return result;
  }

  /**
   * Those of the lanes that wait for a group when at most {@code pending} of their latest groups
   * may be left.
   */
  int awaiting(int lanes, int group, int pending) {
    long last = (long) group + pending;
    if (together) {
      return last < all ? lanes : 0;
    }
    int result = 0;
    for (int left = lanes; left != 0; left &= left - 1) {
      int lane = Integer.numberOfTrailingZeros(left);
      result |= last < committed[lane] ? 1 << lane : 0;
    }
    return result;
  }
}
