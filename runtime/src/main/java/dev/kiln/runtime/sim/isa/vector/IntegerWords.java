package dev.kiln.runtime.sim.isa.vector;

import static dev.kiln.runtime.sim.isa.vector.WordLanes.LENGTH;
import static dev.kiln.runtime.sim.isa.vector.WordLanes.SPECIES;
import static dev.kiln.runtime.sim.isa.vector.WordLanes.store;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Instructions on registers of 32 bits. */
public final class IntegerWords {
  private IntegerWords() {}

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
  public static final class Add extends Binary implements RegisterStep {
    public Add(int target, int a, int b) {
      super(target, a, b);
    }

    @Override
    public RegisterOperation operation() {
      return new RegisterOperation(RegisterOperation.Kind.ADD, target, a, b, b);
    }

    @Override
    public void run(Warp warp) {
      int[] words = warp.words;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        IntVector value =
            IntVector.fromArray(SPECIES, words, a + i)
                .add(IntVector.fromArray(SPECIES, words, b + i));
        store(value, words, target, i, warp.active);
      }
    }
  }

  /** {@code sub}. */
  public static final class Sub extends Binary implements RegisterStep {
    public Sub(int target, int a, int b) {
      super(target, a, b);
    }

    @Override
    public RegisterOperation operation() {
      return new RegisterOperation(RegisterOperation.Kind.SUB, target, a, b, b);
    }

    @Override
    public void run(Warp warp) {
      int[] words = warp.words;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        IntVector value =
            IntVector.fromArray(SPECIES, words, a + i)
                .sub(IntVector.fromArray(SPECIES, words, b + i));
        store(value, words, target, i, warp.active);
      }
    }
  }

  /** {@code mul.lo}. */
  public static final class Mul extends Binary implements RegisterStep {
    public Mul(int target, int a, int b) {
      super(target, a, b);
    }

    @Override
    public RegisterOperation operation() {
      return new RegisterOperation(RegisterOperation.Kind.MUL, target, a, b, b);
    }

    @Override
    public void run(Warp warp) {
      int[] words = warp.words;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        IntVector value =
            IntVector.fromArray(SPECIES, words, a + i)
                .mul(IntVector.fromArray(SPECIES, words, b + i));
        store(value, words, target, i, warp.active);
      }
    }
  }

  /** {@code mad.lo}. */
  public static final class Mad extends Ternary implements RegisterStep {
    public Mad(int target, int a, int b, int c) {
      super(target, a, b, c);
    }

    @Override
    public RegisterOperation operation() {
      return new RegisterOperation(RegisterOperation.Kind.MAD, target, a, b, c);
    }

    @Override
    public void run(Warp warp) {
      int[] words = warp.words;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        IntVector value =
            IntVector.fromArray(SPECIES, words, a + i)
                .mul(IntVector.fromArray(SPECIES, words, b + i))
                .add(IntVector.fromArray(SPECIES, words, c + i));
        store(value, words, target, i, warp.active);
      }
    }
  }

  /** {@code and}. */
  public static final class And extends Binary implements RegisterStep {
    public And(int target, int a, int b) {
      super(target, a, b);
    }

    @Override
    public RegisterOperation operation() {
      return new RegisterOperation(RegisterOperation.Kind.AND, target, a, b, b);
    }

    @Override
    public void run(Warp warp) {
      int[] words = warp.words;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        IntVector value =
            IntVector.fromArray(SPECIES, words, a + i)
                .and(IntVector.fromArray(SPECIES, words, b + i));
        store(value, words, target, i, warp.active);
      }
    }
  }

  /** {@code or}. */
  public static final class Or extends Binary implements RegisterStep {
    public Or(int target, int a, int b) {
      super(target, a, b);
    }

    @Override
    public RegisterOperation operation() {
      return new RegisterOperation(RegisterOperation.Kind.OR, target, a, b, b);
    }

    @Override
    public void run(Warp warp) {
      int[] words = warp.words;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        IntVector value =
            IntVector.fromArray(SPECIES, words, a + i)
                .or(IntVector.fromArray(SPECIES, words, b + i));
        store(value, words, target, i, warp.active);
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
      int[] words = warp.words;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        IntVector value =
            IntVector.fromArray(SPECIES, words, a + i)
                .lanewise(VectorOperators.XOR, IntVector.fromArray(SPECIES, words, b + i));
        store(value, words, target, i, warp.active);
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
      int[] words = warp.words;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        IntVector value = IntVector.fromArray(SPECIES, words, a + i).not();
        store(value, words, target, i, warp.active);
      }
    }
  }

  /** {@code neg.s32}. */
  public static final class Neg extends Unary {
    public Neg(int target, int a) {
      super(target, a);
    }

    @Override
    public void run(Warp warp) {
      int[] words = warp.words;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        IntVector value = IntVector.fromArray(SPECIES, words, a + i).neg();
        store(value, words, target, i, warp.active);
      }
    }
  }

  /** {@code abs.s32}. */
  public static final class Abs extends Unary {
    public Abs(int target, int a) {
      super(target, a);
    }

    @Override
    public void run(Warp warp) {
      int[] words = warp.words;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        IntVector value = IntVector.fromArray(SPECIES, words, a + i).abs();
        store(value, words, target, i, warp.active);
      }
    }
  }

  /** {@code popc.b32}. */
  public static final class Popc extends Unary {
    public Popc(int target, int a) {
      super(target, a);
    }

    @Override
    public void run(Warp warp) {
      int[] words = warp.words;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        IntVector value =
            IntVector.fromArray(SPECIES, words, a + i).lanewise(VectorOperators.BIT_COUNT);
        store(value, words, target, i, warp.active);
      }
    }
  }

  /** {@code min.s32}. */
  public static final class MinSigned extends Binary {
    public MinSigned(int target, int a, int b) {
      super(target, a, b);
    }

    @Override
    public void run(Warp warp) {
      int[] words = warp.words;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        IntVector value =
            IntVector.fromArray(SPECIES, words, a + i)
                .min(IntVector.fromArray(SPECIES, words, b + i));
        store(value, words, target, i, warp.active);
      }
    }
  }

  /** {@code max.s32}. */
  public static final class MaxSigned extends Binary {
    public MaxSigned(int target, int a, int b) {
      super(target, a, b);
    }

    @Override
    public void run(Warp warp) {
      int[] words = warp.words;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        IntVector value =
            IntVector.fromArray(SPECIES, words, a + i)
                .max(IntVector.fromArray(SPECIES, words, b + i));
        store(value, words, target, i, warp.active);
      }
    }
  }

  /** {@code min.u32}. */
  public static final class MinUnsigned extends Binary {
    public MinUnsigned(int target, int a, int b) {
      super(target, a, b);
    }

    @Override
    public void run(Warp warp) {
      int[] words = warp.words;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        IntVector value =
            IntVector.fromArray(SPECIES, words, a + i)
                .lanewise(VectorOperators.UMIN, IntVector.fromArray(SPECIES, words, b + i));
        store(value, words, target, i, warp.active);
      }
    }
  }

  /** {@code max.u32}. */
  public static final class MaxUnsigned extends Binary {
    public MaxUnsigned(int target, int a, int b) {
      super(target, a, b);
    }

    @Override
    public void run(Warp warp) {
      int[] words = warp.words;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        IntVector value =
            IntVector.fromArray(SPECIES, words, a + i)
                .lanewise(VectorOperators.UMAX, IntVector.fromArray(SPECIES, words, b + i));
        store(value, words, target, i, warp.active);
      }
    }
  }

  /** {@code shl.b32}; amounts beyond 31 give 0. */
  public static final class ShiftLeft extends Binary {
    public ShiftLeft(int target, int a, int b) {
      super(target, a, b);
    }

    @Override
    public void run(Warp warp) {
      int[] words = warp.words;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        IntVector amount = IntVector.fromArray(SPECIES, words, b + i);
        IntVector value =
            IntVector.fromArray(SPECIES, words, a + i)
                .lanewise(VectorOperators.LSHL, amount)
                .blend(0, amount.compare(VectorOperators.UGE, 32));
        store(value, words, target, i, warp.active);
      }
    }
  }

  /** {@code shr.u32}; amounts beyond 31 give 0. */
  public static final class ShiftRightUnsigned extends Binary {
    public ShiftRightUnsigned(int target, int a, int b) {
      super(target, a, b);
    }

    @Override
    public void run(Warp warp) {
      int[] words = warp.words;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        IntVector amount = IntVector.fromArray(SPECIES, words, b + i);
        IntVector value =
            IntVector.fromArray(SPECIES, words, a + i)
                .lanewise(VectorOperators.LSHR, amount)
                .blend(0, amount.compare(VectorOperators.UGE, 32));
        store(value, words, target, i, warp.active);
      }
    }
  }

  /** {@code shr.s32}; amounts beyond 31 count as 31. */
  public static final class ShiftRightSigned extends Binary {
    public ShiftRightSigned(int target, int a, int b) {
      super(target, a, b);
    }

    @Override
    public void run(Warp warp) {
      int[] words = warp.words;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        IntVector value =
            IntVector.fromArray(SPECIES, words, a + i)
                .lanewise(
                    VectorOperators.ASHR,
                    IntVector.fromArray(SPECIES, words, b + i).lanewise(VectorOperators.UMIN, 31));
        store(value, words, target, i, warp.active);
      }
    }
  }

  /** {@code shf.l.wrap}. */
  public static final class FunnelLeftWrap extends Ternary {
    public FunnelLeftWrap(int target, int a, int b, int c) {
      super(target, a, b, c);
    }

    @Override
    public void run(Warp warp) {
      int[] words = warp.words;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        IntVector n = IntVector.fromArray(SPECIES, words, c + i);
        IntVector value =
            IntVector.fromArray(SPECIES, words, b + i)
                .lanewise(VectorOperators.LSHL, n)
                .or(
                    IntVector.fromArray(SPECIES, words, a + i)
                        .lanewise(VectorOperators.LSHR, 1)
                        .lanewise(VectorOperators.LSHR, n.not()));
        store(value, words, target, i, warp.active);
      }
    }
  }

  /** {@code shf.r.wrap}: shifts take amounts modulo 32, and {@code ~n} is then {@code 31 - n}. */
  public static final class FunnelRightWrap extends Ternary {
    public FunnelRightWrap(int target, int a, int b, int c) {
      super(target, a, b, c);
    }

    @Override
    public void run(Warp warp) {
      int[] words = warp.words;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        IntVector n = IntVector.fromArray(SPECIES, words, c + i);
        IntVector value =
            IntVector.fromArray(SPECIES, words, a + i)
                .lanewise(VectorOperators.LSHR, n)
                .or(
                    IntVector.fromArray(SPECIES, words, b + i)
                        .lanewise(VectorOperators.LSHL, 1)
                        .lanewise(VectorOperators.LSHL, n.not()));
        store(value, words, target, i, warp.active);
      }
    }
  }

  /** {@code mov}. */
  public static final class Copy extends Unary implements RegisterStep {
    public Copy(int target, int a) {
      super(target, a);
    }

    @Override
    public RegisterOperation operation() {
      return new RegisterOperation(RegisterOperation.Kind.COPY, target, a, a, a);
    }

    @Override
    public void run(Warp warp) {
      int[] words = warp.words;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        IntVector value = IntVector.fromArray(SPECIES, words, a + i);
        store(value, words, target, i, warp.active);
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
      int[] words = warp.words;
      int chosen = warp.predicates[predicate] ^ flip;
      for (int i = 0; i < Warp.LANES; i += LENGTH) {
        VectorMask<Integer> first = VectorMask.fromLong(SPECIES, chosen >>> i & (1L << LENGTH) - 1);
        IntVector value =
            IntVector.fromArray(SPECIES, words, b + i)
                .blend(IntVector.fromArray(SPECIES, words, a + i), first);
        store(value, words, target, i, warp.active);
      }
    }
  }
}
