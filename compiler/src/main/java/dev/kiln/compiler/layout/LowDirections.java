package dev.kiln.compiler.layout;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What may lie side by side in shared memory for a conversion: directions in the tile for the
 * lowest bits of offsets, up to 16 bytes.
 */
final class LowDirections {
  private final LinearLayout from;
  private final LinearLayout to;
  private final int elementBytes;
  private final int bits;
  private final int widest;
  private final int wordBits;

  LowDirections(LinearLayout from, LinearLayout to, int elementBytes, int bits) {
    this.from = from;
    this.to = to;
    this.elementBytes = elementBytes;
    this.bits = bits;
    this.widest = Integer.numberOfTrailingZeros(16 / elementBytes);
    this.wordBits = Math.max(0, 2 - Integer.numberOfTrailingZeros(elementBytes));
  }

  /** All candidates, without duplicates. */
  Set<List<Integer>> all() {
    // Of equals the first is taken: matrices leave the pairs of a word together.
    Set<List<Integer>> all = new LinkedHashSet<>();
    addMatrices(to, all);
    addMatrices(from, all);
    List<Integer> common =
        Span.intersection(from.registers(), to.registers()).basis().stream().sorted().toList();
    for (int count = widest; count >= 0; count--) {
      List<Integer> first = common.subList(0, Math.min(count, common.size()));
      for (LinearLayout side : List.of(to, from)) {
        for (int total = widest; total >= wordBits; total--) {
          all.add(extended(first, side, total));
        }
      }
    }
    return all;
  }

  /** Goes on with registers of one side, and to a whole word with anything. */
  private List<Integer> extended(List<Integer> first, LinearLayout side, int total) {
    Span low = new Span().addAll(first);
    int[] registers = side.registers().clone();
    java.util.Arrays.sort(registers);
    for (int vector : registers) {
      if (low.size() < total) {
        low.add(vector);
      }
    }
    for (int vector : from.lanes()) {
      addToWord(low, vector);
    }
    for (int vector : to.lanes()) {
      addToWord(low, vector);
    }
    return low.basis();
  }

  private void addToWord(Span low, int vector) {
    if (low.size() < wordBits) {
      low.add(vector);
    }
  }

  private void addMatrices(LinearLayout layout, Set<List<Integer>> all) {
    if (elementBytes > 4) {
      return;
    }
    int[] lanes = layout.lanes();
    if (elementBytes == 2) {
      add(all, List.of(lanes[2], lanes[3], lanes[4]));
      for (int register : layout.registers()) {
        add(all, List.of(register, lanes[0], lanes[1]));
      }
    } else if (elementBytes == 4) {
      add(all, List.of(lanes[0], lanes[1]));
    } else {
      int[] registers = layout.registers();
      for (int i = 0; i + 1 < registers.length; i++) {
        add(all, List.of(registers[i], registers[i + 1], lanes[0], lanes[1]));
      }
    }
  }

  private void add(Set<List<Integer>> all, List<Integer> low) {
    Span span = new Span().addAll(low);
    if (span.size() == low.size() && low.size() <= bits) {
      all.add(low);
    }
  }
}
