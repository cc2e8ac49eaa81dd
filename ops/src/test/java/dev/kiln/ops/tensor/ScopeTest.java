package dev.kiln.ops.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Devices;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ScopeTest {
  private final Context context = new Context(Devices.cpu(), 1);

  @AfterEach
  void close() {
    context.close();
    assertThat(context.memory().storages()).isZero();
    assertThat(context.memory().bytes()).isZero();
  }

  @Test
  void stepFreesItsTensorsAndGraph() {
    Tensor w = context.ones(DType.FP32, 100).requireGrad();
    Tensor kept;
    try (Scope step = context.scope()) {
      Tensor y = w.exp().mul(w);
      kept = step.keep(y.add(1));
    }
    assertThat(context.memory().storages()).isEqualTo(2);
    assertThat(kept.isLeaf()).isTrue();
    assertThat(kept.requiresGrad()).isFalse();
    assertThat(kept.toFloats()).hasSize(100);
  }

  @Test
  void frameFreesItsTensorsButNotTheGraph() {
    Tensor w = context.ones(DType.FP32, 100).requireGrad();
    try (Scope _ = context.scope()) {
      long before = context.memory().storages();
      Tensor y = context.frame(() -> w.add(1).add(2).exp());
      // The result, and what exp reads on its way back.
      assertThat(context.memory().storages()).isEqualTo(before + 2);
      y.backward(context.ones(DType.FP32, 100));
      assertThat(w.hasGrad()).isTrue();
    }
    assertThat(context.memory().storages()).isEqualTo(2);
  }

  @Test
  void backwardPassGivesMemoryBackOnTheWay() {
    Tensor w = context.ones(DType.FP32, 1000).requireGrad();
    try (Scope _ = context.scope()) {
      Tensor y = context.frame(() -> w.exp().exp().exp().exp().sum());
      long before = context.memory().bytes();
      context.memory().resetPeak();
      y.backward();
      // Never more than the gradients of one operation beside what the graph still holds.
      assertThat(context.memory().peak() - before).isLessThan(3 * 4000);
      assertThat(context.memory().bytes()).isLessThan(3 * 4000);
    }
  }

  @Test
  void scopesAreClosedInReverseOrder() {
    Scope outer = context.scope();
    Scope inner = context.frame();
    assertThatThrownBy(outer::close).hasMessageContaining("closed in reverse order");
    inner.close();
    outer.close();
    outer.close();
  }

  @Test
  void persistentTensorsOutliveScopesUntilTheyAreClosed() {
    Tensor state;
    try (Scope _ = context.scope()) {
      state = context.ones(DType.FP32, 2).persist();
    }
    assertThat(state.isFreed()).isFalse();
    assertThat(context.leaks()).isEmpty();
    state.close();
    state.close();
    assertThat(context.memory().storages()).isZero();
  }

  @Test
  void viewsKeepMemoryAlive() {
    Tensor x = context.ones(DType.FP32, 2, 3);
    Tensor y = x.transpose(0, 1);
    x.close();
    assertThat(y.toFloats()).containsOnly(1).hasSize(6);
    assertThatThrownBy(() -> x.sum()).hasMessageContaining("was freed");
  }

  @Test
  void closedContextsSaySo() {
    var other = new Context(Devices.cpu(), 1);
    other.close();
    other.close();
    assertThatThrownBy(() -> other.zeros(DType.FP32, 1)).hasMessage("the context is closed");
  }
}
