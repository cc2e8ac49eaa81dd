package dev.kiln.compiler.gpu.math;

import static dev.kiln.compiler.gpu.math.Code.i;

import dev.kiln.compiler.ptx.Operand;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/**
 * The bits of 2/pi, for the reduction of large angles (Payne and Hanek, Radian Reduction for
 * Trigonometric Functions, 1983): of the product with an angle's significand only those count that
 * are no multiples of 4 turns by pi/2, and so many behind them as the result needs.
 */
final class TwoOverPi {
  /** One word in front of the point, then 1,216 bits behind it: enough for every fp64. */
  private static final long[] WORDS = {
    0,
    0xa2f9836e4e441529L,
    0xfc2757d1f534ddc0L,
    0xdb6295993c439041L,
    0xfe5163abdebbc561L,
    0xb7246e3a424dd2e0L,
    0x06492eea09d1921cL,
    0xfe1deb1cb129a73eL,
    0xe88235f52ebb4484L,
    0xe99c7026b45f7e41L,
    0x3991d639835339f4L,
    0x9c845f8bbdf9283bL,
    0x1ff897ffde05980fL,
    0xef2f118b5a0a6d1fL,
    0x6d367ecf27cb09b7L,
    0x4f463f669e5fea2dL,
    0x7527bac7ebe5f17bL,
    0x3d0739f78a5292eaL,
    0x6bfb5fb11f8d5d08L,
    0x56033046fc7b6babL
  };

  private TwoOverPi() {}

  /**
   * Four words of 32 bits from an index on, the first being that in front of the point.
   *
   * @param index 0 to 4
   */
  static List<Operand> words32(Code code, Operand index) {
    List<Operand> words =
        LongStream.of(WORDS)
            .skip(1)
            .limit(4)
            .boxed()
            .flatMap(word -> java.util.stream.Stream.of(i((int) (word >>> 32)), i(word.intValue())))
            .toList();
    var all = new ArrayList<Operand>(List.of(i(0)));
    all.addAll(words.subList(0, 7));
    return pick(code, all, index, 3);
  }

  /**
   * Four words of 64 bits from an index on, the first being that in front of the point.
   *
   * @param index 0 to 16
   */
  static List<Operand> words64(Code code, Operand index) {
    return pick(code, LongStream.of(WORDS).mapToObj(Code::l).toList(), index, 5);
  }

  /** Shifts the list by each bit of the index, the highest first. */
  private static List<Operand> pick(Code code, List<Operand> words, Operand index, int bits) {
    List<Operand> current = words;
    for (int bit = bits - 1; bit >= 0; bit--) {
      int step = 1 << bit;
      Operand isSet = code.pred("setp.ne.s32", code.b32("and.b32", index, i(step)), i(0));
      var shifted = new ArrayList<Operand>();
      for (int k = 0; k < Math.min(current.size(), 4 + step - 1); k++) {
        shifted.add(
            k + step < current.size()
                ? code.select(isSet, current.get(k + step), current.get(k))
                : current.get(k));
      }
      current = shifted;
    }
    return current;
  }
}
