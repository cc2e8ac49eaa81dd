package dev.kiln.compiler.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.eval.Allocation;
import dev.kiln.compiler.eval.Evaluator;
import dev.kiln.compiler.eval.Grid;
import dev.kiln.compiler.eval.Launch;
import dev.kiln.compiler.eval.SegmentMemory;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Parser;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.ir.Verifier;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AxisAnalysisTest {
  private static final long OUT = 0x1000;

  /** A function of a pointer, a number {@code %n} that is a multiple of 16, and any {@code %k}. */
  private static TileFunction function(String ops) {
    TileFunction function =
        Parser.parseFunction(
            "func @f(%out: *i32 [divisibility = 16], %n: i32 [divisibility = 16], %k: i32) {\n"
                + ops.replace("; ", "\n")
                + "\nreturn\n}");
    Verifier.verify(function);
    return function;
  }

  private static Value named(TileFunction function, String name) {
    return function.body().ops().stream()
        .map(Op::results)
        .flatMap(List::stream)
        .filter(value -> value.hint().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static AxisInfo infoOfX(String ops) {
    TileFunction function = function(ops);
    return AxisAnalysis.of(function).info(named(function, "x"));
  }

  private static final String RANGE = "%r = make_range [start = 0] : tile<64xi32>; ";
  private static final String SPLATS =
      RANGE + "%ns = splat %n : tile<64xi32>; %ks = splat %k : tile<64xi32>; ";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "%x = add %r, %ns : tile<64xi32>  | 64 | 16 | 1",
        "%x = add %r, %ks : tile<64xi32>  | 64 | 1 | 1",
        "%x = sub %r, %ns : tile<64xi32>  | 64 | 16 | 1",
        "%x = sub %ns, %r : tile<64xi32>  | 1 | 1 | 1",
        "%x = add %ns, %ks : tile<64xi32> | 1 | 1 | 64",
        "%x = mul %r, %ns : tile<64xi32>  | 1 | 16 | 1",
        "%x = mul %ns, %ns : tile<64xi32> | 1 | 256 | 64",
        "%c = constant 8 : tile<64xi32>; %x = divs %r, %c : tile<64xi32>  | 1 | 1 | 8",
        "%c = constant 8 : tile<64xi32>; %x = rems %r, %c : tile<64xi32>  | 8 | 8 | 1",
        "%c = constant 8 : tile<64xi32>; %x = divs %ns, %c : tile<64xi32> | 1 | 2 | 64",
        "%c = constant 7 : tile<64xi32>; %x = rems %r, %c : tile<64xi32>  | 1 | 1 | 1",
        "%x = neg %ns : tile<64xi32>      | 1 | 16 | 64",
        "%x = exts %r : tile<64xi64>      | 64 | 4611686018427387904 | 1",
        "%x = mins %r, %ns : tile<64xi32> | 1 | 1 | 1",
        "%x = cmp lt %r, %ns : tile<64xi1> | 1 | 1 | 16",
        "%x = cmp lt %r, %ks : tile<64xi1> | 1 | 1 | 1",
        "%x = cmp le %r, %ns : tile<64xi1> | 1 | 1 | 1",
        "%x = cmp gt %ns, %r : tile<64xi1> | 1 | 1 | 16",
        "%m = cmp lt %r, %ns : tile<64xi1>; %x = select %m, %r, %ns : tile<64xi32> | 1 | 1 | 1",
        "%x = hint %ks [divisibility = (8)] : tile<64xi32> | 1 | 8 | 64",
      })
  void arithmeticKeepsWhatItCan(String ops, long contiguity, long divisibility, long constancy) {
    AxisInfo x = infoOfX(SPLATS + ops);
    assertThat(x.contiguity()).containsExactly(contiguity);
    assertThat(x.divisibility()).containsExactly(divisibility);
    assertThat(x.constancy()).containsExactly(constancy);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "%x = add %r, %ns : tile<64xi32>",
        "%c = constant 8 : tile<64xi32>; %x = divs %r, %c : tile<64xi32>",
        "%c = constant 24 : tile<64xi32>; %x = rems %r, %c : tile<64xi32>",
        "%s = add %r, %ks : tile<64xi32>; %c = constant 8 : tile<64xi32>;"
            + " %x = rems %s, %c : tile<64xi32>",
        "%c = constant 8 : tile<64xi32>; %d = divs %r, %c : tile<64xi32>;"
            + " %x = add %d, %r : tile<64xi32>",
        "%c = constant 8 : tile<64xi32>; %d = divs %r, %c : tile<64xi32>;"
            + " %e = mul %d, %ns : tile<64xi32>; %f = rems %r, %c : tile<64xi32>;"
            + " %x = add %e, %f : tile<64xi32>",
        "%m = cmp lt %r, %ns : tile<64xi1>; %s = add %r, %ns : tile<64xi32>;"
            + " %x = select %m, %s, %r : tile<64xi32>",
        "%m = cmp ge %r, %ns : tile<64xi1>; %x = extu %m : tile<64xi32>",
        "%x = xor %r, %ns : tile<64xi32>",
        "%x = maxs %r, %ns : tile<64xi32>",
      })
  void whatIsClaimedIsSo(String ops) {
    TileFunction function =
        function(
            SPLATS
                + ops
                + "; %ps = splat %out : tile<64x*i32>; %at = addptr %ps, %r : tile<64x*i32>;"
                + " store %at, %x");
    AxisInfo x = AxisAnalysis.of(function).info(named(function, "x"));
    for (int n : new int[] {0, 16, 48, 160}) {
      for (int k : new int[] {0, 3, 8}) {
        check(x, run(function, n, k));
      }
    }
  }

  private static int[] run(TileFunction function, int n, int k) {
    int[] out = new int[64];
    var memory = new SegmentMemory();
    var segment = java.lang.foreign.Arena.ofAuto().allocate(256, 16);
    memory.add(new Allocation("out", OUT, 256, true), segment);
    Evaluator.run(function, Launch.of(Grid.of(1), memory, List.of(OUT, n, k)));
    MemorySegment.copy(segment, java.lang.foreign.ValueLayout.JAVA_INT, 0, out, 0, 64);
    return out;
  }

  private static void check(AxisInfo info, int[] values) {
    for (int i = 0; i < values.length; i++) {
      int group = (int) info.contiguity(0);
      assertThat(values[i]).isEqualTo(values[i / group * group] + i % group);
      assertThat(values[i / group * group] % info.divisibility(0)).isZero();
      int same = (int) info.constancy(0);
      assertThat(values[i]).isEqualTo(values[i / same * same]);
    }
  }

  @Test
  void pointersCountElementsAndDivideBytes() {
    AxisInfo x =
        infoOfX(
            SPLATS
                + "%i = add %r, %ns : tile<64xi32>; %ps = splat %out : tile<64x*i32>;"
                + " %x = addptr %ps, %i : tile<64x*i32>");
    assertThat(x.contiguity(0)).isEqualTo(64);
    assertThat(x.divisibility(0)).isEqualTo(16);
    AxisInfo odd =
        infoOfX(
            SPLATS
                + "%i = add %r, %ks : tile<64xi32>; %ps = splat %out : tile<64x*i32>;"
                + " %x = addptr %ps, %i : tile<64x*i32>");
    assertThat(odd.divisibility(0)).isEqualTo(4);
  }

  @Test
  void tilesOfTwoAxesRunAlongOne() {
    AxisInfo x =
        infoOfX(
            RANGE
                + "%row = expand_dims %r [axis = 1] : tile<64x1xi32>;"
                + " %s = splat %n : tile<64x1xi32>; %rs = mul %row, %s : tile<64x1xi32>;"
                + " %col = expand_dims %r [axis = 0] : tile<1x64xi32>;"
                + " %a = broadcast %rs : tile<64x64xi32>; %b = broadcast %col : tile<64x64xi32>;"
                + " %x = add %a, %b : tile<64x64xi32>");
    assertThat(x.contiguity()).containsExactly(1, 64);
    assertThat(x.divisibility()).containsExactly(1, 16);
    assertThat(x.constancy()).containsExactly(1, 1);
  }

  @Test
  void loopsKeepWhatEachIterationKeeps() {
    AxisInfo kept =
        infoOfX(
            RANGE
                + "%0 = constant 0 : i32; %ns = splat %n : tile<64xi32>;"
                + " %x = for %i: i32 = %0 to %k step %n carry (%p: tile<64xi32> = %r) :"
                + " tile<64xi32> { %q = add %p, %ns : tile<64xi32> yield %q }");
    assertThat(kept.contiguity(0)).isEqualTo(64);
    assertThat(kept.divisibility(0)).isEqualTo(16);
    AxisInfo lost =
        infoOfX(
            RANGE
                + "%0 = constant 0 : i32; %x = for %i: i32 = %0 to %k step %n carry"
                + " (%p: tile<64xi32> = %r) : tile<64xi32> { %q = add %p, %r : tile<64xi32>"
                + " yield %q }");
    assertThat(lost).isEqualTo(AxisInfo.unknown(Shape.of(64)));
  }

  @Test
  void branchesKeepWhatBothHave() {
    AxisInfo x =
        infoOfX(
            "%c = cmp lt %n, %k : i1; %x = if %c : i32 { yield %n } else {"
                + " %t = constant 24 : i32 yield %t }");
    assertThat(x.divisibility(0)).isEqualTo(8);
  }

  @Test
  void permutedAndReshapedTiles() {
    String two = RANGE + "%e = expand_dims %r [axis = 0] : tile<1x64xi32>; ";
    AxisInfo permuted = infoOfX(two + "%x = permute %e [order = (1, 0)] : tile<64x1xi32>");
    assertThat(permuted.contiguity()).containsExactly(64, 1);
    assertThat(infoOfX(RANGE + "%x = reshape %r : tile<8x8xi32>"))
        .isEqualTo(AxisInfo.unknown(Shape.of(8, 8)));
  }

  @Test
  void loadsFromOneAddressAreEqual() {
    AxisInfo x =
        infoOfX(
            SPLATS
                + "%c = constant 8 : tile<64xi32>; %g = divs %r, %c : tile<64xi32>;"
                + " %ps = splat %out : tile<64x*i32>; %at = addptr %ps, %g : tile<64x*i32>;"
                + " %m = cmp lt %r, %ns : tile<64xi1>; %x = load %at mask %m : tile<64xi32>");
    assertThat(x.constancy(0)).isEqualTo(8);
  }
}
