package dev.kiln.compiler.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Parser;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Verifier;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What whole kernels, written as text, leave in memory. */
class EvaluatorTest {
  private final TestMemory memory = new TestMemory();

  static TileFunction kernel(String text) {
    TileFunction function = Parser.parseFunction(text);
    Verifier.verify(function);
    return function;
  }

  private void run(String text, Grid grid, Number... arguments) {
    Evaluator.run(kernel(text), Launch.of(grid, memory.memory(), List.of(arguments)));
  }

  /** Runs operations that end with {@code %out}, a tile of 32-bit integers, and returns it. */
  private long[] ints(String ops, int count) {
    long out = memory.zeros("out", 4L * count);
    run(wrapped(ops, "i32", count), Grid.of(1), out);
    return memory.intsAt(out, DType.I32, count);
  }

  private double[] floats(String ops, int count) {
    long out = memory.zeros("out", 4L * count);
    run(wrapped(ops, "fp32", count), Grid.of(1), out);
    return memory.floatsAt(out, DType.FP32, count);
  }

  private static String wrapped(String ops, String dtype, int count) {
    return """
    func @k(%%out_ptr: *%1$s) {
      %2$s
      %%out_at = make_range [start = 0] : tile<%3$dxi32>
      %%out_s = splat %%out_ptr : tile<%3$dx*%1$s>
      %%out_p = addptr %%out_s, %%out_at : tile<%3$dx*%1$s>
      store %%out_p, %%out
      return
    }
    """
        .formatted(dtype, ops, count);
  }

  private static long[] range(int count) {
    return LongStream.range(0, count).toArray();
  }

  @Test
  void addsVectorsWithAMaskedTail() {
    long x = memory.floats("x", DType.FP32, 1, 2, 3, 4, 5, 6);
    long y = memory.floats("y", DType.FP32, 10, 20, 30, 40, 50, 60);
    long z = memory.zeros("z", 24);
    run(
        """
        func @add(%x: *fp32, %y: *fp32, %z: *fp32, %n: i32) {
          %pid = program_id [axis = 0] : i32
          %block = constant 4 : i32
          %first = mul %pid, %block : i32
          %r = make_range [start = 0] : tile<4xi32>
          %fs = splat %first : tile<4xi32>
          %i = add %fs, %r : tile<4xi32>
          %ns = splat %n : tile<4xi32>
          %m = cmp lt %i, %ns : tile<4xi1>
          %xs = splat %x : tile<4x*fp32>
          %xi = addptr %xs, %i : tile<4x*fp32>
          %ys = splat %y : tile<4x*fp32>
          %yi = addptr %ys, %i : tile<4x*fp32>
          %zs = splat %z : tile<4x*fp32>
          %zi = addptr %zs, %i : tile<4x*fp32>
          %a = load %xi mask %m : tile<4xfp32>
          %b = load %yi mask %m : tile<4xfp32>
          %c = add %a, %b : tile<4xfp32>
          store %zi, %c mask %m
          return
        }
        """,
        Grid.of(2), x, y, z, 6);
    assertThat(memory.floatsAt(z, DType.FP32, 6)).containsExactly(11, 22, 33, 44, 55, 66);
  }

  @Test
  void programsRunWithXFastest() {
    long counter = memory.ints("counter", DType.I32, 0);
    long order = memory.zeros("order", 4 * 12);
    run(
        """
        func @order(%counter: *i32, %order: *i32) {
          %x = program_id [axis = 0] : i32
          %y = program_id [axis = 1] : i32
          %z = program_id [axis = 2] : i32
          %nx = num_programs [axis = 0] : i32
          %ny = num_programs [axis = 1] : i32
          %one = constant 1 : i32
          %turn = atomic_rmw add %counter, %one [sem = "acq_rel", scope = "gpu"] : i32
          %a = mul %z, %ny : i32
          %b = add %a, %y : i32
          %c = mul %b, %nx : i32
          %d = add %c, %x : i32
          %p = addptr %order, %turn : *i32
          store %p, %d
          return
        }
        """,
        new Grid(3, 2, 2), counter, order);
    assertThat(memory.intsAt(order, DType.I32, 12)).isEqualTo(range(12));
  }

  @Test
  void aGridWithAZeroRunsNothing() {
    long x = memory.ints("x", DType.I32, 7);
    run(
        """
        func @k(%x: *i32) {
          %0 = constant 0 : i32
          store %x, %0
          return
        }
        """,
        new Grid(4, 0, 1), x);
    assertThat(memory.intsAt(x, DType.I32, 1)).containsExactly(7);
  }

  @Test
  void permuteMovesAxes() {
    assertThat(
            ints(
                """
                %r = make_range [start = 0] : tile<8xi32>
                %t = reshape %r : tile<2x4xi32>
                %u = permute %t [order = (1, 0)] : tile<4x2xi32>
                %out = reshape %u : tile<8xi32>
                """,
                8))
        .containsExactly(0, 4, 1, 5, 2, 6, 3, 7);
    // Axis i of the result is axis order[i] of the operand.
    assertThat(
            ints(
                """
                %r = make_range [start = 0] : tile<16xi32>
                %t = reshape %r : tile<2x2x4xi32>
                %u = permute %t [order = (2, 0, 1)] : tile<4x2x2xi32>
                %out = reshape %u : tile<16xi32>
                """,
                16))
        .containsExactly(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  }

  @Test
  void broadcastRepeatsAlongAxesOfExtentOne() {
    assertThat(
            ints(
                """
                %r = make_range [start = 5] : tile<2xi32>
                %c = expand_dims %r [axis = 1] : tile<2x1xi32>
                %b = broadcast %c : tile<2x2xi32>
                %d = expand_dims %r [axis = 0] : tile<1x2xi32>
                %e = broadcast %d : tile<2x2xi32>
                %b1 = reshape %b : tile<4xi32>
                %e1 = reshape %e : tile<4xi32>
                %out = cat %b1, %e1 [axis = 0] : tile<8xi32>
                """,
                8))
        .containsExactly(5, 5, 6, 6, 5, 6, 5, 6);
  }

  @Test
  void joinAndSplitAreInverse() {
    assertThat(
            ints(
                """
                %a = make_range [start = 0] : tile<4xi32>
                %b = make_range [start = 10] : tile<4xi32>
                %j = join %a, %b : tile<4x2xi32>
                %l, %h = split %j : tile<4xi32>, tile<4xi32>
                %f = reshape %j : tile<8xi32>
                %c = cat %h, %l [axis = 0] : tile<8xi32>
                %out = cat %f, %c [axis = 0] : tile<16xi32>
                """,
                16))
        .containsExactly(0, 10, 1, 11, 2, 12, 3, 13, 10, 11, 12, 13, 0, 1, 2, 3);
  }

  @Test
  void scalarsJoinSplitAndUnsplat() {
    assertThat(
            ints(
                """
                %a = constant 3 : i32
                %b = constant 4 : i32
                %j = join %a, %b : tile<2xi32>
                %l, %h = split %j : i32, i32
                %o = reshape %h : tile<1xi32>
                %u = unsplat %o : i32
                %s = add %u, %l : i32
                %out = splat %s : tile<2xi32>
                """,
                2))
        .containsExactly(7, 7);
  }

  @Test
  void catGoesAlongItsAxis() {
    assertThat(
            ints(
                """
                %r = make_range [start = 0] : tile<4xi32>
                %a = reshape %r : tile<2x2xi32>
                %t = make_range [start = 4] : tile<4xi32>
                %b = reshape %t : tile<2x2xi32>
                %c = cat %a, %b [axis = 1] : tile<2x4xi32>
                %out = reshape %c : tile<8xi32>
                """,
                8))
        .containsExactly(0, 1, 4, 5, 2, 3, 6, 7);
  }

  @Test
  void gatherWrapsIndicesByTheirLowBits() {
    assertThat(
            ints(
                """
                %s = make_range [start = 100] : tile<4xi32>
                %i = make_range [start = -2] : tile<8xi32>
                %out = gather %s, %i [axis = 0] : tile<8xi32>
                """,
                8))
        .containsExactly(102, 103, 100, 101, 102, 103, 100, 101);
  }

  @Test
  void gatherAlongTheFirstAxisKeepsColumns() {
    assertThat(
            ints(
                """
                %r = make_range [start = 0] : tile<8xi32>
                %s = reshape %r : tile<4x2xi32>
                %j = make_range [start = 1] : tile<4xi32>
                %i = reshape %j : tile<2x2xi32>
                %g = gather %s, %i [axis = 0] : tile<2x2xi32>
                %out = reshape %g : tile<4xi32>
                """,
                4))
        .containsExactly(2, 5, 6, 1);
  }

  @Test
  void reducesInAscendingOrder() {
    // In fp32, 2^24 + 1 + 1 stays 2^24 from the left, and is 2^24 + 2 from the right.
    long x = memory.floats("x", DType.FP32, 0x1p24, 1, 1, 0);
    long out = memory.zeros("out", 4);
    run(
        """
        func @k(%x: *fp32, %p: *fp32) {
          %r = make_range [start = 0] : tile<4xi32>
          %s = splat %x : tile<4x*fp32>
          %a = addptr %s, %r : tile<4x*fp32>
          %v = load %a : tile<4xfp32>
          %sum = reduce %v [axis = 0] (%l: fp32, %h: fp32) : fp32 {
            %t = add %l, %h : fp32
            yield %t
          }
          store %p, %sum
          return
        }
        """,
        Grid.of(1), x, out);
    assertThat(memory.floatsAt(out, DType.FP32, 1)).containsExactly(0x1p24);
  }

  @Test
  void reducesAlongEitherAxis() {
    String sum =
        """
        %%r = make_range [start = 0] : tile<8xi32>
        %%t = reshape %%r : tile<2x4xi32>
        %%out = reduce %%t [axis = %d] (%%l: i32, %%h: i32) : tile<%dxi32> {
          %%s = add %%l, %%h : i32
          yield %%s
        }
        """;
    assertThat(ints(sum.formatted(0, 4), 4)).containsExactly(4, 6, 8, 10);
    assertThat(ints(sum.formatted(1, 2), 2)).containsExactly(6, 22);
  }

  @Test
  void reducesSeveralInputsTogether() {
    assertThat(
            ints(
                """
                %r = make_range [start = 0] : tile<8xi32>
                %c = constant 5 : tile<8xi32>
                %m = constant 7 : tile<8xi32>
                %k = mul %r, %c : tile<8xi32>
                %v = and %k, %m : tile<8xi32>
                %best, %at = reduce %v, %r [axis = 0] (%v1: i32, %i1: i32, %v2: i32, %i2: i32) : i32, i32 {
                  %g = cmp gt %v1, %v2 : i1
                  %b = select %g, %v1, %v2 : i32
                  %i = select %g, %i1, %i2 : i32
                  yield %b, %i
                }
                %out = join %best, %at : tile<2xi32>
                """,
                2))
        .containsExactly(7, 3);
  }

  @Test
  void combineBlocksMayBranch() {
    assertThat(
            ints(
                """
                %r = make_range [start = 1] : tile<4xi32>
                %s = reduce %r [axis = 0] (%l: i32, %h: i32) : i32 {
                  %three = constant 3 : i32
                  %c = cmp lt %h, %three : i1
                  %v = if %c : i32 {
                    %a = add %l, %h : i32
                    yield %a
                  } else {
                    %m = mul %l, %h : i32
                    yield %m
                  }
                  yield %v
                }
                %out = splat %s : tile<1xi32>
                """,
                1))
        .containsExactly(36); // ((1 + 2) * 3) * 4
  }

  @Test
  void scansForwardAndInReverse() {
    String scan =
        """
        %%r = make_range [start = 1] : tile<4xi32>
        %%out = scan %%r [axis = 0%s] (%%l: i32, %%h: i32) : tile<4xi32> {
          %%s = add %%l, %%h : i32
          yield %%s
        }
        """;
    assertThat(ints(scan.formatted(""), 4)).containsExactly(1, 3, 6, 10);
    assertThat(ints(scan.formatted(", reverse"), 4)).containsExactly(10, 9, 7, 4);
  }

  @Test
  void theRunningSideOfAScanIsTheLeft() {
    assertThat(
            ints(
                """
                %r = make_range [start = 1] : tile<4xi32>
                %t = reshape %r : tile<2x2xi32>
                %s = scan %t [axis = 0] (%l: i32, %h: i32) : tile<2x2xi32> {
                  %d = sub %l, %h : i32
                  yield %d
                }
                %out = reshape %s : tile<4xi32>
                """,
                4))
        .containsExactly(1, 2, -2, -2);
  }

  @Test
  void mapsGroupsOfNeighbours() {
    assertThat(
            ints(
                """
                %r = make_range [start = 0] : tile<4xi32>
                %c = constant 10 : tile<4xi32>
                %s, %d = map_elementwise %r, %c [pack = 2] (%a0: i32, %a1: i32, %b0: i32, %b1: i32) : tile<4xi32>, tile<4xi32> {
                  %x = add %a0, %b0 : i32
                  %y = mul %a1, %b1 : i32
                  yield %x, %y, %a1, %a0
                }
                %out = cat %s, %d [axis = 0] : tile<8xi32>
                """,
                8))
        .containsExactly(10, 10, 12, 30, 1, 0, 3, 2);
  }

  @Test
  void histogramsIgnoreWhatIsOutsideOrMasked() {
    assertThat(
            ints(
                """
                %r = make_range [start = -2] : tile<8xi32>
                %three = constant 3 : tile<8xi32>
                %m = cmp ne %r, %three : tile<8xi1>
                %a = histogram %r : tile<4xi32>
                %b = histogram %r mask %m : tile<4xi32>
                %out = cat %a, %b [axis = 0] : tile<8xi32>
                """,
                8))
        .containsExactly(1, 1, 1, 1, 1, 1, 1, 0);
  }

  @Test
  void dotMultipliesMatrices() {
    assertThat(
            floats(
                """
                %r = make_range [start = 1] : tile<4xi32>
                %f = sitofp %r : tile<4xfp32>
                %h = fptrunc %f : tile<4xfp16>
                %a = reshape %h : tile<2x2xfp16>
                %acc = constant 0.5 : tile<2x2xfp32>
                %d = dot %a, %a, %acc [precision = ieee] : tile<2x2xfp32>
                %out = reshape %d : tile<4xfp32>
                """,
                4))
        .containsExactly(7.5, 10.5, 15.5, 22.5);
  }

  @Test
  void dotOfBatchesAndOfOddShapes() {
    assertThat(
            floats(
                """
                %r = make_range [start = 0] : tile<8xi32>
                %f = sitofp %r : tile<8xfp32>
                %a = reshape %f : tile<2x1x4xfp32>
                %b = reshape %f : tile<2x4x1xfp32>
                %acc = constant 0.0 : tile<2x1x1xfp32>
                %d = dot %a, %b, %acc [precision = ieee] : tile<2x1x1xfp32>
                %out = reshape %d : tile<2xfp32>
                """,
                2))
        .containsExactly(14, 126);
  }

  @Test
  void anFp16AccumulatorIsRoundedAtTheEnd() {
    assertThat(
            floats(
                """
                %a = constant 1.0 : tile<1x4xfp16>
                %b = constant 0.5 : tile<4x1xfp16>
                %acc = constant 2048.0 : tile<1x1xfp16>
                %d = dot %a, %b, %acc [precision = ieee] : tile<1x1xfp16>
                %e = fpext %d : tile<1x1xfp32>
                %out = reshape %e : tile<1xfp32>
                """,
                1))
        .containsExactly(2050); // adding halves one by one in fp16 would stay at 2048
  }

  @Test
  void integerDotsMindTheSigns() {
    String dot =
        """
        %%a = constant -1 : tile<1x2xi8>
        %%b = constant 2 : tile<2x1xi8>
        %%acc = constant 10 : tile<1x1xi32>
        %%d = dot %%a, %%b, %%acc [precision = ieee%s] : tile<1x1xi32>
        %%out = reshape %%d : tile<1xi32>
        """;
    assertThat(ints(dot.formatted(", signed_a, signed_b"), 1)).containsExactly(6);
    assertThat(ints(dot.formatted(""), 1)).containsExactly(1030);
  }

  @Test
  void forLoopsCarryValues() {
    assertThat(
            ints(
                """
                %lo = constant 2 : i32
                %hi = constant 11 : i32
                %by = constant 3 : i32
                %zero = constant 0 : i32
                %one = constant 1 : i32
                %s, %p = for %i: i32 = %lo to %hi step %by carry (%sum: i32 = %zero, %prod: i32 = %one) : i32, i32 {
                  %a = add %sum, %i : i32
                  %m = mul %prod, %i : i32
                  yield %a, %m
                }
                %out = join %s, %p : tile<2xi32>
                """,
                2))
        .containsExactly(2 + 5 + 8, 2 * 5 * 8);
  }

  @Test
  void loopsEndWhereTheInductionVariableWouldOverflow() {
    String count =
        """
        %%lo = constant %d : i32
        %%hi = constant %d : i32
        %%by = constant 3 : i32
        %%zero = constant 0 : i32
        %%one = constant 1 : i32
        %%n = for %%i: i32 = %%lo to %%hi step %%by carry (%%k: i32 = %%zero)%s : i32 {
          %%a = add %%k, %%one : i32
          yield %%a
        }
        %%out = splat %%n : tile<1xi32>
        """;
    assertThat(ints(count.formatted(2147483640, 2147483647, ""), 1)).containsExactly(3);
    assertThat(ints(count.formatted(-7, -1, " [unsigned]"), 1)).containsExactly(2);
    assertThat(ints(count.formatted(-7, -1, ""), 1)).containsExactly(2);
    assertThat(ints(count.formatted(5, -1, ""), 1)).containsExactly(0);
    assertThat(ints(count.formatted(5, 5, ""), 1)).containsExactly(0);
  }

  @Test
  void aStepThatIsNotPositiveIsRefused() {
    assertThatThrownBy(
            () ->
                ints(
                    """
                    %z = constant 0 : i32
                    for %i: i32 = %z to %z step %z {
                      yield
                    }
                    %out = splat %z : tile<1xi32>
                    """,
                    1))
        .isInstanceOf(EvaluationException.class)
        .hasMessageContaining("the step of the loop must be positive, but is 0");
  }

  @Test
  void whileLoopsForwardTheirValues() {
    // Collatz steps of 6: 6 3 10 5 16 8 4 2 1
    assertThat(
            ints(
                """
                %n = constant 6 : i32
                %zero = constant 0 : i32
                %one = constant 1 : i32
                %two = constant 2 : i32
                %three = constant 3 : i32
                %last, %steps = while (%v: i32 = %n, %k: i32 = %zero) : i32, i32 {
                  %go = cmp gt %v, %one : i1
                  condition %go, %v, %k
                } do (%w: i32, %j: i32) {
                  %odd = and %w, %one : i32
                  %c = cmp eq %odd, %one : i1
                  %next = if %c : i32 {
                    %m = mul %w, %three : i32
                    %u = add %m, %one : i32
                    yield %u
                  } else {
                    %h = divs %w, %two : i32
                    yield %h
                  }
                  %up = add %j, %one : i32
                  yield %next, %up
                }
                %out = join %last, %steps : tile<2xi32>
                """,
                2))
        .containsExactly(1, 8);
  }

  @Test
  void everyNumberTypeLoadsAndStoresAsItIs() {
    for (DType dtype : DType.values()) {
      if (dtype.isUnsigned()) {
        continue;
      }
      var arrays = new TestMemory();
      long from = arrays.zeros("from", 256L * dtype.bytes());
      long to = arrays.zeros("to", 256L * dtype.bytes());
      for (int i = 0; i < 256; i++) {
        // The upper byte varies, so that exponents, signs and NaN occur.
        long bits =
            dtype.isBool() ? i & 1 : (long) i << (dtype.bits() - 8) | (dtype.bits() > 8 ? 1 : 0);
        arrays.memory().write(from + (long) i * dtype.bytes(), dtype.bytes(), bits);
      }
      String text =
          """
          func @copy(%%x: *%1$s, %%y: *%1$s) {
            %%r = make_range [start = 0] : tile<256xi32>
            %%xs = splat %%x : tile<256x*%1$s>
            %%xi = addptr %%xs, %%r : tile<256x*%1$s>
            %%ys = splat %%y : tile<256x*%1$s>
            %%yi = addptr %%ys, %%r : tile<256x*%1$s>
            %%v = load %%xi : tile<256x%1$s>
            store %%yi, %%v
            return
          }
          """
              .formatted(dtype);
      Evaluator.run(kernel(text), Launch.of(Grid.of(1), arrays.memory(), List.of(from, to)));
      for (int i = 0; i < 256L * dtype.bytes(); i++) {
        assertThat(arrays.memory().read(to + i, 1))
            .as("%s byte %d", dtype, i)
            .isEqualTo(arrays.memory().read(from + i, 1));
      }
    }
  }

  @Test
  void anyByteButZeroIsATrueBoolean() {
    long x = memory.ints("x", DType.I8, 0, 1, 2, -128);
    long y = memory.zeros("y", 4);
    run(
        """
        func @k(%x: *i1, %y: *i1) {
          %r = make_range [start = 0] : tile<4xi32>
          %xs = splat %x : tile<4x*i1>
          %xi = addptr %xs, %r : tile<4x*i1>
          %ys = splat %y : tile<4x*i1>
          %yi = addptr %ys, %r : tile<4x*i1>
          %v = load %xi : tile<4xi1>
          store %yi, %v
          return
        }
        """,
        Grid.of(1), x, y);
    assertThat(memory.intsAt(y, DType.I8, 4)).containsExactly(0, 1, 1, 1);
  }

  @Test
  void maskedLoadsGiveOtherOrZero() {
    long x = memory.floats("x", DType.FP32, 1, 2);
    long y = memory.zeros("y", 32);
    run(
        """
        func @k(%x: *fp32, %y: *fp32) {
          %r = make_range [start = 0] : tile<4xi32>
          %two = constant 2 : tile<4xi32>
          %m = cmp lt %r, %two : tile<4xi1>
          %o = constant -5.0 : tile<4xfp32>
          %xs = splat %x : tile<4x*fp32>
          %xi = addptr %xs, %r : tile<4x*fp32>
          %a = load %xi mask %m : tile<4xfp32>
          %b = load %xi mask %m other %o : tile<4xfp32>
          %c = cat %a, %b [axis = 0] : tile<8xfp32>
          %k = make_range [start = 0] : tile<8xi32>
          %ys = splat %y : tile<8x*fp32>
          %yi = addptr %ys, %k : tile<8x*fp32>
          store %yi, %c
          return
        }
        """,
        Grid.of(1), x, y);
    assertThat(memory.floatsAt(y, DType.FP32, 8)).containsExactly(1, 2, 0, 0, 1, 2, -5, -5);
  }

  @Test
  void theLastOfCollidingStoresStays() {
    long x = memory.ints("x", DType.I32, 0);
    run(
        """
        func @k(%x: *i32) {
          %r = make_range [start = 1] : tile<8xi32>
          %xs = splat %x : tile<8x*i32>
          store %xs, %r
          return
        }
        """,
        Grid.of(1), x);
    assertThat(memory.intsAt(x, DType.I32, 1)).containsExactly(8);
  }

  @Test
  void atomicsReturnWhatWasThereBefore() {
    long x = memory.ints("x", DType.I32, 100);
    long y = memory.zeros("y", 32);
    run(
        """
        func @k(%x: *i32, %y: *i32) {
          %r = make_range [start = 0] : tile<8xi32>
          %six = constant 6 : tile<8xi32>
          %m = cmp lt %r, %six : tile<8xi1>
          %xs = splat %x : tile<8x*i32>
          %ys = splat %y : tile<8x*i32>
          %yi = addptr %ys, %r : tile<8x*i32>
          %b = atomic_rmw add %xs, %r mask %m [sem = "relaxed", scope = "gpu"] : tile<8xi32>
          store %yi, %b
          return
        }
        """,
        Grid.of(1), x, y);
    assertThat(memory.intsAt(x, DType.I32, 1)).containsExactly(115);
    assertThat(memory.intsAt(y, DType.I32, 8)).containsExactly(100, 100, 101, 103, 106, 110, 0, 0);
  }

  @Test
  void atomicKinds() {
    String[] kinds = {"and", "or", "xor", "mins", "maxs", "minu", "maxu", "xchg"};
    long[] expected = {8, 14 - 256, 6 - 256, 10 - 256, 12, 12, 10 - 256, 12};
    for (int i = 0; i < kinds.length; i++) {
      long x = memory.ints("x" + i, DType.I32, 10 - 256);
      run(
          """
          func @k(%%x: *i32) {
            %%c = constant 12 : i32
            %%b = atomic_rmw %s %%x, %%c [sem = "relaxed", scope = "gpu"] : i32
            return
          }
          """
              .formatted(kinds[i]),
          Grid.of(1),
          x);
      assertThat(memory.intsAt(x, DType.I32, 1)).as(kinds[i]).containsExactly(expected[i]);
    }
  }

  @Test
  void floatAtomicsRound() {
    long x = memory.floats("x", DType.FP16, 2048);
    long y = memory.floats("y", DType.FP32, Double.NaN);
    run(
        """
        func @k(%x: *fp16, %y: *fp32) {
          %c = constant 1.0 : fp16
          %d = constant 1.0 : fp32
          %b = atomic_rmw add %x, %c [sem = "relaxed", scope = "gpu"] : fp16
          %e = atomic_rmw max %y, %d [sem = "relaxed", scope = "gpu"] : fp32
          return
        }
        """,
        Grid.of(1), x, y);
    assertThat(memory.floatsAt(x, DType.FP16, 1)).containsExactly(2048);
    assertThat(memory.floatsAt(y, DType.FP32, 1)).containsExactly(1);
  }

  @Test
  void compareAndSwapWritesOnAMatchOnly() {
    long x = memory.ints("x", DType.I16, -1, 5);
    long y = memory.zeros("y", 4);
    run(
        """
        func @k(%x: *i16, %y: *i16) {
          %r = make_range [start = 0] : tile<2xi32>
          %xs = splat %x : tile<2x*i16>
          %xi = addptr %xs, %r : tile<2x*i16>
          %ys = splat %y : tile<2x*i16>
          %yi = addptr %ys, %r : tile<2x*i16>
          %e = constant -1 : tile<2xi16>
          %v = constant 7 : tile<2xi16>
          %b = atomic_cas %xi, %e, %v [sem = "acq_rel", scope = "gpu"] : tile<2xi16>
          store %yi, %b
          return
        }
        """,
        Grid.of(1), x, y);
    assertThat(memory.intsAt(x, DType.I16, 2)).containsExactly(7, 5);
    assertThat(memory.intsAt(y, DType.I16, 2)).containsExactly(-1, 5);
  }

  @Test
  void floatArgumentsAreRoundedToTheirType() {
    long x = memory.zeros("x", 4);
    run(
        """
        func @k(%x: *fp32, %a: fp16) {
          %b = fpext %a : fp32
          store %x, %b
          return
        }
        """,
        Grid.of(1), x, 0.1);
    assertThat(memory.floatsAt(x, DType.FP32, 1)).containsExactly(0.0999755859375);
  }

  @Test
  void argumentsThatDoNotFitAreNamed() {
    TileFunction kernel = kernel("func @k(%n: i32) { return }");
    assertThatThrownBy(
            () -> Evaluator.run(kernel, Launch.of(Grid.of(1), memory.memory(), List.of())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("kernel k takes 1 arguments, but 0 are given");
    assertThatThrownBy(
            () -> Evaluator.run(kernel, Launch.of(Grid.of(1), memory.memory(), List.of(1.5))))
        .hasMessage("argument 'n' of kernel k is i32, but 1.5 is given");
  }

  @Test
  void anAddressOutOfRangeStopsTheLaunch() {
    long x = memory.floats("x", DType.FP32, 1, 2);
    assertThatThrownBy(
            () ->
                run(
                    """
                    func @k(%x: *fp32) {
                      %r = make_range [start = 0] : tile<4xi32>
                      %xs = splat %x : tile<4x*fp32>
                      %xi = addptr %xs, %r : tile<4x*fp32>
                      %v = load %xi : tile<4xfp32>
                      return
                    }
                    """,
                    Grid.of(1), x))
        .isInstanceOf(EvaluationException.class)
        .hasMessage(
            """
            <tir>:5:3: error: out-of-range load of 4 bytes at element [2]: just after the end of argument 'x' of 8 bytes
                  %v = load %xi : tile<4xfp32>
                  ^
              in kernel k, program (0, 0, 0)\
            """);
  }

  @Test
  void aFailedAssertionTellsWhere() {
    String text =
        """
        func @k(%n: i32) {
          %pid = program_id [axis = 0] : i32
          %r = make_range [start = 0] : tile<4xi32>
          %p = splat %pid : tile<4xi32>
          %s = add %r, %p : tile<4xi32>
          %l = constant 4 : tile<4xi32>
          %ok = cmp lt %s, %l : tile<4xi1>
          assert %ok [message = "too big"]
          return
        }
        """;
    assertThatThrownBy(() -> run(text, Grid.of(2), 0))
        .isInstanceOfSatisfying(
            EvaluationException.class,
            e -> {
              assertThat(e.reason()).isEqualTo("assertion failed at element [3]: too big");
              assertThat(e.program()).isEqualTo(new ProgramId(1, 0, 0));
              assertThat(e.location().line()).isEqualTo(8);
              assertThat(e.kernel()).isEqualTo("k");
            });
    run(text, Grid.of(1), 0);
  }

  @Test
  void limitsStopEndlessLoops() {
    TileFunction endless =
        kernel(
            """
            func @k() {
              %t = constant true : i1
              while () {
                condition %t
              } do () {
                yield
              }
              return
            }
            """);
    Launch launch = Launch.of(Grid.of(1), memory.memory(), List.of());
    assertThatThrownBy(
            () -> Evaluator.run(endless, launch.limitedTo(new Limits(Long.MAX_VALUE, 1000))))
        .isInstanceOf(LimitExceededException.class)
        .hasMessageContaining("the limit of 1000 iterations is exceeded");
    TileFunction busy =
        kernel(
            """
            func @k() {
              %z = constant 0 : i32
              %n = constant 1000000000 : i32
              %s = constant 1 : i32
              for %i: i32 = %z to %n step %s {
                barrier
                yield
              }
              return
            }
            """);
    assertThatThrownBy(() -> Evaluator.run(busy, launch.limitedTo(new Limits(500, Long.MAX_VALUE))))
        .isInstanceOf(LimitExceededException.class)
        .hasMessageContaining("the limit of 500 steps is exceeded");
  }

  @Test
  void specialRegisters() {
    long x = memory.zeros("x", 16);
    run(
        """
        func @k(%x: *i64) {
          %t = read_special [register = "globaltimer"] : i64
          %s = read_special [register = "smid"] : i32
          %e = exts %s : i64
          %j = join %t, %e : tile<2xi64>
          %r = make_range [start = 0] : tile<2xi32>
          %xs = splat %x : tile<2x*i64>
          %xi = addptr %xs, %r : tile<2x*i64>
          store %xi, %j
          return
        }
        """,
        Grid.of(1), x);
    long[] read = memory.intsAt(x, DType.I64, 2);
    assertThat(read[0]).isNotZero();
    assertThat(read[1]).isZero();
  }

  @Test
  void anEvaluatorRunsManyLaunches() {
    long x = memory.ints("x", DType.I32, 0);
    var evaluator =
        new Evaluator(
            kernel(
                """
                func @k(%x: *i32, %n: i32) {
                  %b = atomic_rmw add %x, %n [sem = "relaxed", scope = "gpu"] : i32
                  return
                }
                """));
    for (int n : new int[] {1, 2, 3}) {
      evaluator.run(Launch.of(Grid.of(2), memory.memory(), List.of(x, n)));
    }
    assertThat(memory.intsAt(x, DType.I32, 1)).containsExactly(12);
  }
}
