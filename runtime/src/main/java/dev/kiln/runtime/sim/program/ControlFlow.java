package dev.kiln.runtime.sim.program;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Basic blocks of a function and where paths that part must meet again: at the immediate
 * post-dominator of the block in which they part. Blocks that never reach the function's end
 * (endless loops) are treated as if their last one might leave.
 */
final class ControlFlow {
  /** No line: the paths meet where the function returns. */
  static final int NONE = -1;

  private static final int[] NOWHERE = {};

  private final int[] starts;
  private final int[] blockOfLine;
  private final int[][] successors;
  private final int[][] predecessors;
  private final int[] postDominators;

  /**
   * Where control goes from a line.
   *
   * @param targets lines that it may jump to
   * @param continues whether it may go on to the next line
   * @param leaves whether it may leave the function
   */
  record Exits(int[] targets, boolean continues, boolean leaves) {
    /** An ordinary instruction. */
    static final Exits NEXT = new Exits(NOWHERE, true, false);
  }

  /**
   * @param exits for each line; the last one must not continue
   */
  ControlFlow(List<Exits> exits) {
    this.blockOfLine = new int[exits.size()];
    this.starts = blockStarts(exits);
    int count = starts.length;
    for (int block = 0; block < count; block++) {
      Arrays.fill(blockOfLine, starts[block], end(block), block);
    }
    this.successors = new int[count][];
    boolean[] leaves = new boolean[count];
    for (int block = 0; block < count; block++) {
      Exits last = exits.get(end(block) - 1);
      leaves[block] = last.leaves();
      successors[block] = successors(block, last);
    }
    this.predecessors = reversed(successors);
    this.postDominators = new PostDominators(successors, predecessors, leaves).immediate();
  }

  int blocks() {
    return starts.length;
  }

  /** First line of a block. */
  int start(int block) {
    return starts[block];
  }

  /** The line after a block's last. */
  int end(int block) {
    return block + 1 < starts.length ? starts[block + 1] : blockOfLine.length;
  }

  int block(int line) {
    return blockOfLine[line];
  }

  int[] successors(int block) {
    return successors[block];
  }

  int[] predecessors(int block) {
    return predecessors[block];
  }

  /** The line at which paths that part in this line's block meet, or {@link #NONE}. */
  int join(int line) {
    int block = postDominators[blockOfLine[line]];
    return block == NONE ? NONE : starts[block];
  }

  private static int[] blockStarts(List<Exits> exits) {
    boolean[] begins = new boolean[exits.size() + 1];
    begins[0] = true;
    for (int line = 0; line < exits.size(); line++) {
      Exits exit = exits.get(line);
      if (exit != Exits.NEXT) {
        begins[line + 1] = true;
        for (int target : exit.targets()) {
          begins[target] = true;
        }
      }
    }
    IntList starts = new IntList();
    for (int line = 0; line < exits.size(); line++) {
      if (begins[line]) {
        starts.add(line);
      }
    }
    return starts.toArray();
  }

  private int[] successors(int block, Exits last) {
    boolean next = last.continues() && block + 1 < starts.length;
    int[] found = new int[last.targets().length + (next ? 1 : 0)];
    int count = 0;
    for (int target : last.targets()) {
      found[count++] = blockOfLine[target];
    }
    if (next) {
      found[count] = block + 1;
    }
    return Arrays.stream(found).distinct().toArray();
  }

  private static int[][] reversed(int[][] edges) {
    List<IntList> lists = new ArrayList<>();
    for (int i = 0; i < edges.length; i++) {
      lists.add(new IntList());
    }
    for (int from = 0; from < edges.length; from++) {
      for (int to : edges[from]) {
        lists.get(to).add(from);
      }
    }
    return lists.stream().map(IntList::toArray).toArray(int[][]::new);
  }
}
