package dev.kiln.compiler.frontend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.kiln.compiler.CompileOptions;
import dev.kiln.compiler.CompiledKernel;
import dev.kiln.compiler.Compiler;
import dev.kiln.compiler.Specialization;
import dev.kiln.compiler.Target;
import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Diagnostic;
import dev.kiln.compiler.diagnostics.Source;
import dev.kiln.compiler.gpu.GpuCompiler;
import dev.kiln.compiler.python.KernelFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The kernels of {@code faulty_kernels.py} and, for GPUs, {@code faulty_gpu_kernels.py}: each is
 * refused with the message beside its fault.
 */
class FaultyKernelsTest {
  private static final String FILE = "faulty_kernels.py";
  private static final String GPU_FILE = "faulty_gpu_kernels.py";
  private static final Pattern TITLE = Pattern.compile("# ==== (.*)");
  private static final Pattern SIGNATURE = Pattern.compile("# signature: (.*)");
  private static final Pattern TARGET = Pattern.compile("# target: (\\w+)(.*)");
  private static final Pattern OPTION = Pattern.compile(" (\\w+)=(\\d+)");
  private static final Pattern ERROR = Pattern.compile("#\\s*error( below)?: (.*)$");
  private static final String IMPORTS = "import triton; import triton.language as tl";

  /** One section of the file; {@code text} has all other lines blank, so that numbers agree. */
  private record Fault(
      String title,
      String signature,
      Target target,
      CompileOptions options,
      String text,
      int line,
      String message) {}

  @TestFactory
  Stream<DynamicTest> everyFaultIsToldWhereItIs() {
    return Stream.of(FILE, GPU_FILE)
        .flatMap(file -> faults(file).stream())
        .map(fault -> DynamicTest.dynamicTest(fault.title(), () -> check(fault)));
  }

  @Test
  void thereAreManyOfThem() {
    assertThat(faults(FILE)).hasSizeGreaterThanOrEqualTo(60);
  }

  private static void check(Fault fault) {
    Diagnostic diagnostic = diagnostic(fault);
    assertThat(diagnostic.location().line() + ": " + diagnostic.message())
        .as(diagnostic.render())
        .isEqualTo(fault.line() + ": " + fault.message());
    assertThat(diagnostic.location().column()).as(diagnostic.render()).isPositive();
  }

  private static Diagnostic diagnostic(Fault fault) {
    CompilationException thrown =
        catchThrowableOfType(CompilationException.class, () -> compile(fault));
    assertThat(thrown).as("the kernel compiles").isNotNull();
    return thrown.diagnostics().getFirst();
  }

  private static void compile(Fault fault) {
    CompiledKernel kernel =
        Compiler.compile(
            KernelFiles.load(new Source(FILE, fault.text())),
            "kernel",
            new Specialization(SignatureText.parse(fault.signature()), fault.options()),
            fault.target());
    if (fault.target().isGpu()) {
      GpuCompiler.compile(kernel);
    }
  }

  private static List<Fault> faults(String file) {
    List<String> lines;
    try (var in = FaultyKernelsTest.class.getResourceAsStream("/dev/kiln/compiler/" + file)) {
      lines = new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    var faults = new ArrayList<Fault>();
    for (int i = 0; i < lines.size(); i++) {
      if (TITLE.matcher(lines.get(i)).matches()) {
        int end = i + 1;
        while (end < lines.size() && !TITLE.matcher(lines.get(end)).matches()) {
          end++;
        }
        faults.add(fault(lines, i, end));
      }
    }
    return faults;
  }

  private static Fault fault(List<String> lines, int from, int to) {
    String title = group(TITLE, lines.get(from));
    var text = new StringBuilder(IMPORTS).append('\n').append("\n".repeat(from - 1));
    int line = 0;
    String message = "";
    for (int i = from; i < to; i++) {
      text.append(lines.get(i)).append('\n');
      Matcher error = ERROR.matcher(lines.get(i));
      if (error.find()) {
        line = error.group(1) == null ? i + 1 : i + 2;
        message = error.group(2).strip();
      }
    }
    Matcher target = TARGET.matcher(lines.get(from + 2));
    boolean isForGpu = target.matches();
    return new Fault(
        title,
        group(SIGNATURE, lines.get(from + 1)),
        isForGpu ? Target.parse(target.group(1)).orElseThrow() : Target.CPU,
        options(isForGpu ? target.group(2) : ""),
        text.toString(),
        line,
        message);
  }

  private static CompileOptions options(String text) {
    CompileOptions options = CompileOptions.DEFAULT;
    Matcher option = OPTION.matcher(text);
    while (option.find()) {
      int value = Integer.parseInt(option.group(2));
      options =
          switch (option.group(1)) {
            case "num_warps" -> options.withNumWarps(value);
            case "num_stages" -> options.withNumStages(value);
            case "num_ctas" -> options.withNumCtas(value);
            case "maxnreg" -> options.withMaxRegisters(value);
            default -> throw new IllegalArgumentException(option.group());
          };
    }
    return options;
  }

  private static String group(Pattern pattern, String line) {
    Matcher matcher = pattern.matcher(line);
    assertThat(matcher.matches()).as("%s in '%s'", pattern, line).isTrue();
    return matcher.group(1).strip();
  }
}
