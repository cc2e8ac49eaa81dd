package dev.kiln.runtime.sim.isa.vector;

import static dev.kiln.runtime.sim.isa.vector.WideLanes.LENGTH;
import static dev.kiln.runtime.sim.isa.vector.WideLanes.SPECIES;
import static dev.kiln.runtime.sim.isa.vector.WideLanes.store;
import static dev.kiln.runtime.sim.isa.vector.WideLanes.unsigned;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
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
  private static final Map<WideningProduct.Operator, OperatorTemplate<Step>> PRODUCTS =
      new ConcurrentHashMap<>();

  private static OperatorTemplate<Step> binary(VectorOperators.Binary operator) {
    return new OperatorTemplate<>(Step.class, WideBinary.class, operator);
  }

  private static OperatorTemplate<Step> shift(VectorOperators.Binary operator) {
    return new OperatorTemplate<>(Step.class, WideShift.class, operator);
  }

  private static Step product(
      WideningProduct.Part part, boolean signed, int target, int a, int b, int c) {
    return PRODUCTS
        .computeIfAbsent(
            new WideningProduct.Operator(part, signed),
            operator -> new OperatorTemplate<>(Step.class, WideningProduct.class, operator))
        .make(target, a, b, c);
  }

  /** {@code mul.wide.s32} and {@code mul.wide.u32}. */
  public static Step mulWide(boolean signed, int target, int a, int b) {
    return product(WideningProduct.Part.ALL, signed, target, a, b, 0);
  }

  /** {@code mad.wide.s32} and {@code mad.wide.u32}; c is a register of 64 bits. */
  public static Step madWide(boolean signed, int target, int a, int b, int c) {
    return product(WideningProduct.Part.ALL_AND_ADDEND, signed, target, a, b, c);
  }

  /** {@code mul.hi.s32} and {@code mul.hi.u32}; the target is a register of 32 bits. */
  public static Step mulHigh(boolean signed, int target, int a, int b) {
    return product(WideningProduct.Part.HIGH, signed, target, a, b, 0);
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

  /** {@code mad.lo}. */
  public static final class Mad extends TernaryStep {
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
  public static final class Not extends UnaryStep {
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
  public static final class Copy extends UnaryStep {
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
