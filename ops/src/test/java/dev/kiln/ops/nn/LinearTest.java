package dev.kiln.ops.nn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.runtime.Devices;
import org.junit.jupiter.api.Test;

class LinearTest {
  @Test
  void gradientsOfWeightAndBiasAddUpOverPasses() {
    try (var context = new Context(Devices.cpu(), 1);
        var layer = new Linear(context, 2, 3)) {
      try (var _ = context.noGrad()) {
        layer.parameters().get("weight").set(new float[] {1, 2, 3, 4, 5, 6});
        layer.parameters().get("bias").set(new float[] {0, 0, 0});
      }
      for (int pass = 1; pass <= 2; pass++) {
        try (Scope _ = context.scope()) {
          var x = context.of(new float[] {1, 10}, 1, 2);
          var y = layer.apply(x);
          assertThat(y.toFloats()).containsExactly(21, 43, 65);
          y.sum().backward();
        }
        assertThat(layer.parameters().get("weight").grad().toFloats())
            .containsExactly(pass, 10 * pass, pass, 10 * pass, pass, 10 * pass);
        assertThat(layer.parameters().get("bias").grad().toFloats())
            .containsExactly(pass, pass, pass);
      }
      assertThat(context.leaks()).isEmpty();
    }
  }
}
