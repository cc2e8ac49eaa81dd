package dev.kiln.compiler.gpu.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.CompileOptions;
import dev.kiln.compiler.Target;
import dev.kiln.compiler.gpu.GpuTarget;
import dev.kiln.compiler.ir.Parser;
import dev.kiln.compiler.ir.TileFunction;
import org.junit.jupiter.api.Test;

/** Layouts of small kernels, as {@link GirPrinter} shows them. */
class LayoutPlanTest {
  private static String plan(String text, Target target) {
    TileFunction function = Parser.parseFunction(text);
    return GirPrinter.print(
        function, new LayoutPlan(function, GpuTarget.of(target), CompileOptions.DEFAULT));
  }

  /** The layout behind the line that holds a text. */
  private static String layoutOf(String plan, String text) {
    String line = plan.lines().filter(l -> l.contains(text)).findFirst().orElseThrow();
    String name = line.replaceAll(".*// (#\\d+).*", "$1");
    return plan.lines().filter(l -> l.startsWith(name + " = ")).findFirst().orElseThrow();
  }

  private static final String MIXED =
      """
      func @scale(%%x: *fp32 [divisibility = 16], %%w: *%s [divisibility = %d]) {
        %%i = make_range [start = 0] : tile<4096xi32>
        %%xs = splat %%x : tile<4096x*fp32>
        %%px = addptr %%xs, %%i : tile<4096x*fp32>
        %%a = load %%px : tile<4096xfp32>
        %%ws = splat %%w : tile<4096x*%s>
        %%pw = addptr %%ws, %%i : tile<4096x*%s>
        %%b = load %%pw : tile<4096x%s>
        %%c = %s
        %%y = mul %%a, %%c : tile<4096xfp32>
        store %%px, %%y
        return
      }
      """;

  private static String mixed(String dtype, int divisibility) {
    String widened =
        dtype.equals("fp32") ? "abs %b : tile<4096xfp32>" : "fpext %b : tile<4096xfp32>";
    return plan(MIXED.formatted(dtype, divisibility, dtype, dtype, dtype, widened), Target.SM_80);
  }

  @Test
  void accessesOfDifferentTypesAgreeOnWholeSectors() {
    String plan = mixed("fp16", 16);
    assertThat(plan).doesNotContain("converts");
    assertThat(layoutOf(plan, "load %px")).contains("r(1)(2)(512)(1024)(2048) l(4)");
    assertThat(layoutOf(plan, "load %pw")).isEqualTo(layoutOf(plan, "store"));
  }

  @Test
  void unalignedAccessesTakeNeighboursByLane() {
    String plan = mixed("fp32", 4);
    assertThat(plan).doesNotContain("converts");
    assertThat(layoutOf(plan, "load %pw")).contains(" l(1)(2)");
  }

  @Test
  void rowsThatAreReducedStayInAWarp() {
    String plan =
        plan(
            """
            func @softmax(%x: *fp32 [divisibility = 16], %stride: i32 [divisibility = 16]) {
              %i = make_range [start = 0] : tile<8xi32>
              %j = make_range [start = 0] : tile<512xi32>
              %s = splat %stride : tile<8xi32>
              %r = mul %i, %s : tile<8xi32>
              %r1 = expand_dims %r [axis = 1] : tile<8x1xi32>
              %r2 = broadcast %r1 : tile<8x512xi32>
              %j1 = expand_dims %j [axis = 0] : tile<1x512xi32>
              %j2 = broadcast %j1 : tile<8x512xi32>
              %at = add %r2, %j2 : tile<8x512xi32>
              %xs = splat %x : tile<8x512x*fp32>
              %p = addptr %xs, %at : tile<8x512x*fp32>
              %v = load %p : tile<8x512xfp32>
              %e = exp %v : tile<8x512xfp32>
              %t = reduce %e [axis = 1] (%a: fp32, %b: fp32) : tile<8xfp32> {
                %c = add %a, %b : fp32
                yield %c
              }
              %t1 = expand_dims %t [axis = 1] : tile<8x1xfp32>
              %t2 = broadcast %t1 : tile<8x512xfp32>
              %y = div %e, %t2 : tile<8x512xfp32>
              store %p, %y
              return
            }
            """,
            Target.SM_80);
    assertThat(plan).doesNotContain("converts");
    assertThat(layoutOf(plan, "load %p")).contains("r(0,1)(0,2)").endsWith("w(1,0)(2,0)");
    assertThat(layoutOf(plan, "reduce %e")).endsWith("l***** w(1)(2)");
  }

  private static final String PRODUCT =
      """
      func @product(%%a: *fp16 [divisibility = 16], %%c: *%1$s [divisibility = 16]) {
        %%i = make_range [start = 0] : tile<128xi32>
        %%n = constant 128 : tile<128xi32>
        %%r = mul %%i, %%n : tile<128xi32>
        %%r1 = expand_dims %%r [axis = 1] : tile<128x1xi32>
        %%r2 = broadcast %%r1 : tile<128x128xi32>
        %%j1 = expand_dims %%i [axis = 0] : tile<1x128xi32>
        %%j2 = broadcast %%j1 : tile<128x128xi32>
        %%at = add %%r2, %%j2 : tile<128x128xi32>
        %%as = splat %%a : tile<128x128x*fp16>
        %%pa = addptr %%as, %%at : tile<128x128x*fp16>
        %%x = load %%pa : tile<128x128xfp16>
        %%zero = constant 0.0 : tile<128x128xfp32>
        %%d = dot %%x, %%x, %%zero [precision = ieee, signed_a, signed_b] : tile<128x128xfp32>
        %%e = exp %%d : tile<128x128xfp32>
        %%h = fptrunc %%e : tile<128x128xfp16>
        %%f = dot %%h, %%x, %%zero [precision = ieee, signed_a, signed_b] : tile<128x128xfp32>
        %%o = %2$s : tile<128x128x%1$s>
        %%cs = splat %%c : tile<128x128x*%1$s>
        %%pc = addptr %%cs, %%at : tile<128x128x*%1$s>
        store %%pc, %%o
        return
      }
      """;

  @Test
  void accumulatorsOf32BitsAreStoredDirectlyThoseOf16AreConverted() {
    String single = plan(PRODUCT.formatted("fp32", "neg %f"), Target.SM_80);
    assertThat(single).doesNotContain("converts");
    String half = plan(PRODUCT.formatted("fp16", "fptrunc %f"), Target.SM_80);
    assertThat(half.lines().filter(line -> line.contains("converts")))
        .singleElement()
        .asString()
        .contains("store");
    assertThat(layoutOf(half, "store")).contains("r(0,1)(0,2)(0,4)");
  }
}
