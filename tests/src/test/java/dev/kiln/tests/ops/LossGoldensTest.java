package dev.kiln.tests.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.loss.Reduction;
import dev.kiln.ops.function.ContrastiveLosses;
import dev.kiln.ops.function.CrossEntropies;
import dev.kiln.ops.function.Losses;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.Devices;
import dev.kiln.tests.train.Goldens;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Losses and their gradients against libtorch's, in fp64 and fp32. */
class LossGoldensTest {
  private static final Context CONTEXT = new Context(Devices.cpu(), 1);

  @AfterAll
  static void close() {
    CONTEXT.close();
  }

  static Stream<Goldens.Case> cases() {
    Goldens goldens = Goldens.of("losses");
    return goldens.names().stream().map(goldens::get);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void equalsLibtorch(Goldens.Case given) {
    compare(given, DType.FP64);
    compare(given, DType.FP32);
  }

  private static void compare(Goldens.Case given, DType dtype) {
    try (Scope _ = CONTEXT.scope()) {
      Map<String, Tensor> in = new LinkedHashMap<>();
      for (String name : given.inputs()) {
        long[] shape = Arrays.stream(given.shape(name)).asLongStream().toArray();
        boolean isClasses = name.equals("own") || name.equals("target") && hasClasses(given);
        in.put(
            name,
            isClasses
                ? CONTEXT.of(given.indices(name), shape)
                : CONTEXT.of(dtype, numbers(given, name), shape));
      }
      given.gradients().forEach(name -> in.get(name).requireGrad());
      Tensor loss = loss(given, in);
      given.output("y").check(dtype, loss.toDoubles());
      loss.backward(in.get("dy"));
      for (String name : given.gradients()) {
        given.gradient(name).check(dtype, in.get(name).grad().toDoubles());
      }
    }
    assertThat(CONTEXT.leaks()).isEmpty();
  }

  private static boolean hasClasses(Goldens.Case given) {
    return given.name().startsWith("cross-entropy") || given.name().equals("hinge");
  }

  private static double[] numbers(Goldens.Case given, String name) {
    return given.name().equals("soft-margin") && name.equals("target")
        ? Arrays.stream(given.indices(name)).asDoubleStream().toArray()
        : given.doubles(name);
  }

  private static Tensor loss(Goldens.Case given, Map<String, Tensor> in) {
    Tensor x = in.get("x");
    Tensor y = in.get("target");
    return switch (given.name()) {
      case "mse" -> Losses.mse(x, y);
      case "l1" -> Losses.l1(x, y);
      case "huber" -> Losses.huber(x, y, given.option("delta"), Reduction.MEAN);
      case "smooth-l1" -> Losses.smoothL1(x, y, given.option("beta"), Reduction.MEAN);
      case "binary-cross-entropy-with-logits" -> Losses.binaryCrossEntropyWithLogits(x, y);
      case "binary-cross-entropy-weighted" ->
          Losses.binaryCrossEntropyWithLogits(x, y, null, in.get("positiveWeight"), Reduction.MEAN);
      case "kl" -> Losses.kl(x.logSoftmax(-1), y.softmax(-1));
      case "distillation" ->
          CrossEntropies.distillation(x, in.get("teacher"), null, given.option("temperature"), 1);
      case "hinge" -> Losses.multiMargin(x, y, given.option("margin"));
      case "soft-margin" -> Losses.softMargin(x, y);
      case "triplet" ->
          ContrastiveLosses.triplet(
              in.get("anchor"), in.get("positive"), in.get("negative"), given.option("margin"));
      case "info-nce" ->
          ContrastiveLosses.infoNce(in.get("a"), in.get("b"), given.option("temperature"));
      default ->
          CrossEntropies.crossEntropy(
              x,
              y,
              CrossEntropies.Options.DEFAULT
                  .withReduction(given.name().endsWith("-sum") ? Reduction.SUM : Reduction.MEAN)
                  .withLabelSmoothing(given.option("labelSmoothing"))
                  .withIgnoredIndex((long) given.option("ignoredIndex")));
    };
  }
}
