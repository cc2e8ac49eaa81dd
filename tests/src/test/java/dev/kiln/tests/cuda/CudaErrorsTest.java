package dev.kiln.tests.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.runtime.DeviceActivity;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.cuda.driver.CudaHeader;
import dev.kiln.tests.cuda.driver.DriverSettings;
import dev.kiln.tests.cuda.driver.NativeDriver;
import dev.kiln.tests.cuda.driver.SimulatedDriver;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A program that uses everything, and what becomes of it when any one call fails. */
@CudaTest
class CudaErrorsTest {
  /** Calls that a program can do without: it goes on without what they tell. */
  private static final Set<String> OPTIONAL =
      Set.of(
          "cuGetErrorName",
          "cuGetErrorString",
          "cuMemHostRegister_v2",
          "cuPointerGetAttribute",
          "cuEventDestroy_v2");

  /** The quick build loses the device at every so manyth call. */
  private static final int SAMPLE = 7;

  /** What was being made or given back: a graph has two handles, a piece of time two events. */
  private static final int OWN_OF_ONE_CALL = 2;

  @Test
  void theProgramRunsRight() {
    var scenario = new CudaScenario();
    scenario.run();
    assertThat(Stream.of(0, 1, 2).map(i -> scenario.results().get(i)[0])).containsExactly(1, 0, 2);
    assertThat(scenario.activities()).hasAtLeastOneElementOfType(DeviceActivity.Copy.class);
  }

  @Test
  void anErrorOfAnyCallIsToldByItsNameAndLeavesNothing(SimulatedDriver driver) {
    sweep(driver, CudaHeader.CUDA_ERROR_NOT_SUPPORTED(), false, 1);
  }

  @Test
  void aDeviceLostByACallIsToldAndEnds(SimulatedDriver driver) {
    sweep(driver, CudaHeader.CUDA_ERROR_LAUNCH_FAILED(), true, SAMPLE);
  }

  @Test
  @Tag("slow")
  void aDeviceLostByAnyCallIsToldAndEnds(SimulatedDriver driver) {
    sweep(driver, CudaHeader.CUDA_ERROR_LAUNCH_FAILED(), true, 1);
  }

  private static void sweep(SimulatedDriver whole, int status, boolean loses, int step) {
    new CudaScenario().run();
    List<String> calls = whole.injection().calls();
    assertThat(calls).hasSizeGreaterThan(100);
    List<String> wrong = new ArrayList<>();
    for (int i = 1; i <= calls.size(); i += step) {
      try (var driver = new SimulatedDriver(DriverSettings.standard())) {
        NativeDriver.install(driver);
        driver.injection().failAt(i, status);
        if (loses) {
          driver.injection().loseTheContexts();
        }
        String place = "call %d, after %s: ".formatted(i, calls.subList(Math.max(0, i - 4), i - 1));
        outcome(driver).ifPresent(text -> wrong.add(place + text));
      } finally {
        NativeDriver.install(whole);
      }
    }
    assertThat(wrong).as("of %d calls", calls.size()).isEmpty();
  }

  private static Optional<String> outcome(SimulatedDriver driver) {
    String told;
    try {
      new CudaScenario().run();
      told = "";
    } catch (KilnException e) {
      told = everything(e);
    } catch (RuntimeException e) {
      return Optional.of(struck(driver) + " throws " + e);
    }
    String struck = struck(driver);
    String name = struck.replaceAll("_v\\d$", "");
    boolean mayBeSilent = OPTIONAL.contains(struck);
    if (!mayBeSilent && told.isEmpty()) {
      return Optional.of(struck + " fails, and nobody is told");
    }
    if (!mayBeSilent && !told.isEmpty() && !told.contains(name)) {
      return Optional.of(struck + " is not named: " + told);
    }
    List<String> left = driver.takeLeaks();
    if (left.size() > OWN_OF_ONE_CALL || driver.holders() > 0) {
      return Optional.of(
          "%s leaves %s, %d contexts: %s".formatted(struck, left, driver.holders(), told));
    }
    return driver.broken().map(Throwable::toString);
  }

  /** With what devices say that are closed because of it. */
  private static String everything(Throwable told) {
    return Stream.concat(
            Stream.of(told.getMessage()),
            Stream.of(told.getSuppressed()).map(CudaErrorsTest::everything))
        .collect(Collectors.joining("; "));
  }

  private static String struck(SimulatedDriver driver) {
    return driver.injection().struck().orElse("nothing");
  }
}
