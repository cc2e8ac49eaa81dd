package dev.kiln.runtime.sim.program;

import java.util.Arrays;

/**
 * Immediate post-dominators, by the iteration of Cooper, Harvey and Kennedy ("A simple, fast
 * dominance algorithm", 2001) on the reversed graph, whose root is a virtual exit.
 */
final class PostDominators {
  private final int[][] successors;
  private final int[][] predecessors;
  private final boolean[] leaves;
  private final int exit;

  /** Blocks in reverse postorder of the reversed graph, the exit first. */
  private final int[] order;

  /** Position in {@code order}. */
  private final int[] rank;

  private final int[] stack;
  private final int[] next;

  /**
   * @param leaves blocks with an edge to the virtual exit; changed: blocks from which nothing leads
   *     there get one
   */
  PostDominators(int[][] successors, int[][] predecessors, boolean[] leaves) {
    this.successors = successors;
    this.predecessors = predecessors;
    this.leaves = leaves;
    this.exit = successors.length;
    this.order = new int[exit + 1];
    this.rank = new int[exit + 1];
    this.stack = new int[exit + 1];
    this.next = new int[exit + 1];
    number();
  }

  /** For each block its immediate post-dominator; {@link ControlFlow#NONE} for the exit. */
  int[] immediate() {
    int[] immediate = new int[exit + 1];
    Arrays.fill(immediate, -1);
    immediate[exit] = exit;
    boolean changed = true;
    while (changed) {
      changed = false;
      for (int i = 1; i < order.length; i++) {
        int block = order[i];
        int meet = leaves[block] ? exit : -1;
        for (int next : successors[block]) {
          if (immediate[next] >= 0) {
            meet = meet < 0 ? next : common(immediate, meet, next);
          }
        }
        if (immediate[block] != meet) {
          immediate[block] = meet;
          changed = true;
        }
      }
    }
    int[] result = new int[exit];
    for (int block = 0; block < exit; block++) {
      result[block] = immediate[block] == exit ? ControlFlow.NONE : immediate[block];
    }
    return result;
  }

  private int common(int[] immediate, int first, int second) {
    int a = first;
    int b = second;
    while (a != b) {
      while (rank[a] > rank[b]) {
        a = immediate[a];
      }
      while (rank[b] > rank[a]) {
        b = immediate[b];
      }
    }
    return a;
  }

  /** Numbers all blocks by a depth-first walk from the exit backwards. */
  private void number() {
    boolean[] seen = new boolean[exit + 1];
    int[] postorder = new int[exit + 1];
    int count = 0;
    // Later blocks first, so that an endless loop leaves at its end.
    for (int block = exit - 1; block >= 0; block--) {
      if (leaves[block] && !seen[block]) {
        count = walk(block, seen, postorder, count);
      }
    }
    for (int block = exit - 1; block >= 0; block--) {
      if (!seen[block]) {
        leaves[block] = true;
        count = walk(block, seen, postorder, count);
      }
    }
    postorder[count] = exit;
    for (int i = 0; i <= count; i++) {
      order[i] = postorder[count - i];
      rank[order[i]] = i;
    }
  }

  private int walk(int from, boolean[] seen, int[] postorder, int counted) {
    int count = counted;
    int depth = 0;
    stack[0] = from;
    next[0] = 0;
    seen[from] = true;
    while (depth >= 0) {
      int block = stack[depth];
      if (next[depth] < predecessors[block].length) {
        int to = predecessors[block][next[depth]++];
        if (!seen[to]) {
          seen[to] = true;
          stack[++depth] = to;
          next[depth] = 0;
        }
      } else {
        postorder[count++] = block;
        depth--;
      }
    }
    return count;
  }
}
