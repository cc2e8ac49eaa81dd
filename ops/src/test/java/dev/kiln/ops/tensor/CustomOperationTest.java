package dev.kiln.ops.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.KernelModule;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An operation with the user's own kernels. */
class CustomOperationTest {
  private static final int BLOCK = 64;

  private final Context context = new Context(Devices.cpu(), 1);
  private final KernelModule kernels =
      KernelModule.resource(CustomOperationTest.class, "/dev/kiln/ops/tensor/cube.py");

  @AfterEach
  void close() {
    context.close();
    assertThat(context.memory().storages()).isZero();
  }

  private Tensor cube(Tensor x) {
    Tensor y = context.empty(x.dtype(), x.shape());
    long n = x.size();
    kernels
        .kernel("cube_kernel")
        .on(context.device())
        .args(x.array(), y.array(), n)
        .arg("BLOCK", BLOCK)
        .launch(Grid.cdiv(n, BLOCK), 1, 1);
    return Operation.of("cube", x)
        .save(x)
        .result(
            y,
            g -> {
              Tensor dx = g.emptyLike(0);
              kernels
                  .kernel("cube_gradient_kernel")
                  .on(context.device())
                  .args(g.saved(0).array(), g.of().contiguous().array(), dx.array(), n)
                  .arg("BLOCK", BLOCK)
                  .launch(Grid.cdiv(n, BLOCK), 1, 1);
              g.give(0, dx);
            });
  }

  @Test
  void ownKernelsTakePartInTheGraph() {
    Tensor x = context.of(DType.FP32, new double[] {1, 2, -3}).requireGrad();
    try (Scope _ = context.scope()) {
      Tensor y = cube(x.mul(2));
      assertThat(y.toFloats()).containsExactly(8, 64, -216);
      y.sum().backward();
    }
    assertThat(x.grad().toFloats()).containsExactly(24, 96, 216);
  }
}
