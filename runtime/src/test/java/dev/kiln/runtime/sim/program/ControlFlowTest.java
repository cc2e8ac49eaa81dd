package dev.kiln.runtime.sim.program;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.runtime.sim.program.ControlFlow.Exits;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Blocks and joins; one line is one block in most of these graphs. */
class ControlFlowTest {
  private static Exits jump(int... targets) {
    return new Exits(targets, false, false);
  }

  /** A branch that may be taken. */
  private static Exits branch(int target) {
    return new Exits(new int[] {target}, true, false);
  }

  private static Exits leave() {
    return new Exits(new int[0], false, true);
  }

  private static Exits mayLeave() {
    return new Exits(new int[0], true, true);
  }

  private static int[] joins(Exits... exits) {
    ControlFlow flow = new ControlFlow(List.of(exits));
    int[] joins = new int[exits.length];
    for (int line = 0; line < exits.length; line++) {
      joins[line] = flow.join(line);
    }
    return joins;
  }

  @Test
  void theSidesOfAnIfMeetBehindIt() {
    // 0: if -> 3; 1: then; 2: goto 4; 3: else; 4: end
    ControlFlow flow =
        new ControlFlow(List.of(branch(3), Exits.NEXT, jump(4), Exits.NEXT, leave()));
    assertThat(flow.blocks()).isEqualTo(4);
    assertThat(flow.join(0)).isEqualTo(4);
    assertThat(flow.join(1)).isEqualTo(4);
    assertThat(flow.join(4)).isEqualTo(ControlFlow.NONE);
  }

  @Test
  void nestedLoopsMeetBehindThemselves() {
    // 0: outer head; 1: inner head; 2: inner back; 3: outer back; 4: end
    assertThat(joins(mayContinue(), branch(3), jump(1), branch(0), leave()))
        .isEqualTo(new int[] {1, 3, 1, 4, ControlFlow.NONE});
  }

  private static Exits mayContinue() {
    return new Exits(new int[0], true, false);
  }

  @Test
  void anIrreducibleLoopMeetsAtItsExit() {
    // 0 enters the loop of 1 and 2 at either; 2 leaves it.
    assertThat(joins(branch(2), mayContinue(), branch(1), leave()))
        .isEqualTo(new int[] {2, 2, 3, ControlFlow.NONE});
  }

  @Test
  void pathsThatLeaveAtDifferentPlacesNeverMeet() {
    assertThat(joins(branch(2), leave(), mayLeave(), leave()))
        .isEqualTo(new int[] {-1, -1, -1, -1});
  }

  @Test
  void endlessLoopsAndUnreachableBlocksHaveJoinsToo() {
    // 0: if -> 3; 1: loop for ever over 1 and 2; 3: end; 4: unreachable
    assertThat(joins(branch(3), mayContinue(), jump(1), leave(), jump(4)))
        .isEqualTo(new int[] {-1, 2, -1, -1, -1});
  }

  @Test
  void joinsOfRandomGraphsAreTheNearestCommonBlocksOfAllPaths() {
    Random random = new Random(7);
    for (int round = 0; round < 2_000; round++) {
      int count = 2 + random.nextInt(10);
      List<Exits> exits = new ArrayList<>();
      for (int line = 0; line < count - 1; line++) {
        exits.add(
            switch (random.nextInt(5)) {
              case 0 -> jump(random.nextInt(count));
              case 1 -> mayLeave();
              case 2 -> jump(random.nextInt(count), random.nextInt(count), random.nextInt(count));
              default -> branch(random.nextInt(count));
            });
      }
      exits.add(leave());
      ControlFlow flow = new ControlFlow(exits);
      int[] expected = postDominators(exits, new int[count]);
      for (int line = 0; line < count; line++) {
        // Where the exit cannot be reached, any answer will do.
        if (expected[line] != Integer.MAX_VALUE) {
          assertThat(flow.join(line)).as("line %d of %s", line, exits).isEqualTo(expected[line]);
        }
      }
    }
  }

  /** By the definition: the sets of blocks that lie on every path to the exit. */
  private static int[] postDominators(List<Exits> exits, int[] result) {
    int count = exits.size();
    List<BitSet> on = new ArrayList<>();
    for (int line = 0; line <= count; line++) {
      BitSet all = new BitSet();
      all.set(line == count ? count : 0, count + 1);
      on.add(all);
    }
    boolean changed = true;
    while (changed) {
      changed = false;
      for (int line = 0; line < count; line++) {
        BitSet meet = new BitSet();
        meet.set(0, count + 1);
        for (int next : successors(exits, line)) {
          meet.and(on.get(next));
        }
        meet.set(line);
        changed |= !meet.equals(on.set(line, meet));
      }
    }
    boolean[] exitable = reachExit(exits);
    for (int line = 0; line < count; line++) {
      result[line] =
          exitable[line] && onlyExitable(exits, line, exitable)
              ? nearest(on, line, count)
              : Integer.MAX_VALUE;
    }
    return result;
  }

  /** The one of a block's post-dominators that all others post-dominate. */
  private static int nearest(List<BitSet> on, int line, int count) {
    BitSet strict = (BitSet) on.get(line).clone();
    strict.clear(line);
    for (int candidate = strict.nextSetBit(0);
        candidate >= 0;
        candidate = strict.nextSetBit(candidate + 1)) {
      if (on.get(candidate).equals(strict)) {
        return candidate == count ? ControlFlow.NONE : candidate;
      }
    }
    throw new AssertionError("no nearest one");
  }

  private static boolean[] reachExit(List<Exits> exits) {
    boolean[] reach = new boolean[exits.size() + 1];
    reach[exits.size()] = true;
    for (int round = 0; round < exits.size(); round++) {
      for (int line = 0; line < exits.size(); line++) {
        for (int next : successors(exits, line)) {
          reach[line] |= reach[next];
        }
      }
    }
    return reach;
  }

  /** Whether no path from the line gets caught in an endless loop. */
  private static boolean onlyExitable(List<Exits> exits, int from, boolean[] exitable) {
    BitSet seen = new BitSet();
    List<Integer> work = new ArrayList<>(List.of(from));
    while (!work.isEmpty()) {
      int line = work.removeLast();
      if (!exitable[line]) {
        return false;
      }
      if (line < exits.size() && !seen.get(line)) {
        seen.set(line);
        work.addAll(successors(exits, line));
      }
    }
    return true;
  }

  private static List<Integer> successors(List<Exits> exits, int line) {
    Exits exit = exits.get(line);
    List<Integer> next = new ArrayList<>();
    for (int target : exit.targets()) {
      next.add(target);
    }
    if (exit.continues()) {
      next.add(line + 1);
    }
    if (exit.leaves()) {
      next.add(exits.size());
    }
    return next;
  }
}
