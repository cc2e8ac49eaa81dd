package dev.kiln.tests.cuda;

import dev.kiln.runtime.cuda.CudaDevice;
import dev.kiln.runtime.cuda.CudaDriver;
import dev.kiln.runtime.cuda.CudaOptions;
import dev.kiln.tests.cuda.driver.DriverSettings;
import dev.kiln.tests.cuda.driver.NativeDriver;
import dev.kiln.tests.cuda.driver.SimulatedDriver;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.junit.platform.commons.support.AnnotationSupport;

/** What {@link CudaTest} promises. */
final class CudaExtension
    implements BeforeEachCallback,
        AfterEachCallback,
        ParameterResolver,
        TestExecutionExceptionHandler {
  private static final Namespace NAMESPACE = Namespace.create(CudaExtension.class);

  @Override
  public void beforeEach(ExtensionContext context) {
    if (NativeDriver.isReal()) {
      boolean aboutTheStandIn =
          List.of(context.getRequiredTestMethod().getParameterTypes())
              .contains(SimulatedDriver.class);
      Assumptions.assumeFalse(aboutTheStandIn, "about the stand-in");
    } else {
      CudaTest wanted =
          AnnotationSupport.findAnnotation(context.getRequiredTestClass(), CudaTest.class)
              .orElseThrow();
      install(context, DriverSettings.standard().withGpus(wanted.gpus()));
    }
  }

  private static void install(ExtensionContext context, DriverSettings settings) {
    SimulatedDriver driver = new SimulatedDriver(settings);
    store(context).put(SimulatedDriver.class, driver);
    NativeDriver.install(driver);
  }

  private static Store store(ExtensionContext context) {
    return context.getStore(NAMESPACE);
  }

  @Override
  public void afterEach(ExtensionContext context) {
    CudaDevice device = store(context).get(CudaDevice.class, CudaDevice.class);
    SimulatedDriver driver = store(context).get(SimulatedDriver.class, SimulatedDriver.class);
    try {
      if (device != null) {
        device.close();
      }
      if (driver != null) {
        check(driver);
      }
    } finally {
      if (driver != null) {
        NativeDriver.install(null);
        driver.close();
      }
    }
  }

  private static void check(SimulatedDriver driver) {
    driver
        .broken()
        .ifPresent(
            fault -> {
              throw new AssertionError("the stand-in is broken: " + fault, fault);
            });
    List<String> left = driver.takeLeaks();
    if (!left.isEmpty()) {
      throw new AssertionError("not given back: " + left);
    }
    if (driver.holders() > 0) {
      throw new AssertionError("a context is held still, with " + driver.held());
    }
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return type == SimulatedDriver.class || type == CudaDevice.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    if (parameter.getParameter().getType() == SimulatedDriver.class) {
      return store(context).get(SimulatedDriver.class);
    }
    return store(context)
        .getOrComputeIfAbsent(
            CudaDevice.class,
            key -> CudaDriver.load().open(0, CudaOptions.fromEnvironment()),
            CudaDevice.class);
  }

  /** A failing test shows what the driver saw. */
  @Override
  public void handleTestExecutionException(ExtensionContext context, Throwable failure)
      throws Throwable {
    SimulatedDriver driver = store(context).get(SimulatedDriver.class, SimulatedDriver.class);
    if (driver != null && !(driver.faults().isEmpty() && driver.refusals().isEmpty())) {
      failure.addSuppressed(
          new AssertionError(
              "the driver's faults: %s; refused: %s"
                  .formatted(driver.faults(), driver.refusals())));
    }
    throw failure;
  }
}
