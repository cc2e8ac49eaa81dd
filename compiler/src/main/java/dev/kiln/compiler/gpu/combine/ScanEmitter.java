package dev.kiln.compiler.gpu.combine;

import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.gpu.emit.Fragment;
import dev.kiln.compiler.ir.ComputeOp;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Running combinations. The layout has, from neighbours to far along the axis: registers, lanes,
 * warps, registers again; each may be missing. A thread runs over its neighbouring registers; the
 * totals before it come from the lanes below by flipping lanes' bits (each step doubles the run),
 * from the warps below through shared memory, and from the registers below.
 */
public final class ScanEmitter {
  private final Emission emission;
  private final PtxBuilder ptx;
  private final Shuffles shuffles;

  public ScanEmitter(Emission emission) {
    this.emission = emission;
    this.ptx = emission.ptx();
    this.shuffles = new Shuffles(ptx);
  }

  public void emit(ComputeOp.Scan op) {
    LinearLayout layout = layout(op);
    AxisBits bits = AxisBits.of(layout, op.axis());
    List<Fragment> inputs =
        op.inputs().stream().map(input -> emission.fragment(input, layout)).toList();
    Map<Integer, List<Operand>> scanned =
        new Pass(bits, Combination.of(emission, op), op.reverse()).scan(inputs);
    int meaning = AxisBits.maskOf(bits.across(layout.registers()));
    meaning |= AxisBits.maskOf(bits.along(layout.registers()));
    for (int n = 0; n < op.results().size(); n++) {
      var registers = new ArrayList<Operand>();
      for (int r = 0; r < layout.registerCount(); r++) {
        registers.add(scanned.get(r & meaning).get(n));
      }
      emission.define(op.results().get(n), new Fragment(layout, registers));
    }
  }

  private LinearLayout layout(ComputeOp.Scan op) {
    Value leading =
        op.inputs().stream()
            .filter(input -> !emission.plan().isRecomputed(input))
            .findFirst()
            .orElse(op.inputs().getFirst());
    LinearLayout layout = emission.fragment(leading).layout();
    AxisBits bits = AxisBits.of(layout, op.axis());
    return bits.isPlain() && neighbours(bits) >= 0
        ? layout
        : AxisBits.plainLayout(layout.shape(), layout.warps().length);
  }

  /**
   * How many bits of registers along the axis lie below those of lanes and warps; -1 if these do
   * not lie together, the lanes below the warps.
   */
  private static int neighbours(AxisBits bits) {
    List<Integer> registers = vectors(bits, bits.layout().registers());
    List<Integer> others = new ArrayList<>(vectors(bits, bits.layout().lanes()));
    others.addAll(vectors(bits, bits.layout().warps()));
    if (others.isEmpty()) {
      return registers.size();
    }
    for (int i = 1; i < others.size(); i++) {
      if (others.get(i) != 2 * others.get(i - 1)) {
        return -1;
      }
    }
    return (int) registers.stream().filter(vector -> vector < others.getFirst()).count();
  }

  private static List<Integer> vectors(AxisBits bits, int[] bases) {
    return bits.along(bases).stream().map(bit -> bases[bit]).toList();
  }

  /**
   * What comes before a run.
   *
   * @param tuple {@code null} where nothing comes before in any thread
   * @param exists predicate of the threads in which there is something; {@code null} for all
   */
  private record Before(List<Operand> tuple, Operand exists) {
    static final Before NOTHING = new Before(null, null);

    static Before all(List<Operand> tuple) {
      return new Before(tuple, null);
    }
  }

  /** One scan: its state while it is emitted. */
  private final class Pass {
    private final AxisBits bits;
    private final Combination combination;
    private final boolean reverse;
    private final List<Integer> lanes;

    Pass(AxisBits bits, Combination combination, boolean reverse) {
      this.bits = bits;
      this.combination = combination;
      this.reverse = reverse;
      this.lanes = bits.along(bits.layout().lanes());
    }

    /** The results by the number of the register. */
    Map<Integer, List<Operand>> scan(List<Fragment> inputs) {
      List<Integer> along = bits.along(bits.layout().registers());
      int neighbours = neighbours(bits);
      List<Integer> low = ordered(along.subList(0, neighbours));
      List<Integer> high = ordered(along.subList(neighbours, along.size()));
      List<Integer> across = AxisBits.combinations(bits.across(bits.layout().registers()));
      Map<Integer, List<Operand>> results = new HashMap<>();
      var runs = new ArrayList<Run>();
      for (int a : across) {
        for (int h : high) {
          runs.add(run(a | h, low, inputs, results));
        }
      }
      List<Run> inBlock = acrossWarps(runs.stream().map(this::acrossLanes).toList());
      for (int a = 0; a < across.size(); a++) {
        Before carry = Before.NOTHING;
        for (int h = 0; h < high.size(); h++) {
          Run run = inBlock.get(a * high.size() + h);
          Before before = join(carry, run.before());
          for (int l : low) {
            int register = across.get(a) | high.get(h) | l;
            results.computeIfPresent(register, (r, own) -> join(before, Before.all(own)).tuple());
          }
          carry = join(carry, Before.all(run.total()));
        }
      }
      return results;
    }

    /** Numbers of registers in the order of the scan. */
    private List<Integer> ordered(List<Integer> positions) {
      List<Integer> numbers = AxisBits.combinations(positions);
      return reverse ? numbers.reversed() : numbers;
    }

    private Run run(
        int first, List<Integer> low, List<Fragment> inputs, Map<Integer, List<Operand>> results) {
      List<Operand> running = null;
      for (int l : low) {
        int register = first | l;
        List<Operand> next = inputs.stream().map(i -> i.registers().get(register)).toList();
        running = running == null ? next : combination.apply(running, next);
        results.put(register, running);
      }
      return new Run(running, Before.NOTHING);
    }

    /** After each step a run is twice as long: its total, and what in it comes before the lane. */
    private Run acrossLanes(Run own) {
      List<Operand> total = own.total();
      Before before = Before.NOTHING;
      for (int bit : lanes) {
        List<Operand> other =
            total.stream().map(operand -> shuffles.flip(operand, 1 << bit)).toList();
        Operand isLater = isLater(emission.lane(), bit);
        before = join(when(isLater, other), before);
        total = inOrder(isLater, other, total);
      }
      return new Run(total, before);
    }

    private Operand isLater(Operand number, int bit) {
      return ptx.emit(
          reverse ? "setp.eq.s32" : "setp.ne.s32",
          RegisterClass.PRED,
          BitFields.and(ptx, number, 1 << bit),
          Immediate.b32(0));
    }

    private List<Operand> inOrder(Operand isLater, List<Operand> other, List<Operand> own) {
      return combination.isCommutative()
          ? combination.apply(own, other)
          : combination.apply(select(isLater, other, own), select(isLater, own, other));
    }

    private List<Run> acrossWarps(List<Run> runs) {
      if (bits.along(bits.layout().warps()).isEmpty()) {
        return runs;
      }
      var exchange =
          new WarpExchange(emission, bits, bits.across(bits.layout().lanes()), runs.size());
      var totals = new ArrayList<List<List<Operand>>>();
      for (int input = 0; input < runs.getFirst().total().size(); input++) {
        int n = input;
        totals.add(exchange.exchange(runs.stream().map(run -> run.total().get(n)).toList(), null));
      }
      var results = new ArrayList<Run>();
      for (int number = 0; number < runs.size(); number++) {
        results.add(overWarps(runs.get(number), number, totals, exchange));
      }
      return results;
    }

    private Run overWarps(
        Run run, int number, List<List<List<Operand>>> totals, WarpExchange exchange) {
      int last = exchange.warpCount() - 1;
      Operand place = exchange.warpAlongAxis();
      List<Operand> running = null;
      List<Operand> before = null;
      for (int step = 0; step <= last; step++) {
        int warp = reverse ? last - step : step;
        List<Operand> next = totals.stream().map(t -> t.get(warp).get(number)).toList();
        if (step > 0) {
          Operand isHere = ptx.emit("setp.eq.s32", RegisterClass.PRED, place, Immediate.b32(warp));
          before = before == null ? running : select(isHere, running, before);
        }
        running = running == null ? next : combination.apply(running, next);
      }
      Operand isLater =
          ptx.emit("setp.ne.s32", RegisterClass.PRED, place, Immediate.b32(reverse ? last : 0));
      return new Run(running, join(when(isLater, before), run.before()));
    }

    private Before when(Operand condition, List<Operand> tuple) {
      return combination
          .identity()
          .map(identity -> Before.all(select(condition, tuple, List.of(identity))))
          .orElse(new Before(tuple, condition));
    }

    private Before join(Before left, Before right) {
      if (left.tuple() == null || right.tuple() == null) {
        return left.tuple() == null ? right : left;
      }
      List<Operand> both = combination.apply(left.tuple(), right.tuple());
      if (right.exists() != null) {
        both = select(right.exists(), both, left.tuple());
      }
      if (left.exists() != null) {
        both = select(left.exists(), both, right.tuple());
      }
      boolean inAll = left.exists() == null || right.exists() == null;
      return new Before(
          both,
          inAll ? null : ptx.emit("or.pred", RegisterClass.PRED, left.exists(), right.exists()));
    }

    private List<Operand> select(Operand condition, List<Operand> yes, List<Operand> no) {
      var selected = new ArrayList<Operand>();
      for (int i = 0; i < yes.size(); i++) {
        selected.add(shuffles.select(condition, yes.get(i), no.get(i)));
      }
      return selected;
    }
  }

  /**
   * Neighbours along the axis.
   *
   * @param total of all its elements
   * @param before what comes before the own elements within the run
   */
  private record Run(List<Operand> total, Before before) {}
}
