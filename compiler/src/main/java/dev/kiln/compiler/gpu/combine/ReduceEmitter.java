package dev.kiln.compiler.gpu.combine;

import dev.kiln.compiler.gpu.emit.Elements;
import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.gpu.emit.Fragment;
import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.ComputeOp;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.PtxBuilder;
import java.util.ArrayList;
import java.util.List;

/**
 * Reductions: within each thread as a tree, within the warp by flipping the lanes' bits (many rows
 * are shared out among the lanes, see {@link LaneScatter}), across warps through shared memory. The
 * order depends on the layout alone, so that every launch gives the same bits, and every thread
 * that holds an element of the result holds the same bits.
 */
public final class ReduceEmitter {
  private final Emission emission;
  private final PtxBuilder ptx;
  private final Shuffles shuffles;

  public ReduceEmitter(Emission emission) {
    this.emission = emission;
    this.ptx = emission.ptx();
    this.shuffles = new Shuffles(ptx);
  }

  public void emit(ComputeOp.Reduce op) {
    Combination combination = Combination.of(emission, op);
    AxisBits bits = AxisBits.of(layout(op), op.axis());
    List<Fragment> inputs =
        op.inputs().stream().map(input -> emission.fragment(input, bits.layout())).toList();
    define(op, bits, withinBlock(bits, withinThread(bits, inputs, combination), combination));
  }

  /** Each row of the thread combined with those of the other threads along the axis. */
  private List<List<Operand>> withinBlock(
      AxisBits bits, List<List<Operand>> own, Combination combination) {
    List<Integer> lanes = bits.along(bits.layout().lanes());
    DType dtype = combination.block().params().getFirst().dtype();
    boolean byWarp = hasWarpInstruction(combination, lanes, dtype, own);
    LaneScatter scatter =
        LaneScatter.of(ptx, emission.lane(), byWarp ? List.of() : lanes, own.size());
    List<Integer> rest = lanes.subList(scatter.lanes().size(), lanes.size());
    List<List<Operand>> rows =
        scatter.scatter(own, combination).stream()
            .map(row -> byWarp ? byWarp(combination, dtype, row) : flip(rest, row, combination))
            .toList();
    boolean acrossWarps = !bits.along(bits.layout().warps()).isEmpty();
    if (acrossWarps) {
      rows = acrossWarps(bits, scatter.lanes(), rows, combination);
    }
    // Other lanes may have rounded otherwise, unless all have read the same from memory.
    int ignored = combination.isCommutative() || acrossWarps ? 0 : AxisBits.maskOf(rest);
    return scatter.isEmpty() && ignored == 0 ? rows : scatter.gather(rows, ignored);
  }

  /** The layout to reduce in: that of an input which is not computed anew, if it suits. */
  private LinearLayout layout(ComputeOp.Reduce op) {
    Value leading =
        op.inputs().stream()
            .filter(input -> !emission.plan().isRecomputed(input))
            .findFirst()
            .orElse(op.inputs().getFirst());
    LinearLayout layout = emission.fragment(leading).layout();
    return AxisBits.of(layout, op.axis()).isSeparate()
        ? layout
        : AxisBits.plainLayout(layout.shape(), layout.warps().length);
  }

  private static List<List<Operand>> withinThread(
      AxisBits bits, List<Fragment> inputs, Combination combination) {
    int[] registers = bits.layout().registers();
    List<Integer> along = AxisBits.combinations(bits.along(registers));
    var rows = new ArrayList<List<Operand>>();
    for (int across : AxisBits.combinations(bits.across(registers))) {
      List<List<Operand>> row =
          along.stream()
              .map(r -> inputs.stream().map(i -> i.registers().get(across | r)).toList())
              .toList();
      rows.add(combination.applyToAll(row));
    }
    return rows;
  }

  private List<Operand> flip(List<Integer> lanes, List<Operand> own, Combination combination) {
    List<Operand> sum = own;
    for (int bit : lanes) {
      List<Operand> others = sum.stream().map(operand -> shuffles.flip(operand, 1 << bit)).toList();
      sum = combination.apply(sum, others);
    }
    return sum;
  }

  /** Whether one instruction does it for the whole warp: integers of up to 32 bits. */
  private static boolean hasWarpInstruction(
      Combination combination, List<Integer> lanes, DType dtype, List<List<Operand>> rows) {
    return lanes.size() == 5
        && combination.kind().isPresent()
        && !warpInstruction(combination.kind().get(), dtype).isEmpty()
        && rows.stream().noneMatch(row -> row.getFirst() instanceof Immediate);
  }

  private List<Operand> byWarp(Combination combination, DType dtype, List<Operand> row) {
    return List.of(
        ptx.emit(
            warpInstruction(combination.kind().get(), dtype),
            Elements.held(dtype),
            row.getFirst(),
            Immediate.b32(-1)));
  }

  private static String warpInstruction(BinaryKind kind, DType dtype) {
    if (dtype.isBool()) {
      return switch (kind) {
        case OR -> "vote.sync.any.pred";
        case AND -> "vote.sync.all.pred";
        default -> "";
      };
    }
    if (dtype.isFloat() || dtype.bits() > 32) {
      return "";
    }
    // Narrow integers are sign-extended: only a sum could leave their range.
    return switch (kind) {
      case ADD -> dtype == DType.I32 ? "redux.sync.add.s32" : "";
      case MINS -> "redux.sync.min.s32";
      case MAXS -> "redux.sync.max.s32";
      case MINU -> "redux.sync.min.u32";
      case MAXU -> "redux.sync.max.u32";
      case AND -> "redux.sync.and.b32";
      case OR -> "redux.sync.or.b32";
      case XOR -> "redux.sync.xor.b32";
      default -> "";
    };
  }

  private List<List<Operand>> acrossWarps(
      AxisBits bits, List<Integer> scattered, List<List<Operand>> rows, Combination combination) {
    int inputs = rows.getFirst().size();
    int laneMask = AxisBits.maskOf(bits.along(bits.layout().lanes())) & ~AxisBits.maskOf(scattered);
    Operand writer =
        combination.isCommutative() || laneMask == 0
            ? null
            : BitFields.hasNone(ptx, emission.lane(), laneMask);
    List<Integer> lanes = new ArrayList<>(bits.across(bits.layout().lanes()));
    lanes.addAll(scattered);
    lanes.sort(null);
    var exchange = new WarpExchange(emission, bits, lanes, rows.size());
    var read = new ArrayList<List<List<Operand>>>();
    for (int input = 0; input < inputs; input++) {
      int n = input;
      read.add(exchange.exchange(rows.stream().map(row -> row.get(n)).toList(), writer));
    }
    var results = new ArrayList<List<Operand>>();
    for (int row = 0; row < rows.size(); row++) {
      var tuples = new ArrayList<List<Operand>>();
      for (int warp = 0; warp < exchange.warpCount(); warp++) {
        var tuple = new ArrayList<Operand>();
        for (int input = 0; input < inputs; input++) {
          tuple.add(read.get(input).get(warp).get(row));
        }
        tuples.add(tuple);
      }
      results.add(combination.applyToAll(tuples));
    }
    return results;
  }

  private void define(ComputeOp.Reduce op, AxisBits bits, List<List<Operand>> rows) {
    for (int n = 0; n < op.results().size(); n++) {
      Value result = op.results().get(n);
      int input = n;
      List<Operand> registers = rows.stream().map(row -> row.get(input)).toList();
      if (result.type().isTile()) {
        emission.define(result, new Fragment(bits.slice(op.axis()), registers));
      } else {
        emission.define(result, registers.getFirst());
      }
    }
  }
}
