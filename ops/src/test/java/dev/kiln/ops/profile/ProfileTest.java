package dev.kiln.ops.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.profile.Attainable.Bound;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.cpu.CpuDevice;
import dev.kiln.runtime.cpu.CpuOptions;
import dev.kiln.runtime.cuda.CudaProperties;
import dev.kiln.runtime.sim.monitor.count.Measure;
import dev.kiln.runtime.sim.roofline.GpuModel;
import dev.kiln.runtime.sim.roofline.Quantity;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ProfileTest {
  /** Bytes at 100 a second, at most 10 operations a second, of products 20. */
  private static final DeviceRoofline ROOFLINE =
      new DeviceRoofline(
          "made up",
          List.of(new DeviceRoofline.Bandwidth(1, 100)),
          Map.of(DType.FP32, 10.0),
          Map.of(DType.FP32, 20.0));

  private static final ProfileOptions FEW = new ProfileOptions(1, true, 1, 1, 1e6, List.of());

  private static OperationCase ofCase(String name, String shape) {
    ProfiledOperation operation = ProfiledOperations.named(List.of(name)).getFirst();
    return new OperationCase(operation, Sizes.parse(operation.axes(), shape), DType.FP32);
  }

  private static ProfileReport profile(ProfileOptions options, OperationCase... cases) {
    return profile(options, new ProfileListener() {}, cases);
  }

  /** On a device of its own: launches of other tests are not to be counted. */
  private static ProfileReport profile(
      ProfileOptions options, ProfileListener listener, OperationCase... cases) {
    try (Device device = new CpuDevice(CpuOptions.ofMachine().withMemoryBytes(1 << 28))) {
      return new Profile(device, Optional.of(ROOFLINE), options).run(List.of(cases), listener);
    }
  }

  // The roofline

  @Test
  void whatTakesLongerBoundsACall() {
    assertThat(ROOFLINE.attainable(200, 10, DType.FP32, false, 4))
        .isEqualTo(new Attainable(2, Bound.MEMORY, 0.5));
    assertThat(ROOFLINE.attainable(200, 40, DType.FP32, false, 4))
        .isEqualTo(new Attainable(4, Bound.COMPUTE, 1));
    assertThat(ROOFLINE.attainable(200, 40, DType.FP32, true, 4).bound()).isEqualTo(Bound.MEMORY);
  }

  @Test
  void bandwidthsLieBetweenThoseThatAreKnown() {
    var roofline =
        new DeviceRoofline(
            "",
            List.of(
                new DeviceRoofline.Bandwidth(1 << 10, 300),
                new DeviceRoofline.Bandwidth(1 << 20, 100)),
            Map.of(),
            Map.of());
    assertThat(roofline.bandwidth(1)).isEqualTo(300);
    assertThat(roofline.bandwidth(1 << 15)).isCloseTo(200, within(1e-9));
    assertThat(roofline.bandwidth(1 << 20)).isEqualTo(100);
    assertThat(roofline.bandwidth(1L << 30)).isEqualTo(100);
    assertThat(roofline.memoryBandwidth()).isEqualTo(100);
  }

  private static CudaProperties gpu(String name, int major, int minor, int clock, int bus) {
    return new CudaProperties(
        0, name, "", "", major, minor, 100, 1L << 34, clock, clock, bus, 0, 0, 0, 0, 0, false, true,
        true, true, true, true, "default");
  }

  @Test
  void graphicsProcessorsOfTheTableHaveTheRooflineOfTheirDataSheet() {
    GpuModel h100 = GpuModel.find("h100").orElseThrow();
    DeviceRoofline roofline = Rooflines.of(h100);
    assertThat(roofline.memoryBandwidth()).isEqualTo(1e9 * h100.get(Quantity.DRAM_GIGABYTES));
    assertThat(roofline.peak(DType.BF16, true)).isGreaterThan(9e14).isLessThan(1.1e15);
    assertThat(roofline.peak(DType.FP32, true)).isEqualTo(roofline.peak(DType.BF16, false));
  }

  @Test
  void otherGraphicsProcessorsHaveThatOfTheirClocks() {
    CudaProperties some = gpu("NVIDIA Some GPU", 8, 0, 1_000_000, 256);
    DeviceRoofline roofline = Rooflines.of(some);
    assertThat(roofline.source()).contains("Some GPU", "A100");
    assertThat(roofline.memoryBandwidth()).isEqualTo(64e9);
    assertThat(roofline.peak(DType.FP32, false)).isEqualTo(100 * 1e9 * 64 * 2);
    assertThat(Rooflines.relative(gpu("NVIDIA GeForce RTX 4090", 8, 9, 0, 0)).name())
        .isEqualTo("rtx4090");
    GpuModel h100 = GpuModel.find("h100").orElseThrow();
    assertThat(Rooflines.of(gpu("NVIDIA H100 80GB HBM3", 9, 0, 0, 0)).memoryBandwidth())
        .as("where the driver does not tell")
        .isEqualTo(1e9 * h100.get(Quantity.DRAM_GIGABYTES));
  }

  @Test
  void simulatedDevicesHaveNone() {
    assertThat(Rooflines.of(Devices.sim(), false)).isEmpty();
  }

  // The error rule

  @Test
  void anErrorAboveTwiceThePlainOneIsWrong() {
    OperationCase relu = ofCase("relu", "1x2");
    Map<String, double[]> exact = Map.of("y", new double[] {1, 2});
    Map<String, double[]> plain = Map.of("y", new double[] {1, 2.5});
    assertThat(check(relu, new double[] {1, 2.9}, plain, exact).isRight()).isTrue();
    Check wrong = check(relu, new double[] {1, 3.1}, plain, exact);
    assertThat(wrong.isRight()).isFalse();
    assertThat(wrong.worst().orElseThrow().part()).isCloseTo(1.1, within(1e-5));
  }

  @Test
  void nanAndInfinityMustBeTheSame() {
    OperationCase relu = ofCase("relu", "1x2");
    double inf = Double.POSITIVE_INFINITY;
    Map<String, double[]> exact = Map.of("y", new double[] {inf, Double.NaN});
    assertThat(check(relu, new double[] {inf, Double.NaN}, exact, exact).isRight()).isTrue();
    assertThat(check(relu, new double[] {-inf, Double.NaN}, exact, exact).isRight()).isFalse();
    assertThat(check(relu, new double[] {inf, 0}, exact, exact).isRight()).isFalse();
    assertThat(check(relu, new double[] {inf}, exact, exact).isRight()).isFalse();
  }

  @Test
  void integersMustBeEqual() {
    OperationCase sort = ofCase("sort", "1x2");
    Map<String, double[]> exact =
        Map.of("values", new double[] {1, 2}, "index", new double[] {1, 0});
    Map<String, double[]> other =
        Map.of("values", new double[] {1, 2}, "index", new double[] {0, 1});
    assertThat(ErrorCheck.of(sort, exact, exact, exact).isRight()).isTrue();
    assertThat(ErrorCheck.of(sort, other, exact, exact).isRight()).isFalse();
  }

  private static Check check(
      OperationCase ofCase,
      double[] actual,
      Map<String, double[]> plain,
      Map<String, double[]> exact) {
    return ErrorCheck.of(ofCase, Map.of("y", actual), plain, exact);
  }

  // Reports

  @Test
  void aRowTellsTimeRatesShareAndRatio() {
    List<String> heard = new ArrayList<>();
    OperationCase relu = ofCase("relu", "8x16");
    ProfileReport report =
        profile(
            FEW,
            new ProfileListener() {
              @Override
              public void started(OperationCase ofCase, int number, int count) {
                heard.add("%s %d %d".formatted(ofCase, number, count));
              }
            },
            relu);
    assertThat(heard).containsExactly("relu 8x16 fp32 0 1");
    ProfileRow row = report.rows().getFirst();
    CallTime time = row.time().orElseThrow();
    assertThat(time.least()).isPositive().isLessThanOrEqualTo(time.median());
    assertThat(row.launches()).isEqualTo(1);
    assertThat(row.bytes()).isEqualTo(1024);
    assertThat(row.gigabytesPerSecond().orElseThrow()).isEqualTo(1024 / time.median() * 1e-9);
    assertThat(row.attainable().orElseThrow().seconds()).isEqualTo(12.8);
    ReferenceResult java = row.references().getFirst();
    assertThat(java.library()).isEqualTo("java");
    assertThat(java.ratio())
        .isCloseTo(java.time().median() / time.median(), within(1e-6 * java.ratio()));
    assertThat(report.isRight()).isTrue();
  }

  @Test
  void whatIsTooLargeForPlainJavaIsCheckedOnASmallerCall() {
    ProfileRow row = profile(FEW, ofCase("matmul", "128x128x128")).rows().getFirst();
    assertThat(row.check().orElseThrow().sizes()).isEqualTo(row.ofCase().operation().small());
    assertThat(row.references()).isEmpty();
    assertThat(ProfileTable.lines(profile(FEW, ofCase("matmul", "128x128x128"))))
        .anyMatch(line -> line.startsWith("*: of a smaller call"));
  }

  @Test
  void withoutACheckNothingIsCompared() {
    ProfileRow row = profile(FEW.withoutCheck(), ofCase("relu", "8x16")).rows().getFirst();
    assertThat(row.check()).isEmpty();
    assertThat(row.isRight()).isTrue();
  }

  @Test
  void aCallThatTheLauncherRefusesIsAFaultOfItsRow() {
    ProfileReport report = profile(FEW, ofCase("rotary", "1x2x3x5"), ofCase("relu", "2x3"));
    assertThat(report.rows().getFirst().fault().orElseThrow()).contains("Rotary");
    assertThat(report.rows().getLast().fault()).isEmpty();
    assertThat(report.isRight()).isFalse();
    assertThat(ProfileTable.lines(report).get(1)).contains("rotary").endsWith("FAILED");
  }

  @Test
  void jsonHoldsTheReport() {
    JsonNode json = ProfileJson.of(profile(FEW, ofCase("relu", "8x16")));
    assertThat(json.get("device").asText()).isEqualTo("cpu");
    assertThat(json.get("right").asBoolean()).isTrue();
    assertThat(json.get("roofline").get("bandwidths").get(0).get("bytesPerSecond").asDouble())
        .isEqualTo(100);
    JsonNode row = json.get("rows").get(0);
    assertThat(row.get("operation").asText()).isEqualTo("relu");
    assertThat(row.get("sizes").toString()).isEqualTo("{\"rows\":8,\"columns\":16}");
    assertThat(row.get("time").get("median").asDouble()).isPositive();
    assertThat(row.get("roofline").get("bound").asText()).isEqualTo("compute");
    assertThat(row.get("references").get(0).get("name").asText()).isEqualTo("java");
    assertThat(row.get("check").get("outputs").get(0).get("error").asDouble()).isZero();
  }

  // The simulator

  @Test
  void simulatedCallsTellCountersAndEstimates() {
    var options = FEW.withGpus(List.of(GpuModel.find("a100").get(), GpuModel.find("h100").get()));
    ProfileReport report =
        new SimProfile(options).run(List.of(ofCase("relu", "8x16")), new ProfileListener() {});
    ProfileRow row = report.rows().getFirst();
    assertThat(row.time()).isEmpty();
    assertThat(row.launches()).isEqualTo(1);
    assertThat(row.kernels().stream().map(kernel -> kernel.target().label()))
        .containsExactly("sm_80", "sm_90a");
    CountedKernel kernel = row.kernels().getFirst();
    assertThat(kernel.counters().total().get(Measure.GLOBAL_BYTES)).isEqualTo(1024);
    assertThat(kernel.ptx()).contains(".target sm_80").contains(kernel.kernel());
    assertThat(kernel.estimates()).hasSize(1);
    assertThat(kernel.estimates().getFirst().seconds()).isPositive();
    JsonNode json = ProfileJson.of(report).get("rows").get(0).get("kernels").get(1);
    assertThat(json.get("target").asText()).isEqualTo("sm_90a");
    assertThat(json.get("estimates").get(0).get("gpu").asText()).isEqualTo("h100");
    assertThat(ProfileTable.lines(report)).hasSize(3);
  }

  @Test
  void theSimulatorNeedsAGpu() {
    assertThatThrownBy(() -> new SimProfile(FEW))
        .isInstanceOf(KilnException.class)
        .hasMessageContaining("needs the name of a GPU");
  }
}
