package dev.kiln.compiler.layout;

import java.util.Arrays;

/** Carries out plans of conversions on arrays: the meaning of {@link ConversionPlan}. */
final class PlanRun {
  private PlanRun() {}

  /**
   * @param source for each thread its registers
   * @return the same of the result
   */
  static int[][] run(ConversionPlan plan, LinearLayout from, int[][] source, int registers) {
    int[][] result = new int[source.length][registers];
    switch (plan) {
      case ConversionPlan.Registers moved -> {
        for (int thread = 0; thread < source.length; thread++) {
          for (int r = 0; r < registers; r++) {
            result[thread][r] = source[thread][moved.source().get(r)];
          }
        }
      }
      case ConversionPlan.Shuffles shuffles -> {
        for (int thread = 0; thread < source.length; thread++) {
          for (int r = 0; r < registers; r++) {
            int round = shuffles.result().get(r) ^ shuffles.order().apply(thread);
            int lane = shuffles.lanes().get(round) ^ shuffles.takeFrom().apply(thread);
            int giver = thread & ~31 | lane;
            result[thread][r] =
                source[giver][shuffles.given().get(round) ^ shuffles.giveSelect().apply(giver)];
          }
        }
      }
      case ConversionPlan.Shared shared -> shared(shared, from, source, result);
    }
    return result;
  }

  private static void shared(
      ConversionPlan.Shared plan, LinearLayout from, int[][] source, int[][] result) {
    int[][] distinct = new int[source.length][result[0].length];
    for (int chunk = 0; chunk < plan.storeChunks().size(); chunk++) {
      int[] memory = new int[plan.elements()];
      Arrays.fill(memory, -1);
      for (int thread = 0; thread < source.length; thread++) {
        boolean owner =
            (thread % 32 & from.freeLanes()) == 0 && (thread / 32 & from.freeWarps()) == 0;
        for (TileAccess.Group group : plan.store().groups()) {
          for (int i = 0; owner && i < plan.store().width(); i++) {
            int register = group.registers().get(i) ^ plan.storeChunks().get(chunk);
            int offset = offset(plan.store(), group, thread, i);
            if (memory[offset] != -1) {
              throw new AssertionError("two elements at " + offset);
            }
            memory[offset] = source[thread][register];
          }
        }
      }
      for (int thread = 0; thread < source.length; thread++) {
        for (TileAccess.Group group : plan.load().groups()) {
          for (int i = 0; i < plan.load().width(); i++) {
            distinct[thread][group.registers().get(i) ^ plan.loadChunks().get(chunk)] =
                memory[offset(plan.load(), group, thread, i)];
          }
        }
      }
    }
    for (int thread = 0; thread < source.length; thread++) {
      for (int r = 0; r < result[0].length; r++) {
        result[thread][r] = distinct[thread][plan.result().get(r)];
      }
    }
  }

  /**
   * Where element {@code i} of a thread's part lies; of matrices, by the addresses of all lanes.
   */
  private static int offset(TileAccess access, TileAccess.Group group, int thread, int i) {
    if (access.kind() == TileAccess.Kind.VECTOR) {
      return (group.offset() ^ access.threadOffsets().apply(thread)) + i;
    }
    int lane = thread & 31;
    int lanesOfMatrix = access.kind() == TileAccess.Kind.MATRIX ? 0 : 1;
    int perWord = access.perWord();
    int matrix = i / perWord;
    int inWord = i % perWord;
    int row = lanesOfMatrix == 0 ? lane / 4 : lane % 4 * 2 + inWord;
    int column = lanesOfMatrix == 0 ? lane % 4 * perWord + inWord : lane / 4;
    int giver = thread & ~31 | matrix * 8 + row;
    return (group.offset() ^ access.threadOffsets().apply(giver)) + column;
  }
}
