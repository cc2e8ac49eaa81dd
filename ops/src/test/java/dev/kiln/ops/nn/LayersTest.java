package dev.kiln.ops.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.pooling.PoolingOptions;
import dev.kiln.kernels.pooling.UpsamplingMode;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.KilnException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

@Isolated("counts the launches of the device")
class LayersTest {
  private final Context context = new Context(Devices.cpu(), 1);

  @AfterEach
  void close() {
    context.close();
  }

  private Tensor random(long seed, long... shape) {
    long size = 1;
    for (long extent : shape) {
      size *= extent;
    }
    float[] values = new float[(int) size];
    var numbers = new Random(seed);
    for (int i = 0; i < size; i++) {
      values[i] = (float) numbers.nextGaussian();
    }
    return context.of(values, shape);
  }

  @Test
  void sizesOfConvolutionsAndTheirTransposes() {
    var options = ConvOptions.kernel(11).withStride(4).withPadding(1);
    try (var shapes = new Context(Devices.shapes(), 1);
        var convolution = new Conv1d(shapes, 1, 1, options);
        var transposed =
            new ConvTranspose1d(shapes, 1, 1, ConvOptions.kernel(4).withStride(2).withPadding(1))) {
      assertThat(convolution.apply(shapes.zeros(DType.FP32, 1, 1, 224)).dim(-1)).isEqualTo(54);
      assertThat(transposed.apply(shapes.zeros(DType.FP32, 1, 1, 16)).dim(-1)).isEqualTo(32);
    }
  }

  @Test
  void paddingOfMaxPoolingIsMinusInfinity() {
    Tensor x = context.of(new float[] {1, 3, 2, 1, 2, 9, 1, 1, 1, 3, 2, 3, 5, 6, 1, 2}, 1, 1, 4, 4);
    var options = PoolingOptions.of(2, 3, 3, 1);
    var sideBySide = new MaxPool(context, PoolingOptions.of(2, 3, 2, 1));
    assertThat(new MaxPool(context, options).apply(x).toFloats()).containsExactly(9, 2, 6, 3);
    assertThat(sideBySide.apply(x.mul(-1)).toFloats()).containsExactly(-1, -1, -1, -1);
  }

  @Test
  void countsOfParameters() {
    try (var convolution = new Conv2d(context, 1, 32, 5);
        var linear = new Linear(context, 512, 10);
        var dropout = new Dropout(context, 0.5)) {
      assertThat(convolution.parameterCount()).isEqualTo(832);
      assertThat(linear.parameterCount()).isEqualTo(5_130);
      assertThat(dropout.parameterCount()).isZero();
    }
  }

  @Test
  void batchNormIsPerChannelAndMovesUnbiasedStatistics() {
    try (var norm = new BatchNorm(context, 2, 1e-5, 0.25, Activation.NONE)) {
      Tensor x = context.of(new float[] {1, 10, 3, 30, 5, 20, 7, 40}, 4, 2);
      Tensor y = norm.apply(x);
      double scale = 1 / Math.sqrt(5 + 1e-5);
      assertThat(y.toDoubles()[0]).isCloseTo(-3 * scale, within(1e-6));
      assertThat(norm.state().get("running_mean").toFloats()).containsExactly(1, 6.25f);
      // Squares of the first: 9 + 1 + 1 + 9 over 3.
      assertThat(norm.state().get("running_var").toDoubles()[0])
          .isCloseTo(0.75 + 0.25 * 20 / 3, within(1e-6));
      assertThat(norm.state().get("num_batches_tracked").toLongs()).containsExactly(1);
      norm.evaluate();
      float[] before = norm.state().get("running_mean").toFloats();
      double[] rows = norm.apply(x).toDoubles();
      assertThat(norm.state().get("running_mean").toFloats()).isEqualTo(before);
      double[] alone = norm.apply(x.slice(0, 1, 2)).toDoubles();
      assertThat(alone).containsExactly(rows[2], rows[3]);
    }
  }

  @Test
  void layerNormIsIndependentOfTheBatch() {
    try (var norm = new LayerNorm(context, 6)) {
      Tensor x = random(3, 5, 6);
      float[] all = norm.apply(x).toFloats();
      float[] one = norm.apply(x.slice(0, 2, 3)).toFloats();
      assertThat(one).containsExactly(all[12], all[13], all[14], all[15], all[16], all[17]);
    }
  }

  @Test
  void rmsNormOfZerosIsZero() {
    try (var norm = new RmsNorm(context, 4)) {
      assertThat(norm.apply(context.zeros(DType.FP32, 2, 4)).toFloats()).containsOnly(0);
    }
  }

  @Test
  void pixelNormGivesMeanSquareOneAtEachPixel() {
    Tensor y = new PixelNorm(context).apply(random(4, 2, 5, 3, 3));
    assertThat(Arrays.stream(y.square().mean(1).toDoubles()))
        .allSatisfy(m -> assertThat(m).isCloseTo(1, within(1e-5)));
  }

  @Test
  void equalImagesHaveNoDeviation() {
    var layer = new MinibatchStandardDeviation(context);
    Tensor one = random(5, 1, 2, 3, 3);
    Tensor y = layer.apply(Tensor.cat(0, one, one, one, one));
    assertThat(y.shape()).containsExactly(4, 3, 3, 3);
    assertThat(y.slice(1, 2, 3).toFloats()).containsOnly(0);
    Tensor x = context.of(new float[] {1, 5, 3, 9}, 2, 2, 1, 1);
    // Deviations of 1, 3 and 5, 9 over two samples: 1 and 2.
    assertThat(layer.apply(x).slice(1, 2, 3).toFloats()).containsExactly(1.5f, 1.5f);
    Tensor parameter = context.ones(DType.FP32, 2, 1, 2, 2).requireGrad();
    layer.apply(parameter).sum().backward();
    assertThat(parameter.grad().toFloats()).containsOnly(1);
  }

  @Test
  void fadeInBeginsAsTheOldNetworkBitByBit() {
    var old = new Linear(context, 4, 3);
    var grown = new Linear(context, 4, 3);
    try (var fade = new FadeIn(context, old, grown)) {
      Tensor x = random(6, 5, 4);
      float[] a = old.apply(x).toFloats();
      float[] b = grown.apply(x).toFloats();
      assertThat(fade.apply(x).toFloats()).isEqualTo(a);
      assertThat(fade.alpha(1).apply(x).toFloats()).isEqualTo(b);
      assertThat(fade.alpha(0.25).apply(x).toFloats()[0])
          .isCloseTo(0.75f * a[0] + 0.25f * b[0], within(1e-6f));
      assertThatThrownBy(() -> fade.alpha(1.5)).hasMessageContaining("from 0 to 1, but is 1.5");
    }
  }

  @Test
  void weightNormReproducesTheWeightAndItsGradientIsPerpendicular() {
    var plain = Linear.Options.DEFAULT;
    try (var layer = new Linear(context, 4, 3, plain.withForm(WeightForm.WEIGHT_NORM))) {
      layer.to(DType.FP64);
      Tensor v = layer.parameters().get("weight_v");
      Tensor g = layer.parameters().get("weight_g");
      assertThat(g.shape()).containsExactly(3, 1);
      Tensor eye =
          context.of(
              DType.FP64, new double[] {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1}, 4, 4);
      try (Scope _ = context.scope()) {
        Tensor w = layer.apply(eye).sub(layer.bias()).transpose(0, 1);
        double[] made = w.toDoubles();
        double[] given = v.toDoubles();
        for (int i = 0; i < made.length; i++) {
          // The lengths were measured in fp32.
          assertThat(made[i]).isCloseTo(given[i], within(1e-7));
        }
        layer.apply(random(8, 5, 4).to(DType.FP64)).square().sum().backward();
      }
      Tensor products = v.grad().mul(v.detach()).sum(1);
      assertThat(Arrays.stream(products.toDoubles()))
          .allSatisfy(p -> assertThat(p).isCloseTo(0, within(1e-12)));
    }
  }

  @Test
  void spectralNormGivesTheLargestSingularValueOne() {
    var options = Linear.Options.DEFAULT.withForm(WeightForm.SPECTRAL_NORM).withoutBias();
    try (var layer = new Linear(context, 5, 4, options)) {
      Tensor eye = context.zeros(DType.FP32, 5, 5);
      float[] ones = new float[25];
      for (int i = 0; i < 25; i += 6) {
        ones[i] = 1;
      }
      eye.set(ones);
      for (int i = 0; i < 40; i++) {
        layer.apply(eye);
      }
      double[] w = layer.apply(eye).toDoubles();
      assertThat(largestSingularValue(w, 5, 4)).isCloseTo(1, within(1e-5));
      double[] u = layer.state().get("weight_u").toDoubles();
      layer.evaluate();
      layer.apply(eye);
      assertThat(layer.state().get("weight_u").toDoubles()).isEqualTo(u);
    }
  }

  /** Of the columns' Gram matrix, by Jacobi rotations. */
  private static double largestSingularValue(double[] w, int rows, int columns) {
    double[][] a = new double[columns][rows];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        a[j][i] = w[i * columns + j];
      }
    }
    for (int sweep = 0; sweep < 50; sweep++) {
      for (int p = 0; p < columns; p++) {
        for (int q = p + 1; q < columns; q++) {
          rotate(a[p], a[q]);
        }
      }
    }
    double largest = 0;
    for (double[] column : a) {
      largest = Math.max(largest, Math.sqrt(dot(column, column)));
    }
    return largest;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static void rotate(double[] p, double[] q) {
    double angle = 0.5 * Math.atan2(2 * dot(p, q), dot(p, p) - dot(q, q));
    for (int i = 0; i < p.length; i++) {
      double x = p[i];
      p[i] = Math.cos(angle) * x + Math.sin(angle) * q[i];
      q[i] = Math.cos(angle) * q[i] - Math.sin(angle) * x;
    }
  }

  @Test
  void equalizedRateScalesAtRunTime() {
    var options = Linear.Options.DEFAULT.withForm(WeightForm.EQUALIZED_RATE);
    try (var layer = new Linear(context, 8, 1, options)) {
      Tensor y = layer.apply(context.ones(DType.FP32, 1, 8));
      double sum = layer.weight().sum().item();
      assertThat(y.item()).isCloseTo(sum * Math.sqrt(2 / 8.0), within(1e-5));
      assertThat(layer.bias().toFloats()).containsExactly(0);
    }
  }

  @Test
  void edgesThatAreAbsentStayAbsent() {
    Tensor adjacency = context.of(new float[] {1, 0, 0.5f, 0.5f}, 2, 2);
    try (var layer = new GraphConvolution(context, adjacency, 3, 2, true)) {
      Tensor x = random(9, 2, 3);
      float[] plain = adjacency.matmul(x.matmul(layer.parameters().get("weight"))).toFloats();
      assertThat(layer.apply(x).toFloats()).containsExactly(plain, within(1e-6f));
      try (Scope _ = context.scope()) {
        layer.apply(x).sum().backward();
      }
      float[] dm = layer.parameters().get("edge_importance").grad().toFloats();
      assertThat(dm[1]).isZero();
      assertThat(dm[0]).isNotZero();
    }
  }

  @Test
  void dropoutOfChannelsDropsWholeOnes() {
    var dropout = AxesDropout.ofChannels(context, 0.5);
    Tensor y = dropout.apply(context.ones(DType.FP32, 4, 16, 2, 3));
    float[] values = y.toFloats();
    int dropped = 0;
    for (int i = 0; i < values.length; i++) {
      assertThat(values[i]).isEqualTo(values[i / 6 * 6]).isIn(0f, 2f);
      dropped += values[i] == 0 ? 1 : 0;
    }
    assertThat(dropped).isBetween(10 * 6, 54 * 6);
    Tensor x = context.ones(DType.FP32, 2, 2);
    dropout.evaluate();
    assertThat(dropout.apply(x)).isSameAs(x);
  }

  @Test
  void sharedWeightIsSavedOnceAndGetsBothGradients() {
    try (var table = new Embedding(context, 5, 3);
        var head = Linear.sharing(table.weight())) {
      assertThat(head.state()).isEmpty();
      try (Scope _ = context.scope()) {
        head.apply(table.apply(context.of(new long[] {1, 4}))).sum().backward();
      }
      // Rows that were not looked up have a gradient from the head alone.
      double[] gradient = table.weight().grad().toDoubles();
      double[] w = table.weight().toDoubles();
      assertThat(gradient[0]).isCloseTo(w[3] + w[12], within(1e-6));
      assertThat(gradient[3]).isNotCloseTo(gradient[0], within(1e-3));
    }
  }

  @Test
  void frozenLayersLaunchNoKernelsForGradients() {
    try (var model =
        new Sequential(
            context,
            new Conv2d(context, 1, 2, ConvOptions.kernel(3).withActivation(Activation.TANH)),
            new BatchNorm(context, 2),
            new Flatten(context),
            new Linear(context, 8, 3))) {
      Tensor x = random(10, 2, 1, 4, 4);
      List<String> kernels = new ArrayList<>();
      model.layers().get(0).freeze();
      model.layers().get(1).freeze();
      try (Scope _ = context.scope()) {
        Tensor loss = model.apply(x).sum();
        context.device().listen((kernel, grid, nanos) -> kernels.add(kernel));
        loss.backward();
      } finally {
        context.device().listen(null);
      }
      assertThat(kernels)
          .isNotEmpty()
          .noneMatch(k -> k.contains("conv") || k.contains("batch") || k.contains("activation"));
      assertThat(model.parameters().get("0.weight").hasGrad()).isFalse();
      assertThat(model.parameters().get("3.weight").hasGrad()).isTrue();
    }
  }

  @Test
  void convertedParametersKeepTheirValuesAndStatisticsStayWide() {
    try (var norm = new BatchNorm(context, 2)) {
      norm.to(DType.BF16);
      assertThat(norm.state().get("weight").dtype()).isEqualTo(DType.BF16);
      assertThat(norm.state().get("running_mean").dtype()).isEqualTo(DType.FP32);
      assertThat(norm.state().get("num_batches_tracked").dtype()).isEqualTo(DType.I64);
      Tensor y = norm.apply(random(11, 4, 2).to(DType.BF16));
      assertThat(y.dtype()).isEqualTo(DType.BF16);
      norm.to(DType.FP64);
      assertThat(norm.state().get("running_mean").dtype()).isEqualTo(DType.FP64);
      assertThat(norm.state().get("weight").toDoubles()).containsOnly(1);
    }
  }

  @Test
  void faultsOfShapeNameTheLayerAndItsPlace() {
    try (var model =
        new Sequential(context)
            .add("features", new Sequential(context, new Conv2d(context, 3, 4, 3)))) {
      assertThatThrownBy(() -> model.apply(context.zeros(DType.FP32, 1, 2, 5, 5)))
          .isInstanceOf(KilnException.class)
          .hasMessage(
              "layer 'features.0': Conv2d(3 -> 4, kernel [3, 3]): convolution: weight fp32[4, 3,"
                  + " 3, 3] with 1 groups takes 3 channels, but the images are tensor fp32[1, 2, 5,"
                  + " 5]");
    }
  }

  @Test
  void rulesThatAreBrokenAreNamed() {
    Tensor image = context.zeros(DType.FP32, 1, 2, 4, 4);
    Map<String, Runnable> faults =
        Map.of(
            "Conv2d: 3 groups do not divide 4 channels in and 6 out",
            () -> new Conv2d(context, 4, 6, ConvOptions.kernel(1).withGroups(3)),
            "needs one number, or one for each of 2 axes, but has [1, 2, 3]",
            () -> new Conv2d(context, 4, 6, ConvOptions.kernel(1, 2, 3)),
            "is too small for the taps of",
            () -> new Conv2d(context, 2, 1, 5).apply(image),
            "max_pool: images must have 3 axes",
            () -> new MaxPool(context, 1, 2).apply(image),
            "GroupNorm: 3 groups do not divide 4 channels",
            () -> new GroupNorm(context, 3, 4),
            "must have a number for each channel of",
            () -> new BatchNorm(context, 3).apply(image),
            "the last extents must be [5], but the input is",
            () -> new LayerNorm(context, 5).apply(image),
            "residual: the branch gives",
            () -> new Residual(context, new Conv2d(context, 2, 3, 1)).apply(image),
            "not supported yet: the weight form SPECTRAL_NORM of a transposed convolution",
            () ->
                new ConvTranspose2d(
                    context, 2, 2, ConvOptions.kernel(2).withForm(WeightForm.SPECTRAL_NORM)),
            "embedding: needs integers and a matrix",
            () -> new Embedding(context, 3, 2).apply(image));
    faults.forEach(
        (message, fault) ->
            assertThatThrownBy(fault::run)
                .isInstanceOf(KilnException.class)
                .hasMessageContaining(message));
    assertThatThrownBy(() -> new Upsample(context, 2, 0, UpsamplingMode.NEAREST))
        .hasMessage("Upsample: the scale must be above 0, but is 0.0");
  }

  @Test
  void sizesThatMakeNoLayerAreRefusedWhenItIsMade() {
    Map<String, Runnable> faults =
        Map.of(
            "Linear: inputs and outputs must be at least 1, but are 0 and 4",
            () -> new Linear(context, 0, 4),
            "Conv2d: there must be channels in and out, but are 3 and 0",
            () -> new Conv2d(context, 3, 0, 1),
            "convolution: numbers of 'kernel' must be at least 1, but are [3, 0]",
            () -> ConvOptions.kernel(3, 0),
            "convolution: numbers of 'stride' must be at least 1, but are [0]",
            () -> ConvOptions.kernel(3).withStride(0),
            "convolution: numbers of 'padding' must be at least 0, but are [-1]",
            () -> ConvOptions.kernel(3).withPadding(-1),
            "convolution: numbers of 'dilation' must be at least 1, but are [0]",
            () -> ConvOptions.kernel(3).withDilation(0),
            "dropout: p must be at least 0 and less than 1, but is -0.1",
            () -> new Dropout(context, -0.1),
            "dropout: p must be at least 0 and less than 1, but is 1.0",
            () -> AxesDropout.ofChannels(context, 1));
    faults.forEach(
        (message, fault) ->
            assertThatThrownBy(fault::run).isInstanceOf(KilnException.class).hasMessage(message));
  }
}
