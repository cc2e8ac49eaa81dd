package dev.kiln.runtime.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.diagnostics.Source;
import dev.kiln.compiler.python.KernelFiles;
import dev.kiln.compiler.syntax.ImportResolver;
import dev.kiln.compiler.syntax.KernelFile;
import dev.kiln.runtime.cache.SourceClosure.Digests;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SourceClosureTest {
  private static final String SOURCE =
      """
      import triton
      import triton.language as tl
      import sizes
      from shapes import *
      from parts.sums import total as add_up

      SIZES = [2]
      SIZES.append(3)
      SIZES[0] = 4
      TABLE = {"a": 1}
      for i in range(3):
          TABLE[i] = i
      LIMIT: tl.constexpr = 8
      LIMIT += 1
      if triton.__version__ > "3":
          MODE = 1
      else:
          MODE = 2

      def host(n):
          return n + LIMIT

      class Shape:
          rows = 1

      @triton.jit
      def helper(x):
          return x * 10

      @triton.jit
      def kernel(x_ptr, n, BLOCK: tl.constexpr = 16, W: tl.constexpr = host(1)):
          "What it does."
          # how
          from late import inner
          y = helper(n) + SIZES[0] + TABLE["a"] + Shape.rows + MODE + sizes.WIDE + AREA
          tl.store(x_ptr, add_up(y) + inner(y) + 0.5)

      @triton.jit
      def other(x):
          return x * 11

      NOTHING = 12
      """;

  private static final Map<String, String> FILES =
      Map.of(
          "sizes", "WIDE = 20\nNARROW = 21\n",
          "shapes", "AREA = 30\nEDGE = 31\n",
          "parts.sums", "def total(x):\n    return x + 40\n\ndef product(x):\n    return x * 41\n",
          "late", "def inner(x):\n    return x - 50\n");

  private final Map<String, KernelFile> loaded = new HashMap<>();

  private Digests digests(String source, Map<String, String> files) {
    loaded.clear();
    ImportResolver imports =
        (importing, level, module) ->
            Optional.ofNullable(files.get(module))
                .map(text -> loaded.computeIfAbsent(module, m -> load(m + ".py", text)));
    return new SourceClosure(imports).of(load("kernel.py", source), "kernel");
  }

  private static KernelFile load(String name, String text) {
    return KernelFiles.load(new Source(name, text));
  }

  @ParameterizedTest
  @CsvSource({
    "append(3), append(4)",
    "SIZES[0] = 4, SIZES[0] = 5",
    "'\"a\": 1', '\"a\": 2'",
    "range(3), range(4)",
    "LIMIT: tl.constexpr = 8, LIMIT: tl.constexpr = 9",
    "LIMIT += 1, LIMIT -= 1",
    "MODE = 1, MODE = 3",
    "'> \"3\"', '> \"4\"'",
    "n + LIMIT, n * LIMIT",
    "rows = 1, rows = 2",
    "x * 10, x * 9",
    "= 16, = 32",
    "+ 0.5, + 0.25",
    "import sizes, import shapes as sizes",
    "total as add_up, product as add_up"
  })
  void whatTheKernelReachesCounts(String what, String by) {
    assertThat(SOURCE).contains(what);
    assertThat(digests(SOURCE.replace(what, by), FILES).meaning())
        .isNotEqualTo(digests(SOURCE, FILES).meaning());
  }

  @ParameterizedTest
  @CsvSource({
    "x * 11, x * 12",
    "NOTHING = 12, NOTHING = 13",
    "What it does., What else it does.",
    "# how, # why"
  })
  void whatItDoesNotReachDoesNotCount(String what, String by) {
    assertThat(SOURCE).contains(what);
    assertThat(digests(SOURCE.replace(what, by), FILES).meaning())
        .isEqualTo(digests(SOURCE, FILES).meaning());
  }

  @ParameterizedTest
  @CsvSource({
    "sizes, WIDE = 20, true",
    "shapes, AREA = 30, true",
    "shapes, EDGE = 31, false",
    "parts.sums, x + 40, true",
    "parts.sums, x * 41, false",
    "late, x - 50, true"
  })
  void ofImportedFilesWhatIsReachedCounts(String file, String what, boolean counts) {
    Map<String, String> files = new HashMap<>(FILES);
    assertThat(files.get(file)).contains(what);
    files.put(file, files.get(file).replace(what, what + "00"));
    byte[] changed = digests(SOURCE, files).meaning();
    byte[] plain = digests(SOURCE, FILES).meaning();
    if (counts) {
      assertThat(changed).isNotEqualTo(plain);
    } else {
      assertThat(changed).isEqualTo(plain);
    }
  }

  @Test
  void linesAreADigestOfTheirOwn() {
    Digests plain = digests(SOURCE, FILES);
    Digests moved = digests("# one more line\n" + SOURCE, FILES);
    assertThat(moved.meaning()).isEqualTo(plain.meaning());
    assertThat(moved.positions()).isNotEqualTo(plain.positions());
    assertThat(digests(SOURCE + "# after\n", FILES).positions()).isEqualTo(plain.positions());
  }

  @Test
  void filesThatImportEachOtherEnd() {
    Map<String, String> files = new HashMap<>(FILES);
    files.put("sizes", "import sizes\nimport shapes\nWIDE = 1\n");
    files.put("shapes", "from sizes import *\nimport sizes\nAREA = 2\n");
    assertThat(digests(SOURCE, files).meaning()).hasSize(32);
  }
}
