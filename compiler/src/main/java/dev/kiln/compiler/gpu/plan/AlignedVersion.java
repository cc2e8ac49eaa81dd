package dev.kiln.compiler.gpu.plan;

import dev.kiln.compiler.analysis.AxisAnalysis;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.TileFunction.Param;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.StringJoiner;

/**
 * What a kernel would gain if more divided its parameters: the version of it that a kernel may
 * choose on entry, instead of being compiled anew for each combination of divisibilities.
 *
 * <p>A parameter counts if an access to global memory gets wider by it, and no more has to divide
 * it than the width takes: the length of a row of fp32 need only be a multiple of 4.
 */
public final class AlignedVersion {
  /** What a specialisation may know, as a power of two: 16. */
  private static final int MOST = 4;

  private AlignedVersion() {}

  /**
   * The same tile IR with what has to divide each parameter for the widest accesses; empty if no
   * access gets wider.
   */
  public static Optional<TileFunction> of(TileFunction function) {
    int[] wanted = new int[function.params().size()];
    for (int i = 0; i < wanted.length; i++) {
      boolean isTold = isInteger(function.params().get(i));
      wanted[i] = isTold ? 1 << MOST : 1;
    }
    long[] widest = widths(with(function, wanted));
    if (Arrays.equals(widest, widths(function))) {
      return Optional.empty();
    }
    for (int i = 0; i < wanted.length; i++) {
      weaken(function, wanted, i, widest);
    }
    return Optional.of(with(function, wanted));
  }

  /** What has to be true for a version, for people: {@code 16 divides x_ptr, 4 divides n}. */
  public static String conditions(TileFunction function, TileFunction version) {
    var conditions = new StringJoiner(", ");
    for (int i = 0; i < version.params().size(); i++) {
      Param param = version.params().get(i);
      if (param.divisibility() > function.params().get(i).divisibility()) {
        conditions.add(param.divisibility() + " divides " + param.name());
      }
    }
    return conditions.toString();
  }

  private static boolean isInteger(Param param) {
    return param.value().type().isPointer() || param.dtype().isInteger() && !param.dtype().isBool();
  }

  /** Finds the least divisor of a parameter with which all accesses keep their widths. */
  private static void weaken(TileFunction function, int[] wanted, int index, long[] widest) {
    int enough = Integer.numberOfTrailingZeros(wanted[index]);
    int least =
        Math.min(
            enough, Integer.numberOfTrailingZeros(function.params().get(index).divisibility()));
    while (least < enough) {
      int middle = least == 0 && enough == MOST ? 0 : (least + enough) / 2; // most do not matter
      wanted[index] = 1 << middle;
      if (Arrays.equals(widths(with(function, wanted)), widest)) {
        enough = middle;
      } else {
        least = middle + 1;
      }
    }
    wanted[index] = 1 << enough;
  }

  private static TileFunction with(TileFunction function, int[] divisors) {
    var params = new ArrayList<Param>();
    for (int i = 0; i < divisors.length; i++) {
      Param param = function.params().get(i);
      int divisor = Math.max(param.divisibility(), divisors[i]);
      params.add(new Param(param.name(), param.value(), param.dtype(), divisor, param.isConst()));
    }
    return new TileFunction(function.loc(), function.name(), params, function.body());
  }

  // ---------------------------------------------------------------- widths

  /** How many elements each access to a tile may reach at once, in the order of the text. */
  private static long[] widths(TileFunction function) {
    var accesses = new AccessCost(AxisAnalysis.of(function), 1);
    List<Long> widths = new ArrayList<>();
    add(function.body(), accesses, widths);
    return widths.stream().mapToLong(Long::longValue).toArray();
  }

  private static void add(Block block, AccessCost accesses, List<Long> widths) {
    for (Op op : block.ops()) {
      switch (op) {
        case MemoryOp.Load load -> add(load.pointer(), load.mask(), accesses, widths);
        case MemoryOp.Store store -> add(store.pointer(), store.mask(), accesses, widths);
        default -> op.blocks().forEach(inner -> add(inner, accesses, widths));
      }
    }
  }

  private static void add(
      Value pointer, Optional<Value> mask, AccessCost accesses, List<Long> widths) {
    if (pointer.type().isTile()) {
      widths.add(accesses.widest(pointer, mask));
    }
  }
}
