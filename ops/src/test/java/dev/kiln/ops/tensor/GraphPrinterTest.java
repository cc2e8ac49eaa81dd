package dev.kiln.ops.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Devices;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GraphPrinterTest {
  private final Context context = new Context(Devices.cpu(), 1);

  @AfterEach
  void close() {
    context.close();
  }

  private Tensor loss() {
    Tensor x = context.ones(DType.FP32, 4, 2);
    Tensor w = context.ones(DType.FP32, 2, 3).named("weight").requireGrad();
    Tensor y = x.matmul(w);
    return y.mul(y).add(w.sum()).sum();
  }

  @Test
  void textIsATree() {
    assertThat(GraphPrinter.text(loss()))
        .isEqualTo(
            """
            #4 sum fp32[]
            └─ #3 add fp32[4, 3]
               ├─ #1 mul fp32[4, 3]
               │  ├─ #0 matmul fp32[4, 3]
               │  │  └─ weight fp32[2, 3], a parameter
               │  └─ #0 matmul fp32[4, 3], as above
               └─ #2 sum fp32[]
                  └─ weight fp32[2, 3], a parameter
            """);
  }

  @Test
  void dotHasABoxForEachOperation() {
    assertThat(GraphPrinter.dot(loss()))
        .isEqualTo(
            """
            digraph gradients {
              rankdir=BT;
              node [shape=box];
              n0 [label="matmul fp32[4, 3]"];
              p0 [shape=ellipse, label="weight fp32[2, 3]"];
              p0 -> n0;
              n1 [label="mul fp32[4, 3]"];
              n0 -> n1;
              n0 -> n1;
              n2 [label="sum fp32[]"];
              p0 -> n2;
              n3 [label="add fp32[4, 3]"];
              n1 -> n3;
              n2 -> n3;
              n4 [label="sum fp32[]"];
              n3 -> n4;
            }
            """);
  }

  @Test
  void thereIsNoGraphWithoutGradients() {
    Tensor x = context.ones(DType.FP32, 2);
    assertThatThrownBy(() -> GraphPrinter.text(x)).hasMessageContaining("needs no gradient");
  }
}
