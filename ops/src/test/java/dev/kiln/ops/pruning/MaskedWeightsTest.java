package dev.kiln.ops.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.optim.Optimizer;
import dev.kiln.ops.optim.UpdateRule;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.Devices;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MaskedWeightsTest {
  private final Context context = new Context(Devices.cpu(), 1);
  private final Tensor weight =
      context.of(DType.BF16, new double[] {1, 2, 3, 4}, 2, 2).requireGrad().persist();
  private final Map<String, Tensor> weights = Map.of("weight", weight);

  @AfterEach
  void close() {
    context.close();
    assertThat(context.memory().storages()).isZero();
  }

  private void step(Optimizer optimizer) {
    try (Scope _ = context.scope()) {
      weight.mul(weight).sum().backward();
    }
    optimizer.step(1e-4);
    optimizer.zeroGrad();
  }

  @Test
  void whatWasKeptComesBackWithItsMasterWeights() {
    try (var optimizer = new Optimizer(context, UpdateRule.sgd(), weights);
        var masks = new MaskedWeights(optimizer, weights)) {
      step(optimizer);
      double[] before = weight.toDoubles();
      double[] master = optimizer.master("weight").orElseThrow().toDoubles();
      assertThat(master).as("more digits than the weights").isNotEqualTo(before);
      masks.keep();
      masks.prune(0.5);
      step(optimizer);
      assertThat(masks.sparsity()).isEqualTo(0.5);
      masks.restore();
      assertThat(weight.toDoubles()).isEqualTo(before);
      assertThat(optimizer.master("weight").orElseThrow().toDoubles()).isEqualTo(master);
      step(optimizer);
      assertThat(masks.sparsity()).isZero();
    }
  }

  @Test
  void nothingComesBackThatWasNotKept() {
    try (var optimizer = new Optimizer(context, UpdateRule.sgd(), weights);
        var masks = new MaskedWeights(optimizer, weights)) {
      assertThatThrownBy(masks::restore)
          .hasMessage("pruning: nothing was kept that could be restored");
    }
  }
}
