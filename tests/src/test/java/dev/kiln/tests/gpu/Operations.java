package dev.kiln.tests.gpu;

import static dev.kiln.tests.rules.HostArray.integers;
import static dev.kiln.tests.rules.HostArray.normal;
import static dev.kiln.tests.rules.HostArray.unwritten;
import static dev.kiln.tests.rules.HostArray.zeros;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.KernelModule;
import dev.kiln.tests.rules.HostArray;
import dev.kiln.tests.rules.KernelCase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A small kernel for each operation that {@code docs/support.md} says is supported: those of {@code
 * operations.txt}, and calls of the functions of libdevice with arguments of each of their types.
 */
final class Operations {
  private static final Path PAGE = Path.of("..", "docs", "support.md");
  private static final int SIZE = 64;

  /** Operation, dtypes, and what the CPU says. */
  private static final Pattern ROW =
      Pattern.compile("\\| `([\\w.]+)\\(.*?\\)` \\|[^|]*\\|([^|]*)\\| yes \\|.*");

  private static final String HEAD =
      """
      import triton
      import triton.language as tl
      from triton.language.extra import libdevice


      @triton.jit
      def added(a, b):
          return a + b


      @triton.jit
      def twice(a):
          return a * 2


      @triton.jit
      def operation(%s, n, N: tl.constexpr):
          r = tl.arange(0, N)
      """;

  private static final String TAIL = "    tl.store(out_ptr + r, o.to(out_ptr.dtype.element_ty))\n";

  private static final String TILES =
      """
          x = tl.load(x_ptr + r)
          y = tl.load(y_ptr + r)
          z = tl.load(z_ptr + r)
          i = tl.load(i_ptr + r)
          j = tl.load(j_ptr + r)
          m = x > 0
          x2 = tl.reshape(x, (8, 8))
          y2 = tl.reshape(y, (8, 8))
          i2 = tl.reshape(i, (8, 8))
          m2 = x2 > 0
      """;

  private Operations() {}

  /** Cases by operation, in the order of the page; several for a function of several types. */
  static Map<String, List<KernelCase>> all() {
    Map<String, String> statements = statements();
    Map<String, List<KernelCase>> cases = new LinkedHashMap<>();
    lines(PAGE).stream()
        .map(ROW::matcher)
        .filter(Matcher::matches)
        .forEach(
            row -> {
              String name = row.group(1);
              cases.put(
                  name,
                  name.startsWith("libdevice.")
                      ? libdevice(name, row.group(2).strip())
                      : List.of(stated(name, statements)));
            });
    return cases;
  }

  private static Map<String, String> statements() {
    try (var in = Operations.class.getResourceAsStream("operations.txt")) {
      Map<String, String> statements = new HashMap<>();
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
        if (!line.isBlank() && !line.startsWith("#")) {
          String[] parts = line.split(" \\| ", 2);
          statements.put(parts[0], parts[1]);
        }
      }
      return statements;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static KernelCase stated(String name, Map<String, String> statements) {
    String stated = statements.get(name);
    if (stated == null) {
      throw new AssertionError("operations.txt has no use of '" + name + "'");
    }
    var body = new StringBuilder(TILES);
    for (String statement : stated.split("; ")) {
      body.append("    ").append(statement.strip()).append('\n');
    }
    return kernelCase(
        name,
        "x_ptr, y_ptr, z_ptr, i_ptr, j_ptr, s_ptr, t_ptr, out_ptr",
        body.toString(),
        List.of(
            normal(1, SIZE),
            normal(2, SIZE),
            normal(3, SIZE),
            integers(DType.I32, 4, -1000, 1000, SIZE),
            integers(DType.I32, 5, -1000, 1000, SIZE),
            zeros(DType.FP32, SIZE),
            zeros(DType.I32, SIZE),
            unwritten(SIZE)));
  }

  private static List<KernelCase> libdevice(String name, String overloads) {
    List<KernelCase> cases = new ArrayList<>();
    for (String overload : overloads.split(";")) {
      List<DType> types =
          Arrays.stream(overload.split(",")).map(text -> dtype(text.strip())).toList();
      List<HostArray> arrays = new ArrayList<>();
      List<String> pointers = new ArrayList<>();
      List<String> loads = new ArrayList<>();
      for (int i = 0; i < types.size(); i++) {
        pointers.add("a" + i + "_ptr");
        loads.add("tl.load(a" + i + "_ptr + r)");
        arrays.add(argument(types.get(i), i));
      }
      pointers.add("out_ptr");
      boolean wide = types.stream().anyMatch(type -> type.bits() == Long.SIZE);
      arrays.add(unwritten(wide ? DType.FP64 : DType.FP32, SIZE));
      cases.add(
          kernelCase(
              name + " of " + overload.strip(),
              String.join(", ", pointers),
              "    o = %s(%s)\n".formatted(name, String.join(", ", loads)),
              arrays));
    }
    return cases;
  }

  private static HostArray argument(DType dtype, int index) {
    return dtype.isFloat()
        ? normal(dtype, index + 1, SIZE)
        : integers(dtype, index + 1, dtype.isSigned() ? -20 : 0, 20, SIZE);
  }

  private static DType dtype(String name) {
    return Arrays.stream(DType.values())
        .filter(dtype -> dtype.languageName().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no dtype: " + name));
  }

  private static KernelCase kernelCase(
      String name, String pointers, String body, List<HostArray> arrays) {
    String text = HEAD.formatted(pointers) + body + TAIL;
    List<Object> arguments = new ArrayList<>(arrays);
    arguments.add(5);
    arguments.add(SIZE);
    var module = KernelModule.of("operation.py", text);
    KernelCase unnamed = KernelCase.of(module.kernel("operation"), Grid.of(1), arguments.toArray());
    return new KernelCase(name, unnamed.arrays(), unnamed.binding());
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
