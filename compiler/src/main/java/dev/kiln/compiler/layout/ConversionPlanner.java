package dev.kiln.compiler.layout;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Chooses how a tile comes from one layout to another. */
public final class ConversionPlanner {
  /** By how many bits of the thread's number registers may be chosen before shared memory wins. */
  private static final int MAX_SELECTIONS = 2;

  private static final int MAX_SELECTIONS_OF_FEW = 4;
  private static final int FEW_REGISTERS = 16;

  private ConversionPlanner() {}

  /**
   * Where conversions go.
   *
   * @param sharedBytes that a conversion should not exceed
   * @param matrixStores whether there is {@code stmatrix} (sm_90)
   */
  public record Limits(long sharedBytes, boolean matrixStores) {}

  /**
   * A plan.
   *
   * @param from any layout of the shape that reaches all elements, as {@code to}
   * @param elementBytes as the elements would lie in memory, 1 to 8
   */
  public static ConversionPlan plan(
      LinearLayout from, LinearLayout to, int elementBytes, Limits limits) {
    if (!from.shape().equals(to.shape()) || from.warpCount() != to.warpCount()) {
      throw new IllegalArgumentException(from + " cannot become " + to);
    }
    Optional<ConversionPlan.Registers> registers = registers(from, to);
    if (registers.isPresent()) {
      return registers.get();
    }
    LinearLayout distinct = to.withoutRepeatedRegisters();
    List<Integer> result = repeated(to, distinct);
    Optional<ConversionPlan.Shuffles> shuffles =
        ShufflePlanner.plan(from, distinct).filter(plan -> isCheap(plan));
    if (shuffles.isPresent()) {
      ConversionPlan.Shuffles plan = shuffles.get();
      return new ConversionPlan.Shuffles(
          plan.given(), plan.giveSelect(), plan.lanes(), plan.takeFrom(), plan.order(), result);
    }
    ConversionPlan.Shared plan =
        SharedPlanner.plan(
            from, distinct, elementBytes, limits.sharedBytes(), limits.matrixStores());
    return new ConversionPlan.Shared(
        plan.elements(), plan.store(), plan.load(), plan.storeChunks(), plan.loadChunks(), result);
  }

  private static boolean isCheap(ConversionPlan.Shuffles plan) {
    int selections = ShufflePlanner.selections(plan);
    return selections <= MAX_SELECTIONS
        || selections <= MAX_SELECTIONS_OF_FEW && plan.lanes().size() <= FEW_REGISTERS;
  }

  private static Optional<ConversionPlan.Registers> registers(LinearLayout from, LinearLayout to) {
    if (!java.util.Arrays.equals(from.lanes(), to.lanes())
        || !java.util.Arrays.equals(from.warps(), to.warps())) {
      return Optional.empty();
    }
    LinearMap held = new LinearMap(from.registers());
    LinearMap find = held.inverse(from.indexBits());
    List<Integer> source = new ArrayList<>();
    for (int register = 0; register < to.registerCount(); register++) {
      int index = to.registerIndex(register);
      int found = find.apply(index);
      if (held.apply(found) != index) {
        return Optional.empty();
      }
      source.add(found);
    }
    return Optional.of(new ConversionPlan.Registers(source));
  }

  private static List<Integer> repeated(LinearLayout to, LinearLayout distinct) {
    LinearMap find = new LinearMap(distinct.registers()).inverse(to.indexBits());
    List<Integer> result = new ArrayList<>();
    for (int register = 0; register < to.registerCount(); register++) {
      result.add(find.apply(to.registerIndex(register)));
    }
    return result;
  }
}
