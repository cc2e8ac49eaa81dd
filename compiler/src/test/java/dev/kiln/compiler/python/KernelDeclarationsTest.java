package dev.kiln.compiler.python;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.diagnostics.Source;
import dev.kiln.compiler.syntax.Expr;
import dev.kiln.compiler.syntax.ImportResolver;
import dev.kiln.compiler.syntax.KernelFileParser;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class KernelDeclarationsTest {
  private static final String IMPORTS = "import triton\nimport triton.language as tl\n";

  private static KernelDeclarations of(String text) {
    return KernelDeclarations.of(KernelFiles.load(new Source("k.py", text)), ImportResolver.NONE);
  }

  private static KernelDeclaration kernel(String text) {
    return of(text).kernel("kernel").orElseThrow();
  }

  private static List<String> configs(String text) {
    return kernel(text).autotune().orElseThrow().configs().stream()
        .map(TritonConfig::toString)
        .toList();
  }

  // ---- jit

  @Test
  void jitIsFoundUnderEveryAlias() {
    for (String head :
        List.of(
            "import triton\n@triton.jit",
            "import triton as t\n@t.jit",
            "from triton import jit\n@jit",
            "from triton import jit as compiled_jit\n@compiled_jit",
            "import triton\n@triton.jit()",
            "import triton\njit = triton.jit\n@jit",
            "from triton.runtime.jit import jit\n@jit",
            "from vllm.triton_utils import tl, triton\n@triton.jit",
            "import triton\n@libentry()\n@triton.jit")) {
      assertThat(of(head + "\ndef kernel(x): pass\n").kernel("kernel")).as(head).isPresent();
    }
  }

  @Test
  void othersJitsAreNone() {
    for (String head :
        List.of(
            "import numba\n@numba.jit",
            "import torch\n@torch.jit.script",
            "from jax import jit\n@jit",
            "@property")) {
      assertThat(of(head + "\ndef kernel(x): pass\n").kernels()).as(head).isEmpty();
    }
  }

  @Test
  void readsTheKeywordsOfJit() {
    var jit =
        kernel(
                IMPORTS
                    + """
                    @triton.jit(do_not_specialize=["n", 0], do_not_specialize_on_alignment=("m",), noinline=True, debug=False,
                                version=3, repr=lambda s: "x", launch_metadata=None)
                    def kernel(x, n, m): pass
                    """)
            .jit();
    assertThat(jit.doNotSpecialize()).containsExactly("n", "x");
    assertThat(jit.doNotSpecializeOnAlignment()).containsExactly("m");
    assertThat(jit.noinline()).isTrue();
    assertThat(jit.debug()).contains(false);
    assertThat(jit.version()).contains(3L);
  }

  @Test
  void parametersAreNumberedByARange() {
    var jit =
        kernel(
                IMPORTS
                    + "@triton.jit(do_not_specialize=range(1, 3))\ndef kernel(x, n, m, k): pass\n")
            .jit();
    assertThat(jit.doNotSpecialize()).containsExactly("n", "m");
  }

  @Test
  void constexprParametersAreFoundUnderEveryAlias() {
    String text =
        """
        import triton, triton.language as tl
        from triton.language import constexpr
        from triton import language
        C = tl.constexpr
        @triton.jit
        def kernel(x, a: tl.constexpr, b: constexpr = 3, c: "tl.constexpr" = 1, d: language.constexpr = 2, e: C = 1, f: tl.int64 = 2): pass
        """;
    assertThat(kernel(text).constants()).containsExactly("a", "b", "c", "d", "e");
  }

  @Test
  void aKernelMayBeMadeByCalls() {
    String text =
        IMPORTS
            + """
            def plain(x, B: tl.constexpr): pass
            kernel = triton.autotune(configs=[triton.Config({"B": 1})], key=["x"])(triton.jit(plain))
            @triton.jit
            def inner(x): pass
            tuned = triton.autotune([triton.Config({}, 8)], ["x"])(inner)
            """;
    assertThat(configs(text)).containsExactly("Config({'B': 1})");
    assertThat(of(text).kernel("tuned").orElseThrow().autotune().orElseThrow().configs())
        .hasToString("[Config({}, num_warps=8)]");
    assertThat(of(text).kernel("inner").orElseThrow().autotune()).isEmpty();
    assertThat(of(text).kernel("plain")).isEmpty();
  }

  // ---- autotune

  @Test
  void hooksOfTuningAreFunctions() {
    KernelDeclaration kernel =
        kernel(
            IMPORTS
                + """
                def clear(args, reset_only=False):
                    args["seen"] = reset_only
                @triton.autotune(
                    configs=[triton.Config({"B": 16}, pre_hook=lambda args: args.update(hooked=True)),
                             triton.Config({"B": 32})],
                    key=[], pre_hook=clear, post_hook=lambda args, exception: None, use_cuda_graph=True)
                @triton.jit
                def kernel(x, B: tl.constexpr): pass
                """);
    var autotune = kernel.autotune().orElseThrow();
    var arguments = new PyDict();
    autotune.configs().getFirst().preHook().orElseThrow().call(List.of(arguments), Map.of());
    autotune.preHook().orElseThrow().call(List.of(arguments), Map.of("reset_only", true));
    assertThat(arguments).hasToString("{'hooked': True, 'seen': True}");
    assertThat(autotune.configs().getLast().preHook()).isEmpty();
    assertThat(autotune.postHook()).isPresent();
    assertThat(kernel.notes())
        .containsExactly("use_cuda_graph is ignored: Kiln measures in its own way");
  }

  @Test
  void configurationsAreMadeInJavaToo() {
    TritonConfig config =
        TritonConfig.EMPTY
            .with("B", 16)
            .with("FAST", true)
            .withNumWarps(2)
            .withNumStages(5)
            .withNumCtas(2)
            .withMaxRegisters(64);
    assertThat(config)
        .hasToString(
            "Config({'B': 16, 'FAST': True}, num_warps=2, num_stages=5, num_ctas=2, maxnreg=64)")
        .isEqualTo(
            configOf(
                "triton.Config({'B': 16, 'FAST': True}, num_warps=2, num_stages=5, num_ctas=2,"
                    + " maxnreg=64)"));
    assertThat(config.with("B", 32).allKwargs())
        .hasToString(
            "{'B': 32, 'FAST': True, 'num_warps': 2, 'num_ctas': 2, 'num_stages': 5, 'maxnreg':"
                + " 64}");
  }

  private static TritonConfig configOf(String text) {
    return kernel(
            IMPORTS
                + "@triton.autotune(configs=["
                + text
                + "], key=[])\n@triton.jit\ndef kernel(x): pass\n")
        .autotune()
        .orElseThrow()
        .configs()
        .getFirst();
  }

  @Test
  void readsEveryKeywordOfAutotune() {
    var autotune =
        kernel(
                IMPORTS
                    + """
                    def prune(configs, named_args, **kwargs):
                        return [c for c in configs if c.kwargs["B"] <= named_args["n"] and c.num_warps < 8]
                    @triton.autotune(
                        configs=[triton.Config({"B": 16, "C": True}, num_warps=2, num_stages=5, num_ctas=2, maxnreg=64, pre_hook=None),
                                 triton.Config({"B": 32}, 8)],
                        key=["n", "m"],
                        prune_configs_by={"early_config_prune": prune, "perf_model": None, "top_k": 10},
                        reset_to_zero=["out"], restore_value=("x",), warmup=5, rep=20, use_cuda_graph=True,
                        do_bench=bench, cache_results=True)
                    @triton.jit
                    def kernel(x, out, n, m, B: tl.constexpr, C: tl.constexpr = False): pass
                    """)
            .autotune()
            .orElseThrow();
    assertThat(autotune.configs())
        .hasToString(
            "[Config({'B': 16, 'C': True}, num_warps=2, num_stages=5, num_ctas=2, maxnreg=64),"
                + " Config({'B': 32}, num_warps=8)]");
    assertThat(autotune.key()).containsExactly("n", "m");
    assertThat(autotune.resetToZero()).containsExactly("out");
    assertThat(autotune.restoreValue()).containsExactly("x");
    assertThat(autotune.warmup()).contains(5L);
    assertThat(autotune.rep()).contains(20L);
    assertThat(autotune.cacheResults()).isTrue();
    var pruning = autotune.pruning().orElseThrow();
    assertThat(pruning.topK()).contains(10L);
    assertThat(pruning.perfModel()).isEmpty();
    Object left =
        pruning
            .early()
            .orElseThrow()
            .call(
                List.of(new PyList(autotune.configs()), new PyDict(Map.of("n", 20L))),
                Map.of("m", 1L));
    assertThat(PythonOperators.iterate(left)).containsExactly(autotune.configs().getFirst());
  }

  @Test
  void configsMayBeAnyExpression() {
    String expected = "[Config({'B': 16}, num_warps=2), Config({'B': 32}, num_warps=2)]";
    for (String text :
        List.of(
            "@triton.autotune([triton.Config({'B': b}, num_warps=2) for b in (16, 32)], key=['n'])",
            "from itertools import product\n"
                + "@triton.autotune([triton.Config({'B': b}, w) for b, w in product([16, 32],"
                + " [2])], ['n'])",
            "CONFIGS = [triton.Config(dict(B=b), num_warps=2) for b in [16, 32]]\n"
                + "@triton.autotune(configs=CONFIGS, key=['n'])",
            """
            def get_configs():
                configs = []
                for b in [8, 16, 32, 64]:
                    for w in [2, 4]:
                        if b * w > 64 or w == 4 or b < 16: continue
                        configs.append(triton.Config({'B': b}, num_warps=w))
                return configs
            @triton.autotune(configs=get_configs(), key=['n'])\
            """,
            """
            def is_cuda():
                return triton.runtime.driver.active.get_current_target().backend == "cuda"
            def get_configs():
                if is_cuda():
                    return [triton.Config({'B': 16}, num_warps=2), triton.Config({'B': 32}, num_warps=2)]
                else:
                    return [triton.Config({'B': 1, 'waves_per_eu': 2})]
            @triton.autotune(configs=get_configs(), key=['n'])\
            """,
            """
            def keep(conf):
                return conf.kwargs["B"] > 8
            configs = [triton.Config({'B': b}, num_warps=2) for b in (8, 16, 32)]
            @triton.autotune(list(filter(keep, configs)), key=["n"])\
            """,
            """
            from fla.utils import IS_AMD, check_shared_mem, autotune_cache_kwargs
            WARPS = [4] if IS_AMD else [2]
            SIZES = [16, 32] if check_shared_mem('ampere') else [8]
            @triton.autotune(
                configs=[triton.Config({'B': b}, num_warps=w) for b in SIZES for w in WARPS], key=['n'], **autotune_cache_kwargs)\
            """,
            """
            from triton import Config
            A = [Config(kwargs={'B': 16}, num_warps=2)]
            def more():
                yield Config({'B': 32}, num_warps=2)
            @triton.autotune(configs=A + list(more()), key=["n"])\
            """,
            """
            import torch
            configs = [triton.Config({'B': 16}, num_warps=2)]
            if torch.version.hip is None:
                configs += [triton.Config({'B': 32}, num_warps=2)]
            else:
                configs += [triton.Config({'B': 64}, num_warps=2)]
            @triton.autotune(configs=configs, key=["n"])\
            """)) {
      var kernel =
          kernel(IMPORTS + text + "\n@triton.jit\ndef kernel(x, n, B: tl.constexpr): pass\n");
      assertThat(kernel.autotune().orElseThrow().configs()).as(text).hasToString(expected);
      assertThat(kernel.notes()).as(text).isEmpty();
    }
  }

  @Test
  void configsThatAreNotKnownKeepTheReason() {
    var kernel =
        kernel(
            IMPORTS
                + """
                from flag_gems import runtime
                @libentry()
                @triton.autotune(configs=runtime.get_tuned_config("mm"), key=["n"])
                @triton.jit
                def kernel(x, n, B: tl.constexpr): pass
                """);
    var autotune = kernel.autotune().orElseThrow();
    assertThat(autotune.configs()).isEmpty();
    assertThat(autotune.unknown())
        .contains("'flag_gems.runtime.get_tuned_config' has no value at compile time (line 5)");
    assertThat(autotune.key()).containsExactly("n");
    assertThat(kernel.notes())
        .containsExactly(
            "decorator libentry is ignored",
            "the configurations are not known at compile time: 'flag_gems.runtime.get_tuned_config'"
                + " has no value at compile time (line 5)");
  }

  @Test
  void whatIsNoConfigIsAReasonToo() {
    var kernel =
        kernel(
            IMPORTS
                + "@triton.autotune(configs=[1], key=['n'])\n@triton.jit\ndef kernel(n): pass\n");
    assertThat(kernel.autotune().orElseThrow().unknown())
        .contains("TypeError: a int is no triton.Config");
  }

  @Test
  void wrappersOfAutotuneAreAutotune() {
    String text =
        IMPORTS
            + "from .tuner import custom_autotune\n"
            + "@custom_autotune(configs=[triton.Config({})], key=['n'],"
            + " nearest_power_of_two=True)\n"
            + "@triton.jit\n"
            + "def kernel(n): pass\n";
    assertThat(configs(text)).containsExactly("Config({})");
    String libtuner =
        IMPORTS
            + "@libtuner(configs=[triton.Config({}, 2)], key=['n'], strategy=['log'])\n"
            + "@triton.jit\n"
            + "def kernel(n): pass\n";
    assertThat(configs(libtuner)).containsExactly("Config({}, num_warps=2)");
  }

  // ---- heuristics

  @Test
  void heuristicsAreFunctionsOfTheArguments() {
    var kernel =
        kernel(
            IMPORTS
                + """
                import math
                def block(args):
                    n = args["n"]
                    return min(triton.next_power_of_2(n), 1024)
                @triton.heuristics({"EVEN": lambda args: args["n"] % args["B"] == 0, "HAS_Y": lambda args: args["y"] is not None})
                @triton.autotune(configs=[triton.Config({"B": 16})], key=["n"])
                @triton.heuristics({"C": block, "UPGRADE": lambda args: math.ceil(args["n"] * 2).bit_length() > 31})
                @triton.jit
                def kernel(x, y, n, B: tl.constexpr, C: tl.constexpr, EVEN: tl.constexpr, HAS_Y: tl.constexpr): pass
                """);
    assertThat(kernel.heuristics()).hasSize(2);
    var outer = kernel.heuristics().get(0);
    assertThat(outer.withinAutotune()).isFalse();
    assertThat(outer.values()).containsOnlyKeys("EVEN", "HAS_Y");
    var args = new PyDict(Map.of("n", 100L, "B", 16L, "y", PyNone.NONE));
    assertThat(outer.values().get("EVEN").call(List.of(args), Map.of())).isEqualTo(false);
    assertThat(outer.values().get("HAS_Y").call(List.of(args), Map.of())).isEqualTo(false);
    var inner = kernel.heuristics().get(1);
    assertThat(inner.withinAutotune()).isTrue();
    assertThat(inner.values().get("C").call(List.of(args), Map.of())).isEqualTo(128L);
    assertThat(inner.values().get("UPGRADE").call(List.of(args), Map.of())).isEqualTo(false);
    assertThat(kernel.notes()).isEmpty();
  }

  @Test
  void heuristicsThatAreNotKnownKeepTheReason() {
    var kernel =
        kernel(
            IMPORTS
                + "@triton.heuristics(runtime.get_heuristic_config('softmax'))\n"
                + "@triton.jit\n"
                + "def kernel(n): pass\n");
    assertThat(kernel.heuristics().getFirst().unknown())
        .contains("NameError: name 'runtime' is not defined (line 3)");
    assertThat(kernel.heuristics().getFirst().values()).isEmpty();
  }

  // ---- files

  @Test
  void branchesThatAreKnownNotToHoldAreLeftOut() {
    String text =
        """
        import triton
        if triton.__version__ >= "3.2.0":
            @triton.jit
            def kernel(x, new): pass
        else:
            @triton.jit
            def kernel(x, old): pass
        if undefined():
            A = 1
        else:
            B = 2
        """;
    assertThat(kernel(text).function().parameters().get(1).name()).isEqualTo("new");
    assertThat(KernelFiles.load(new Source("k.py", text)).statements()).hasSize(4);
    assertThat(KernelFileParser.parse(new Source("k.py", text)).statements()).hasSize(5);
  }

  @Test
  void namesAreQualifiedThroughImportsAndAliases() {
    var declarations =
        of(
            """
            import triton.language as tl
            import triton
            from triton.language.extra.libdevice import tanh as device_tanh
            from triton.language import math as tlm
            math = tl.math
            dev = tl.extra.cuda.libdevice
            from .utils import helper
            """);
    assertThat(name(declarations, "tl.load")).isEqualTo("triton.language.load");
    assertThat(name(declarations, "triton.language.math.exp"))
        .isEqualTo("triton.language.math.exp");
    assertThat(name(declarations, "device_tanh")).isEqualTo("triton.language.extra.libdevice.tanh");
    assertThat(name(declarations, "tlm.exp")).isEqualTo("triton.language.math.exp");
    assertThat(name(declarations, "math.exp")).isEqualTo("triton.language.math.exp");
    assertThat(name(declarations, "dev.pow")).isEqualTo("triton.language.extra.cuda.libdevice.pow");
    assertThat(name(declarations, "helper")).isEqualTo(".utils.helper");
    assertThat(name(declarations, "local")).isEqualTo("local");
  }

  private static String name(KernelDeclarations declarations, String text) {
    Expr expression = KernelFileParser.parseExpression(new Source("test", text));
    return declarations.qualifiedName(expression).orElseThrow();
  }

  @Test
  void gridsAreEvaluatedInTheFile() {
    var declarations = of(IMPORTS + "SCALE = 2\n");
    var grid =
        (PyCallable)
            declarations
                .evaluator()
                .evaluate(
                    KernelFileParser.parseExpression(
                        new Source(
                            "grid",
                            "lambda META: (triton.cdiv(META['n'], META['BLOCK']) * SCALE,)")));
    assertThat(grid.call(List.of(new PyDict(Map.of("n", 1000L, "BLOCK", 256L))), Map.of()))
        .hasToString("(8,)");
  }

  @Test
  void kernelsStandInTheOrderOfTheFile() {
    assertThat(
            of(IMPORTS
                    + "@triton.jit\ndef b(): pass\ndef host(): pass\n@triton.jit\ndef a(): pass\n")
                .kernels())
        .extracting(KernelDeclaration::name)
        .containsExactly("b", "a");
  }
}
