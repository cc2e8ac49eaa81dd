package dev.kiln.runtime.sim.isa.vector;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.isa.Comparison;
import dev.kiln.runtime.sim.isa.lane.PredicateStep;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Comparisons of registers of 32 and 64 bits, each also as the step {@code setp}. Greater is less
 * with operands exchanged.
 */
public final class IntegerCompares {
  private IntegerCompares() {}

  /** A comparison that can be a step. */
  public abstract static class Compare extends Step implements Comparison {
    final int target;
    final int a;
    final int b;

    Compare(int target, int a, int b) {
      this.target = target;
      this.a = a;
      this.b = b;
    }
  }

  /**
   * Makes a comparison.
   *
   * @see Compare
   */
  @FunctionalInterface
  public interface Maker {
    /**
     * @param target index in {@code predicates}; not used if it does not run as a step
     */
    Compare make(int target, int a, int b);
  }

  /** a = b; 32 bits. */
  public static final class Equal32 extends Compare {
    public Equal32(int target, int a, int b) {
      super(target, a, b);
    }

    @Override
    public int lanes(Warp warp) {
      int[] words = warp.words;
      int lanes = 0;
      for (int i = 0; i < Warp.LANES; i += WordLanes.LENGTH) {
        IntVector second = IntVector.fromArray(WordLanes.SPECIES, words, b + i);
        lanes |=
            (int)
                    IntVector.fromArray(WordLanes.SPECIES, words, a + i)
                        .compare(VectorOperators.EQ, second)
                        .toLong()
                << i;
      }
      return lanes;
    }

    @Override
    public void run(Warp warp) {
      PredicateStep.set(warp, target, lanes(warp));
    }
  }

  /** a != b; 32 bits. */
  public static final class NotEqual32 extends Compare {
    public NotEqual32(int target, int a, int b) {
      super(target, a, b);
    }

    @Override
    public int lanes(Warp warp) {
      int[] words = warp.words;
      int lanes = 0;
      for (int i = 0; i < Warp.LANES; i += WordLanes.LENGTH) {
        IntVector second = IntVector.fromArray(WordLanes.SPECIES, words, b + i);
        lanes |=
            (int)
                    IntVector.fromArray(WordLanes.SPECIES, words, a + i)
                        .compare(VectorOperators.NE, second)
                        .toLong()
                << i;
      }
      return lanes;
    }

    @Override
    public void run(Warp warp) {
      PredicateStep.set(warp, target, lanes(warp));
    }
  }

  /** a &lt; b, signed; 32 bits. */
  public static final class Less32 extends Compare {
    public Less32(int target, int a, int b) {
      super(target, a, b);
    }

    @Override
    public int lanes(Warp warp) {
      int[] words = warp.words;
      int lanes = 0;
      for (int i = 0; i < Warp.LANES; i += WordLanes.LENGTH) {
        IntVector second = IntVector.fromArray(WordLanes.SPECIES, words, b + i);
        lanes |=
            (int)
                    IntVector.fromArray(WordLanes.SPECIES, words, a + i)
                        .compare(VectorOperators.LT, second)
                        .toLong()
                << i;
      }
      return lanes;
    }

    @Override
    public void run(Warp warp) {
      PredicateStep.set(warp, target, lanes(warp));
    }
  }

  /** a &lt;= b, signed; 32 bits. */
  public static final class LessOrEqual32 extends Compare {
    public LessOrEqual32(int target, int a, int b) {
      super(target, a, b);
    }

    @Override
    public int lanes(Warp warp) {
      int[] words = warp.words;
      int lanes = 0;
      for (int i = 0; i < Warp.LANES; i += WordLanes.LENGTH) {
        IntVector second = IntVector.fromArray(WordLanes.SPECIES, words, b + i);
        lanes |=
            (int)
                    IntVector.fromArray(WordLanes.SPECIES, words, a + i)
                        .compare(VectorOperators.LE, second)
                        .toLong()
                << i;
      }
      return lanes;
    }

    @Override
    public void run(Warp warp) {
      PredicateStep.set(warp, target, lanes(warp));
    }
  }

  /** a &lt; b, unsigned; 32 bits. */
  public static final class Below32 extends Compare {
    public Below32(int target, int a, int b) {
      super(target, a, b);
    }

    @Override
    public int lanes(Warp warp) {
      int[] words = warp.words;
      int lanes = 0;
      for (int i = 0; i < Warp.LANES; i += WordLanes.LENGTH) {
        IntVector second = IntVector.fromArray(WordLanes.SPECIES, words, b + i);
        lanes |=
            (int)
                    IntVector.fromArray(WordLanes.SPECIES, words, a + i)
                        .compare(VectorOperators.ULT, second)
                        .toLong()
                << i;
      }
      return lanes;
    }

    @Override
    public void run(Warp warp) {
      PredicateStep.set(warp, target, lanes(warp));
    }
  }

  /** a &lt;= b, unsigned; 32 bits. */
  public static final class BelowOrEqual32 extends Compare {
    public BelowOrEqual32(int target, int a, int b) {
      super(target, a, b);
    }

    @Override
    public int lanes(Warp warp) {
      int[] words = warp.words;
      int lanes = 0;
      for (int i = 0; i < Warp.LANES; i += WordLanes.LENGTH) {
        IntVector second = IntVector.fromArray(WordLanes.SPECIES, words, b + i);
        lanes |=
            (int)
                    IntVector.fromArray(WordLanes.SPECIES, words, a + i)
                        .compare(VectorOperators.ULE, second)
                        .toLong()
                << i;
      }
      return lanes;
    }

    @Override
    public void run(Warp warp) {
      PredicateStep.set(warp, target, lanes(warp));
    }
  }

  /** a = b; 64 bits. */
  public static final class Equal64 extends Compare {
    public Equal64(int target, int a, int b) {
      super(target, a, b);
    }

    @Override
    public int lanes(Warp warp) {
      long[] wides = warp.wides;
      int lanes = 0;
      for (int i = 0; i < Warp.LANES; i += WideLanes.LENGTH) {
        LongVector second = LongVector.fromArray(WideLanes.SPECIES, wides, b + i);
        lanes |=
            (int)
                    LongVector.fromArray(WideLanes.SPECIES, wides, a + i)
                        .compare(VectorOperators.EQ, second)
                        .toLong()
                << i;
      }
      return lanes;
    }

    @Override
    public void run(Warp warp) {
      PredicateStep.set(warp, target, lanes(warp));
    }
  }

  /** a != b; 64 bits. */
  public static final class NotEqual64 extends Compare {
    public NotEqual64(int target, int a, int b) {
      super(target, a, b);
    }

    @Override
    public int lanes(Warp warp) {
      long[] wides = warp.wides;
      int lanes = 0;
      for (int i = 0; i < Warp.LANES; i += WideLanes.LENGTH) {
        LongVector second = LongVector.fromArray(WideLanes.SPECIES, wides, b + i);
        lanes |=
            (int)
                    LongVector.fromArray(WideLanes.SPECIES, wides, a + i)
                        .compare(VectorOperators.NE, second)
                        .toLong()
                << i;
      }
      return lanes;
    }

    @Override
    public void run(Warp warp) {
      PredicateStep.set(warp, target, lanes(warp));
    }
  }

  /** a &lt; b, signed; 64 bits. */
  public static final class Less64 extends Compare {
    public Less64(int target, int a, int b) {
      super(target, a, b);
    }

    @Override
    public int lanes(Warp warp) {
      long[] wides = warp.wides;
      int lanes = 0;
      for (int i = 0; i < Warp.LANES; i += WideLanes.LENGTH) {
        LongVector second = LongVector.fromArray(WideLanes.SPECIES, wides, b + i);
        lanes |=
            (int)
                    LongVector.fromArray(WideLanes.SPECIES, wides, a + i)
                        .compare(VectorOperators.LT, second)
                        .toLong()
                << i;
      }
      return lanes;
    }

    @Override
    public void run(Warp warp) {
      PredicateStep.set(warp, target, lanes(warp));
    }
  }

  /** a &lt;= b, signed; 64 bits. */
  public static final class LessOrEqual64 extends Compare {
    public LessOrEqual64(int target, int a, int b) {
      super(target, a, b);
    }

    @Override
    public int lanes(Warp warp) {
      long[] wides = warp.wides;
      int lanes = 0;
      for (int i = 0; i < Warp.LANES; i += WideLanes.LENGTH) {
        LongVector second = LongVector.fromArray(WideLanes.SPECIES, wides, b + i);
        lanes |=
            (int)
                    LongVector.fromArray(WideLanes.SPECIES, wides, a + i)
                        .compare(VectorOperators.LE, second)
                        .toLong()
                << i;
      }
      return lanes;
    }

    @Override
    public void run(Warp warp) {
      PredicateStep.set(warp, target, lanes(warp));
    }
  }

  /** a &lt; b, unsigned; 64 bits. */
  public static final class Below64 extends Compare {
    public Below64(int target, int a, int b) {
      super(target, a, b);
    }

    @Override
    public int lanes(Warp warp) {
      long[] wides = warp.wides;
      int lanes = 0;
      for (int i = 0; i < Warp.LANES; i += WideLanes.LENGTH) {
        LongVector second = LongVector.fromArray(WideLanes.SPECIES, wides, b + i);
        lanes |=
            (int)
                    LongVector.fromArray(WideLanes.SPECIES, wides, a + i)
                        .compare(VectorOperators.ULT, second)
                        .toLong()
                << i;
      }
      return lanes;
    }

    @Override
    public void run(Warp warp) {
      PredicateStep.set(warp, target, lanes(warp));
    }
  }

  /** a &lt;= b, unsigned; 64 bits. */
  public static final class BelowOrEqual64 extends Compare {
    public BelowOrEqual64(int target, int a, int b) {
      super(target, a, b);
    }

    @Override
    public int lanes(Warp warp) {
      long[] wides = warp.wides;
      int lanes = 0;
      for (int i = 0; i < Warp.LANES; i += WideLanes.LENGTH) {
        LongVector second = LongVector.fromArray(WideLanes.SPECIES, wides, b + i);
        lanes |=
            (int)
                    LongVector.fromArray(WideLanes.SPECIES, wides, a + i)
                        .compare(VectorOperators.ULE, second)
                        .toLong()
                << i;
      }
      return lanes;
    }

    @Override
    public void run(Warp warp) {
      PredicateStep.set(warp, target, lanes(warp));
    }
  }
}
