package dev.kiln.tests.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.ops.function.CrossEntropies;
import dev.kiln.ops.nn.Linear;
import dev.kiln.ops.optim.Optimizer;
import dev.kiln.ops.optim.UpdateRule;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.cuda.CudaDevice;
import dev.kiln.runtime.cuda.CudaGraph;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimOptions;
import dev.kiln.tests.cuda.driver.SimulatedDriver;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Training steps of a small network through the driver: forward, backward, update. */
@CudaTest
class CudaTrainingTest {
  private static final int STEPS = 5;
  private static final int ROWS = 8;
  private static final int INPUTS = 16;
  private static final int HIDDEN = 24;
  private static final int CLASSES = 5;
  private static final double RATE = 0.1;

  /** A network with its data, which stay in their places. */
  private static final class Training implements AutoCloseable {
    private final Context context;
    private final Linear first;
    private final Linear second;
    private final Optimizer optimizer;
    private final Tensor inputs;
    private final Tensor labels;

    Training(Device device) {
      context = new Context(device, 7);
      first = new Linear(context, INPUTS, HIDDEN);
      second = new Linear(context, HIDDEN, CLASSES);
      Map<String, Tensor> parameters = new LinkedHashMap<>();
      first.parameters().forEach((name, tensor) -> parameters.put("first." + name, tensor));
      second.parameters().forEach((name, tensor) -> parameters.put("second." + name, tensor));
      optimizer = new Optimizer(context, UpdateRule.sgd(), parameters);
      var random = new SplittableRandom(3);
      float[] numbers = new float[ROWS * INPUTS];
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = (float) random.nextGaussian();
      }
      int[] classes = new int[ROWS];
      Arrays.setAll(classes, i -> i % CLASSES);
      inputs = context.of(numbers, ROWS, INPUTS).persist();
      labels = context.of(classes, ROWS).persist();
    }

    void step() {
      try (Scope _ = context.scope()) {
        Tensor logits = second.apply(first.apply(inputs).relu());
        CrossEntropies.crossEntropy(logits, labels).backward();
      }
      optimizer.step(RATE);
      optimizer.zeroGrad();
    }

    List<float[]> weights() {
      return optimizer.weights().values().stream().map(Tensor::toFloats).toList();
    }

    @Override
    public void close() {
      inputs.close();
      labels.close();
      optimizer.close();
      first.close();
      second.close();
      context.close();
    }
  }

  private static List<float[]> eager(Device device, int steps) {
    try (var training = new Training(device)) {
      for (int i = 0; i < steps; i++) {
        training.step();
      }
      return training.weights();
    }
  }

  private static void requireSame(List<float[]> actual, List<float[]> expected) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < expected.size(); i++) {
      assertThat(actual.get(i)).as("parameter %d", i).isEqualTo(expected.get(i));
    }
  }

  @Test
  void stepsHaveTheBitsOfTheSimulator(CudaDevice device, SimulatedDriver driver) {
    try (var sim = new SimDevice(SimOptions.standard().withTarget(device.target()))) {
      requireSame(eager(device, STEPS), eager(sim, STEPS));
    }
  }

  @Test
  void aStepReplayedAsAGraphIsTheStep(CudaDevice device) {
    List<float[]> expected = eager(device, 1 + STEPS);
    try (var training = new Training(device)) {
      training.step();
      try (CudaGraph graph = CudaGraph.capture(device, training::step)) {
        for (int i = 0; i < STEPS; i++) {
          graph.replay();
        }
        requireSame(training.weights(), expected);
      }
    }
  }
}
