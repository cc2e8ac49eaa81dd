package dev.kiln.runtime.sim.isa.logic;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.isa.lane.LaneFunctions;
import dev.kiln.runtime.sim.isa.lane.Types;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;

/**
 * {@code prmt}: four bytes out of the eight of a (bytes 0 to 3) and b (4 to 7). A selector has a
 * nibble for each byte of the result, the lowest first; its top bit asks for the byte's sign
 * instead.
 */
final class BytePermutation {
  /** By mode, the selectors that the low two bits of c stand for. */
  private static final Map<String, int[]> MODES =
      Map.of(
          "f4e", new int[] {0x3210, 0x4321, 0x5432, 0x6543},
          "b4e", new int[] {0x5670, 0x6701, 0x7012, 0x0123},
          "rc8", new int[] {0x0000, 0x1111, 0x2222, 0x3333},
          "ecl", new int[] {0x3210, 0x3211, 0x3222, 0x3333},
          "ecr", new int[] {0x0000, 0x1110, 0x2210, 0x3210},
          "rc16", new int[] {0x1010, 0x3232, 0x1010, 0x3232});

  private static final PtxType TYPE = PtxType.B32;

  private BytePermutation() {}

  static Step decode(DecodeContext context) {
    Optional<String> mode = context.modifiers().takeAny(MODES.keySet().toArray(String[]::new));
    Types.take(context, EnumSet.of(TYPE));
    if (mode.isPresent()) {
      int[] selectors = MODES.get(mode.get());
      return LaneFunctions.ternary(
          context,
          TYPE,
          TYPE,
          TYPE,
          TYPE,
          (a, b, c) -> permute(b << 32 | a, selectors[(int) c & 3]));
    }
    context.expectOperands(4, 4);
    int target = context.wordTarget(context.operand(0), TYPE);
    int a = context.word(context.operand(1), TYPE);
    int b = context.word(context.operand(2), TYPE);
    return new Variable(target, a, b, context.word(context.operand(3), TYPE));
  }

  static int permute(long bytes, int selector) {
    return pick(bytes, selector)
        | pick(bytes, selector >>> 4) << 8
        | pick(bytes, selector >>> 8) << 16
        | pick(bytes, selector >>> 12) << 24;
  }

  private static int pick(long bytes, int nibble) {
    int value = (int) (bytes >>> (nibble & 7) * 8);
    return ((nibble & 8) != 0 ? (byte) value >> 7 : value) & 0xff;
  }

  private static long both(int low, int high) {
    return (long) high << 32 | low & 0xffff_ffffL;
  }

  /** The default mode, which is in use: a loop of its own. */
  private static final class Variable extends Step {
    private final int target;
    private final int a;
    private final int b;
    private final int selector;

    Variable(int target, int a, int b, int selector) {
      this.target = target;
      this.a = a;
      this.b = b;
      this.selector = selector;
    }

    @Override
    public void run(Warp warp) {
      int[] words = warp.words;
      for (int lanes = warp.active; lanes != 0; lanes &= lanes - 1) {
        int lane = Integer.numberOfTrailingZeros(lanes);
        words[target + lane] =
            permute(both(words[a + lane], words[b + lane]), words[selector + lane]);
      }
    }
  }
}
