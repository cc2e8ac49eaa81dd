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

  private static final OperatorTemplate<Step> ADD =
      binary(VectorOperators.ADD, RegisterOperation.Kind.ADD);
  private static final OperatorTemplate<Step> SUB =
      binary(VectorOperators.SUB, RegisterOperation.Kind.SUB);
  private static final OperatorTemplate<Step> MUL =
      binary(VectorOperators.MUL, RegisterOperation.Kind.MUL);
  private static final OperatorTemplate<Step> AND =
      binary(VectorOperators.AND, RegisterOperation.Kind.AND);
  private static final OperatorTemplate<Step> OR =
      binary(VectorOperators.OR, RegisterOperation.Kind.OR);
  private static final OperatorTemplate<Step> XOR = binary(VectorOperators.XOR, null);
  private static final OperatorTemplate<Step> MIN = binary(VectorOperators.MIN, null);
  private static final OperatorTemplate<Step> MAX = binary(VectorOperators.MAX, null);
  private static final OperatorTemplate<Step> UMIN = binary(VectorOperators.UMIN, null);
  private static final OperatorTemplate<Step> UMAX = binary(VectorOperators.UMAX, null);
  private static final OperatorTemplate<Step> NOT = unary(VectorOperators.NOT);
  private static final OperatorTemplate<Step> NEG = unary(VectorOperators.NEG);
  private static final OperatorTemplate<Step> ABS = unary(VectorOperators.ABS);
  private static final OperatorTemplate<Step> POPC = unary(VectorOperators.BIT_COUNT);
  private static final OperatorTemplate<Step> SHL = shift(VectorOperators.LSHL);
  private static final OperatorTemplate<Step> SHR = shift(VectorOperators.LSHR);

  private static OperatorTemplate<Step> binary(
      VectorOperators.Binary operator, RegisterOperation.Kind kind) {
    return new OperatorTemplate<>(
        Step.class, WordBinary.class, new WordBinary.Operator(operator, kind));
  }

  private static OperatorTemplate<Step> unary(VectorOperators.Unary operator) {
    return new OperatorTemplate<>(Step.class, WordUnary.class, operator);
  }

  private static OperatorTemplate<Step> shift(VectorOperators.Binary operator) {
    return new OperatorTemplate<>(Step.class, WordShift.class, operator);
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

  /** {@code min.s32}. */
  public static Step minSigned(int target, int a, int b) {
    return MIN.make(target, a, b);
  }

  /** {@code max.s32}. */
  public static Step maxSigned(int target, int a, int b) {
    return MAX.make(target, a, b);
  }

  /** {@code min.u32}. */
  public static Step minUnsigned(int target, int a, int b) {
    return UMIN.make(target, a, b);
  }

  /** {@code max.u32}. */
  public static Step maxUnsigned(int target, int a, int b) {
    return UMAX.make(target, a, b);
  }

  /** {@code not}. */
  public static Step not(int target, int a) {
    return NOT.make(target, a);
  }

  /** {@code neg.s32}. */
  public static Step neg(int target, int a) {
    return NEG.make(target, a);
  }

  /** {@code abs.s32}. */
  public static Step abs(int target, int a) {
    return ABS.make(target, a);
  }

  /** {@code popc.b32}. */
  public static Step popc(int target, int a) {
    return POPC.make(target, a);
  }

  /** {@code shl.b32}; amounts beyond 31 give 0. */
  public static Step shiftLeft(int target, int a, int b) {
    return SHL.make(target, a, b);
  }

  /** {@code shr.u32}; amounts beyond 31 give 0. */
  public static Step shiftRightUnsigned(int target, int a, int b) {
    return SHR.make(target, a, b);
  }

  /** {@code mad.lo}. */
  public static final class Mad extends TernaryStep implements RegisterStep {
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

  /** {@code shr.s32}; amounts beyond 31 count as 31. */
  public static final class ShiftRightSigned extends BinaryStep {
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
  public static final class FunnelLeftWrap extends TernaryStep {
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
  public static final class FunnelRightWrap extends TernaryStep {
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
  public static final class Copy extends UnaryStep implements RegisterStep {
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
