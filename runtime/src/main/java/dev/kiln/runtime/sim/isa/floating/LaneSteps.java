package dev.kiln.runtime.sim.isa.floating;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;

/**
 * Steps that compute one lane after the other: the forms that programs use rarely, and all forms on
 * a JVM without vectors. Arguments are indices in a warp's register file, the target first.
 */
final class LaneSteps {
  private LaneSteps() {}

  /** On the bits of a register of up to 32 bits. */
  @FunctionalInterface
  interface Word1 {
    int of(int a);
  }

  /** As {@link Word1}, of two operands. */
  @FunctionalInterface
  interface Word2 {
    int of(int a, int b);
  }

  /** As {@link Word1}, of three operands. */
  @FunctionalInterface
  interface Word3 {
    int of(int a, int b, int c);
  }

  /** On the bits of a 64-bit register. */
  @FunctionalInterface
  interface Wide1 {
    long of(long a);
  }

  /** As {@link Wide1}, of two operands. */
  @FunctionalInterface
  interface Wide2 {
    long of(long a, long b);
  }

  /** As {@link Wide1}, of three operands. */
  @FunctionalInterface
  interface Wide3 {
    long of(long a, long b, long c);
  }

  static Step word(int target, int a, Word1 function) {
    return new Step() {
      @Override
      public void run(Warp warp) {
        int[] words = warp.words;
        for (int left = warp.active; left != 0; left &= left - 1) {
          int lane = Integer.numberOfTrailingZeros(left);
          words[target + lane] = function.of(words[a + lane]);
        }
      }
    };
  }

  static Step word(int target, int a, int b, Word2 function) {
    return new Step() {
      @Override
      public void run(Warp warp) {
        int[] words = warp.words;
        for (int left = warp.active; left != 0; left &= left - 1) {
          int lane = Integer.numberOfTrailingZeros(left);
          words[target + lane] = function.of(words[a + lane], words[b + lane]);
        }
      }
    };
  }

  static Step word(int target, int a, int b, int c, Word3 function) {
    return new Step() {
      @Override
      public void run(Warp warp) {
        int[] words = warp.words;
        for (int left = warp.active; left != 0; left &= left - 1) {
          int lane = Integer.numberOfTrailingZeros(left);
          words[target + lane] = function.of(words[a + lane], words[b + lane], words[c + lane]);
        }
      }
    };
  }

  static Step wide(int target, int a, Wide1 function) {
    return new Step() {
      @Override
      public void run(Warp warp) {
        long[] wides = warp.wides;
        for (int left = warp.active; left != 0; left &= left - 1) {
          int lane = Integer.numberOfTrailingZeros(left);
          wides[target + lane] = function.of(wides[a + lane]);
        }
      }
    };
  }

  static Step wide(int target, int a, int b, Wide2 function) {
    return new Step() {
      @Override
      public void run(Warp warp) {
        long[] wides = warp.wides;
        for (int left = warp.active; left != 0; left &= left - 1) {
          int lane = Integer.numberOfTrailingZeros(left);
          wides[target + lane] = function.of(wides[a + lane], wides[b + lane]);
        }
      }
    };
  }

  static Step wide(int target, int a, int b, int c, Wide3 function) {
    return new Step() {
      @Override
      public void run(Warp warp) {
        long[] wides = warp.wides;
        for (int left = warp.active; left != 0; left &= left - 1) {
          int lane = Integer.numberOfTrailingZeros(left);
          wides[target + lane] = function.of(wides[a + lane], wides[b + lane], wides[c + lane]);
        }
      }
    };
  }

  /** A function of 16-bit numbers on both halves of a word. */
  static Word1 packed(Word1 half) {
    return a -> half.of(a & 0xffff) | half.of(a >>> 16) << 16;
  }

  /** As {@link #packed(Word1)}, of two operands. */
  static Word2 packed(Word2 half) {
    return (a, b) -> half.of(a & 0xffff, b & 0xffff) | half.of(a >>> 16, b >>> 16) << 16;
  }

  /** As {@link #packed(Word1)}, of three operands. */
  static Word3 packed(Word3 half) {
    return (a, b, c) ->
        half.of(a & 0xffff, b & 0xffff, c & 0xffff) | half.of(a >>> 16, b >>> 16, c >>> 16) << 16;
  }

  /** A function of 32-bit numbers on both halves of 64 bits. */
  static Wide2 pairs(Word2 half) {
    return (a, b) ->
        half.of((int) a, (int) b) & 0xffff_ffffL
            | (long) half.of((int) (a >>> 32), (int) (b >>> 32)) << 32;
  }

  /** As {@link #pairs(Word2)}, of three operands. */
  static Wide3 pairs(Word3 half) {
    return (a, b, c) ->
        half.of((int) a, (int) b, (int) c) & 0xffff_ffffL
            | (long) half.of((int) (a >>> 32), (int) (b >>> 32), (int) (c >>> 32)) << 32;
  }
}
