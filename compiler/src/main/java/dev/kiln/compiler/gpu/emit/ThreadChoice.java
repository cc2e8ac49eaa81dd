package dev.kiln.compiler.gpu.emit;

import dev.kiln.compiler.layout.LinearMap;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Of numbered registers the one {@code n ^ map(thread)}: for each direction of the map's image one
 * selection by a parity of bits of the thread's number.
 */
final class ThreadChoice {
  private final PtxBuilder ptx;
  private final List<Operand> registers;
  private final int[] directions;
  private final List<Operand> predicates = new ArrayList<>();
  private final Map<Integer, Operand> chosen = new HashMap<>();

  /**
   * @param thread its number, {@code .b32}
   * @param registers no predicates
   */
  ThreadChoice(PtxBuilder ptx, Operand thread, LinearMap map, List<Operand> registers) {
    this.ptx = ptx;
    this.registers = registers;
    this.directions = map.imageBasis();
    LinearMap coordinates = map.then(new LinearMap(directions).inverse(Integer.SIZE));
    for (int i = 0; i < directions.length; i++) {
      int mask = 0;
      for (int bit = 0; bit < coordinates.inputBits(); bit++) {
        mask |= (coordinates.columns()[bit] >> i & 1) << bit;
      }
      predicates.add(parity(thread, mask));
    }
  }

  private Operand parity(Operand thread, int mask) {
    Operand bits = ptx.emit("and.b32", RegisterClass.B32, thread, Immediate.b32(mask));
    if (Integer.bitCount(mask) > 1) {
      Operand count = ptx.emit("popc.b32", RegisterClass.B32, bits);
      bits = ptx.emit("and.b32", RegisterClass.B32, count, Immediate.b32(1));
    }
    return ptx.emit("setp.ne.s32", RegisterClass.PRED, bits, Immediate.b32(0));
  }

  /** Register {@code number ^ map(thread)}. */
  Operand get(int number) {
    return get(number, directions.length);
  }

  private Operand get(int number, int levels) {
    if (levels == 0) {
      return registers.get(number);
    }
    int key = number * (directions.length + 1) + levels;
    Operand found = chosen.get(key);
    if (found == null) {
      Operand same = get(number, levels - 1);
      Operand other = get(number ^ directions[levels - 1], levels - 1);
      found = Selection.emit(ptx, predicates.get(levels - 1), other, same);
      chosen.put(key, found);
    }
    return found;
  }
}
