package dev.kiln.tests.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.function.CrossEntropies;
import dev.kiln.ops.optim.Clipping;
import dev.kiln.ops.optim.MixedPrecision;
import dev.kiln.ops.optim.Optimizer;
import dev.kiln.ops.optim.Precision;
import dev.kiln.ops.optim.UpdateRule;
import dev.kiln.ops.optim.WeightAverage;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Mode;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The same steps on the CPU and on a simulated GPU. */
@Tag("slow")
class OptimizerSimulatedTest {
  private static double[] train(Device device, Precision precision) {
    try (var context = new Context(device, 1)) {
      Tensor w = context.of(DType.FP32, OptimizerFixture.values(1, 5 * 16), 5, 16);
      w.persist().requireGrad();
      var mixed = new MixedPrecision(context, precision);
      try (var optimizer =
              new Optimizer(context, UpdateRule.adamW(), Map.of("w", w))
                  .clip(Clipping.byNorm(0.5));
          var average = new WeightAverage(context, optimizer, 0.5, false);
          Mode listening = optimizer.afterStep(average::update)) {
        for (int step = 0; step < 2; step++) {
          try (Scope _ = context.scope()) {
            Tensor x = context.of(DType.FP32, OptimizerFixture.values(2, 4 * 16), 4, 16);
            Tensor targets = context.of(new int[] {0, 4, -100, 2}, 4);
            mixed.backward(mixed.forward(() -> CrossEntropies.linear(x, w, null, targets)));
          }
          mixed.step(optimizer, 0.01);
          optimizer.zeroGrad();
        }
        return average.averages().get("w").toDoubles();
      }
    }
  }

  @Test
  void trainingStepsAreTheSameOnASimulatedGpu() {
    for (Precision precision : new Precision[] {Precision.FP32, Precision.BF16}) {
      double[] cpu = train(Devices.cpu(), precision);
      assertThat(train(Devices.sim(), precision)).containsExactly(cpu, Offset.offset(2e-5));
    }
  }
}
