package dev.kiln.compiler.gpu.combine;

import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.gpu.emit.Fragment;
import dev.kiln.compiler.ir.ComputeOp;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.layout.LinearMap;
import dev.kiln.compiler.ptx.Operand;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** Blocks for groups of neighbours, which lie in registers of one thread. */
public final class MapEmitter {
  private final Emission emission;

  public MapEmitter(Emission emission) {
    this.emission = emission;
  }

  public void emit(ComputeOp.MapElementwise op) {
    LinearLayout own = emission.fragment(op.inputs().getFirst()).layout();
    List<Integer> neighbours = neighbours(own, op.pack());
    LinearLayout layout = neighbours == null ? grouped(own, op.pack()) : own;
    List<Integer> group =
        AxisBits.combinations(neighbours == null ? neighbours(layout, op.pack()) : neighbours);
    List<Fragment> inputs =
        op.inputs().stream().map(input -> emission.fragment(input, layout)).toList();
    var results = new ArrayList<Operand[]>();
    op.results().forEach(result -> results.add(new Operand[layout.registerCount()]));
    int inGroup = group.stream().reduce(0, (a, b) -> a | b);
    for (int first = 0; first < layout.registerCount(); first++) {
      if ((first & inGroup) == 0) {
        apply(op, first, group, inputs, results);
      }
    }
    for (int n = 0; n < results.size(); n++) {
      emission.define(op.results().get(n), new Fragment(layout, Arrays.asList(results.get(n))));
    }
  }

  private void apply(
      ComputeOp.MapElementwise op,
      int first,
      List<Integer> group,
      List<Fragment> inputs,
      List<Operand[]> results) {
    var arguments = new ArrayList<Operand>();
    for (Fragment input : inputs) {
      group.forEach(member -> arguments.add(input.registers().get(first | member)));
    }
    List<Operand> yielded = emission.inline(op.body(), arguments);
    for (int i = 0; i < yielded.size(); i++) {
      results.get(i / op.pack())[first | group.get(i % op.pack())] = yielded.get(i);
    }
  }

  /** Positions of the registers' bits that lead to the neighbours; {@code null} if not all do. */
  private static List<Integer> neighbours(LinearLayout layout, int pack) {
    var positions = new ArrayList<Integer>();
    for (int vector = 1; vector < pack; vector *= 2) {
      int position = 0;
      while (position < layout.registers().length && layout.registers()[position] != vector) {
        position++;
      }
      if (position == layout.registers().length) {
        return null;
      }
      positions.add(position);
    }
    // No other bit may move within the group.
    long within =
        Stream.of(layout.registers(), layout.lanes(), layout.warps())
            .flatMapToInt(Arrays::stream)
            .filter(vector -> (vector & pack - 1) != 0)
            .count();
    return within == positions.size() ? positions : null;
  }

  /** The lowest bits of the index in registers, the next in lanes, warps, and registers. */
  private static LinearLayout grouped(LinearLayout own, int pack) {
    int packBits = LinearMap.log2(pack);
    LinearLayout groups =
        AxisBits.plainLayout(Shape.of(own.shape().size() / pack), own.warps().length);
    int[] rest = shifted(groups.registers(), packBits);
    int[] registers = new int[packBits + rest.length];
    for (int bit = 0; bit < registers.length; bit++) {
      registers[bit] = bit < packBits ? 1 << bit : rest[bit - packBits];
    }
    return new LinearLayout(
        own.shape(),
        registers,
        shifted(groups.lanes(), packBits),
        shifted(groups.warps(), packBits),
        new int[0]);
  }

  private static int[] shifted(int[] vectors, int by) {
    return Arrays.stream(vectors).map(vector -> vector << by).toArray();
  }
}
