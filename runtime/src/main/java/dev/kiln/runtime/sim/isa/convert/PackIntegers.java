package dev.kiln.runtime.sim.isa.convert;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.ptx.PtxType;

/**
 * {@code cvt.pack}: two integers, clamped to a narrow type, and the low bits of a third operand.
 */
final class PackIntegers extends Step {
  private final int target;
  private final int a;
  private final int b;
  private final int rest;
  private final int bits;
  private final int smallest;
  private final int largest;

  /**
   * @param rest -1 if there is no third operand
   */
  private PackIntegers(int target, int a, int b, int rest, int bits, boolean signed) {
    this.target = target;
    this.a = a;
    this.b = b;
    this.rest = rest;
    this.bits = bits;
    this.smallest = signed ? -1 << (bits - 1) : 0;
    this.largest = signed ? ~smallest : (1 << bits) - 1;
  }

  static Step decode(DecodeContext context) {
    if (!context.modifiers().take("sat")) {
      throw context.malformed("cvt.pack needs .sat");
    }
    String type =
        context
            .modifiers()
            .takeAny("u16", "s16", "u8", "s8", "u4", "s4", "u2", "s2")
            .orElseThrow(() -> context.malformed("cvt.pack lacks a type to convert to"));
    if (!context.modifiers().take("s32")) {
      throw context.malformed("cvt.pack converts .s32");
    }
    int bits = Integer.parseInt(type.substring(1));
    boolean three = bits < 16;
    context.expectOperands(three ? 4 : 3, three ? 4 : 3);
    if (three && !context.modifiers().take("b32")) {
      throw context.malformed("cvt.pack.sat." + type + " needs .b32");
    }
    return new PackIntegers(
        context.wordTarget(context.operand(0), PtxType.B32),
        context.word(context.operand(1), PtxType.S32),
        context.word(context.operand(2), PtxType.S32),
        three ? context.word(context.operand(3), PtxType.B32) : -1,
        bits,
        type.startsWith("s"));
  }

  @Override
  public void run(Warp warp) {
    int[] words = warp.words;
    int mask = (1 << bits) - 1;
    for (int left = warp.active; left != 0; left &= left - 1) {
      int lane = Integer.numberOfTrailingZeros(left);
      int pair = (clamp(words[a + lane]) & mask) << bits | clamp(words[b + lane]) & mask;
      words[target + lane] = rest < 0 ? pair : words[rest + lane] << 2 * bits | pair;
    }
  }

  private int clamp(int value) {
    return Math.max(smallest, Math.min(largest, value));
  }
}
