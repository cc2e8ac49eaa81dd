package dev.kiln.compiler.gpu.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.analysis.AxisAnalysis;
import dev.kiln.compiler.analysis.Uses;
import dev.kiln.compiler.gpu.GpuTarget;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ComputeOp;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Parser;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.layout.BlockedLayout;
import dev.kiln.compiler.layout.LinearLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PipelinePlanTest {
  /** {@code c = a b}, where the address of a block of {@code a} is carried, and b's computed. */
  private static final String PRODUCT =
      """
      func @product(%a: *fp16 [divisibility = 16], %b: *fp16 [divisibility = 16],
                    %c: *fp32, %K: i32 [divisibility = 16], %n: i32 [divisibility = 16]) {
        %m = make_range [start = 0] : tile<32xi32>
        %k = make_range [start = 0] : tile<16xi32>
        %Ks = splat %K : tile<32xi32>
        %rows = mul %m, %Ks : tile<32xi32>
        %r1 = expand_dims %rows [axis = 1] : tile<32x1xi32>
        %r2 = broadcast %r1 : tile<32x16xi32>
        %k1 = expand_dims %k [axis = 0] : tile<1x16xi32>
        %k2 = broadcast %k1 : tile<32x16xi32>
        %at = add %r2, %k2 : tile<32x16xi32>
        %m1 = expand_dims %m [axis = 0] : tile<1x32xi32>
        %m2 = broadcast %m1 : tile<16x32xi32>
        %zero = constant 0 : i32
        %one = constant 1.0 : tile<32x16xfp16>
        %none = constant 0.0 : tile<32x16xfp16>
        %step = constant 16 : i32
        %acc = constant 0.0 : tile<32x32xfp32>
        %end, %sum = for %i: i32 = %zero to %K step %step
            carry (%p: *fp16 = %a, %acc1: tile<32x32xfp32> = %acc) : *fp16, tile<32x32xfp32> {
          %ps = splat %p : tile<32x16x*fp16>
          %pa = addptr %ps, %at : tile<32x16x*fp16>
          %x = load %pa : tile<32x16xfp16>
          %is = splat %i : tile<16xi32>
          %ik = add %is, %k : tile<16xi32>
          %c32 = constant 32 : tile<16xi32>
          %ir = mul %ik, %c32 : tile<16xi32>
          %ir1 = expand_dims %ir [axis = 1] : tile<16x1xi32>
          %ir2 = broadcast %ir1 : tile<16x32xi32>
          %ib = add %ir2, %m2 : tile<16x32xi32>
          %bs = splat %b : tile<16x32x*fp16>
          %pb = addptr %bs, %ib : tile<16x32x*fp16>
          %y = load %pb : tile<16x32xfp16>
          %acc2 = dot %x, %y, %acc1 [precision = ieee, signed_a, signed_b] : tile<32x32xfp32>
          %next = addptr %p, %step : *fp16
          yield %next, %acc2
        }
        return
      }
      """;

  private record Stub(int warps) implements KernelPlan {
    @Override
    public LinearLayout layout(Value tile) {
      return BlockedLayout.rowMajor(tile.shape(), 4, warps);
    }

    @Override
    public boolean isRecomputed(Value tile) {
      return true;
    }

    @Override
    public DotForm form(ComputeOp.Dot dot) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Optional<PipelinedLoop> pipeline(ControlOp.For loop) {
      return Optional.empty();
    }
  }

  private static Optional<PipelinedLoop> plan(String text) {
    TileFunction function = Parser.parseFunction(text);
    Uses uses = Uses.of(function);
    GpuTarget target = GpuTarget.of(Target.SM_80);
    var plan =
        new PipelinePlan(
            function,
            uses,
            AxisAnalysis.of(function),
            new TensorSources(function, uses, target, false),
            new Stub(4),
            3,
            target.sharedLimit());
    List<ControlOp.For> loops = new ArrayList<>();
    collect(function.body(), loops);
    return loops.stream().map(plan::of).flatMap(Optional::stream).findFirst();
  }

  private static void collect(Block block, List<ControlOp.For> loops) {
    for (Op op : block.ops()) {
      if (op instanceof ControlOp.For loop) {
        loops.add(loop);
      }
      op.blocks().forEach(inner -> collect(inner, loops));
    }
  }

  private static String with(String... replacements) {
    String text = PRODUCT;
    for (int i = 0; i < replacements.length; i += 2) {
      assertThat(text).contains(replacements[i]);
      text = text.replace(replacements[i], replacements[i + 1]);
    }
    return text;
  }

  private static List<String> names(PipelinedLoop loop) {
    return loop.copies().stream().map(copy -> copy.load().result().hint()).toList();
  }

  @Test
  void loadsOfProductsRunAhead() {
    PipelinedLoop loop = plan(PRODUCT).orElseThrow();
    assertThat(loop.stages()).isEqualTo(3);
    assertThat(names(loop)).containsExactly("x", "y");
    for (PipelinedLoop.Copy copy : loop.copies()) {
      assertThat(copy.bytes()).isEqualTo(16);
      assertThat(copy.axis()).isEqualTo(1);
      assertThat(copy.layout().contiguous(1)).isEqualTo(8);
    }
  }

  @Test
  void theSliceHoldsAddressesAndWhatTheyAreCarriedBy() {
    AddressSlice slice = plan(PRODUCT).orElseThrow().slice();
    assertThat(slice.carried()).containsExactly(0);
    assertThat(slice.ops().stream().map(op -> op.result().hint()))
        .containsExactly(
            "ps", "pa", "is", "ik", "c32", "ir", "ir1", "ir2", "ib", "bs", "pb", "next");
  }

  @Test
  void theLoopsHintCountsMoreThanTheOption() {
    assertThat(
            plan(with(
                    ": *fp16, tile<32x32xfp32> {", "[num_stages = 5] : *fp16, tile<32x32xfp32> {"))
                .orElseThrow()
                .stages())
        .isEqualTo(5);
    assertThat(
            plan(
                with(
                    ": *fp16, tile<32x32xfp32> {", "[num_stages = 1] : *fp16, tile<32x32xfp32> {")))
        .isEmpty();
  }

  @Test
  void loadsThatOthersReadRunAheadToo() {
    String used = with("%next = addptr", "%twice = add %x, %x : tile<32x16xfp16>\n %next = addptr");
    assertThat(names(plan(used).orElseThrow())).containsExactly("y", "x");
  }

  @Test
  void addressesThatAreLoadedKeepTheirLoad() {
    String loaded =
        with(
            "%next = addptr %p, %step : *fp16",
            "%ip = inttoptr %zero64 : *i32\n%j = load %ip : i32\n%next = addptr %p, %j : *fp16",
            "%step = constant",
            "%zero64 = constant 0 : i64\n%step = constant");
    assertThat(names(plan(loaded).orElseThrow())).containsExactly("y");
  }

  @Test
  void nothingRunsAheadOfWritesToTheSamePointer() {
    String store = "%next = addptr %p, %step : *fp16\n store %p, %half";
    String same =
        with(
            "%next = addptr %p, %step : *fp16",
            store,
            "%zero = constant 0 : i32",
            "%zero = constant 0 : i32\n%half = constant 0.5 : fp16");
    assertThat(names(plan(same).orElseThrow())).containsExactly("y");
    String other =
        with(
            "%next = addptr %p, %step : *fp16",
            "%next = addptr %p, %step : *fp16\n store %c, %f",
            "%zero = constant 0 : i32",
            "%zero = constant 0 : i32\n%f = constant 0.5 : fp32");
    assertThat(names(plan(other).orElseThrow())).containsExactly("x", "y");
    String barrier = with("%next = addptr", "barrier\n %next = addptr");
    assertThat(plan(barrier)).isEmpty();
  }

  @Test
  void nothingRunsAheadOfALock() {
    String lock =
        "%old = atomic_rmw add %c, %f [sem = \"acq_rel\", scope = \"gpu\"] : fp32\n%next = addptr";
    String used = "%again = add %old, %f : fp32\n store %c, %again\n yield";
    String number = "%zero = constant 0 : i32\n%f = constant 0.5 : fp32";
    String unused = with("%next = addptr", lock, "%zero = constant 0 : i32", number);
    assertThat(names(plan(unused).orElseThrow())).containsExactly("x", "y");
    assertThat(plan(unused.replace("yield", used))).isEmpty();
    assertThat(plan(unused.replace("yield", used).replace("acq_rel", "relaxed"))).isPresent();
  }

  private static String masked(String bound, String other) {
    return with(
        "%x = load %pa : ",
        "%ns = splat "
            + bound
            + " : tile<1x16xi32>\n %less = cmp lt %k1, %ns : tile<1x16xi1>\n"
            + " %mask = broadcast %less : tile<32x16xi1>\n %x = load %pa mask %mask"
            + other
            + " : ");
  }

  @Test
  void copiesFillZerosAndNothingElse() {
    assertThat(names(plan(masked("%n", "")).orElseThrow())).containsExactly("x", "y");
    assertThat(names(plan(masked("%n", " other %none")).orElseThrow())).containsExactly("x", "y");
    assertThat(names(plan(masked("%n", " other %one")).orElseThrow())).containsExactly("y");
  }

  @Test
  void copiesAreAsWideAsAlignmentAndMaskAllow() {
    assertThat(plan(masked("%n", "")).orElseThrow().copies().getFirst().bytes()).isEqualTo(16);
    for (int divisor = 1; divisor <= 16; divisor *= 2) {
      String text = with("%K: i32 [divisibility = 16]", "%K: i32 [divisibility = " + divisor + "]");
      List<PipelinedLoop.Copy> copies = plan(text).orElseThrow().copies();
      int bytes = Math.min(16, 2 * divisor);
      if (bytes < 4) {
        assertThat(copies).hasSize(1);
      } else {
        assertThat(copies.getFirst().bytes())
            .as("rows of a multiple of %d", divisor)
            .isEqualTo(bytes);
      }
    }
  }

  @Test
  void onlyInnermostLoopsRunAhead() {
    String nested =
        with(
            "%next = addptr",
            """
            for %j: i32 = %zero to %K step %step {
              yield
            }
            %next = addptr\
            """);
    assertThat(plan(nested)).isEmpty();
  }
}
