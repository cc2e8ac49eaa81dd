package dev.kiln.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.ir.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LaunchTest {
  private static final String HEADER =
      """
      import triton
      import triton.language as tl

      """;

  private static final String SCALE =
      HEADER
          + """
          @triton.jit
          def scale(x_ptr, out_ptr, n, factor, BLOCK: tl.constexpr = 64):
              offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
              mask = offsets < n
              tl.store(out_ptr + offsets, tl.load(x_ptr + offsets, mask=mask) * factor, mask=mask)
          """;

  private static final KernelModule MODULE = KernelModule.of("scale.py", SCALE);

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "eval"})
  void defaultsFillMissingConstants(String name) {
    Device device = Devices.byName(name);
    try (NdArray x = NdArray.of(device, new float[] {1, 2, 3});
        NdArray out = NdArray.zeros(device, DType.FP32, 3)) {
      MODULE.kernel("scale").on(device).grid(1).launch(x, out, 3, 2.5);
      assertThat(out.toFloats()).containsExactly(2.5f, 5f, 7.5f);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "eval"})
  void everyArgumentKindMakesItsOwnSpecialisation(String name) {
    Device device = Devices.byName(name);
    Launch launch = MODULE.kernel("scale").on(device);
    try (NdArray x = NdArray.of(device, DType.FP16, new double[] {1, 2, 3});
        NdArray out = NdArray.zeros(device, DType.FP64, 3)) {
      for (long n : new long[] {1, 2, 3, 0}) {
        out.set(new double[] {-1, -1, -1});
        launch.grid(1).launch(x, out, n, 2.0);
        double[] expected = {-1, -1, -1};
        for (int i = 0; i < n; i++) {
          expected[i] = 2.0 * (i + 1);
        }
        assertThat(out.toDoubles()).as("n = %d", n).containsExactly(expected);
      }
    }
  }

  @Test
  void argumentsMayAlternateBetweenSpecialisations() {
    Device device = Devices.cpu();
    Launch launch = MODULE.kernel("scale").on(device);
    for (int round = 0; round < 3; round++) {
      for (DType dtype : new DType[] {DType.FP32, DType.I32, DType.FP64}) {
        for (int n : new int[] {1, 3, 16}) {
          try (NdArray x = NdArray.full(device, dtype, 2, 16);
              NdArray out = NdArray.zeros(device, dtype, 16)) {
            launch.args(x, out, n, round + 1.0, 16 << round % 2).launch(1, 1, 1);
            double[] expected = new double[16];
            Arrays.fill(expected, 0, n, 2 * (round + 1));
            assertThat(out.toDoubles()).as("%s %d", dtype, n).containsExactly(expected);
          }
        }
      }
    }
  }

  @Test
  void aGridWithAZeroLaunchesNothing() {
    Device device = Devices.cpu();
    try (NdArray x = NdArray.of(device, new float[] {1});
        NdArray out = NdArray.of(device, new float[] {7})) {
      MODULE.kernel("scale").on(device).args(x, out, 1, 2.0).launch(0, 1, 1);
      assertThat(out.toFloats()).containsExactly(7f);
    }
  }

  @Test
  void gridsMayDependOnMetaParameters() {
    Device device = Devices.cpu();
    try (NdArray x = NdArray.full(device, DType.FP32, 1, 1000);
        NdArray out = NdArray.zeros(device, DType.FP32, 1000)) {
      MODULE
          .kernel("scale")
          .on(device)
          .args(x, out, 1000, 3.0)
          .grid(meta -> Grid.of(Grid.cdiv(meta.intValue("n"), meta.intValue("BLOCK"))))
          .launch();
      assertThat(out.toFloats()).containsOnly(3f);
    }
  }

  @Test
  void messagesNameTheArgument() {
    Device device = Devices.cpu();
    Kernel kernel = MODULE.kernel("scale");
    try (NdArray x = NdArray.zeros(device, DType.FP32, 4)) {
      assertThatThrownBy(() -> kernel.on(device).grid(1).launch(x, x))
          .isInstanceOf(LaunchException.class)
          .hasMessage("kernel 'scale': argument 'n' has no value");
      assertThatThrownBy(() -> kernel.on(device).arg("m", 1))
          .hasMessage(
              "kernel 'scale': has no parameter 'm'; it has x_ptr, out_ptr, n, factor, BLOCK");
      assertThatThrownBy(() -> kernel.on(device).arg("BLOCK", x))
          .hasMessage(
              "kernel 'scale': argument 'BLOCK' is tl.constexpr and takes a constant, not an"
                  + " array");
      assertThatThrownBy(() -> kernel.on(device).arg("n", "many"))
          .hasMessage("kernel 'scale': argument 'n' cannot be a String");
      assertThatThrownBy(() -> kernel.on(device).args(x, x, 4, 1.0).launch())
          .hasMessage("kernel 'scale': has no grid");
      assertThatThrownBy(() -> kernel.on(Devices.eval()).arg("x_ptr", x))
          .hasMessage(
              "kernel 'scale': argument 'x_ptr' lies on device 'cpu', the launch is on 'eval'");
      assertThatThrownBy(() -> kernel.on(device).args(1, 2, 3, 4, 5, 6))
          .hasMessage("kernel 'scale': takes 5 arguments, not 6");
    }
    assertThatThrownBy(() -> MODULE.kernel("absent"))
        .hasMessage("scale.py has no kernel 'absent'; it has scale");
    NdArray closed = NdArray.zeros(device, DType.FP32, 4);
    closed.close();
    assertThatThrownBy(() -> kernel.on(device).arg("x_ptr", closed))
        .hasMessageContaining("the array's buffer is closed");
  }

  @Test
  void faultsOfTheKernelAreDiagnosed() {
    Device device = Devices.cpu();
    Kernel kernel =
        KernelModule.of("bad.py", HEADER + "@triton.jit\ndef bad(x_ptr):\n    tl.store(x_ptr, y)\n")
            .kernel("bad");
    try (NdArray x = NdArray.zeros(device, DType.FP32, 4)) {
      assertThatThrownBy(() -> kernel.on(device).grid(1).launch(x))
          .isInstanceOf(CompilationException.class)
          .hasMessageContaining("bad.py:6:21")
          .hasMessageContaining("y");
    }
  }

  @Test
  void heuristicsAndFirstConfigurationSetConstants() {
    String text =
        HEADER
            + """
            @triton.autotune(configs=[triton.Config({'BLOCK': 32}, num_warps=8), triton.Config({'BLOCK': 64})], key=['n'])
            @triton.heuristics({'EVEN': lambda args: args['n'] % args['BLOCK'] == 0})
            @triton.jit
            def fill(out_ptr, n, BLOCK: tl.constexpr, EVEN: tl.constexpr):
                offsets = tl.arange(0, BLOCK)
                if EVEN:
                    tl.store(out_ptr + offsets, BLOCK + 1)
                else:
                    tl.store(out_ptr + offsets, BLOCK, mask=offsets < n)
            """;
    Device device = Devices.cpu();
    Launch launch = KernelModule.of("fill.py", text).kernel("fill").on(device).grid(1);
    try (NdArray out = NdArray.zeros(device, DType.I32, 64)) {
      launch.arg("out_ptr", out).arg("n", 32).launch();
      assertThat(out.toLongs()[31]).isEqualTo(33);
      assertThat(out.toLongs()[32]).isZero();
      launch.arg("n", 5).launch();
      assertThat(out.toLongs()[4]).isEqualTo(32);
      assertThat(out.toLongs()[5]).isEqualTo(33);
      assertThat(launch.compile().specialization().options().numWarps()).isEqualTo(8);
      launch.arg("BLOCK", 64).arg("n", 64).launch();
      assertThat(out.toLongs()[63]).isEqualTo(65);
    }
  }

  @Test
  void foreignMemoryIsReadAndWrittenInPlace() {
    Device device = Devices.cpu();
    try (Arena arena = Arena.ofConfined()) {
      var memory = arena.allocate(64 * 4, 64);
      for (int i = 0; i < 64; i++) {
        memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, i);
      }
      NdArray array = NdArray.wrap(device, DType.FP32, memory, 64);
      MODULE.kernel("scale").on(device).grid(1).launch(array, array, 64, 2.0);
      assertThat(memory.getAtIndex(ValueLayout.JAVA_FLOAT, 63)).isEqualTo(126f);
    }
  }

  @Test
  void aStrayAccessThrowsAndTheDeviceGoesOn() {
    Device device = Devices.cpu();
    Kernel kernel =
        KernelModule.of(
                "stray.py",
                HEADER + "@triton.jit\ndef stray(x_ptr, far):\n    tl.store(x_ptr + far, 1.0)\n")
            .kernel("stray");
    try (NdArray x = NdArray.zeros(device, DType.FP32, 4)) {
      assertThatThrownBy(() -> kernel.on(device).grid(1).launch(x, 1L << 50))
          .isInstanceOf(LaunchException.class)
          .hasMessageContaining("an access left the device's memory");
      kernel.on(device).grid(1).launch(x, 2);
      assertThat(x.toFloats()).containsExactly(0, 0, 1, 0);
    }
  }

  @Test
  void sanitizedLaunchesNameTheLineAndTheProgram() {
    Device device = Devices.sanitizing();
    try (NdArray x = NdArray.zeros(device, DType.FP32, 4);
        NdArray out = NdArray.zeros(device, DType.FP32, 4)) {
      assertThatThrownBy(() -> MODULE.kernel("scale").on(device).grid(1).launch(x, out, 6, 1.0))
          .isInstanceOf(LaunchException.class)
          .hasMessageContaining("scale.py:8:")
          .hasMessageContaining(
              "out-of-range load of 4 bytes: just after the end of argument 'x_ptr' of 16 bytes")
          .hasMessageContaining("program (0, 0, 0)");
    }
  }

  @Test
  void assertionsAreCheckedOnlyInDebugMode() {
    String text = HEADER + "@triton.jit\ndef picky(n):\n    tl.device_assert(n > 5, 'too few')\n";
    Device device = Devices.cpu();
    Kernel kernel = KernelModule.of("picky.py", text).kernel("picky");
    kernel.on(device).grid(1).launch(3);
    kernel.on(device).grid(1).debug(true).launch(7);
    assertThatThrownBy(() -> kernel.on(device).grid(1).debug(true).launch(3))
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining("too few");
  }

  @Test
  void launchesAreReported() {
    Device device = Devices.cpu();
    List<String> heard = new ArrayList<>();
    try (NdArray x = NdArray.zeros(device, DType.FP32, 4)) {
      device.listen((kernel, grid, nanos) -> heard.add(kernel + grid));
      MODULE.kernel("scale").on(device).grid(3).launch(x, x, 4, 1.0);
    } finally {
      device.listen(null);
    }
    assertThat(heard).containsExactly("scale(3, 1, 1)");
  }

  @Test
  void aWarmLaunchAllocatesNothing() {
    Device device = Devices.cpu();
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (NdArray x = NdArray.full(device, DType.FP32, 1, 4096);
        NdArray out = NdArray.zeros(device, DType.FP32, 4096)) {
      Launch launch = MODULE.kernel("scale").on(device).args(x, out, 4096, 2.0);
      int n = launch.index("n");
      int factor = launch.index("factor");
      for (int i = 0; i < 20_000; i++) {
        launch.set(n, 4096L - 16 * (i % 8 + 1)).set(factor, (double) i).launch(64, 1, 1);
      }
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 1_000; i++) {
        launch.set(n, 4096L - 16 * (i % 8 + 1)).set(factor, (double) i).launch(64, 1, 1);
      }
      assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(1_000);
    }
  }

  @Test
  void manyThreadsMayLaunchOnOneDevice() throws InterruptedException {
    Device device = Devices.cpu();
    List<Thread> threads = new ArrayList<>();
    List<String> wrong = java.util.Collections.synchronizedList(new ArrayList<>());
    for (int t = 0; t < 4; t++) {
      float factor = t + 1;
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    try (NdArray x = NdArray.full(device, DType.FP32, 1, 500);
                        NdArray out = NdArray.zeros(device, DType.FP32, 500)) {
                      Launch launch =
                          MODULE
                              .kernel("scale")
                              .on(device)
                              .grid(8)
                              .args(x, out, 500, (double) factor);
                      for (int i = 0; i < 200; i++) {
                        launch.launch();
                        if (out.toFloats()[499] != factor) {
                          wrong.add("factor " + factor + " gave " + out.toFloats()[499]);
                        }
                      }
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(wrong).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "eval"})
  void gridsMayBePython(String name) {
    Device device = Devices.byName(name);
    try (NdArray x = NdArray.full(device, DType.FP32, 1, 200);
        NdArray out = NdArray.zeros(device, DType.FP32, 200)) {
      Launch launch = MODULE.kernel("scale").on(device).args(x, out, 200, 2.0);
      launch.grid("(triton.cdiv(n, BLOCK),)").launch();
      assertThat(out.toFloats()).containsOnly(2f);
      launch.arg("factor", 3.0).grid("lambda meta: (meta['n'] // meta['BLOCK'] + 1, 1)").launch();
      assertThat(out.toFloats()).containsOnly(3f);
      assertThatThrownBy(() -> launch.grid("n / 0").launch())
          .isInstanceOf(LaunchException.class)
          .hasMessageContaining("division by zero");
      assertThatThrownBy(() -> launch.grid("(1.5,)").launch())
          .hasMessageContaining("gives 1.5, which is no extent");
      assertThatThrownBy(() -> launch.grid("(1,")).isInstanceOf(CompilationException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "eval"})
  void descriptorsMadeByTheHostAreBoundsChecked(String name) {
    String text =
        HEADER
            + """
            @triton.jit
            def double(src, dst, ROWS: tl.constexpr, COLS: tl.constexpr):
                row = tl.program_id(0) * ROWS
                dst.store([row, 0], src.load([row, 0]) * 2)
            """;
    Device device = Devices.byName(name);
    double[] values = new double[5 * 12];
    java.util.Arrays.setAll(values, i -> i);
    try (NdArray x = NdArray.of(device, DType.FP32, values, 5, 12);
        NdArray out = NdArray.zeros(device, DType.FP32, 6, 12)) {
      KernelModule.of("double.py", text)
          .kernel("double")
          .on(device)
          .grid(2)
          .launch(
              TensorDescriptor.of(x, 4, 16),
              TensorDescriptor.of(out.narrow(0, 0, 5), 4, 16),
              4,
              16);
      for (int i = 0; i < 72; i++) {
        assertThat(out.toDoubles()[i]).as("element %d", i).isEqualTo(i < 60 ? 2.0 * i : 0);
      }
      assertThatThrownBy(() -> TensorDescriptor.of(x, 4))
          .hasMessageContaining("a block of the same rank");
      assertThatThrownBy(() -> TensorDescriptor.of(x, 3, 16))
          .hasMessageContaining("must be powers of two");
      assertThatThrownBy(() -> TensorDescriptor.of(x.permute(1, 0), 4, 16))
          .hasMessageContaining("last stride");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "eval"})
  void tuplesCarryArraysNumbersAndConstants(String name) {
    String text =
        HEADER
            + """
            @triton.jit
            def gather(inputs, out_ptr, weights, BLOCK: tl.constexpr):
                i = tl.arange(0, BLOCK)
                total = tl.zeros((BLOCK,), tl.float32)
                for k in tl.static_range(len(inputs)):
                    total += tl.load(inputs[k] + i) * weights[k]
                tl.store(out_ptr + i, total)
            """;
    Device device = Devices.byName(name);
    try (NdArray a = NdArray.of(device, new float[] {1, 2, 3, 4});
        NdArray b = NdArray.of(device, new float[] {10, 20, 30, 40});
        NdArray out = NdArray.zeros(device, DType.FP32, 4)) {
      Launch launch = KernelModule.of("gather.py", text).kernel("gather").on(device).grid(1);
      launch.launch(List.of(a, b), out, List.of(1, 2.0), 4);
      assertThat(out.toFloats()).containsExactly(21, 42, 63, 84);
      launch.launch(List.of(a), out, List.of(3), 4);
      assertThat(out.toFloats()).containsExactly(3, 6, 9, 12);
      assertThatThrownBy(() -> launch.arg("inputs", List.of(new Object())))
          .hasMessage("kernel 'gather': argument 'inputs': a tuple cannot hold a Object");
    }
  }
}
