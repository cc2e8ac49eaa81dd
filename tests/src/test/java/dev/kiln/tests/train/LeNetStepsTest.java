package dev.kiln.tests.train;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.function.CrossEntropies;
import dev.kiln.ops.model.LeNet;
import dev.kiln.ops.optim.Optimizer;
import dev.kiln.ops.optim.UpdateRule;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Mode;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.Devices;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Ten training steps of LeNet, and gradients of the first, against libtorch's. */
class LeNetStepsTest {
  private static final Goldens.Case GOLDEN = Goldens.of("models").get("lenet");
  private static final int STEPS = 10;
  private static final int CLASSES = 10;

  private final Context context = new Context(Devices.cpu(), 1);

  @AfterEach
  void close() {
    context.close();
  }

  @Tag("slow") // compiles every kernel of a convolution
  @Test
  void lossesAndFirstGradientsAreThoseOfLibtorch() {
    double[] losses = new double[STEPS];
    // libtorch's names, in the order of the model.
    List<String> names = new ArrayList<>(GOLDEN.gradients());
    try (var model = new LeNet(context, CLASSES);
        var optimizer =
            new Optimizer(context, UpdateRule.sgd(GOLDEN.option("momentum")), model.parameters())) {
      List<Tensor> parameters = List.copyOf(model.parameters().values());
      try (Mode _ = context.noGrad()) {
        for (int i = 0; i < names.size(); i++) {
          parameters.get(i).set(GOLDEN.floats(names.get(i)));
        }
      }
      for (int step = 0; step < STEPS; step++) {
        losses[step] = backward(model);
        for (int i = 0; step == 0 && i < names.size(); i++) {
          checkGradient(names.get(i), parameters.get(i).grad());
        }
        optimizer.step(GOLDEN.option("rate"));
        optimizer.zeroGrad();
      }
    }
    GOLDEN.output("losses").check(DType.FP32, losses);
  }

  private static void checkGradient(String name, Tensor gradient) {
    Goldens.Expected expected = GOLDEN.gradient(name);
    if (expected.values().length > 0) {
      expected.check(gradient.toFloats());
    }
  }

  private double backward(LeNet model) {
    try (Scope _ = context.scope()) {
      int count = GOLDEN.shape("labels")[0];
      Tensor images = context.of(GOLDEN.floats("images"), count, 1, 28, 28);
      Tensor labels = context.of(GOLDEN.indices("labels"));
      Tensor loss = CrossEntropies.crossEntropy(model.apply(images), labels);
      loss.backward();
      return loss.item();
    }
  }
}
