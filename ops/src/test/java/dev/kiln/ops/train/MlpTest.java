package dev.kiln.ops.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.loss.CrossEntropy;
import dev.kiln.kernels.reference.CrossEntropyReference;
import dev.kiln.kernels.reference.MatmulReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class MlpTest {
  private static final MlpShape SHAPE = new MlpShape(12, 8, 4);
  private static final int BATCH = 6;
  private static final int[] TARGETS = {0, 3, (int) CrossEntropy.IGNORED, 1, 2, 0};
  private static final List<Device> DEVICES = List.of(Devices.cpu(), Devices.eval());

  @Test
  void gradientsAreThoseOfTheLossByNumericalDifferentiation() {
    for (Device device : DEVICES) {
      try (Mlp model = model(device, 0)) {
        float[] samples = samples();
        model.load(samples, TARGETS);
        float loss = model.train(0, 1);
        Map<String, double[]> parameters = values(model.parameters());
        assertThat((double) loss).isCloseTo(loss(parameters, samples), within(1e-6));
        for (var gradient : model.gradients().entrySet()) {
          double[] actual = gradient.getValue().toDoubles();
          double[] numbers = parameters.get(gradient.getKey());
          for (int i = 0; i < actual.length; i++) {
            assertThat(actual[i])
                .as("gradient of %s at %d on %s", gradient.getKey(), i, device.name())
                .isCloseTo(derivative(parameters, samples, numbers, i), within(1e-6));
          }
        }
      }
    }
  }

  @Test
  void unitsThatAreDroppedGetNoGradient() {
    for (Device device : DEVICES) {
      try (Mlp model = new Mlp(device, SHAPE, 1, 0, 0.5, new SplittableRandom(3))) {
        model.load(Arrays.copyOf(samples(), SHAPE.inputs()), new int[] {2});
        model.train(0, 1);
        double[] ofLayer1 = model.gradients().get("layer1.bias").toDoubles();
        double[] ofLayer2 = model.gradients().get("layer2.weight").toDoubles();
        int dropped = 0;
        for (int unit = 0; unit < SHAPE.hidden(); unit++) {
          boolean silent = ofLayer2[unit * SHAPE.classes()] == 0;
          assertThat(ofLayer1[unit] == 0)
              .as("unit %d on %s", unit, device.name())
              .isEqualTo(silent);
          dropped += silent ? 1 : 0;
        }
        assertThat(dropped)
            .as("units dropped on " + device.name())
            .isBetween(1, SHAPE.hidden() - 1);
      }
    }
  }

  @Test
  void trainingLowersTheLoss() {
    for (Device device : DEVICES) {
      try (Mlp model = model(device, 0)) {
        model.load(samples(), TARGETS);
        float first = model.train(0.05, 1);
        float last = first;
        for (int step = 2; step <= 40; step++) {
          last = model.train(0.05, step);
        }
        assertThat(last).as("loss on " + device.name()).isLessThan(0.1f * first);
        assertThat(model.evaluate()).isLessThan(0.1f * first);
      }
    }
  }

  @Test
  void aModelGivesItsMemoryBack() {
    Device device = Devices.cpu();
    long before = device.memoryUse().current();
    model(device, 0.1).close();
    assertThat(device.memoryUse().current()).isEqualTo(before);
  }

  private static Mlp model(Device device, double dropout) {
    return new Mlp(device, SHAPE, BATCH, 0.01, dropout, new SplittableRandom(5));
  }

  private static float[] samples() {
    var random = new SplittableRandom(6);
    float[] samples = new float[BATCH * SHAPE.inputs()];
    for (int i = 0; i < samples.length; i++) {
      samples[i] = (float) random.nextGaussian();
    }
    return samples;
  }

  private static Map<String, double[]> values(Map<String, NdArray> arrays) {
    return arrays.entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue().toDoubles()));
  }

  private static double derivative(
      Map<String, double[]> parameters, float[] samples, double[] numbers, int i) {
    double h = 1e-5;
    double value = numbers[i];
    numbers[i] = value + h;
    double up = loss(parameters, samples);
    numbers[i] = value - h;
    double down = loss(parameters, samples);
    numbers[i] = value;
    return (up - down) / (2 * h);
  }

  /** The mean loss in double precision. */
  private static double loss(Map<String, double[]> parameters, float[] samples) {
    double[] x = new double[samples.length];
    for (int i = 0; i < x.length; i++) {
      x[i] = samples[i];
    }
    double[] hidden =
        layer(
            x,
            parameters.get("layer1.weight"),
            parameters.get("layer1.bias"),
            Activation.GELU_TANH,
            SHAPE.hidden(),
            SHAPE.inputs());
    double[] logits =
        layer(
            hidden,
            parameters.get("layer2.weight"),
            parameters.get("layer2.bias"),
            Activation.NONE,
            SHAPE.classes(),
            SHAPE.hidden());
    double sum = 0;
    int count = 0;
    for (int row = 0; row < BATCH; row++) {
      if (TARGETS[row] != CrossEntropy.IGNORED) {
        double[] ofRow =
            Arrays.copyOfRange(logits, row * SHAPE.classes(), (row + 1) * SHAPE.classes());
        sum += CrossEntropyReference.loss(Rounding.EXACT, ofRow, TARGETS[row], 0);
        count++;
      }
    }
    return sum / count;
  }

  private static double[] layer(
      double[] x, double[] weights, double[] bias, Activation activation, int outputs, int inputs) {
    return MatmulReference.product(
        Rounding.EXACT, x, weights, bias, activation, BATCH, outputs, inputs);
  }
}
