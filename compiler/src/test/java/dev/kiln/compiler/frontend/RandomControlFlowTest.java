package dev.kiln.compiler.frontend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.diagnostics.Source;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.python.Environment;
import dev.kiln.compiler.python.PythonEvaluator;
import dev.kiln.compiler.syntax.KernelFileParser;
import dev.kiln.compiler.syntax.Stmt;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random functions of branches, loops and early returns give as kernels what they give as Python,
 * and no statement of theirs is compiled twice.
 */
class RandomControlFlowTest {
  private static final int PROGRAMS = 40;
  private static final List<String> VARIABLES = List.of("a", "b", "c", "d");

  /** Writes one function; every number stays below 1024, so that 32 bits hold all of Python's. */
  private static final class Writer {
    private final Random random;
    private final StringBuilder text = new StringBuilder();
    private int loops;
    private final boolean unrolls;
    private int budget = 25;

    Writer(long seed, boolean unrolls) {
      this.unrolls = unrolls;
      random = new Random(seed);
    }

    String function() {
      text.append("def f(out, a, b):\n    c = 1\n    d = a\n");
      block(1, 0);
      line(1, "return " + expression());
      return text.toString();
    }

    private void line(int depth, String code) {
      text.append("    ".repeat(depth)).append(code).append('\n');
    }

    private String variable() {
      return VARIABLES.get(random.nextInt(VARIABLES.size()));
    }

    private String expression() {
      return switch (random.nextInt(4)) {
        case 0 -> String.valueOf(random.nextInt(8));
        case 1 -> variable();
        case 2 -> "((" + variable() + " + " + random.nextInt(9) + ") & 1023)";
        default -> "((" + variable() + " * 3 + " + variable() + ") & 1023)";
      };
    }

    private String condition() {
      String operator = List.of("<", ">", "==", "!=").get(random.nextInt(4));
      return variable() + " " + operator + " " + random.nextInt(12);
    }

    private void block(int depth, int inLoop) {
      line(depth, "pass");
      int statements = 1 + random.nextInt(3);
      for (int i = 0; i < statements; i++) {
        statement(depth, inLoop);
      }
    }

    private void statement(int depth, int inLoop) {
      budget--;
      int choice = depth > 4 || budget < 0 ? 0 : random.nextInt(9);
      switch (choice) {
        case 0, 1, 2 -> line(depth, variable() + " = " + expression() + " + 0 * a");
        case 3, 4, 5 -> branch(depth, inLoop);
        case 6 -> loop(depth, inLoop);
        case 7 -> {
          if (unrolls) {
            unrolled(depth, inLoop);
          }
        }
        default -> {
          if (inLoop == 0) {
            line(depth, "if " + condition() + ":");
            line(depth + 1, "return " + expression());
          }
        }
      }
    }

    private void branch(int depth, int inLoop) {
      line(depth, "if " + condition() + ":");
      body(depth, inLoop);
      if (random.nextBoolean()) {
        line(depth, "else:");
        body(depth, inLoop);
      }
    }

    private void body(int depth, int inLoop) {
      block(depth + 1, inLoop);
      if (inLoop == 0 && random.nextInt(4) == 0) {
        line(depth + 1, "return " + expression());
      }
    }

    private void loop(int depth, int inLoop) {
      String name = "i" + loops++;
      if (random.nextBoolean()) {
        int step = 1 + random.nextInt(2);
        String range =
            random.nextBoolean()
                ? "range(" + variable() + " & 7, 9, " + step + ")"
                : "range(" + variable() + " & 7, 0, -" + step + ")";
        line(depth, "for " + name + " in " + range + ":");
        line(depth + 1, variable() + " = (" + name + " + " + variable() + ") & 1023");
        block(depth + 1, inLoop + 1);
      } else {
        line(depth, name + " = " + variable() + " & 7");
        line(depth, "while " + name + " > 0:");
        line(depth + 1, name + " -= 1");
        block(depth + 1, inLoop + 1);
      }
    }

    private void unrolled(int depth, int inLoop) {
      String name = "i" + loops++;
      line(depth, "for " + name + " in tl.static_range(3):");
      line(depth + 1, variable() + " = (" + name + " + " + variable() + ") & 1023");
      block(depth + 1, inLoop);
    }
  }

  private static long python(String function, long a, long b) {
    String text = function.replace("tl.static_range", "range");
    var definition =
        (Stmt.FunctionDef) KernelFileParser.parse(new Source("f.py", text)).statements().getFirst();
    Environment none = name -> java.util.Optional.empty();
    return (Long)
        new PythonEvaluator(none).function(definition, none).call(List.of(0L, a, b), Map.of());
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void givesWhatPythonGives(long seed) {
    for (int i = 0; i < PROGRAMS; i++) {
      String function = new Writer(seed * 1000 + i, true).function();
      KernelText kernel =
          KernelText.of(
                  "@triton.jit\n"
                      + function
                      + "@triton.jit\ndef kernel(out, a, b):\n    tl.store(out, f(out, a, b))\n")
              .with("out=*i32, a=i32, b=i32");
      for (int a : new int[] {0, 3, 7, 11}) {
        int b = (a * 5 + 2) % 13;
        assertThat(kernel.run(a, b))
            .as("f(%d, %d) of%n%s", a, b, function)
            .isEqualTo((int) python(function, a, b));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void compilesEachStatementOnce(long seed) {
    for (int i = 0; i < PROGRAMS; i++) {
      String function =
          new Writer(seed * 1000 + i, false)
              .function()
              .replaceAll("(?m)^( *)return .*$", "$1tl.store(out, a)\n$1return")
              .replace("def f", "def kernel");
      long returns = function.lines().filter(line -> line.strip().equals("return")).count();
      KernelText kernel = KernelText.of("@triton.jit\n" + function).with("out=*i32, a=i32, b=i32");
      assertThat(kernel.ops(MemoryOp.Store.class).size())
          .as(function)
          .isLessThanOrEqualTo((int) returns);
    }
  }
}
