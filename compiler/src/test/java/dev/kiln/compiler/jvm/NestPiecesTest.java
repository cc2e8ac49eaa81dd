package dev.kiln.compiler.jvm;

import static dev.kiln.compiler.jvm.NestBuilder.below;
import static dev.kiln.compiler.jvm.NestBuilder.bounds;
import static dev.kiln.compiler.jvm.NestBuilder.global;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.UnaryKind;
import dev.kiln.compiler.ir.Value;
import java.lang.classfile.ClassFile;
import java.lang.classfile.attribute.CodeAttribute;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Nests that are too long for one method. */
class NestPiecesTest {
  /** Each addition of vectors is some twenty operations, twice. */
  @ParameterizedTest
  @CsvSource({
    "0, 20",
    "0, 3000",
    "128, 20",
    "128, 45",
    "128, 60",
    "128, 400",
    "512, 20",
    "512, 60",
    "512, 400"
  })
  void longNestsComputeWhatShortOnesDo(int simdBits, int additions) {
    try (var runner = new KernelRunner()) {
      int n = 64;
      Value in = runner.buffer(DType.FP16, n);
      Value out = runner.buffer(DType.FP16, n);
      for (int i = 0; i < n; i++) {
        runner.setBits(in, i, Float.floatToFloat16(0.3f * i - 7));
      }
      Value end = runner.scalar(DType.I32, 57);
      var nest = new NestBuilder(n);
      Value x = nest.load(global(in, 1), bounds(below(0, end)), null);
      Value sum = x;
      for (int i = 0; i < additions; i++) {
        sum = nest.binary(BinaryKind.ADD, sum, x);
      }
      nest.store(global(out, 1), sum);
      var kernel = runner.kernel(List.of(nest.build()), 0);
      GeneratedClass generated = ClassFileEmitter.emit(kernel, new EmissionOptions(simdBits));
      assertThat(largestMethod(generated)).isLessThan(8000);
      runner.run(generated.define(), generated.scratchBytes());
      for (int i = 0; i < n; i++) {
        short expected = sum(i < 57 ? 0.3f * i - 7 : 0, additions);
        assertThat(runner.bits(out, i)).as("element %d", i).isEqualTo(expected);
      }
    }
  }

  /** The widened number is another name of the narrow one, which crosses the cuts. */
  @ParameterizedTest
  @ValueSource(ints = {128, 256, 512})
  void widenedNumbersStayWideBehindACut(int simdBits) {
    assertThat(longChain(simdBits)).isEqualTo(longChain(0));
  }

  private static List<Long> longChain(int simdBits) {
    try (var runner = new KernelRunner()) {
      int n = 32;
      Value in = runner.buffer(DType.FP16, n);
      Value out = runner.buffer(DType.FP32, n);
      for (int i = 0; i < n; i++) {
        runner.setBits(in, i, Float.floatToFloat16(0.1f * i - 1));
      }
      var nest = new NestBuilder(n);
      Value x = nest.cast(CastKind.FPEXT, DType.FP32, nest.load(global(in, 1)));
      Value sum = x;
      for (int i = 0; i < 40; i++) {
        sum = nest.binary(BinaryKind.SUB, nest.unary(UnaryKind.EXP2, x), sum);
        sum = nest.unary(UnaryKind.TANH, sum);
      }
      nest.store(global(out, 1), sum);
      var kernel = runner.kernel(List.of(nest.build()), 0);
      GeneratedClass generated = ClassFileEmitter.emit(kernel, new EmissionOptions(simdBits));
      assertThat(largestMethod(generated)).isLessThan(8000);
      runner.run(generated.define(), generated.scratchBytes());
      return IntStream.range(0, n).mapToObj(i -> (long) runner.bits(out, i)).toList();
    }
  }

  private static short sum(float element, int additions) {
    float x = Float.float16ToFloat(Float.floatToFloat16(element));
    float sum = x;
    for (int i = 0; i < additions; i++) {
      sum = Float.float16ToFloat(Float.floatToFloat16(sum + x));
    }
    return Float.floatToFloat16(sum);
  }

  private static int largestMethod(GeneratedClass generated) {
    return ClassFile.of().parse(generated.bytes()).methods().stream()
        .flatMap(m -> m.code().stream())
        .mapToInt(c -> ((CodeAttribute) c).codeLength())
        .max()
        .orElseThrow();
  }
}
