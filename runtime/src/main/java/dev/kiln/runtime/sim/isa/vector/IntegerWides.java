package dev.kiln.runtime.sim.isa.vector;

import static dev.kiln.runtime.sim.isa.vector.WideLanes.LENGTH;
import static dev.kiln.runtime.sim.isa.vector.WideLanes.SPECIES;
import static dev.kiln.runtime.sim.isa.vector.WideLanes.signed;
import static dev.kiln.runtime.sim.isa.vector.WideLanes.store;
import static dev.kiln.runtime.sim.isa.vector.WideLanes.storeHigh;
import static dev.kiln.runtime.sim.isa.vector.WideLanes.unsigned;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Instructions on registers of 64 bits, and products of two of 32 bits. */
public final class IntegerWides {
  private IntegerWides() {}

  private static final OperatorTemplate<Step> ADD = binary(VectorOperators.ADD);
  private static final OperatorTemplate<Step> SUB = binary(VectorOperators.SUB);
  private static final OperatorTemplate<Step> MUL = binary(VectorOperators.MUL);
  private static final OperatorTemplate<Step> AND = binary(VectorOperators.AND);
  private static final OperatorTemplate<Step> OR = binary(VectorOperators.OR);
  private static final OperatorTemplate<Step> XOR = binary(VectorOperators.XOR);
  private static final OperatorTemplate<Step> SHL = shift(VectorOperators.LSHL);
  private static final OperatorTemplate<Step> SHR = shift(VectorOperators.LSHR);

  private static OperatorTemplate<Step> binary(VectorOperators.Binary operator) {
    return new OperatorTemplate<>(Step.class, WideBinary.class, operator);
  }

  private static OperatorTemplate<Step> shift(VectorOperators.Binary operator) {
    return new OperatorTemplate<>(Step.class, WideShift.class, operator);
  }

  /** {@code add}. */
  public static Step add(int target, int a, int b) {
    return ADD.make(target, a, b);
  }

  /** {@code sub}. */
  public static Step sub(int target, int a, int b) {
    return SUB.make(target, a, b);
  }

  /** {@code mul.lo}. */
  public static Step mul(int target, int a, int b) {
    return MUL.make(target, a, b);
  }

  /** {@code and}. */
  public static Step and(int target, int a, int b) {
    return AND.make(target, a, b);
  }

  /** {@code or}. */
  public static Step or(int target, int a, int b) {
    return OR.make(target, a, b);
  }

  /** {@code xor}. */
  public static Step xor(int target, int a, int b) {
    return XOR.make(target, a, b);
  }

  /** {@code shl.b64}; amounts beyond 63 give 0. */
  public static Step shiftLeft(int target, int a, int b) {
    return SHL.make(target, a, b);
  }

  /** {@code shr.u64}; amounts beyond 63 give 0. */
  public static Step shiftRightUnsigned(int target, int a, int b) {
    return SHR.make(target, a, b);
  }

  private abstract static class Unary extends Step {
    final int target;
    final int a;

    Unary(int target, int a) {
      this.target = target;
      this.a = a;
    }
  }

  private abstract static class Ternary extends Step {
    final int target;
    final int a;
    final int b;
    final int c;

    Ternary(int target, int a, int b, int c) {
      this.target = target;
      this.a = a;
      this.b = b;
      this.c = c;
    }
  }

  /** {@code mad.lo}. */
  public static final class Mad extends Ternary {
    public Mad(int target, int a, int b, int c) {
      super(target, a, b, c);
    }

    @Override
    public void run(Warp warp) {
      long[] wides = warp.wides;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        LongVector value =
            LongVector.fromArray(SPECIES, wides, a + i)
                .mul(LongVector.fromArray(SPECIES, wides, b + i))
                .add(LongVector.fromArray(SPECIES, wides, c + i));
        store(value, wides, target, i, warp.active);
      }
    }
  }

  /** {@code not}. */
  public static final class Not extends Unary {
    public Not(int target, int a) {
      super(target, a);
    }

    @Override
    public void run(Warp warp) {
      long[] wides = warp.wides;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        LongVector value = LongVector.fromArray(SPECIES, wides, a + i).not();
        store(value, wides, target, i, warp.active);
      }
    }
  }

  /** {@code mov}. */
  public static final class Copy extends Unary {
    public Copy(int target, int a) {
      super(target, a);
    }

    @Override
    public void run(Warp warp) {
      long[] wides = warp.wides;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        LongVector value = LongVector.fromArray(SPECIES, wides, a + i);
        store(value, wides, target, i, warp.active);
      }
    }
  }

  /** {@code mul.wide.s32}. */
  public static final class MulWideSigned extends BinaryStep {
    public MulWideSigned(int target, int a, int b) {
      super(target, a, b);
    }

    @Override
    public void run(Warp warp) {
      long[] wides = warp.wides;
      int[] words = warp.words;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        LongVector value = signed(words, a + i).mul(signed(words, b + i));
        store(value, wides, target, i, warp.active);
      }
    }
  }

  /** {@code mul.wide.u32}. */
  public static final class MulWideUnsigned extends BinaryStep {
    public MulWideUnsigned(int target, int a, int b) {
      super(target, a, b);
    }

    @Override
    public void run(Warp warp) {
      long[] wides = warp.wides;
      int[] words = warp.words;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        LongVector value = unsigned(words, a + i).mul(unsigned(words, b + i));
        store(value, wides, target, i, warp.active);
      }
    }
  }

  /** {@code mad.wide.s32}. */
  public static final class MadWideSigned extends Ternary {
    public MadWideSigned(int target, int a, int b, int c) {
      super(target, a, b, c);
    }

    @Override
    public void run(Warp warp) {
      long[] wides = warp.wides;
      int[] words = warp.words;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        LongVector value =
            signed(words, a + i)
                .mul(signed(words, b + i))
                .add(LongVector.fromArray(SPECIES, wides, c + i));
        store(value, wides, target, i, warp.active);
      }
    }
  }

  /** {@code mad.wide.u32}. */
  public static final class MadWideUnsigned extends Ternary {
    public MadWideUnsigned(int target, int a, int b, int c) {
      super(target, a, b, c);
    }

    @Override
    public void run(Warp warp) {
      long[] wides = warp.wides;
      int[] words = warp.words;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        LongVector value =
            unsigned(words, a + i)
                .mul(unsigned(words, b + i))
                .add(LongVector.fromArray(SPECIES, wides, c + i));
        store(value, wides, target, i, warp.active);
      }
    }
  }

  /** {@code shr.s64}; amounts beyond 63 count as 63. */
  public static final class ShiftRightSigned extends BinaryStep {
    public ShiftRightSigned(int target, int a, int b) {
      super(target, a, b);
    }

    @Override
    public void run(Warp warp) {
      long[] wides = warp.wides;
      int[] words = warp.words;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        LongVector value =
            LongVector.fromArray(SPECIES, wides, a + i)
                .lanewise(VectorOperators.ASHR, unsigned(words, b + i).min(63));
        store(value, wides, target, i, warp.active);
      }
    }
  }

  /** {@code mul.hi.s32}. */
  public static final class MulHighSigned extends BinaryStep {
    public MulHighSigned(int target, int a, int b) {
      super(target, a, b);
    }

    @Override
    public void run(Warp warp) {
      int[] words = warp.words;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        LongVector product = signed(words, a + i).mul(signed(words, b + i));
        storeHigh(product, words, target, i, warp.active);
      }
    }
  }

  /** {@code mul.hi.u32}. */
  public static final class MulHighUnsigned extends BinaryStep {
    public MulHighUnsigned(int target, int a, int b) {
      super(target, a, b);
    }

    @Override
    public void run(Warp warp) {
      int[] words = warp.words;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        LongVector product = unsigned(words, a + i).mul(unsigned(words, b + i));
        storeHigh(product, words, target, i, warp.active);
      }
    }
  }

  /** {@code selp}: a where the predicate holds, else b. */
  public static final class Select extends BinaryStep {
    private final int predicate;
    private final int flip;

    public Select(int target, int a, int b, int predicate, boolean negated) {
      super(target, a, b);
      this.predicate = predicate;
      this.flip = negated ? -1 : 0;
    }

    @Override
    public void run(Warp warp) {
      long[] wides = warp.wides;
      int chosen = warp.predicates[predicate] ^ flip;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        VectorMask<Long> first = VectorMask.fromLong(SPECIES, chosen >>> i & (1L << LENGTH) - 1);
        LongVector value =
            LongVector.fromArray(SPECIES, wides, b + i)
                .blend(LongVector.fromArray(SPECIES, wides, a + i), first);
        store(value, wides, target, i, warp.active);
      }
    }
  }
}
