package dev.kiln.runtime.sim.isa.integer;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.isa.Decoder;
import dev.kiln.runtime.sim.isa.lane.LaneFunctions;
import dev.kiln.runtime.sim.isa.lane.Types;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/** {@code dp4a} and {@code dp2a}: products of bytes, or of halves and bytes, added to a sum. */
public final class DotProducts {
  private static final Set<PtxType> TYPES = EnumSet.of(PtxType.U32, PtxType.S32);

  private DotProducts() {}

  public static Map<String, Decoder> decoders() {
    return Map.of("dp4a", DotProducts::dp4a, "dp2a", DotProducts::dp2a);
  }

  private static Step dp4a(DecodeContext context) {
    return decode(context, 4, 8, 0);
  }

  private static Step dp2a(DecodeContext context) {
    String part =
        context
            .modifiers()
            .takeAny("lo", "hi")
            .orElseThrow(() -> context.malformed("dp2a needs .lo or .hi"));
    return decode(context, 2, 16, part.equals("hi") ? 16 : 0);
  }

  /**
   * @param width bits of an element of a
   * @param first the bit at which the first byte of b lies
   */
  private static Step decode(DecodeContext context, int count, int width, int first) {
    PtxType a = Types.take(context, TYPES);
    PtxType b = Types.take(context, TYPES);
    boolean signed = a.isSigned() || b.isSigned();
    PtxType sum = signed ? PtxType.S32 : PtxType.U32;
    boolean signedA = a.isSigned();
    boolean signedB = b.isSigned();
    if (count == 4) {
      return bytes(context, a, b, sum);
    }
    return LaneFunctions.ternary(
        context,
        sum,
        a,
        b,
        sum,
        (x, y, z) -> {
          long total = z;
          for (int i = 0; i < count; i++) {
            total += field(x, i * width, width, signedA) * field(y, first + 8 * i, 8, signedB);
          }
          return total;
        });
  }

  private static Step bytes(DecodeContext context, PtxType a, PtxType b, PtxType sum) {
    context.expectOperands(4, 4);
    int target = context.wordTarget(context.operand(0), sum);
    int first = context.word(context.operand(1), a);
    int second = context.word(context.operand(2), b);
    int third = context.word(context.operand(3), sum);
    return new Bytes(target, first, second, third, a.isSigned(), b.isSigned());
  }

  /** {@code dp4a}, a loop of its own: it stands in the inner loops of quantised products. */
  private static final class Bytes extends Step {
    private final int target;
    private final int a;
    private final int b;
    private final int c;
    private final int unsignedA;
    private final int unsignedB;

    Bytes(int target, int a, int b, int c, boolean signedA, boolean signedB) {
      this.target = target;
      this.a = a;
      this.b = b;
      this.c = c;
      // Clears the copies of the sign that the shift brings down.
      this.unsignedA = signedA ? -1 : 0xff;
      this.unsignedB = signedB ? -1 : 0xff;
    }

    @Override
    public void run(Warp warp) {
      int[] words = warp.words;
      int active = warp.active;
      int maskA = unsignedA;
      int maskB = unsignedB;
      for (int lane = 0; lane < Warp.LANES; lane++) {
        if ((active >>> lane & 1) != 0) {
          int x = words[a + lane];
          int y = words[b + lane];
          words[target + lane] =
              words[c + lane]
                  + (x << 24 >> 24 & maskA) * (y << 24 >> 24 & maskB)
                  + (x << 16 >> 24 & maskA) * (y << 16 >> 24 & maskB)
                  + (x << 8 >> 24 & maskA) * (y << 8 >> 24 & maskB)
                  + (x >> 24 & maskA) * (y >> 24 & maskB);
        }
      }
    }
  }

  private static long field(long bits, int from, int width, boolean signed) {
    long top = bits << 64 - width - from;
    return signed ? top >> 64 - width : top >>> 64 - width;
  }
}
