package dev.kiln.tests.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.sim.PtxModule;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimLaunch;
import dev.kiln.runtime.sim.SimModule;
import dev.kiln.runtime.sim.SimReport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The kernels of one CUDA file on a simulated device, for one test; registered as its extension it
 * gives the test's arrays back afterwards. Devices and modules last as long as the JVM: one for
 * each {@link Way}, and for each file.
 */
final class CudaKernels implements AfterEachCallback {
  private static final Map<Way, SimDevice> DEVICES = new EnumMap<>(Way.class);
  private static final Map<String, PtxModule> TEXTS = new HashMap<>();
  private static final Map<String, SimModule> MODULES = new HashMap<>();

  private final SimDevice device;
  private final SimModule module;
  private final List<NdArray> arrays = new ArrayList<>();

  /**
   * @param file without ending: "scans"
   */
  CudaKernels(String file, Way way) {
    synchronized (DEVICES) {
      device = DEVICES.computeIfAbsent(way, w -> new SimDevice(w.options()));
      PtxModule text = TEXTS.computeIfAbsent(file, CudaKernels::text);
      module = MODULES.computeIfAbsent(file + "/" + way, key -> device.load(text));
    }
  }

  /** The PTX of a file. */
  static PtxModule text(String file) {
    String name = file + ".ptx";
    try (var in = CudaKernels.class.getResourceAsStream("/cuda/" + name)) {
      return PtxModule.parse(name, new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  SimDevice device() {
    return device;
  }

  SimModule module() {
    return module;
  }

  /** An array of numbers, rounded to the dtype. */
  NdArray array(DType dtype, double... values) {
    return kept(NdArray.of(device, dtype, values, values.length));
  }

  /** Any 32-bit integers. */
  NdArray ints(int... values) {
    return kept(NdArray.of(device, values, values.length));
  }

  /** Any 64-bit integers. */
  NdArray longs(long... values) {
    return kept(NdArray.of(device, values, values.length));
  }

  NdArray zeros(DType dtype, int size) {
    return kept(NdArray.zeros(device, dtype, size));
  }

  /** For results: nobody has written it, and to read it before would be a finding. */
  NdArray empty(DType dtype, int size) {
    return kept(NdArray.empty(device, dtype, size));
  }

  private NdArray kept(NdArray array) {
    arrays.add(array);
    return array;
  }

  /** Runs a launch to its end, and fails if a sanitizer found something. */
  SimReport launch(String entry, SimLaunch launch, Object... arguments) {
    SimReport report = module.kernel(entry).launch(launch, arguments);
    assertThat(report.findings().all()).as("findings in " + entry).isEmpty();
    return report;
  }

  @Override
  public void afterEach(ExtensionContext context) {
    arrays.forEach(NdArray::close);
  }
}
