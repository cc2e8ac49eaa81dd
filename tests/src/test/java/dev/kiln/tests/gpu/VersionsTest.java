package dev.kiln.tests.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.CompileOptions;
import dev.kiln.compiler.Target;
import dev.kiln.compiler.gpu.GpuCompiler;
import dev.kiln.compiler.gpu.GpuKernel;
import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.Kernel;
import dev.kiln.runtime.KernelModule;
import dev.kiln.runtime.Launch;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.TensorDescriptor;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimOptions;
import dev.kiln.runtime.sim.monitor.count.Measure;
import dev.kiln.tests.rules.HostArray;
import dev.kiln.tests.rules.KernelCase;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Kernels that choose on entry between wide accesses and general ones. */
class VersionsTest {
  private static final CompileOptions VERSIONED = CompileOptions.DEFAULT.withVersioned(true);
  private static final Target[] ALL = {
    Target.SM_80, Target.SM_89, Target.SM_90A, Target.SM_100, Target.SM_120
  };

  private static final String HEAD =
      """
      import triton
      import triton.language as tl

      """;

  private static final String ADD =
      HEAD
          + """
          @triton.jit
          def add(x_ptr, y_ptr, out_ptr, n, BLOCK: tl.constexpr):
              offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
              mask = offsets < n
              x = tl.load(x_ptr + offsets, mask=mask)
              y = tl.load(y_ptr + offsets, mask=mask)
              tl.store(out_ptr + offsets, x + y, mask=mask)
          """;

  private static final String PRODUCT =
      HEAD
          + """
          @triton.jit
          def product(a, b, c, M, N, K, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):
              m = tl.program_id(0) * BM + tl.arange(0, BM)
              n = tl.program_id(1) * BN + tl.arange(0, BN)
              k = tl.arange(0, BK)
              acc = tl.zeros((BM, BN), dtype=tl.float32)
              for i in range(0, tl.cdiv(K, BK)):
                  kk = i * BK + k
                  x = tl.load(a + m[:, None] * K + kk[None, :],
                              mask=(m[:, None] < M) & (kk[None, :] < K), other=0.0)
                  y = tl.load(b + kk[:, None] * N + n[None, :],
                              mask=(kk[:, None] < K) & (n[None, :] < N), other=0.0)
                  acc = tl.dot(x, y, acc)
              tl.store(c + m[:, None] * N + n[None, :], acc,
                       mask=(m[:, None] < M) & (n[None, :] < N))
          """;

  private static final String ROWS =
      HEAD
          + """
          @triton.jit
          def softmax(x_ptr, y_ptr, n, BLOCK: tl.constexpr):
              row = tl.program_id(0).to(tl.int64) * n
              i = tl.arange(0, BLOCK)
              x = tl.load(x_ptr + row + i, mask=i < n, other=float("-inf"))
              e = tl.exp(x - tl.max(x, axis=0))
              tl.store(y_ptr + row + i, e / tl.sum(e, axis=0), mask=i < n)
          """;

  private static GpuTrial trial(String text, Grid grid) {
    return GpuTrial.of(text, grid).options(VERSIONED);
  }

  private static Object[] addition(int n) {
    return new Object[] {
      HostArray.normal(1, n), HostArray.normal(2, n), HostArray.unwritten(n), n, 1024
    };
  }

  // ---------------------------------------------------------------- both ways

  @ParameterizedTest
  @ValueSource(ints = {1, 1000, 1022, 1023, 1024, 3000})
  void addsVectorsOfAnyLength(int n) {
    trial(ADD, Grid.of(3)).check(addition(n));
  }

  @ParameterizedTest
  @CsvSource({"0, 0, 0", "1, 0, 0", "0, 3, 0", "0, 0, 2", "4, 4, 4", "1, 1, 1"})
  void addsVectorsThatBeginAnywhere(int x, int y, int out) {
    Kernel kernel = KernelModule.of("add.py", ADD).kernel("add");
    int n = 1024;
    var shifted =
        new KernelCase(
            "add",
            List.of(
                HostArray.normal(1, 2048),
                HostArray.normal(2, 2048),
                HostArray.zeros(DType.FP32, 2048)),
            (device, arrays) -> {
              Launch launch = kernel.on(device).options(VERSIONED);
              launch.args(
                  arrays.get(0).narrow(0, x, n),
                  arrays.get(1).narrow(0, y, n),
                  arrays.get(2).narrow(0, out, n),
                  n,
                  256);
              return () -> launch.launch(4, 1, 1);
            });
    SimulatedRun run = SimulatedRun.of(shifted, Target.SM_80);
    assertThat(run.fault()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {60, 77})
  void rowsOfAnyLength(int n) {
    for (DType dtype : new DType[] {DType.FP32, DType.FP16}) {
      trial(ROWS, Grid.of(5))
          .check(HostArray.normal(dtype, 3, 5, n), HostArray.unwritten(dtype, 5, n), n, 128);
    }
  }

  /** Copies of 16 bytes run ahead in one version; in the other those of 4, or none. */
  @ParameterizedTest
  @CsvSource({"64, 64, 64", "33, 40, 56", "60, 50, 34", "33, 41, 57"})
  void productsOfAnySize(int m, int n, int k) {
    List<GpuKernel> kernels =
        trial(PRODUCT, Grid.of(1))
            .on(m == 64 ? ALL : new Target[] {Target.SM_80})
            .check(
                HostArray.normal(DType.FP16, 1, m, k),
                HostArray.normal(DType.FP16, 2, k, n),
                HostArray.unwritten(DType.FP32, m, n),
                m,
                n,
                k,
                64,
                64,
                32);
    assertThat(kernels.getFirst().ptx()).contains("cp.async.cg.shared.global", "ld.global.b16");
  }

  @ParameterizedTest
  @CsvSource({"128, 64", "126, 57"})
  void warpgroupProductsInBothVersions(int n, int k) {
    GpuKernel kernel =
        trial(PRODUCT, Grid.of(1))
            .on(Target.SM_90A)
            .check(
                HostArray.normal(DType.FP16, 1, 64, k),
                HostArray.normal(DType.FP16, 2, k, n),
                HostArray.unwritten(DType.FP32, 64, n),
                64,
                n,
                k,
                64,
                128,
                32)
            .getFirst();
    assertThat(kernel.ptx().split("wgmma.commit_group")).hasSizeGreaterThan(2);
  }

  /** Functions that both versions call stand in the module once; shared memory serves both. */
  @ParameterizedTest
  @ValueSource(ints = {64, 61})
  void printsSortsAndCountsInBothVersions(int n) {
    String text =
        HEAD
            + """
            @triton.jit
            def odds(x_ptr, y_ptr, c_ptr, n, N: tl.constexpr):
                i = tl.arange(0, N)
                row = tl.program_id(0)
                if n < 3:
                    return
                x = tl.load(x_ptr + row * n + i, mask=i < n, other=0.0)
                tl.device_print("x", x)
                tl.device_assert(x < 100, "large")
                y = tl.cumsum(tl.gather(tl.sort(x), i ^ 1, axis=0), axis=0)
                tl.atomic_add(c_ptr + tl.arange(0, 8), tl.histogram((x * 4).to(tl.int32) & 7, 8))
                for k in range(n // 20):
                    y += tl.load(x_ptr + k * n + i, mask=i < n, other=0.0)
                tl.store(y_ptr + row * n + i, y, mask=i < n)
            """;
    GpuTrial.of(text, Grid.of(4))
        .options(VERSIONED.withDebug(true))
        .on(Target.SM_80)
        .check(
            HostArray.quarters(DType.FP32, 1, 4, n),
            HostArray.unwritten(4, n),
            HostArray.zeros(DType.I32, 8),
            n,
            128);
  }

  /** Both versions copy by the same tensor map. */
  @ParameterizedTest
  @ValueSource(ints = {64, 61})
  void tensorCopiesInBothVersions(int n) {
    Kernel kernel =
        KernelModule.of(
                "product.py",
                HEAD
                    + """
                    @triton.jit
                    def product(a, b, c, n, K, B: tl.constexpr):
                        acc = tl.zeros((64, 64), tl.float32)
                        for k in range(0, K, B):
                            acc = tl.dot(a.load([0, k]), b.load([k, 0]), acc)
                        i = tl.arange(0, 64)
                        tl.store(c + i[:, None] * n + i[None, :], acc, mask=(i < n)[None, :])
                    """)
            .kernel("product");
    var product =
        new KernelCase(
            "product",
            List.of(
                HostArray.quarters(DType.FP16, 1, 64, 96),
                HostArray.quarters(DType.FP16, 2, 96, 64),
                HostArray.unwritten(64, n)),
            (device, arrays) -> {
              Launch launch = kernel.on(device).options(VERSIONED);
              launch.args(
                  TensorDescriptor.of(arrays.get(0), 64, 32),
                  TensorDescriptor.of(arrays.get(1), 32, 64),
                  arrays.get(2),
                  n,
                  96,
                  32);
              return () -> launch.launch(1, 1, 1);
            });
    SimulatedRun run = SimulatedRun.of(product, Target.SM_90A);
    assertThat(run.fault()).isEmpty();
    String ptx = run.kernels().getFirst().ptx();
    assertThat(ptx).contains("else1", "map_1").doesNotContain("map_2");
    assertThat(ptx.split("cp.async.bulk.tensor.2d")).hasSizeGreaterThan(4);
  }

  // ---------------------------------------------------------------- what it costs

  @Test
  void divisibleArgumentsAreAccessedAsIfThatWereKnown() {
    GpuTrial versioned = trial(ADD, Grid.of(1));
    long known = requests(GpuTrial.of(ADD, Grid.of(1)).count(Target.SM_80, addition(1024)));
    assertThat(requests(versioned.count(Target.SM_80, addition(1024)))).isEqualTo(known);
    assertThat(requests(versioned.count(Target.SM_80, addition(1020)))).isEqualTo(known);
    assertThat(requests(versioned.count(Target.SM_80, addition(1023)))).isEqualTo(4 * known);
  }

  private static long requests(LaunchFigures figures) {
    return figures.counters().orElseThrow().total().get(Measure.GLOBAL_REQUESTS);
  }

  @Test
  void nothingIsTestedThatWidensNoAccess() {
    String text =
        HEAD
            + """
            @triton.jit
            def rows(x_ptr, y_ptr, m, n, factor, BLOCK: tl.constexpr):
                i = tl.arange(0, BLOCK)
                row = tl.program_id(0)
                if row < m:
                    x = tl.load(x_ptr + row * n + i, mask=i < n)
                    tl.store(y_ptr + row * n + i, x * factor, mask=i < n)
            """;
    String ptx =
        trial(text, Grid.of(5))
            .check(
                HostArray.normal(DType.FP16, 1, 5, 24),
                HostArray.unwritten(DType.FP16, 5, 24),
                5,
                24,
                7,
                32)
            .getFirst()
            .ptx();
    // Eight numbers of 16 bits are a vector.
    assertThat(ptx).containsPattern("and\\.b32 %r\\d+, %r\\d+, 7;");
    String before = ptx.substring(0, ptx.indexOf("bra"));
    assertThat(before).contains("p0_x_ptr]", "p1_y_ptr]", "p3_n]");
    assertThat(before).doesNotContain("p2_m]", "p4_factor]");
  }

  @Test
  void kernelsThatGainNothingHaveOneVersion() {
    String text =
        HEAD
            + """
            @triton.jit
            def pick(x_ptr, y_ptr, n, BLOCK: tl.constexpr):
                i = tl.arange(0, BLOCK)
                tl.store(y_ptr + i * n, tl.load(x_ptr + i * n))
            """;
    assertThat(
            trial(text, Grid.of(1))
                .check(HostArray.normal(1, 1024), HostArray.unwritten(1024), 8, 128)
                .getFirst()
                .ptx())
        .doesNotContain("bra");
  }

  // ---------------------------------------------------------------- launches

  @Test
  void oneCompilationServesEveryLength() {
    assertThat(compilations(true)).isEqualTo(1);
    assertThat(compilations(false)).isEqualTo(3);
  }

  private static int compilations(boolean versioned) {
    var compilations = new AtomicInteger();
    KernelModule module = KernelModule.of("add.py", ADD).versioned(versioned);
    try (var device =
            new SimDevice(
                SimOptions.standard(),
                kernel -> {
                  compilations.incrementAndGet();
                  return GpuCompiler.compile(kernel);
                });
        var x = NdArray.zeros(device, DType.FP32, 4096);
        var y = NdArray.zeros(device, DType.FP32, 4096)) {
      Launch launch = module.kernel("add").on(device).args(x, x, y, 4096, 256);
      for (int n : new int[] {4096, 4095, 1024, 17, 16, 1000}) {
        launch.set(3, n).launch(Grid.cdiv(n, 256), 1, 1);
      }
      launch.args(x.narrow(0, 1, 1000), x, y, 1000, 256).launch(4, 1, 1);
      return compilations.get();
    }
  }
}
