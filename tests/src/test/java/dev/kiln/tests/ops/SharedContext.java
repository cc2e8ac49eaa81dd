package dev.kiln.tests.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.runtime.Devices;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * One context for all tests of a class, so that kernels are made once: each test has a scope of its
 * own and the same random numbers as if it were alone. At the end nothing may hold memory.
 *
 * <pre>{@code
 * @RegisterExtension static final SharedContext SHARED = new SharedContext(7);
 *
 * private final Context context = SHARED.context();
 * }</pre>
 */
final class SharedContext implements BeforeEachCallback, AfterEachCallback, AfterAllCallback {
  private final long seed;
  private final Context context;
  private Scope scope;

  SharedContext(long seed) {
    this.seed = seed;
    context = new Context(Devices.cpu(), seed);
  }

  Context context() {
    return context;
  }

  @Override
  public void beforeEach(ExtensionContext test) {
    context.random().restore(seed, 0);
    scope = context.scope();
  }

  @Override
  public void afterEach(ExtensionContext test) {
    scope.close();
  }

  @Override
  public void afterAll(ExtensionContext test) {
    context.close();
    assertThat(context.memory().storages()).isZero();
  }
}
