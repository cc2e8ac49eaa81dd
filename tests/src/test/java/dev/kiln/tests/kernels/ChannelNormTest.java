package dev.kiln.tests.kernels;

import static dev.kiln.tests.kernels.Refusal.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.normalization.BatchNorm;
import dev.kiln.kernels.normalization.ChannelLayout;
import dev.kiln.kernels.normalization.GroupNorm;
import dev.kiln.kernels.reference.ActivationReference;
import dev.kiln.kernels.reference.NormReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Batch norm and group norm, whose weight and bias belong to channels. */
class ChannelNormTest {
  private static final double EPS = 1e-5;

  /** Samples, channels, places. */
  private static final List<int[]> SMALL = List.of(new int[] {5, 12, 1}, new int[] {3, 6, 5});

  private static final List<int[]> LARGE = List.of(new int[] {3, 10, 49}, new int[] {2, 4, 5000});

  static Stream<Arguments> shapes() {
    return Cases.shapes(SMALL, LARGE)
        .map(Arguments::get)
        .flatMap(
            a -> Stream.of(ChannelLayout.values()).map(l -> Arguments.of(a[0], a[1], l, a[2])));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void batchNormIsWithinTheErrorRule(String name, DType dtype, ChannelLayout layout, int[] shape) {
    var problem = new Problem(Cases.device(name), dtype, layout, shape);
    int[][] sets = problem.channels();
    var options = new BatchNorm.Options(layout, EPS, 0.1, Activation.SILU);
    try (var norm = new BatchNorm(problem.device)) {
      NdArray mean = problem.statistics(sets.length);
      NdArray rstd = problem.statistics(sets.length);
      NdArray runningMean = problem.full(0.5);
      NdArray runningVar = problem.full(2);
      NdArray y = problem.unset();
      norm.train(
          problem.x(), problem.weight(), null, runningMean, runningVar, options, y, mean, rstd);
      Expected expected = new Expected(problem, sets, problem.weight, null, options.activation());
      expected.checkForward(y, mean, rstd);
      int count = sets[0].length;
      Batch.check(
          "running mean",
          runningMean,
          r -> expected.each(r, s -> moved(r, 0.5, s.mean())),
          count + 1);
      Batch.check(
          "running variance",
          runningVar,
          r -> expected.each(r, s -> moved(r, 2, r.of(s.variance() * count / (count - 1.0)))),
          count + 1);

      NdArray dx = problem.unset();
      NdArray dweight = problem.parameter();
      NdArray dbias = problem.parameter();
      norm.backward(
          problem.dy(),
          problem.x(),
          problem.weight(),
          null,
          mean,
          rstd,
          options,
          dx,
          dweight,
          dbias);
      expected.checkBackward(dx, dweight, dbias);
    }
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void groupNormIsWithinTheErrorRule(String name, DType dtype, ChannelLayout layout, int[] shape) {
    var problem = new Problem(Cases.device(name), dtype, layout, shape);
    int[][] sets = problem.groups(2);
    var options = new GroupNorm.Options(layout, 2, EPS, Activation.NONE);
    try (var norm = new GroupNorm(problem.device)) {
      NdArray mean = problem.statistics(sets.length);
      NdArray rstd = problem.statistics(sets.length);
      NdArray y = problem.unset();
      norm.forward(problem.x(), problem.weight(), problem.bias(), options, y, mean, rstd);
      var expected = new Expected(problem, sets, problem.weight, problem.bias, Activation.NONE);
      expected.checkForward(y, mean, rstd);
      NdArray dx = problem.unset();
      NdArray dweight = problem.parameter();
      NdArray dbias = problem.parameter();
      norm.backward(
          problem.dy(),
          problem.x(),
          problem.weight(),
          problem.bias(),
          mean,
          rstd,
          options,
          dx,
          dweight,
          dbias);
      expected.checkBackward(dx, dweight, dbias);
    }
  }

  @Test
  void instanceNormWithAnActivationNeedsNoWeights() {
    for (Device device : Cases.devices()) {
      var problem = new Problem(device, DType.FP32, ChannelLayout.FIRST, new int[] {2, 3, 7});
      int[][] sets = problem.groups(3);
      var options = new GroupNorm.Options(ChannelLayout.FIRST, 3, EPS, Activation.SILU);
      NdArray mean = problem.statistics(6);
      NdArray rstd = problem.statistics(6);
      NdArray y = problem.unset();
      var norm = new GroupNorm(device);
      norm.forward(problem.x(), null, null, options, y, mean, rstd);
      var expected = new Expected(problem, sets, null, null, Activation.SILU);
      expected.checkForward(y, mean, rstd);
      NdArray dx = problem.unset();
      norm.backward(problem.dy(), problem.x(), null, null, mean, rstd, options, dx, null, null);
      Batch.check("dx", dx, expected::dx, 7);
    }
  }

  @Test
  void inferenceUsesTheGivenStatistics() {
    for (Device device : Cases.devices()) {
      for (ChannelLayout layout : ChannelLayout.values()) {
        var problem = new Problem(device, DType.FP32, layout, new int[] {2, 3, 5});
        double[] mean = {0.5, -1, 0};
        double[] var = {1, 4, 0.25};
        var options = new BatchNorm.Options(layout, EPS, 0.1, Activation.RELU);
        NdArray y = problem.unset();
        NdArray means = NdArray.of(device, DType.FP32, mean, 3);
        NdArray vars = NdArray.of(device, DType.FP32, var, 3);
        var norm = new BatchNorm(device);
        norm.infer(problem.x(), problem.weight(), problem.bias(), means, vars, options, y);
        Function<Rounding, double[]> h =
            r ->
                problem.map(
                    i -> {
                      int c = problem.channelOf(i);
                      double difference = r.of(problem.x[i] - mean[c]);
                      return r.of(difference * NormReference.rstd(r, var[c], EPS));
                    });
        Function<Rounding, double[]> pre =
            r -> {
              double[] values = h.apply(r);
              return problem.map(
                  i -> {
                    int c = problem.channelOf(i);
                    return r.of(r.of(values[i] * problem.weight[c]) + problem.bias[c]);
                  });
            };
        Batch.check("y", y, r -> problem.map(i -> Math.max(0, pre.apply(r)[i])), 1);

        NdArray dx = problem.unset();
        NdArray dweight = problem.parameter();
        norm.backwardOfInference(
            problem.dy(),
            problem.x(),
            problem.weight(),
            problem.bias(),
            means,
            vars,
            options,
            dx,
            dweight,
            null);
        Function<Rounding, double[]> g =
            r -> {
              double[] values = pre.apply(r);
              return problem.map(i -> values[i] > 0 ? problem.dy[i] : 0);
            };
        Batch.check(
            "dx",
            dx,
            r -> {
              double[] values = g.apply(r);
              return problem.map(
                  i -> {
                    int c = problem.channelOf(i);
                    double rstd = NormReference.rstd(r, var[c], EPS);
                    return r.of(r.of(values[i] * problem.weight[c]) * rstd);
                  });
            },
            1);
        Batch.check(
            "dweight",
            dweight,
            r -> {
              double[] values = g.apply(r);
              double[] hs = h.apply(r);
              double[] sums = new double[3];
              for (int i = 0; i < values.length; i++) {
                int c = problem.channelOf(i);
                sums[c] = r.of(sums[c] + r.of(values[i] * hs[i]));
              }
              return sums;
            },
            10);
      }
    }
  }

  @Test
  void referenceGradientIsTheNumericalOne() {
    var problem = new Problem(Cases.tested(), DType.FP64, ChannelLayout.FIRST, new int[] {2, 4, 3});
    for (int[][] sets : List.of(problem.channels(), problem.groups(2))) {
      var expected =
          new Expected(problem, sets, problem.weight, problem.bias, Activation.GELU_TANH);
      NumericalGradient.check(
          "dx",
          v -> {
            double[] y = expected.at(v).y(Rounding.EXACT);
            return IntStream.range(0, y.length).mapToDouble(i -> y[i] * problem.dy[i]).sum();
          },
          problem.x.clone(),
          expected.dx(Rounding.EXACT));
    }
  }

  @Test
  void largeMeansDoNotCancel() {
    Device device = Cases.tested();
    for (ChannelLayout layout : ChannelLayout.values()) {
      var near = new Problem(device, DType.FP32, layout, new int[] {3, 4, 600});
      double[] far = Rounding.FP32.of(near.map(i -> 3000 + near.x[i]));
      Expected expected = new Expected(near, near.channels(), null, null, Activation.NONE).at(far);
      NdArray y = near.unset();
      NdArray mean = near.statistics(4);
      NdArray rstd = near.statistics(4);
      new BatchNorm(device)
          .train(
              near.array(far), null, null, null, null, BatchNorm.Options.of(layout), y, mean, rstd);
      expected.checkForward(y, mean, rstd);
      expected = new Expected(near, near.groups(2), null, null, Activation.NONE).at(far);
      mean = near.statistics(6);
      rstd = near.statistics(6);
      new GroupNorm(device)
          .forward(near.array(far), null, null, GroupNorm.Options.of(layout, 2), y, mean, rstd);
      expected.checkForward(y, mean, rstd);
    }
  }

  @Test
  void emptyBatchesGiveZeroGradients() {
    for (Device device : Cases.devices()) {
      NdArray x = NdArray.zeros(device, DType.FP32, 0, 3, 4);
      NdArray three = NdArray.full(device, DType.FP32, 1, 3);
      NdArray none = NdArray.zeros(device, DType.FP32, 0);
      NdArray dweight = Cases.unset(device, DType.FP32, 3);
      NdArray dbias = Cases.unset(device, DType.FP32, 3);
      var batch = BatchNorm.Options.of(ChannelLayout.FIRST);
      new BatchNorm(device).train(x, null, null, null, null, batch, x, three, three);
      new BatchNorm(device).backward(x, x, null, null, three, three, batch, x, dweight, dbias);
      assertThat(dweight.toFloats()).containsOnly(0);
      assertThat(dbias.toFloats()).containsOnly(0);
      var group = GroupNorm.Options.of(ChannelLayout.FIRST, 3);
      dweight = Cases.unset(device, DType.FP32, 3);
      new GroupNorm(device).forward(x, null, null, group, x, none, none);
      new GroupNorm(device).backward(x, x, null, null, none, none, group, x, dweight, dbias);
      assertThat(dweight.toFloats()).containsOnly(0);
    }
  }

  @Test
  void argumentsThatDoNotFitAreRefused() {
    Device device = Cases.tested();
    NdArray x = NdArray.zeros(device, DType.FP32, 1, 6, 1);
    NdArray six = NdArray.zeros(device, DType.FP32, 6);
    NdArray four = NdArray.zeros(device, DType.FP32, 4);
    var batch = new BatchNorm(device);
    var first = BatchNorm.Options.of(ChannelLayout.FIRST);
    refused(
        () -> batch.train(six, six, six, null, null, first, six, six, six),
        "BatchNorm: argument 'x' must have axes for samples and channels, but is fp32[6] on cpu");
    refused(
        () -> batch.train(x.permute(1, 0, 2), six, six, null, null, first, six, six, six),
        "BatchNorm: argument 'weight' must be a vector of 1, but is fp32[6] on cpu");
    refused(
        () -> batch.train(x, six, six, six, six, first, x, six, six),
        "BatchNorm: argument 'x' must have two numbers in a channel for a running variance, but is"
            + " fp32[1, 6, 1] on cpu");
    refused(
        () -> batch.train(x, six, six, six, null, first, x, six, six),
        "BatchNorm: argument 'runningVar' must be given");
    refused(
        () -> batch.infer(x, six, six, four, six, first, x),
        "BatchNorm: argument 'mean' must be a vector of 6, but is fp32[4] on cpu");
    refused(
        () -> batch.backward(six, x, six, six, six, six, first, x, null, null),
        "BatchNorm: argument 'dy' must have axes for samples and channels, but is fp32[6] on cpu");
    refused(
        () -> new BatchNorm.Options(ChannelLayout.FIRST, 1, 2, Activation.NONE),
        "BatchNorm: argument 'momentum' must be from 0 to 1, but is 2.0");
    var group = new GroupNorm(device);
    refused(
        () ->
            group.forward(x, six, six, GroupNorm.Options.of(ChannelLayout.FIRST, 4), x, null, null),
        "GroupNorm: argument 'x' must have a multiple of 4 channels, but is fp32[1, 6, 1] on cpu");
    refused(
        () ->
            group.forward(x, six, six, GroupNorm.Options.of(ChannelLayout.FIRST, 3), x, four, null),
        "GroupNorm: argument 'mean' must be a vector of 3, but is fp32[4] on cpu");
    refused(
        () -> GroupNorm.Options.of(ChannelLayout.FIRST, 0),
        "GroupNorm: argument 'groups' must be at least 1, but is 0");
  }

  private static double moved(Rounding r, double running, double batch) {
    return r.of(r.of(running * r.of(0.9)) + r.of(batch * r.of(0.1)));
  }

  /** A random array of samples x channels x places, or of samples x places x channels. */
  private static final class Problem {
    final Device device;
    final DType dtype;
    final ChannelLayout layout;
    final int samples;
    final int channels;
    final int places;
    final double[] x;
    final double[] dy;
    final double[] weight;
    final double[] bias;

    Problem(Device device, DType dtype, ChannelLayout layout, int[] shape) {
      this.device = device;
      this.dtype = dtype;
      this.layout = layout;
      samples = shape[0];
      channels = shape[1];
      places = shape[2];
      x = Cases.normal(dtype, 1, samples * channels * places);
      dy = Cases.normal(dtype, 2, x.length);
      weight = Cases.normal(dtype, 3, channels);
      bias = Cases.normal(dtype, 4, channels);
    }

    int sampleOf(int i) {
      return i / (channels * places);
    }

    int channelOf(int i) {
      return layout == ChannelLayout.FIRST ? i / places % channels : i % channels;
    }

    /** The elements of each channel. */
    int[][] channels() {
      return sets(channels, this::channelOf);
    }

    /** The elements of each group of each sample. */
    int[][] groups(int groups) {
      return sets(samples * groups, i -> sampleOf(i) * groups + channelOf(i) / (channels / groups));
    }

    private int[][] sets(int count, java.util.function.IntUnaryOperator setOf) {
      return IntStream.range(0, count)
          .mapToObj(
              s -> IntStream.range(0, x.length).filter(i -> setOf.applyAsInt(i) == s).toArray())
          .toArray(int[][]::new);
    }

    double[] map(java.util.function.IntToDoubleFunction value) {
      return IntStream.range(0, x.length).mapToDouble(value).toArray();
    }

    NdArray array(double[] values) {
      return layout == ChannelLayout.FIRST
          ? NdArray.of(device, dtype, values, samples, channels, places)
          : NdArray.of(device, dtype, values, samples, places, channels);
    }

    NdArray x() {
      return array(x);
    }

    NdArray dy() {
      return array(dy);
    }

    NdArray weight() {
      return NdArray.of(device, dtype, weight, channels);
    }

    NdArray bias() {
      return NdArray.of(device, dtype, bias, channels);
    }

    NdArray unset() {
      return array(map(i -> Double.NaN));
    }

    NdArray parameter() {
      return Cases.unset(device, dtype, channels);
    }

    NdArray statistics(int n) {
      return Cases.unset(device, dtype == DType.FP64 ? DType.FP64 : DType.FP32, n);
    }

    NdArray full(double value) {
      return NdArray.full(device, dtype == DType.FP64 ? DType.FP64 : DType.FP32, value, channels);
    }
  }

  /** What the norm of sets of elements should give. */
  private record Expected(
      Problem problem, double[] x, int[][] sets, double[] w, double[] b, Activation activation) {
    Expected(Problem problem, int[][] sets, double[] w, double[] b, Activation activation) {
      this(problem, problem.x, sets, w, b, activation);
    }

    Expected at(double[] values) {
      return new Expected(problem, values, sets, w, b, activation);
    }

    private static double[] gather(double[] values, int[] set) {
      return Arrays.stream(set).mapToDouble(i -> values[i]).toArray();
    }

    private NormReference.Statistics statistics(Rounding r, int[] set) {
      return NormReference.statistics(r, gather(x, set), EPS, true);
    }

    double[] each(
        Rounding r, java.util.function.ToDoubleFunction<NormReference.Statistics> number) {
      return Arrays.stream(sets).mapToDouble(s -> number.applyAsDouble(statistics(r, s))).toArray();
    }

    private double[] scatter(Function<int[], double[]> ofSet) {
      double[] values = new double[x.length];
      for (int[] set : sets) {
        double[] part = ofSet.apply(set);
        for (int k = 0; k < set.length; k++) {
          values[set[k]] = part[k];
        }
      }
      return values;
    }

    private double[] h(Rounding r) {
      return scatter(s -> NormReference.normalised(r, gather(x, s), statistics(r, s)));
    }

    private double[] pre(Rounding r) {
      double[] h = h(r);
      return problem.map(
          i -> {
            int c = problem.channelOf(i);
            double scaled = w == null ? h[i] : r.of(h[i] * w[c]);
            return b == null ? scaled : r.of(scaled + b[c]);
          });
    }

    double[] y(Rounding r) {
      double[] pre = pre(r);
      return problem.map(i -> ActivationReference.value(r, activation, pre[i]));
    }

    /** The gradient before the activation. */
    private double[] g(Rounding r) {
      double[] pre = pre(r);
      return problem.map(i -> ActivationReference.gradient(r, activation, pre[i], problem.dy[i]));
    }

    double[] dx(Rounding r) {
      double[] g = g(r);
      double[] h = h(r);
      double[] gw = problem.map(i -> w == null ? g[i] : r.of(g[i] * w[problem.channelOf(i)]));
      return scatter(
          s ->
              NormReference.backward(
                  r, gather(gw, s), gather(h, s), statistics(r, s).rstd(), true));
    }

    private double[] sums(Rounding r, double[] terms) {
      double[] sums = new double[problem.channels];
      for (int i = 0; i < terms.length; i++) {
        int c = problem.channelOf(i);
        sums[c] = r.of(sums[c] + terms[i]);
      }
      return sums;
    }

    void checkForward(NdArray y, NdArray mean, NdArray rstd) {
      int terms = sets[0].length;
      Batch.check("mean", mean, r -> each(r, NormReference.Statistics::mean), terms);
      Batch.check("rstd", rstd, r -> each(r, NormReference.Statistics::rstd), terms);
      Batch.check("y", y, this::y, terms + 8);
    }

    void checkBackward(NdArray dx, NdArray dweight, NdArray dbias) {
      int terms = sets[0].length + problem.samples * problem.places + 8;
      Batch.check("dx", dx, this::dx, terms);
      Batch.check("dbias", dbias, r -> sums(r, g(r)), terms);
      Batch.check(
          "dweight",
          dweight,
          r -> {
            double[] g = g(r);
            double[] h = h(r);
            return sums(r, problem.map(i -> r.of(g[i] * h[i])));
          },
          terms);
    }
  }
}
