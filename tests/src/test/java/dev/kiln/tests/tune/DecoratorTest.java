package dev.kiln.tests.tune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.python.TritonConfig;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Kernel;
import dev.kiln.runtime.Launch;
import dev.kiln.runtime.LaunchException;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.TensorDescriptor;
import dev.kiln.runtime.tune.TuningChoice;
import dev.kiln.runtime.tune.TuningChoice.Candidate;
import dev.kiln.runtime.tune.TuningChoice.Source;
import dev.kiln.runtime.tune.TuningPolicy;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What {@code triton.autotune} says about trials. */
class DecoratorTest {
  private static final String BODY =
      """

      @triton.jit
      def block_size(out_ptr, x_ptr, n, BLOCK: tl.constexpr, SCALE: tl.constexpr = 1):
          tl.store(out_ptr, BLOCK * SCALE + tl.load(x_ptr))
      """;

  private static final String CONFIGS =
      "configs=[triton.Config({'BLOCK': 16}), triton.Config({'BLOCK': 32}),"
          + " triton.Config({'BLOCK': 64}, num_stages=5)], key=['n']";

  private final Device device = TuningRig.device("cpu");
  private final ScriptedTimer timer = ScriptedTimer.by("BLOCK", -1);

  private static Kernel kernel(String head) {
    return TuningRig.kernel(head + BODY, "block_size");
  }

  private static String autotune(String more) {
    return "@triton.autotune(" + CONFIGS + ", " + more + ")";
  }

  /** What the kernel stores, with 0 in x. */
  private double run(Launch launch, long n) {
    try (NdArray out = NdArray.zeros(device, DType.FP32, 1);
        NdArray x = NdArray.zeros(device, DType.FP32, 1)) {
      launch.grid(1).launch(out, x, n);
      return out.toDoubles()[0];
    }
  }

  private Launch tuned(String head) {
    return kernel(head).on(device).tuning(TuningRig.measure(timer));
  }

  private static List<Source> sources(Launch launch) {
    return launch.tuningChoice().orElseThrow().candidates().stream()
        .map(Candidate::source)
        .toList();
  }

  @Test
  void earlyPruningSeesTheArgumentsByName() {
    Launch launch =
        tuned(
            """
            import torch
            def prune(configs, named_args, SCALE=7, **kwargs):
                assert named_args["x_ptr"].dtype == torch.float32 and named_args["out_ptr"].numel() == 1
                return [c for c in configs if c.kwargs["BLOCK"] * SCALE <= named_args["n"]]
            """
                + autotune("prune_configs_by={'early_config_prune': prune}"));
    assertThat(run(launch.constant("SCALE", 2), 100)).isEqualTo(64);
    assertThat(timer.tried).hasSize(2);
    assertThat(sources(launch)).containsExactly(Source.TRIED, Source.TRIED, Source.PRUNED);
    assertThat(run(launch, 40)).as("one is left and needs no trial").isEqualTo(32);
    assertThat(timer.tried).hasSize(2);
  }

  @Test
  void pruningThatLeavesNothingIsAFault() {
    Launch launch =
        tuned(autotune("prune_configs_by={'early_config_prune': lambda configs, args: []}"));
    assertThatThrownBy(() -> run(launch, 5))
        .isInstanceOf(LaunchException.class)
        .hasMessage("kernel 'block_size': early_config_prune left no configuration");
  }

  @Test
  void aFunctionThatFailsIsNamed() {
    Launch launch =
        tuned(
            autotune(
                "prune_configs_by={'early_config_prune': lambda configs, args: args['missing']}"));
    assertThatThrownBy(() -> run(launch, 5))
        .hasMessage("kernel 'block_size': early_config_prune failed: KeyError: 'missing'");
  }

  @Test
  void theModelOrdersAndTopKLimits() {
    String model =
        "def model(n, BLOCK, num_warps, num_stages, **kwargs):\n"
            + "    assert num_warps == 4\n"
            + "    return abs(BLOCK - n) + num_stages / 100\n";
    for (String topK : List.of("2", "0.7")) {
      timer.tried.clear();
      Launch launch =
          tuned(
              model
                  + autotune(
                      "prune_configs_by={'perf_model': model, 'top_k': %s}".formatted(topK)));
      assertThat(run(launch, 20)).isEqualTo(32);
      assertThat(timer.tried).hasSize(2);
      assertThat(sources(launch)).containsExactly(Source.TRIED, Source.TRIED, Source.PRUNED);
    }
    Launch least = tuned(model + autotune("prune_configs_by={'perf_model': model, 'top_k': 0.1}"));
    assertThat(run(least, 60)).isEqualTo(64);
  }

  @Test
  void topKMustBeANumberThatMakesSense() {
    Launch launch =
        tuned(autotune("prune_configs_by={'perf_model': lambda **kw: 1, 'top_k': 2.5}"));
    assertThatThrownBy(() -> run(launch, 5))
        .hasMessage(
            "kernel 'block_size': top_k must be a float of at most 1.0 or an int of at least 1, not"
                + " 2.5");
  }

  @Test
  void hooksOfTheDecoratorRunAroundTrialsAlone() {
    Launch launch =
        tuned(
            """
            def before(args, reset_only=False):
                args["x_ptr"].fill_(1000)
            def after(args, exception):
                args["out_ptr"].zero_()
            """
                + autotune("pre_hook=before, post_hook=after"));
    assertThat(run(launch, 5)).isEqualTo(64);
    assertThat(timer.tried).hasSize(3);
  }

  @Test
  void theHookOfAConfigurationRunsBeforeEachLaunch() {
    String head =
        """
        def hook(args):
            args["x_ptr"].fill_(args["BLOCK"] * 10)
        @triton.autotune(configs=[triton.Config({'BLOCK': 16}, pre_hook=hook),
                                  triton.Config({'BLOCK': 32}, pre_hook=hook)], key=['n'])
        """;
    Launch launch = tuned(head);
    assertThat(run(launch, 5)).isEqualTo(32 + 320);
    assertThat(run(launch, 5)).isEqualTo(32 + 320);
    assertThat(timer.tried).hasSize(2);
    assertThat(run(kernel(head).on(device).tuning(TuningPolicy.FIRST), 5)).isEqualTo(16 + 160);
  }

  @Test
  void aHookThatFailsIsNamed() {
    Launch launch =
        kernel(
                "@triton.autotune(configs=[triton.Config({'BLOCK': 16}, pre_hook=lambda args:"
                    + " args['out_ptr'].normal_())], key=[])")
            .on(device);
    assertThatThrownBy(() -> run(launch, 5))
        .hasMessageStartingWith(
            "kernel 'block_size': the pre_hook of Config({'BLOCK': 16}, pre_hook) failed:"
                + " AttributeError: 'Tensor' object has no attribute 'normal_'");
  }

  @Test
  void aHookMaySetTheBlockOfADescriptor() {
    Kernel kernel =
        TuningRig.kernel(
            """
            def set_block(args):
                args["desc"].block_shape = [args["BLOCK"]]
            @triton.autotune(configs=[triton.Config({'BLOCK': b}, pre_hook=set_block) for b in (16, 32)],
                             key=[])
            @triton.jit
            def first_block(desc, out_ptr, BLOCK: tl.constexpr):
                tl.store(out_ptr, tl.sum(desc.load([0])))
            """,
            "first_block");
    Launch launch = kernel.on(device).tuning(TuningRig.measure(timer)).grid(1);
    try (NdArray x = TuningRig.ones(device, 64);
        NdArray out = NdArray.zeros(device, DType.FP32, 1)) {
      launch.launch(TensorDescriptor.of(x, 8), out);
      assertThat(out.toDoubles()).containsExactly(32);
      launch.tuning(TuningPolicy.FIRST).launch();
      assertThat(out.toDoubles()).containsExactly(16);
    }
  }

  @Test
  void whatCannotBeCompiledIsLeftOut() {
    Launch launch =
        TuningRig.kernel(
                autotune("warmup=1")
                    + BODY.replace(
                        "    tl.store", "    tl.static_assert(BLOCK < 64)\n    tl.store"),
                "block_size")
            .on(device)
            .tuning(TuningRig.measure(timer));
    assertThat(run(launch, 5)).isEqualTo(32);
    TuningChoice choice = launch.tuningChoice().orElseThrow();
    assertThat(choice.candidates().getLast().outcome().orElseThrow().failure().orElseThrow())
        .contains("static assertion failed");
    assertThat(choice.table()).hasSize(3);
    assertThat(choice.table().get(1)).startsWith("* Config({'BLOCK': 32})").endsWith("now");
    assertThat(choice.table().get(2)).contains("static assertion failed");
  }

  @Test
  void whereNothingWorksEachReasonIsTold() {
    Launch launch =
        TuningRig.kernel(
                autotune("rep=1")
                    + BODY.replace(
                        "    tl.store", "    tl.static_assert(BLOCK < 16)\n    tl.store"),
                "block_size")
            .on(device)
            .tuning(TuningRig.measure(timer));
    assertThatThrownBy(() -> run(launch, 5))
        .isInstanceOf(LaunchException.class)
        .hasMessageStartingWith("kernel 'block_size': none of its 3 configurations works:\n")
        .hasMessageContaining("\n  Config({'BLOCK': 16}): ")
        .hasMessageContaining("\n  Config({'BLOCK': 64}, num_stages=5): ");
  }

  @Test
  void whatDoesNotFitTheDeviceIsLeftOut() {
    Device sim = TuningRig.device("sim");
    Kernel kernel =
        TuningRig.kernel(
            """
            @triton.autotune(configs=[triton.Config({'BLOCK': 64}, num_stages=s) for s in (9, 2)],
                             key=[])
            @triton.jit
            def products(x_ptr, out_ptr, n, BLOCK: tl.constexpr):
                r = tl.arange(0, BLOCK)
                at = r[:, None] * BLOCK + r[None, :]
                sums = tl.zeros((BLOCK, BLOCK), tl.float32)
                for i in range(n):
                    x = tl.load(x_ptr + at)
                    y = tl.load(x_ptr + BLOCK * BLOCK + at)
                    sums += tl.dot(x, y, input_precision="ieee")
                    x_ptr += 2 * BLOCK * BLOCK
                tl.store(out_ptr + at, sums)
            """,
            "products");
    try (NdArray x = TuningRig.ones(sim, 2 * 2 * 64 * 64);
        NdArray out = NdArray.zeros(sim, DType.FP32, 64 * 64)) {
      Launch launch = kernel.on(sim).tuning(TuningRig.measure(timer)).grid(1);
      launch.launch(x, out, 2L);
      List<Candidate> candidates = launch.tuningChoice().orElseThrow().candidates();
      assertThat(candidates.getFirst().outcome().orElseThrow().failure().orElse(""))
          .contains("shared memory");
      assertThat(out.toFloats()[0]).isEqualTo(128);
    }
  }

  @Test
  void configurationsAndKeysComeFromJavaToo() {
    Kernel plain = kernel("");
    List<TritonConfig> configs =
        List.of(
            TritonConfig.EMPTY.with("BLOCK", 4).with("SCALE", 3),
            TritonConfig.EMPTY.with("BLOCK", 8).withNumWarps(8).withMaxRegisters(64));
    Launch launch =
        plain.on(device).tuning(TuningRig.measure(timer)).configurations(configs).key("n");
    assertThat(run(launch, 5)).isEqualTo(8);
    assertThat(timer.tried).hasSize(2);
    assertThat(launch.compile().specialization().options().numWarps()).isEqualTo(8);
    assertThat(run(launch, 6)).isEqualTo(8);
    assertThat(timer.tried).as("another key").hasSize(4);
    assertThat(run(launch.key(), 7)).isEqualTo(8);
    assertThat(run(launch, 8)).isEqualTo(8);
    assertThat(timer.tried).as("no key").hasSize(6);
    launch.tuning(TuningPolicy.FIRST);
    assertThat(run(launch, 5)).as("constants of one configuration alone").isEqualTo(12);
    launch.configurations(configs.reversed());
    assertThat(run(launch, 5)).isEqualTo(8);
    assertThatThrownBy(() -> launch.configurations(List.of(TritonConfig.EMPTY.with("BLOK", 4))))
        .hasMessageContaining("has no parameter 'BLOK'");
    assertThatThrownBy(() -> launch.key("m")).hasMessageContaining("has no parameter 'm'");
  }

  @Test
  void withoutALaunchNothingIsTried() {
    Launch launch = tuned(autotune("rep=1"));
    try (NdArray out = NdArray.zeros(device, DType.FP32, 1)) {
      launch.args(out, out, 5L).grid(1).load();
      assertThat(launch.compile().specialization().options().numStages()).isEqualTo(3);
      assertThat(timer.tried).isEmpty();
      launch.launch();
      assertThat(timer.tried).hasSize(3);
      assertThat(launch.compile().specialization().options().numStages()).isEqualTo(5);
      assertThat(launch.tuningChoice()).isNotEqualTo(Optional.empty());
    }
  }
}
