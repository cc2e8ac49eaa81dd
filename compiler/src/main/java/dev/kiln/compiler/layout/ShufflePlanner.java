package dev.kiln.compiler.layout;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Plans conversions by shuffles. With S and T for what a register and a thread of the result need
 * of the source, {@code (register, lane) = S(r) ^ T(thread)}, rounds {@code r = round ^
 * order(lane)} are wanted in which different lanes take from different lanes (or the same register
 * from one): then the giving lane knows by its own number which register to give.
 */
final class ShufflePlanner {
  private static final int LANE_BITS = 5;

  private final LinearLayout from;
  private final LinearLayout to;
  private final int registerBits;

  /** What registers of the result need, and threads: source registers lowest, then lanes. */
  private final int[] needByRegister;

  private final int[] needByThread;

  private ShufflePlanner(LinearLayout from, LinearLayout to, int[] byRegister, int[] byThread) {
    this.from = from;
    this.to = to;
    this.registerBits = from.registers().length;
    this.needByRegister = byRegister;
    this.needByThread = byThread;
  }

  /**
   * A plan, if all elements stay in their warps and lanes can know what to give.
   *
   * @param to without repeated registers
   */
  static Optional<ConversionPlan.Shuffles> plan(LinearLayout from, LinearLayout to) {
    LinearMap held = LinearMap.concatenated(from.registers(), from.lanes());
    LinearMap find = held.inverse(from.indexBits());
    int[] byRegister = new int[to.registers().length];
    for (int bit = 0; bit < byRegister.length; bit++) {
      if (!held.reaches(to.registers()[bit])) {
        return Optional.empty();
      }
      byRegister[bit] = find.apply(to.registers()[bit]);
    }
    int[] ours = LinearMap.concatenated(from.lanes(), from.warps()).columns();
    int[] theirs = LinearMap.concatenated(to.lanes(), to.warps()).columns();
    int[] byThread = new int[theirs.length];
    for (int bit = 0; bit < byThread.length; bit++) {
      if (!held.reaches(ours[bit] ^ theirs[bit])) {
        return Optional.empty();
      }
      // Relative to what the same lane of the source holds, so that lanes keep what they have.
      int own = bit < LANE_BITS ? 1 << from.registers().length + bit : 0;
      byThread[bit] = find.apply(ours[bit] ^ theirs[bit]) ^ own;
    }
    return new ShufflePlanner(from, to, byRegister, byThread).plan();
  }

  private int lanePart(int need) {
    return need >> registerBits;
  }

  private int registerPart(int need) {
    return need & (1 << registerBits) - 1;
  }

  private Optional<ConversionPlan.Shuffles> plan() {
    int[] order = order();
    int[] readers = new int[LANE_BITS];
    int[] registers = new int[LANE_BITS];
    for (int bit = 0; bit < LANE_BITS; bit++) {
      int need = needByThread[bit] ^ new LinearMap(needByRegister).apply(order[bit]);
      readers[bit] = lanePart(need);
      registers[bit] = registerPart(need);
    }
    LinearMap reader = new LinearMap(readers);
    LinearMap register = new LinearMap(registers);
    for (int same : reader.kernel()) {
      if (register.apply(same) != 0) {
        return Optional.empty();
      }
    }
    LinearMap give = reader.inverse(LANE_BITS).then(register);
    int threads = needByThread.length;
    int[] select = new int[threads];
    int[] takeFrom = new int[threads];
    int[] orders = new int[threads];
    for (int bit = 0; bit < threads; bit++) {
      if (bit < LANE_BITS) {
        select[bit] = give.apply(1 << bit);
        takeFrom[bit] = readers[bit];
        orders[bit] = order[bit];
      } else {
        takeFrom[bit] = lanePart(needByThread[bit]);
        select[bit] = registerPart(needByThread[bit]) ^ give.apply(takeFrom[bit]);
      }
    }
    return Optional.of(rounds(give, select, takeFrom, orders));
  }

  private ConversionPlan.Shuffles rounds(
      LinearMap give, int[] select, int[] takeFrom, int[] orders) {
    var needs = new LinearMap(needByRegister);
    List<Integer> given = new ArrayList<>();
    List<Integer> lanes = new ArrayList<>();
    for (int round = 0; round < to.registerCount(); round++) {
      int lane = lanePart(needs.apply(round));
      lanes.add(lane);
      given.add(registerPart(needs.apply(round)) ^ give.apply(lane));
    }
    return new ConversionPlan.Shuffles(
        given,
        new LinearMap(select),
        lanes,
        new LinearMap(takeFrom),
        new LinearMap(orders),
        List.of());
  }

  /**
   * For each lane bit the registers by which its rounds differ, so that lanes take from different
   * lanes: a bit whose lanes would take from the same goes with registers that lie in other lanes,
   * best in its own.
   */
  private int[] order() {
    int[] order = new int[LANE_BITS];
    int[] byRegister = new int[needByRegister.length];
    for (int bit = 0; bit < byRegister.length; bit++) {
      byRegister[bit] = lanePart(needByRegister[bit]);
    }
    var lanesOfRegisters = new LinearMap(byRegister);
    LinearMap find = lanesOfRegisters.inverse(LANE_BITS);
    int[] readers = new int[LANE_BITS];
    for (int bit = 0; bit < LANE_BITS; bit++) {
      readers[bit] = lanePart(needByThread[bit]);
    }
    int free = new LinearMap(readers).freeColumns();
    Span taken = new Span();
    for (int bit = 0; bit < LANE_BITS; bit++) {
      if ((free >> bit & 1) == 0) {
        taken.add(readers[bit]);
      }
    }
    for (int bit = 0; bit < LANE_BITS; bit++) {
      if ((free >> bit & 1) != 0) {
        order[bit] = order(readers[bit], 1 << bit, lanesOfRegisters, find, taken);
      }
    }
    return order;
  }

  private static int order(
      int reader, int own, LinearMap lanesOfRegisters, LinearMap find, Span taken) {
    if (lanesOfRegisters.reaches(reader ^ own) && taken.add(own)) {
      return find.apply(reader ^ own);
    }
    for (int register = 0; register < lanesOfRegisters.inputBits(); register++) {
      if (taken.add(reader ^ lanesOfRegisters.columns()[register])) {
        return 1 << register;
      }
    }
    return 0;
  }

  /** Bits of threads by which registers are chosen, before and after. */
  static int selections(ConversionPlan.Shuffles plan) {
    return Span.of(plan.giveSelect().columns()).size() + Span.of(plan.order().columns()).size();
  }
}
