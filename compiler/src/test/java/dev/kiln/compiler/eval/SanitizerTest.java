package dev.kiln.compiler.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.kiln.compiler.eval.SanitizerFinding.Kind;
import dev.kiln.compiler.ir.DType;
import java.util.List;
import org.junit.jupiter.api.Test;

class SanitizerTest {
  /** Addresses of {@code x} and {@code y}, 4 elements each. */
  private static final String POINTERS =
      """
      %r = make_range [start = 0] : tile<4xi32>
      %xs = splat %x : tile<4x*fp32>
      %xi = addptr %xs, %r : tile<4x*fp32>
      %ys = splat %y : tile<4x*fp32>
      %yi = addptr %ys, %r : tile<4x*fp32>
      %two = constant 2 : tile<4xi32>
      %m = cmp lt %r, %two : tile<4xi1>
      """;

  private final TestMemory memory = new TestMemory();

  private static String withPointers(String ops) {
    return "func @k(%x: *fp32, %y: *fp32) {\n" + POINTERS + ops + "return\n}";
  }

  private SanitizerReport sanitize(String kernel, Grid grid, Number... arguments) {
    Launch launch = Launch.of(grid, memory.memory(), List.of(arguments)).sanitized();
    var thrown =
        catchThrowableOfType(
            SanitizerException.class, () -> Evaluator.run(EvaluatorTest.kernel(kernel), launch));
    return thrown == null ? new SanitizerReport("k", List.of()) : thrown.report();
  }

  private static List<String> messages(SanitizerReport report) {
    return report.findings().stream().map(SanitizerFinding::message).toList();
  }

  @Test
  void aCleanKernelPasses() {
    long x = memory.floats("x", DType.FP32, 1, 2, 3, 4);
    long y = memory.raw("y", 16);
    String kernel = withPointers("%v = load %xi : tile<4xfp32>\nstore %yi, %v\n");
    assertThat(sanitize(kernel, Grid.of(1), x, y).isClean()).isTrue();
    assertThat(memory.floatsAt(y, DType.FP32, 4)).containsExactly(1, 2, 3, 4);
  }

  @Test
  void aFindingIsRenderedWithItsSourceLineAndPlace() {
    long x = memory.floats("x", DType.FP32, new double[1024]);
    String kernel =
        """
        func @scale(%x: *fp32) {
          %pid = program_id [axis = 0] : i32
          %n = constant 512 : i32
          %b = mul %pid, %n : i32
          %r = make_range [start = 2] : tile<512xi32>
          %s = reshape %r : tile<2x256xi32>
          %bs = splat %b : tile<2x256xi32>
          %o = add %s, %bs : tile<2x256xi32>
          %xs = splat %x : tile<2x256x*fp32>
          %p = addptr %xs, %o : tile<2x256x*fp32>
          %v = load %p : tile<2x256xfp32>
          return
        }
        """;
    SanitizerReport report = sanitize(kernel, Grid.of(3), x);
    assertThat(report.render())
        .isEqualTo(
            """
            <tir>:11:3: error: out-of-range load of 4 bytes: just after the end of argument 'x' of 4096 bytes
                  %v = load %p : tile<2x256xfp32>
                  ^
              in kernel scale, program (1, 0, 0), element [1, 254]; 514 times in all

            kernel scale: 1 finding\
            """);
    assertThat(report.findings().getFirst().index()).containsExactly(1, 254);
  }

  @Test
  void outOfRangeAddressesAreRelatedToTheirArgument() {
    long x = memory.floats("x", DType.FP32, 1, 2, 3, 4);
    memory.zeros("z", 64);
    String kernel =
        """
        func @k(%%x: *fp32) {
          %%o = constant %d : i64
          %%i = ptrtoint %%x : i64
          %%c = constant 0 : i32
          %%p = addptr %%x, %%o : *fp32
          %%v = load %%p : fp32
          return
        }
        """;
    assertThat(messages(sanitize(kernel.formatted(6), Grid.of(1), x)))
        .containsExactly(
            "out-of-range load of 4 bytes: 8 bytes after the end of argument 'x' of 16 bytes");
    assertThat(messages(sanitize(kernel.formatted(-2), Grid.of(1), x)))
        .containsExactly(
            "out-of-range load of 4 bytes: 8 bytes before the start of argument 'x' of 16 bytes");
    assertThat(messages(sanitize(kernel.formatted(16), Grid.of(1), x)))
        .containsExactly(
            "out-of-range load of 4 bytes: 48 bytes after the end of argument 'x' of 16 bytes,"
                + " inside argument 'z'");
    assertThat(messages(sanitize(kernel.formatted(3), Grid.of(1), x + 2)))
        .contains("out-of-range load of 4 bytes: across the end of argument 'x' of 16 bytes");
    assertThat(messages(sanitize(kernel.formatted(0), Grid.of(1), 0)))
        .containsExactly("out-of-range load of 4 bytes: argument 'x' is null");
    assertThat(messages(sanitize(kernel.formatted(0), Grid.of(1), 64)))
        .containsExactly("out-of-range load of 4 bytes: argument 'x' points to no allocation");
  }

  @Test
  void addressesMadeFromNumbersMayLieInAnyAllocation() {
    long x = memory.floats("x", DType.FP32, 1, 2, 3, 4);
    long y = memory.floats("y", DType.FP32, 5);
    String kernel =
        """
        func @k(%x: *fp32, %a: i64) {
          %p = inttoptr %a : *fp32
          %v = load %p : fp32
          store %x, %v
          return
        }
        """;
    assertThat(sanitize(kernel, Grid.of(1), x, y).isClean()).isTrue();
    assertThat(memory.floatsAt(x, DType.FP32, 1)).containsExactly(5);
    assertThat(messages(sanitize(kernel, Grid.of(1), x, y + 5)))
        .contains("out-of-range load of 4 bytes: 1 byte after the end of argument 'y' of 4 bytes");
  }

  @Test
  void pointersAreFollowedThroughLoopsBranchesAndSelects() {
    long x = memory.floats("x", DType.FP32, 1, 2, 3, 4);
    long y = memory.floats("y", DType.FP32, 5, 6, 7, 8);
    String kernel =
        """
        func @k(%x: *fp32, %y: *fp32) {
          %z = constant 0 : i32
          %one = constant 1 : i32
          %n = constant 5 : i32
          %last = for %i: i32 = %z to %n step %one carry (%p: *fp32 = %x) : *fp32 {
            %v = load %p : fp32
            %q = addptr %p, %one : *fp32
            yield %q
          }
          %c = cmp lt %z, %one : i1
          %b = if %c : *fp32 {
            yield %y
          } else {
            yield %x
          }
          %s = select %c, %b, %x : *fp32
          %w = while (%a: *fp32 = %s) : *fp32 {
            %go = cmp ult %a, %s : i1
            condition %go, %a
          } do (%d: *fp32) {
            yield %d
          }
          %f = constant 9.0 : fp32
          store %w, %f
          return
        }
        """;
    assertThat(messages(sanitize(kernel, Grid.of(1), x, y)))
        .containsExactly(
            "out-of-range load of 4 bytes: just after the end of argument 'x' of 16 bytes");
    assertThat(memory.floatsAt(y, DType.FP32, 1)).containsExactly(9);
  }

  @Test
  void misalignedAccessesAreTold() {
    long x = memory.zeros("x", 16);
    String kernel =
        """
        func @k(%x: *i8) {
          %o = constant 6 : i32
          %p = addptr %x, %o : *i8
          %q = bitcast %p : *fp32
          %v = load %q : fp32
          store %q, %v
          return
        }
        """;
    SanitizerReport report = sanitize(kernel, Grid.of(1), x);
    assertThat(messages(report))
        .containsExactly(
            "misaligned load of 4 bytes: the address is 2 past a multiple of 4, at byte 6 of"
                + " argument 'x' of 16 bytes",
            "misaligned store of 4 bytes: the address is 2 past a multiple of 4, at byte 6 of"
                + " argument 'x' of 16 bytes");
    assertThat(report.findings()).extracting(SanitizerFinding::kind).containsOnly(Kind.MISALIGNED);
  }

  @Test
  void storesThroughConstParametersAreTold() {
    long x = memory.floats("x", DType.FP32, 1);
    String kernel =
        """
        func @k(%x: *fp32 [const]) {
          %v = load %x : fp32
          store %x, %v
          return
        }
        """;
    assertThat(messages(sanitize(kernel, Grid.of(1), x)))
        .containsExactly("store through 'x', which the kernel declares const");
  }

  @Test
  void maskedOffElementsMayNotBeStored() {
    long x = memory.floats("x", DType.FP32, 1, 2, 3, 4);
    long y = memory.zeros("y", 16);
    String load = "%v = load %xi mask %m : tile<4xfp32>\n%w = add %v, %v : tile<4xfp32>\n";
    assertThat(sanitize(withPointers(load + "store %yi, %w mask %m\n"), Grid.of(1), x, y).isClean())
        .isTrue();
    SanitizerReport report = sanitize(withPointers(load + "store %yi, %w\n"), Grid.of(1), x, y);
    assertThat(messages(report))
        .containsExactly(
            "the value written to memory is undefined: it comes from the load at <tir>:9:1, whose"
                + " mask is false there and which has no 'other'");
    assertThat(report.findings().getFirst().index()).containsExactly(2);
    assertThat(report.findings().getFirst().occurrences()).isEqualTo(2);
    assertThat(report.findings().getFirst().location().line()).isEqualTo(11);
  }

  @Test
  void anOtherDefinesMaskedOffElements() {
    long x = memory.floats("x", DType.FP32, 1, 2, 3, 4);
    long y = memory.zeros("y", 16);
    String kernel =
        withPointers(
            """
            %o = constant 0.0 : tile<4xfp32>
            %v = load %xi mask %m other %o : tile<4xfp32>
            store %yi, %v
            """);
    assertThat(sanitize(kernel, Grid.of(1), x, y).isClean()).isTrue();
  }

  @Test
  void selectTakesTheChosenSide() {
    long x = memory.floats("x", DType.FP32, 1, 2, 3, 4);
    long y = memory.zeros("y", 16);
    String kernel =
        withPointers(
            """
            %%o = constant 0.0 : tile<4xfp32>
            %%v = load %%xi mask %%m : tile<4xfp32>
            %%w = select %%m, %s : tile<4xfp32>
            %%s = reduce %%w [axis = 0] (%%l: fp32, %%h: fp32) : fp32 {
              %%t = add %%l, %%h : fp32
              yield %%t
            }
            store %%y, %%s
            """);
    String good = kernel.replace("%%", "%").replace("%s :", "%v, %o :");
    assertThat(sanitize(good, Grid.of(1), x, y).isClean()).isTrue();
    String bad = kernel.replace("%%", "%").replace("%s :", "%o, %v :");
    assertThat(sanitize(bad, Grid.of(1), x, y).findings())
        .extracting(SanitizerFinding::kind)
        .containsExactly(Kind.UNDEFINED_STORE);
  }

  @Test
  void aFalsePartDefinesAMask() {
    long x = memory.floats("x", DType.FP32, 1, 2, 3, 4);
    long y = memory.zeros("y", 16);
    String kernel =
        withPointers(
            """
            %z = constant 0.0 : tile<4xfp32>
            %v = load %xi mask %m : tile<4xfp32>
            %p = cmp gt %v, %z : tile<4xi1>
            %both = and %p, %m : tile<4xi1>
            store %yi, %z mask %both
            """);
    assertThat(sanitize(kernel, Grid.of(1), x, y).isClean()).isTrue();
    assertThat(messages(sanitize(kernel.replace("and %p, %m", "or %p, %m"), Grid.of(1), x, y)))
        .containsExactly(
            "the mask of the store is undefined: it comes from the load at <tir>:10:1, whose mask"
                + " is false there and which has no 'other'");
  }

  @Test
  void unwrittenMemoryIsUndefinedUntilItIsWritten() {
    long x = memory.raw("x", 16);
    long y = memory.zeros("y", 16);
    String copy = withPointers("%v = load %xi : tile<4xfp32>\nstore %yi, %v\n");
    assertThat(messages(sanitize(copy, Grid.of(1), x, y)))
        .containsExactly(
            "the value written to memory is undefined: it comes from memory that nothing has"
                + " written, read at <tir>:9:1");
    String writeFirst =
        withPointers(
            """
            %c = constant 1.0 : tile<4xfp32>
            store %xi, %c
            %v = load %xi : tile<4xfp32>
            store %yi, %v
            """);
    assertThat(sanitize(writeFirst, Grid.of(1), x, y).isClean()).isTrue();
  }

  @Test
  void shadowMemoryCarriesKnowledgeFromLaunchToLaunch() {
    long x = memory.raw("x", 16);
    long y = memory.raw("y", 16);
    ShadowMemory shadow = ShadowMemory.of(memory.memory().allocations());
    var copy = EvaluatorTest.kernel(withPointers("%v = load %xi : tile<4xfp32>\nstore %yi, %v\n"));
    Launch launch = Launch.of(Grid.of(1), memory.memory(), List.of(x, y));
    assertThatThrownBy(() -> Evaluator.run(copy, launch.sanitized(shadow)))
        .isInstanceOf(SanitizerException.class);
    shadow.markWritten(x, 16);
    Evaluator.run(copy, launch.sanitized(shadow));
    assertThat(shadow.isWritten(y, 8)).isTrue();
    Evaluator.run(copy, Launch.of(Grid.of(1), memory.memory(), List.of(y, x)).sanitized(shadow));
  }

  @Test
  void undefinedAddressesConditionsAndBoundsAreTold() {
    long x = memory.raw("x", 16);
    long y = memory.zeros("y", 16);
    String kernel =
        """
        func @k(%x: *i32, %y: *i32) {
          %i = load %x : i32
          %p = addptr %y, %i : *i32
          %v = load %p : i32
          %zero = constant 0 : i32
          %c = cmp ne %i, %zero : i1
          if %c {
            yield
          } else {
            yield
          }
          %one = constant 1 : i32
          for %k: i32 = %zero to %i step %one {
            yield
          }
          while () {
            condition %c
          } do () {
            yield
          }
          assert %c mask %c [message = "never seen"]
          assume %c
          %o = atomic_rmw add %y, %i [sem = "relaxed", scope = "gpu"] : i32
          %s = atomic_cas %y, %i, %one [sem = "relaxed", scope = "gpu"] : i32
          return
        }
        """;
    String origin =
        " is undefined: it comes from memory that nothing has written, read at <tir>:2:3";
    assertThat(messages(sanitize(kernel, Grid.of(1), x, y)))
        .containsExactly(
            "the address of the load" + origin,
            "the condition of the branch" + origin,
            "the upper bound of the loop" + origin,
            "the condition of the loop" + origin,
            "the mask of the assertion" + origin,
            "the assumption" + origin,
            "the assumption does not hold",
            "the value written to memory" + origin,
            "the value compared with memory" + origin);
  }

  @Test
  void matrixProductsSpreadUndefinednessToTheirRowsAndColumns() {
    long x = memory.floats("x", DType.FP32, 1, 2, 3, 4);
    long y = memory.zeros("y", 16);
    String kernel =
        withPointers(
            """
            %v = load %xi mask %m : tile<4xfp32>
            %a = reshape %v : tile<2x2xfp32>
            %b = constant 1.0 : tile<2x2xfp32>
            %z = constant 0.0 : tile<2x2xfp32>
            %d = dot %a, %b, %z [precision = ieee] : tile<2x2xfp32>
            %f = reshape %d : tile<4xfp32>
            store %yi, %f
            """);
    SanitizerReport report = sanitize(kernel, Grid.of(1), x, y);
    assertThat(report.findings().getFirst().index()).containsExactly(2);
    assertThat(report.findings().getFirst().occurrences()).isEqualTo(2);
  }

  @Test
  void brokenHintsAreTold() {
    String kernel =
        """
        func @k(%n: i32) {
          %a = hint %n [divisibility = (16)] : i32
          %r = make_range [start = 0] : tile<8xi32>
          %two = constant 2 : tile<8xi32>
          %d = mul %r, %two : tile<8xi32>
          %b = hint %d [contiguity = (8)] : tile<8xi32>
          %h = divs %r, %two : tile<8xi32>
          %c = hint %h [constancy = (2)] : tile<8xi32>
          %e = hint %h [constancy = (4)] : tile<8xi32>
          %g = hint %r [contiguity = (8)] : tile<8xi32>
          return
        }
        """;
    SanitizerReport report = sanitize(kernel, Grid.of(1), 24);
    assertThat(messages(report))
        .containsExactly(
            "multiple_of [16] does not hold",
            "max_contiguous [8] does not hold",
            "max_constancy [4] does not hold");
    assertThat(report.findings().get(2).index()).containsExactly(2);
    assertThat(sanitize(kernel, Grid.of(1), 32).findings()).hasSize(2);
  }

  @Test
  void findingsBeforeAFailedAssertionAreNotLost() {
    long x = memory.raw("x", 4);
    String kernel =
        """
        func @k(%x: *i32) {
          %o = constant 7 : i32
          %p = addptr %x, %o : *i32
          %v = load %p : i32
          %zero = constant 0 : i32
          %c = cmp ne %v, %zero : i1
          assert %c [message = "loaded"]
          return
        }
        """;
    Launch launch = Launch.of(Grid.of(1), memory.memory(), List.of(x)).sanitized();
    assertThatThrownBy(() -> Evaluator.run(EvaluatorTest.kernel(kernel), launch))
        .isInstanceOf(SanitizerException.class)
        .hasMessageContaining("24 bytes after the end of argument 'x'")
        .cause()
        .hasMessageContaining("assertion failed: loaded");
  }
}
