package dev.kiln.tests.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.Target;
import dev.kiln.runtime.sim.exec.LaunchShape;
import dev.kiln.runtime.sim.monitor.count.Counters;
import dev.kiln.runtime.sim.monitor.count.Direction;
import dev.kiln.runtime.sim.monitor.count.InstructionClass;
import dev.kiln.runtime.sim.monitor.count.Measure;
import dev.kiln.runtime.sim.monitor.count.Measures;
import dev.kiln.runtime.sim.monitor.count.TensorWork;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How comments in kernel files are read, and how their figures are counted. */
class PtxExpectationTest {
  private static final List<String> FILE =
      """
      # ptx sm_80 [big]: registers <= 40, sectors == ideal
      @triton.jit
      def first(x):
          y = tl.load(x)  # ptx sm_80, sm_90a: ld.global.v4
          tl.store(x, y)  # ptx sm_80 not: ld.local

      def second(x):
          # ptx sm_90a: spills == 0
          pass
      """
          .lines()
          .toList();

  private static final String PTX =
      """
      .file 1 "a/b/k.py"
        .loc 1 4 9
        @%p1 ld.global.v4.b32 {%r1, %r2, %r3, %r4}, [%d1];
        .loc 1 5 5
        st.global.b32 [%d1], %r1;
      $L_2:
        .loc 1 6 1
        mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%r1}, {%r2}, {%r3}, {%r1};
        add.s32 %r5, %r5, 1;
      $L_3:
        ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%r6, %r7, %r8, %r9}, [%r1];
        mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%r1}, {%r2}, {%r3}, {%r1};
        @%p2 bra $L_3;
        @%p2 bra.uni $L_2;
        ret;
      """;

  @Test
  void commentsNameTargetsKernelsCasesAndBounds() {
    List<PtxExpectation> all = PtxExpectation.read("k.py", FILE);
    assertThat(all).hasSize(4);
    PtxExpectation whole = all.getFirst();
    assertThat(whole.kernel()).isEqualTo("first");
    assertThat(whole.wholeKernel()).isTrue();
    assertThat(whole.kernelCase()).contains("big");
    assertThat(whole.needsRun()).isTrue();
    assertThat(whole.items())
        .containsExactly(
            new PtxExpectation.Bound("registers", "<=", "40"),
            new PtxExpectation.Bound("sectors", "==", "ideal"));
    PtxExpectation load = all.get(1);
    assertThat(load.targets()).containsExactly(Target.SM_80, Target.SM_90A);
    assertThat(load.wholeKernel()).isFalse();
    assertThat(load.line()).isEqualTo(4);
    assertThat(load.items()).containsExactly(new PtxExpectation.Opcode("ld.global.v4"));
    assertThat(all.get(2).negated()).isTrue();
    assertThat(all.get(3).kernel()).isEqualTo("second");
    assertThat(all.get(3).needsRun()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "# ptx sm_70: ldmatrix",
        "# ptx cpu: ldmatrix",
        "# ptx: ldmatrix",
        "# ptx sm_80 ldmatrix",
        "# ptx sm_80: registers << 4",
        "# ptx sm_80: beauty <= 4",
        "# ptx sm_80: sectors == beauty"
      })
  void whatIsNoExpectationIsRefusedWithItsPlace(String comment) {
    assertThatThrownBy(() -> PtxExpectation.read("k.py", List.of("def f():", "    " + comment)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("k.py:2: ");
  }

  @Test
  void boundsHoldOrNot() {
    assertThat(new PtxExpectation.Bound("registers", "<=", "4").holds(4, 4)).isTrue();
    assertThat(new PtxExpectation.Bound("registers", "<", "4").holds(4, 4)).isFalse();
    assertThat(new PtxExpectation.Bound("registers", "==", "4").holds(3, 4)).isFalse();
    assertThat(new PtxExpectation.Bound("registers", ">", "4").holds(5, 4)).isTrue();
    assertThat(new PtxExpectation.Bound("registers", ">=", "4").holds(3, 4)).isFalse();
  }

  @Test
  void instructionsAreFoundByTheirSourceLine() {
    assertThat(PtxLines.opcodes(PTX, "k.py", 4)).containsExactly("ld.global.v4.b32");
    assertThat(PtxLines.opcodes(PTX, "other.py", 4)).isEmpty();
    assertThat(PtxLines.opcodes(PTX, "k.py", 0)).hasSize(9).contains("add.s32", "bra.uni", "ret");
    assertThat(new PtxExpectation.Opcode("ld.global").matches("ld.global.v4.b32")).isTrue();
    assertThat(new PtxExpectation.Opcode("ld.glob").matches("ld.global.v4.b32")).isFalse();
  }

  @Test
  void onlyTheInnermostLoopWithProductsCounts() {
    List<Counters.Line> lines = new ArrayList<>();
    lines.add(line(8, true, 10));
    lines.add(line(9, false, 10));
    lines.add(line(11, false, 80));
    lines.add(line(12, true, 80));
    lines.add(line(13, false, 80));
    lines.add(line(14, false, 10));
    var counters =
        new Counters(
            "f",
            new Counters.Launch(new LaunchShape(1, 1, 1, 32, 1, 1, 1, 1, 1, false, 0), 1, 0, 0),
            lines,
            new Counters.UniqueSectors(0, 0),
            new Counters.Synchronisation(0, 0, Map.of()));
    SteadyLoops loops = SteadyLoops.of(PTX.lines().toList());
    assertThat(loops.loops()).hasSize(2);
    assertThat(loops.othersPerProduct(counters)).isEqualTo(2.0);
  }

  private static Counters.Line line(int number, boolean product, long executions) {
    return new Counters.Line(
        number,
        number,
        "f",
        product ? "mma.sync" : "add.s32",
        Optional.empty(),
        product ? InstructionClass.TENSOR : InstructionClass.INTEGER,
        Direction.LOADS,
        product
            ? Optional.of(
                new TensorWork("mma", "m16n8k16", PtxType.F32, PtxType.F16, PtxType.F16, 2048, 0))
            : Optional.empty(),
        Measures.of(Map.of(Measure.EXECUTIONS, executions)));
  }
}
