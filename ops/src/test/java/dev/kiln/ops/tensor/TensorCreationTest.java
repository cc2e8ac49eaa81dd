package dev.kiln.ops.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Devices;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorCreationTest {
  private final Context context = new Context(Devices.cpu(), 3);

  @AfterEach
  void close() {
    context.close();
  }

  @Test
  void rangesHaveBothTheirEndsRight() {
    assertThat(context.arange(DType.I32, 4).toLongs()).containsExactly(0, 1, 2, 3);
    assertThat(context.arange(DType.FP32, 1, 2, 0.25).toDoubles())
        .containsExactly(1, 1.25, 1.5, 1.75);
    assertThat(context.arange(DType.I64, 3, 0, -2).toLongs()).containsExactly(3, 1);
    assertThat(context.linspace(DType.FP64, -1, 1, 5).toDoubles())
        .containsExactly(-1, -0.5, 0, 0.5, 1);
    assertThat(context.linspace(DType.FP32, 2, 3, 1).toDoubles()).containsExactly(2);
    assertThat(context.eye(DType.FP16, 2).toDoubles()).containsExactly(1, 0, 0, 1);
    assertThat(context.full(DType.BF16, 3, 2, 1).toDoubles()).containsExactly(3, 3);
    assertThat(context.full(DType.I1, 1, 2).toDoubles()).containsExactly(1, 1);
    assertThat(context.full(DType.FP32, 1, 0).size()).isZero();
  }

  @Test
  void randomNumbersDependOnTheSeedAndWhatWasDrawn() {
    Tensor first = context.randn(DType.FP32, 3, 4);
    Tensor second = context.randn(DType.FP32, 3, 4);
    assertThat(context.random().offset()).isEqualTo(24);
    assertThat(second.toFloats()).isNotEqualTo(first.toFloats());
    context.random().restore(3, 12);
    assertThat(context.randn(DType.FP32, 3, 4).toFloats()).isEqualTo(second.toFloats());
    try (var other = new Context(Devices.byName("eval"), 3)) {
      assertThat(other.randn(DType.FP32, 3, 4).toFloats()).isEqualTo(first.toFloats());
    }
  }

  @Test
  void distributionsHaveTheirMoments() {
    int n = 20_000;
    double[] normal = context.randn(DType.FP64, n).toDoubles();
    assertThat(mean(normal)).isEqualTo(0, within(0.03));
    assertThat(variance(normal)).isEqualTo(1, within(0.04));
    double[] uniform = context.uniform(DType.FP64, -1, 3, n).toDoubles();
    assertThat(Arrays.stream(uniform)).allMatch(x -> x >= -1 && x < 3);
    assertThat(mean(uniform)).isEqualTo(1, within(0.03));
    assertThat(variance(uniform)).isEqualTo(16.0 / 12, within(0.04));
    assertThat(mean(context.bernoulli(DType.FP32, 0.3, n).toDoubles()))
        .isEqualTo(0.3, within(0.01));
    long[] dice = context.randint(1, 7, n).toLongs();
    for (long face = 1; face <= 6; face++) {
      long expected = face;
      assertThat(Arrays.stream(dice).filter(x -> x == expected).count() / (double) n)
          .isEqualTo(1.0 / 6, within(0.01));
    }
    assertThat(Arrays.stream(dice)).allMatch(x -> x >= 1 && x <= 6);
  }

  private static double mean(double[] x) {
    return Arrays.stream(x).average().orElseThrow();
  }

  private static double variance(double[] x) {
    double mean = mean(x);
    return Arrays.stream(x).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
  }

  @Test
  void permutationsHoldEachNumberOnce() {
    long[] order = context.randperm(50).toLongs();
    assertThat(order).isNotEqualTo(context.arange(DType.I64, 50).toLongs());
    Arrays.sort(order);
    assertThat(order).containsExactly(context.arange(DType.I64, 50).toLongs());
  }

  @Test
  void multinomialDrawsByWeight() {
    Tensor weights = context.of(new float[] {1, 0, 3, 0, 0, 5}, 2, 3);
    long[] drawn = context.multinomial(weights, 4000, true).toLongs();
    long twos = Arrays.stream(drawn, 0, 4000).filter(i -> i == 2).count();
    assertThat(Arrays.stream(drawn, 0, 4000)).allMatch(i -> i != 1);
    assertThat(twos / 4000.0).isEqualTo(0.75, within(0.03));
    assertThat(Arrays.stream(drawn, 4000, 8000)).allMatch(i -> i == 2);
    Tensor three = context.of(new float[] {1, 2, 3});
    assertThat(context.multinomial(three, 3, false).toLongs()).containsExactlyInAnyOrder(0, 1, 2);
    assertThatThrownBy(() -> context.multinomial(three, 4, false))
        .hasMessageContaining("too few weights above 0");
  }

  @Test
  void npyFilesComeBackAsTheyWere(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("x.npy");
    Tensor x = context.of(DType.FP16, new double[] {1, 2, 3, 4, 5, 6}, 2, 3);
    x.transpose(0, 1).save(file);
    Tensor y = context.load(file);
    assertThat(y.dtype()).isEqualTo(DType.FP16);
    assertThat(y.shape()).containsExactly(3, 2);
    assertThat(y.toDoubles()).containsExactly(1, 4, 2, 5, 3, 6);
    assertThatThrownBy(() -> x.to(DType.BF16).save(file)).hasMessage("npy has no dtype bf16");
    Files.writeString(file, "nonsense");
    assertThatThrownBy(() -> context.load(file)).hasMessageContaining("is no .npy file");
    assertThatThrownBy(() -> context.load(folder.resolve("none.npy")))
        .hasMessageContaining("no such file");
  }

  @Test
  void tensorsGoToOtherContexts() {
    try (var other = new Context(Devices.byName("eval"), 1)) {
      Tensor x = context.of(new float[] {1, 2, 3, 4}, 2, 2);
      Tensor y = x.transpose(0, 1).to(other);
      assertThat(y.context()).isSameAs(other);
      assertThat(y.toFloats()).containsExactly(1, 3, 2, 4);
      assertThat(x.to(context)).isSameAs(x);
    }
  }
}
