package dev.kiln.compiler.jvm;

import static dev.kiln.compiler.jvm.NestBuilder.LOC;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.UnaryKind;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.loop.LoopStmt;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Scalar code that is too long for one method. */
class DriverPiecesTest {
  /** So many additions fill several methods. */
  private static final int ADDITIONS = 20_000;

  @ParameterizedTest
  @EnumSource(
      value = UnaryKind.class,
      names = {"EXP", "EXP2", "LOG", "LOG2", "SIN", "COS", "TANH", "ERF", "RSQRT"})
  void functionOfTheFirstMethodIsKnownInTheLast(UnaryKind kind) {
    try (var runner = new KernelRunner()) {
      Value in = runner.buffer(DType.FP32, 1);
      Value out = runner.buffer(DType.FP32, 2);
      runner.setFloat(in, 0, 0.75f);
      var body = new ArrayList<LoopStmt>();
      Value x = NestBuilder.value(DType.FP32);
      body.add(new LoopStmt.ReadElement(LOC, x, NestBuilder.global(in)));
      Value y = NestBuilder.value(DType.FP32);
      body.add(new LoopStmt.Scalar(new ElementwiseOp.Unary(LOC, y, kind, x)));
      body.add(new LoopStmt.WriteElement(LOC, NestBuilder.global(out), y));
      Value sum = additions(body, x);
      Value last = NestBuilder.value(DType.FP32);
      body.add(new LoopStmt.Scalar(binary(BinaryKind.MUL, last, sum, y)));
      Value second = runner.buffer(DType.FP32, 1);
      body.add(new LoopStmt.WriteElement(LOC, NestBuilder.global(second), last));
      runner.run(body, 0, EmissionOptions.SCALAR);
      float function = runner.floatAt(out, 0);
      assertThat(function).isFinite().isNotZero();
      assertThat(runner.floatAt(second, 0)).isEqualTo(expectedSum() * function);
    }
  }

  @Test
  void loopOverLongBodyUsesFunctionFromBefore() {
    try (var runner = new KernelRunner()) {
      Value in = runner.buffer(DType.FP32, 1);
      Value out = runner.buffer(DType.FP32, 1);
      Value trips = runner.scalar(DType.I32, 3);
      Value zero = runner.scalar(DType.I32, 0);
      Value one = runner.scalar(DType.I32, 1);
      var inner = new ArrayList<LoopStmt>();
      Value x = NestBuilder.value(DType.FP32);
      Value y = NestBuilder.value(DType.FP32);
      Value carried = NestBuilder.value(DType.FP32);
      additions(inner, x);
      Value next = NestBuilder.value(DType.FP32);
      inner.add(new LoopStmt.Scalar(binary(BinaryKind.MUL, next, carried, y)));
      Value result = NestBuilder.value(DType.FP32);
      runner.setFloat(in, 0, 0.75f);
      runner.run(
          List.of(
              new LoopStmt.ReadElement(LOC, x, NestBuilder.global(in)),
              new LoopStmt.Scalar(new ElementwiseOp.Unary(LOC, y, UnaryKind.EXP2, x)),
              new LoopStmt.For(
                  LOC,
                  NestBuilder.value(DType.I32),
                  false,
                  zero,
                  trips,
                  one,
                  List.of(y),
                  List.of(carried),
                  inner,
                  List.of(next),
                  List.of(result)),
              new LoopStmt.WriteElement(LOC, NestBuilder.global(out), result)),
          0,
          EmissionOptions.SCALAR);
      // (2^0.75)^4
      assertThat(runner.floatAt(out, 0)).isBetween(7.9999f, 8.0001f);
    }
  }

  private static Value additions(List<LoopStmt> body, Value x) {
    Value sum = x;
    for (int i = 0; i < ADDITIONS; i++) {
      Value next = NestBuilder.value(DType.FP32);
      body.add(new LoopStmt.Scalar(binary(BinaryKind.ADD, next, sum, x)));
      sum = next;
    }
    return sum;
  }

  private static float expectedSum() {
    float sum = 0.75f;
    for (int i = 0; i < ADDITIONS; i++) {
      sum += 0.75f;
    }
    return sum;
  }

  private static ElementwiseOp binary(BinaryKind kind, Value result, Value left, Value right) {
    return new ElementwiseOp.Binary(LOC, result, kind, left, right);
  }
}
