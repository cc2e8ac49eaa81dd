package dev.kiln.compiler.gpu.combine;

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
import dev.kiln.compiler.ptx.RegisterClass;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reductions: within each thread as a tree, within the warp by flipping the lanes' bits, across
 * warps through shared memory. The order depends on the layout alone, so that every launch gives
 * the same bits, and every thread that holds an element of the result holds the same bits.
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
    List<List<Operand>> rows = withinThread(bits, inputs, combination);
    DType dtype = op.inputs().getFirst().dtype();
    rows = rows.stream().map(row -> withinWarp(bits, row, combination, dtype)).toList();
    boolean acrossWarps = !bits.along(bits.layout().warps()).isEmpty();
    if (acrossWarps) {
      rows = acrossWarps(bits, rows, combination);
    } else if (!combination.isCommutative()) {
      rows = rows.stream().map(row -> ofFirstLane(bits, row)).toList();
    }
    define(op, bits, rows);
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

  private List<Operand> withinWarp(
      AxisBits bits, List<Operand> own, Combination combination, DType dtype) {
    List<Integer> lanes = bits.along(bits.layout().lanes());
    if (lanes.size() == 5 && combination.kind().isPresent()) {
      Optional<Operand> whole = byWholeWarp(combination.kind().get(), dtype, own.getFirst());
      if (whole.isPresent()) {
        return List.of(whole.get());
      }
    }
    List<Operand> sum = own;
    for (int bit : lanes) {
      List<Operand> others = sum.stream().map(operand -> shuffles.flip(operand, 1 << bit)).toList();
      sum = combination.apply(sum, others);
    }
    return sum;
  }

  /** One instruction for the whole warp, for integers of up to 32 bits. */
  private Optional<Operand> byWholeWarp(BinaryKind kind, DType dtype, Operand value) {
    Immediate all = Immediate.b32(-1);
    if (value instanceof Immediate) {
      return Optional.empty();
    }
    if (dtype.isBool()) {
      return switch (kind) {
        case OR -> Optional.of(ptx.emit("vote.sync.any.pred", RegisterClass.PRED, value, all));
        case AND -> Optional.of(ptx.emit("vote.sync.all.pred", RegisterClass.PRED, value, all));
        default -> Optional.empty();
      };
    }
    if (dtype.isFloat() || value.type() != RegisterClass.B32) {
      return Optional.empty();
    }
    // Narrow integers are sign-extended: only a sum could leave their range.
    String name =
        switch (kind) {
          case ADD -> dtype == DType.I32 ? "add.s32" : "";
          case MINS -> "min.s32";
          case MAXS -> "max.s32";
          case MINU -> "min.u32";
          case MAXU -> "max.u32";
          case AND -> "and.b32";
          case OR -> "or.b32";
          case XOR -> "xor.b32";
          default -> "";
        };
    return name.isEmpty()
        ? Optional.empty()
        : Optional.of(ptx.emit("redux.sync." + name, RegisterClass.B32, value, all));
  }

  /** What the first of the lanes along the axis found: the others may have rounded otherwise. */
  private List<Operand> ofFirstLane(AxisBits bits, List<Operand> own) {
    int mask = AxisBits.maskOf(bits.along(bits.layout().lanes()));
    if (mask == 0) {
      return own;
    }
    Operand first = BitFields.and(ptx, emission.lane(), ~mask);
    return own.stream().map(operand -> shuffles.from(operand, first)).toList();
  }

  private List<List<Operand>> acrossWarps(
      AxisBits bits, List<List<Operand>> rows, Combination combination) {
    int inputs = rows.getFirst().size();
    int laneMask = AxisBits.maskOf(bits.along(bits.layout().lanes()));
    Operand writer =
        combination.isCommutative() || laneMask == 0
            ? null
            : BitFields.hasNone(ptx, emission.lane(), laneMask);
    var exchange =
        new WarpExchange(emission, bits, bits.across(bits.layout().lanes()), rows.size());
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
