package dev.kiln.compiler.jvm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.UnaryKind;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.loop.LaneStmt;
import dev.kiln.compiler.loop.LoopStmt;
import dev.kiln.compiler.loop.TileRef;
import dev.kiln.compiler.numeric.SpecialFunctions;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The transcendental functions of {@code fp32} against double precision. */
class MathExpansionTest {
  private static final Location LOC = Location.UNKNOWN;
  private static final int BLOCK = 1 << 18;

  /** More than any tolerance. */
  private static final double WRONG = 9;

  /** The functions, what they are in double precision, and the error that they may have. */
  enum Function {
    EXP(UnaryKind.EXP, StrictMath::exp, 1.1),
    EXP2(UnaryKind.EXP2, SpecialFunctions::exp2, 1.3),
    LOG(UnaryKind.LOG, StrictMath::log, 1.1),
    LOG2(UnaryKind.LOG2, SpecialFunctions::log2, 1.9),
    SIN(UnaryKind.SIN, StrictMath::sin, 1.9),
    COS(UnaryKind.COS, StrictMath::cos, 1.9),
    TANH(UnaryKind.TANH, StrictMath::tanh, 1.9),
    ERF(UnaryKind.ERF, SpecialFunctions::erf, 1.5),
    // A division of a square root: each rounds by half a unit, the former in the latter's binade or
    // the next.
    RSQRT(UnaryKind.RSQRT, x -> 1 / Math.sqrt(x), 1.5);

    private final UnaryKind kind;
    private final DoubleUnaryOperator exact;
    private final double tolerance;

    Function(UnaryKind kind, DoubleUnaryOperator exact, double tolerance) {
      this.kind = kind;
      this.exact = exact;
      this.tolerance = tolerance;
    }
  }

  @ParameterizedTest
  @EnumSource
  void isExactToItsToleranceOnSampledArguments(Function function) {
    // An odd stride meets every exponent and, over them, every low bit.
    sweep(function, 4093);
  }

  /**
   * One argument of 37; {@code -Dkiln.sweep=1} takes all of them, which is a matter of half an
   * hour.
   */
  @Tag("slow")
  @ParameterizedTest
  @EnumSource
  void isExactToItsToleranceOnManyArguments(Function function) {
    sweep(function, Integer.getInteger("kiln.sweep", 37));
  }

  private static void sweep(Function function, int stride) {
    try (var runner = new KernelRunner()) {
      Value in = runner.buffer(DType.FP32, BLOCK);
      Value out = runner.buffer(DType.FP32, BLOCK);
      GeneratedClass generated =
          ClassFileEmitter.emit(
              runner.kernel(List.of(kernel(function.kind, in, out)), 0), new EmissionOptions(512));
      ProgramBody body = generated.define();
      double worst = 0;
      float worstAt = 0;
      for (long start = 0; start < 1L << 32; start += (long) BLOCK * stride) {
        for (int i = 0; i < BLOCK; i++) {
          runner.setBits(in, i, start + (long) i * stride);
        }
        runner.run(body, generated.scratchBytes());
        for (int i = 0; i < BLOCK; i++) {
          float x = runner.floatAt(in, i);
          double error = error(runner.floatAt(out, i), function.exact.applyAsDouble(x));
          if (error > worst) {
            worst = error;
            worstAt = x;
          }
        }
      }
      assertThat(worst)
          .as("%s of %s, error in units of the last place", function, worstAt)
          .isLessThanOrEqualTo(function.tolerance);
    }
  }

  private static LoopStmt kernel(UnaryKind kind, Value in, Value out) {
    Value x = new Value(Type.scalar(DType.FP32));
    Value y = new Value(Type.scalar(DType.FP32));
    return new LoopStmt.Nest(
        LOC,
        Shape.of(BLOCK),
        List.of(
            new LaneStmt.Load(LOC, x, ref(in), LaneStmt.Mask.ALL, Optional.empty()),
            new LaneStmt.Compute(new ElementwiseOp.Unary(LOC, y, kind, x)),
            new LaneStmt.Store(LOC, ref(out), y, LaneStmt.Mask.ALL)));
  }

  private static TileRef ref(Value buffer) {
    return new TileRef(DType.FP32, new TileRef.Global(buffer), List.of(new TileRef.Fixed(1)));
  }

  /** In units of the last place of the exact result. */
  private static double error(float actual, double exact) {
    float nearest = (float) exact;
    if (actual != actual || exact != exact) {
      return actual != actual && exact != exact ? 0 : WRONG;
    }
    if (actual == nearest) {
      boolean signAgrees =
          actual != 0 || Float.floatToRawIntBits(actual) == Float.floatToRawIntBits(nearest);
      boolean isInfinite = Float.isInfinite(nearest);
      return !signAgrees ? WRONG : isInfinite ? 0 : Math.abs(actual - exact) / Math.ulp(nearest);
    }
    if (Float.isInfinite(nearest) || Float.isInfinite(actual)) {
      // Just beyond the range either way.
      return Math.abs(exact) > Float.MAX_VALUE / 2 && Math.abs(exact) < 0x1.00001p128 ? 1 : WRONG;
    }
    return Math.abs(actual - exact) / Math.ulp(nearest);
  }
}
