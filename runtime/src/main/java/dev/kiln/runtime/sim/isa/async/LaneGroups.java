package dev.kiln.runtime.sim.isa.async;

/**
 * How many groups of asynchronous operations each lane of a warp has committed. An operation that
 * is issued belongs to the group of that number, which is the next to be committed.
 */
final class LaneGroups {
  private static final int LANES = dev.kiln.runtime.sim.exec.Warp.LANES;

  private final int[] committed = new int[LANES];

  void commit(int lanes) {
    if (lanes == -1) {
      for (int lane = 0; lane < LANES; lane++) {
        committed[lane]++;
      }
      return;
    }
    for (int left = lanes; left != 0; left &= left - 1) {
      committed[Integer.numberOfTrailingZeros(left)]++;
    }
  }

  /** The group to which an operation of a lane would belong now. */
  int current(int lane) {
    return committed[lane];
  }

  /** Those of the lanes whose current group has the same number as the first one's. */
  int alike(int lanes) {
    int group = committed[Integer.numberOfTrailingZeros(lanes)];
    return notAbove(lanes, group) & ~notAbove(lanes, group - 1);
  }

  /** Those of the lanes that have not committed more than a number of groups. */
  private int notAbove(int lanes, int count) {
    int result = 0;
    for (int lane = 0; lane < LANES; lane++) {
      result |= (count - committed[lane] >>> 31 ^ 1) << lane;
    }
    return result & lanes;
  }

  /**
   * Those of the lanes that wait for a group when at most {@code pending} of their latest groups
   * may be left.
   */
  int awaiting(int lanes, int group, int pending) {
    // A group is awaited when group < committed - pending.
    return lanes & ~notAbove(lanes, (int) Math.min(Integer.MAX_VALUE, (long) group + pending));
  }
}
