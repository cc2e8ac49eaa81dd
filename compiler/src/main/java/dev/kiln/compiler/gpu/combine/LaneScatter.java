package dev.kiln.compiler.gpu.combine;

import dev.kiln.compiler.layout.LinearMap;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;
import java.util.ArrayList;
import java.util.List;

/**
 * Reduces many rows at once by sharing them out among the lanes: with each step a lane keeps half
 * of its rows, gives its part of the others to the lane that keeps them, and gets that lane's part
 * of its own. {@code n} rows cost {@code n} shuffles for all steps together, not {@code n} for each
 * step; another {@code n} tell the results to all lanes.
 *
 * @param lanes positions of the bits of lanes that rows are shared out along, in order
 */
record LaneScatter(PtxBuilder ptx, Operand lane, List<Integer> lanes) {
  /** Selections between registers cost about half of a shuffle. */
  private static final double SELECTION = 0.5;

  /** The scatter for so many rows: along some of the lanes' bits, or along none if that is dear. */
  static LaneScatter of(PtxBuilder ptx, Operand lane, List<Integer> along, int rows) {
    int steps = Math.min(LinearMap.log2(rows), along.size());
    int kept = rows >> steps;
    double scattered =
        rows - kept + (along.size() - steps) * kept + rows + 2 * SELECTION * (rows - kept);
    boolean pays = steps > 0 && scattered < rows * along.size();
    return new LaneScatter(ptx, lane, along.subList(0, pays ? steps : 0));
  }

  boolean isEmpty() {
    return lanes.isEmpty();
  }

  /** The rows that the lane keeps, reduced among the lanes that had them. */
  List<List<Operand>> scatter(List<List<Operand>> rows, Combination combination) {
    var shuffles = new Shuffles(ptx);
    List<List<Operand>> kept = rows;
    for (int bit : lanes) {
      Operand keepsLast =
          ptx.emit(
              "setp.ne.s32",
              RegisterClass.PRED,
              BitFields.and(ptx, lane, 1 << bit),
              Immediate.b32(0));
      int half = kept.size() / 2;
      var next = new ArrayList<List<Operand>>();
      for (int row = 0; row < half; row++) {
        var own = new ArrayList<Operand>();
        var other = new ArrayList<Operand>();
        for (int i = 0; i < kept.getFirst().size(); i++) {
          Operand first = kept.get(row).get(i);
          Operand last = kept.get(row + half).get(i);
          own.add(shuffles.select(keepsLast, last, first));
          other.add(shuffles.flip(shuffles.select(keepsLast, first, last), 1 << bit));
        }
        next.add(combination.apply(own, other));
      }
      kept = next;
    }
    return kept;
  }

  /**
   * All rows, from the lanes that keep them.
   *
   * @param ignored bits of lanes that are cleared to find the lane, because the lanes that differ
   *     in them know the same
   */
  List<List<Operand>> gather(List<List<Operand>> kept, int ignored) {
    var shuffles = new Shuffles(ptx);
    Operand base = BitFields.and(ptx, lane, ~(ignored | AxisBits.maskOf(lanes)));
    var rows = new ArrayList<List<Operand>>();
    for (int row = 0; row < kept.size() << lanes.size(); row++) {
      int from = 0;
      for (int step = 0; step < lanes.size(); step++) {
        int share = kept.size() << lanes.size() - 1 - step;
        from |= (row / share & 1) << lanes.get(step);
      }
      Operand owner = ptx.emit("or.b32", RegisterClass.B32, base, Immediate.b32(from));
      rows.add(
          kept.get(row % kept.size()).stream()
              .map(operand -> shuffles.from(operand, owner))
              .toList());
    }
    return rows;
  }
}
