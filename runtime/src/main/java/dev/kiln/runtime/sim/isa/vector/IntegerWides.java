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

  private abstract static class Unary extends Step {
    final int target;
    final int a;

    Unary(int target, int a) {
      this.target = target;
      this.a = a;
    }
  }

  private abstract static class Binary extends Step {
    final int target;
    final int a;
    final int b;

    Binary(int target, int a, int b) {
      this.target = target;
      this.a = a;
      this.b = b;
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

  /** {@code add}. */
  public static final class Add extends Binary {
    public Add(int target, int a, int b) {
      super(target, a, b);
    }

    @Override
    public void run(Warp warp) {
      long[] wides = warp.wides;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        LongVector value =
            LongVector.fromArray(SPECIES, wides, a + i)
                .add(LongVector.fromArray(SPECIES, wides, b + i));
        store(value, wides, target, i, warp.active);
      }
    }
  }

  /** {@code sub}. */
  public static final class Sub extends Binary {
    public Sub(int target, int a, int b) {
      super(target, a, b);
    }

    @Override
    public void run(Warp warp) {
      long[] wides = warp.wides;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        LongVector value =
            LongVector.fromArray(SPECIES, wides, a + i)
                .sub(LongVector.fromArray(SPECIES, wides, b + i));
        store(value, wides, target, i, warp.active);
      }
    }
  }

  /** {@code mul.lo}. */
  public static final class Mul extends Binary {
    public Mul(int target, int a, int b) {
      super(target, a, b);
    }

    @Override
    public void run(Warp warp) {
      long[] wides = warp.wides;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        LongVector value =
            LongVector.fromArray(SPECIES, wides, a + i)
                .mul(LongVector.fromArray(SPECIES, wides, b + i));
        store(value, wides, target, i, warp.active);
      }
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

  /** {@code and}. */
  public static final class And extends Binary {
    public And(int target, int a, int b) {
      super(target, a, b);
    }

    @Override
    public void run(Warp warp) {
      long[] wides = warp.wides;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        LongVector value =
            LongVector.fromArray(SPECIES, wides, a + i)
                .and(LongVector.fromArray(SPECIES, wides, b + i));
        store(value, wides, target, i, warp.active);
      }
    }
  }

  /** {@code or}. */
  public static final class Or extends Binary {
    public Or(int target, int a, int b) {
      super(target, a, b);
    }

    @Override
    public void run(Warp warp) {
      long[] wides = warp.wides;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        LongVector value =
            LongVector.fromArray(SPECIES, wides, a + i)
                .or(LongVector.fromArray(SPECIES, wides, b + i));
        store(value, wides, target, i, warp.active);
      }
    }
  }

  /** {@code xor}. */
  public static final class Xor extends Binary {
    public Xor(int target, int a, int b) {
      super(target, a, b);
    }

    @Override
    public void run(Warp warp) {
      long[] wides = warp.wides;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        LongVector value =
            LongVector.fromArray(SPECIES, wides, a + i)
                .lanewise(VectorOperators.XOR, LongVector.fromArray(SPECIES, wides, b + i));
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
  public static final class MulWideSigned extends Binary {
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
  public static final class MulWideUnsigned extends Binary {
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

  /** {@code shl.b64}; amounts beyond 63 give 0. */
  public static final class ShiftLeft extends Binary {
    public ShiftLeft(int target, int a, int b) {
      super(target, a, b);
    }

    @Override
    public void run(Warp warp) {
      long[] wides = warp.wides;
      int[] words = warp.words;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        LongVector amount = unsigned(words, b + i);
        LongVector value =
            LongVector.fromArray(SPECIES, wides, a + i)
                .lanewise(VectorOperators.LSHL, amount)
                .blend(0, amount.compare(VectorOperators.GT, 63));
        store(value, wides, target, i, warp.active);
      }
    }
  }

  /** {@code shr.u64}; amounts beyond 63 give 0. */
  public static final class ShiftRightUnsigned extends Binary {
    public ShiftRightUnsigned(int target, int a, int b) {
      super(target, a, b);
    }

    @Override
    public void run(Warp warp) {
      long[] wides = warp.wides;
      int[] words = warp.words;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        LongVector amount = unsigned(words, b + i);
        LongVector value =
            LongVector.fromArray(SPECIES, wides, a + i)
                .lanewise(VectorOperators.LSHR, amount)
                .blend(0, amount.compare(VectorOperators.GT, 63));
        store(value, wides, target, i, warp.active);
      }
    }
  }

  /** {@code shr.s64}; amounts beyond 63 count as 63. */
  public static final class ShiftRightSigned extends Binary {
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
  public static final class MulHighSigned extends Binary {
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
  public static final class MulHighUnsigned extends Binary {
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
  public static final class Select extends Binary {
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
