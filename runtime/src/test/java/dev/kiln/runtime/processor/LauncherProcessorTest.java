package dev.kiln.runtime.processor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import javax.annotation.processing.Processor;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LauncherProcessorTest {
  private static final String KERNELS =
      """
      import triton
      import triton.language as tl


      @triton.jit
      def _square(x):
          return x * x


      @triton.autotune(configs=[triton.Config({'BLOCK_N': 64})], key=['n'])
      @triton.jit
      def row_norm(x_ptr, out_ptr, n, eps, mode: tl.constexpr, KEEP: tl.constexpr, BLOCK_N: tl.constexpr, stride: tl.int64 = 1):
          p = x_ptr + tl.program_id(0) * stride + tl.arange(0, BLOCK_N)
          x = _square(tl.load(p, mask=tl.arange(0, BLOCK_N) < n, other=0.0))
          if mode == "sum":
              y = tl.sum(x) + eps
          else:
              y = tl.max(x)
          if KEEP:
              tl.store(out_ptr, y)
      """;

  @TempDir private Path folder;

  /** Compiles a user of the annotation and returns the compiler's errors. */
  private List<String> compile(String kernels, String caller) throws IOException {
    Path classes = Files.createDirectories(folder.resolve("classes"));
    Path sources = Files.createDirectories(folder.resolve("sources"));
    if (kernels != null) {
      Files.createDirectories(classes.resolve("user"));
      Files.writeString(classes.resolve("user/norms.py"), kernels);
    }
    Path holder = sources.resolve("Norms.java");
    Files.writeString(
        holder,
        "package user;\n@dev.kiln.runtime.KernelSource(\"norms.py\")\ninterface Norms {}\n");
    List<Path> files = new ArrayList<>(List.of(holder));
    if (caller != null) {
      Path call = sources.resolve("Call.java");
      Files.writeString(
          call,
          "package user;\n"
              + "import dev.kiln.runtime.*;\n"
              + "class Call {\n"
              + "  void call(NormsKernels k, NdArray x) {\n"
              + "    "
              + caller
              + "\n  }\n}\n");
      files.add(call);
    }
    var compiler = ToolProvider.getSystemJavaCompiler();
    var diagnostics = new DiagnosticCollector<JavaFileObject>();
    try (var manager = compiler.getStandardFileManager(diagnostics, null, null)) {
      var task =
          compiler.getTask(
              new StringWriter(),
              manager,
              diagnostics,
              List.of(
                  "-d",
                  classes.toString(),
                  "-s",
                  sources.toString(),
                  "-cp",
                  classes + java.io.File.pathSeparator + System.getProperty("java.class.path")),
              null,
              manager.getJavaFileObjectsFromPaths(files));
      task.setProcessors(List.of(new LauncherProcessor()));
      task.call();
    }
    return diagnostics.getDiagnostics().stream()
        .filter(d -> d.getKind() == javax.tools.Diagnostic.Kind.ERROR)
        .map(d -> d.getMessage(null))
        .collect(Collectors.toList());
  }

  @Test
  void eachKernelBecomesATypedMethod() throws IOException {
    assertThat(
            compile(
                KERNELS,
                "k.rowNorm(Grid.of(1), x, x, 5, 1e-5, \"sum\", true, 1L); k.rowNorm(Grid.of(1), x,"
                    + " x, 5, 1e-5, \"sum\", true);"))
        .isEmpty();
    String generated = Files.readString(folder.resolve("sources/user/NormsKernels.java"));
    assertThat(generated)
        .contains(
            "rowNorm(Grid grid, NdArray xPtr, NdArray outPtr, Number n, Number eps, String mode,"
                + " boolean KEEP, long stride)");
    assertThat(generated).doesNotContain("square").doesNotContain("BLOCK_N");
  }

  @Test
  void aWrongArgumentFailsWhenTheCallerIsCompiled() throws IOException {
    assertThat(compile(KERNELS, "k.rowNorm(Grid.of(1), x, 5, 5, 1e-5, \"sum\", true);"))
        .isNotEmpty();
    assertThat(compile(KERNELS, "k.rowNorm(Grid.of(1), x, x, x, 1e-5, \"sum\", true);"))
        .isNotEmpty();
    assertThat(compile(KERNELS, "k.columnNorm(Grid.of(1), x);")).isNotEmpty();
  }

  @Test
  void aMissingFileIsNamed() throws IOException {
    assertThat(compile(null, null))
        .anySatisfy(
            m ->
                assertThat(m)
                    .contains(
                        "the kernel file norms.py is not among the resources of package user"));
  }

  @Test
  void faultsOfTheKernelFileAreCompileErrors() throws IOException {
    assertThat(compile(KERNELS.replace("tl.store(out_ptr, y)", "tl.store(out_ptr, y"), null))
        .anySatisfy(m -> assertThat(m).contains("norms.py:"));
    assertThat(compile("x = 1\n", null)).anySatisfy(m -> assertThat(m).contains("holds no kernel"));
  }

  @Test
  void javacFindsTheProcessorOnTheClassPath() {
    assertThat(ServiceLoader.load(Processor.class))
        .anySatisfy(found -> assertThat(found).isInstanceOf(LauncherProcessor.class));
  }
}
