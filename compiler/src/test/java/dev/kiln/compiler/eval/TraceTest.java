package dev.kiln.compiler.eval;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class TraceTest {
  private final TestMemory memory = new TestMemory();

  private String trace(String kernel, int line, ProgramId program, Number... arguments) {
    var bytes = new ByteArrayOutputStream();
    var out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    var request = new Launch.Trace(line, program, new TracePrinter(out));
    Evaluator.run(
        EvaluatorTest.kernel(kernel),
        Launch.of(Grid.of(2), memory.memory(), List.of(arguments)).traced(request));
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void showsTheValuesOfALineInOneProgram() {
    long x =
        memory.floats("x", DType.FP32, 0.5, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, -12, 13, 14, 15);
    String kernel =
        """
        func @k(%x: *fp32) loc("k.py":1:1) {
          %pid = program_id [axis = 0] : i32 loc(3:9)
          %r = make_range [start = 0] : tile<16xi32> loc(4:10)
          %xs = splat %x : tile<16x*fp32> loc(4:3)
          %xi = addptr %xs, %r : tile<16x*fp32> loc(4:3)
          %v = load %xi : tile<16xfp32> loc(5:7)
          %c = constant 2.0 : tile<16xfp32> loc(5:20)
          %g = cmp gt %v, %c : tile<16xi1> loc(6:7)
          %s = reshape %v : tile<2x8xfp32> loc(7:7)
          store %xi, %v mask %g loc(8:3)
          return
        }
        """;
    assertThat(trace(kernel, 3, new ProgramId(1, 0, 0), x))
        .isEqualTo("k.py:3:9: pid = program_id: i32 1\n");
    assertThat(trace(kernel, 5, ProgramId.FIRST, x))
        .isEqualTo(
            """
            k.py:5:7: v = load: tile<16xfp32> [0.5, 1.0, 2.0, .., 13.0, 14.0, 15.0] min -12.0 max 15.0
            k.py:5:20: c = constant: tile<16xfp32> [2.0, 2.0, 2.0, .., 2.0, 2.0, 2.0] min 2.0 max 2.0
            """);
    assertThat(trace(kernel, 6, ProgramId.FIRST, x))
        .isEqualTo("k.py:6:7: g = cmp: tile<16xi1> [0, 0, 0, .., 1, 1, 1] 12 of 16 true\n");
    assertThat(trace(kernel, 7, ProgramId.FIRST, x))
        .isEqualTo(
            "k.py:7:7: s = reshape: tile<2x8xfp32> [[0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0],"
                + " [8.0, 9.0, 10.0, 11.0, -12.0, 13.0, 14.0, 15.0]] min -12.0 max 15.0\n");
    assertThat(trace(kernel, 8, ProgramId.FIRST, x).lines())
        .hasSize(3)
        .first()
        .asString()
        .startsWith("k.py:8:3: xi = store: tile<16x*fp32> [0x0000000000010000, ");
    assertThat(trace(kernel, 99, ProgramId.FIRST, x)).isEmpty();
  }

  @Test
  void loopsShowEachIteration() {
    String kernel =
        """
        func @k() {
          %z = constant 0 : i32
          %n = constant 2 : i32
          %one = constant 1 : i32
          %s = for %i: i32 = %z to %n step %one carry (%a: i32 = %one) : i32 {
            %b = add %a, %a : i32
            yield %b
          }
          return
        }
        """;
    assertThat(trace(kernel, 5, ProgramId.FIRST))
        .isEqualTo(
            """
            <tir>:5:3: i = for: i32 0
            <tir>:5:3: a = for: i32 1
            <tir>:5:3: i = for: i32 1
            <tir>:5:3: a = for: i32 2
            <tir>:5:3: s = for: i32 4
            """);
    assertThat(trace(kernel, 6, ProgramId.FIRST))
        .isEqualTo("<tir>:6:5: b = add: i32 2\n<tir>:6:5: b = add: i32 4\n");
  }

  @Test
  void operationsInlinedFromAnotherFileBelongToTheCallingLine() {
    String kernel =
        """
        func @k() loc("k.py":1:1) {
          %a = constant 1.5 : fp64 loc("lib.py":9:2 from 5:3)
          %b = constant 1 : i32 loc("lib.py":5:2)
          return
        }
        """;
    assertThat(trace(kernel, 5, ProgramId.FIRST)).isEqualTo("lib.py:9:2: a = constant: fp64 1.5\n");
  }

  @Test
  void nanAndUndefinedElementsAreMarked() {
    var type = EvaluatorTest.kernel("func @k() { %x = constant 0.0 : tile<4xfp32> return }");
    var tile = new TileBuffer(type.body().ops().getFirst().result().type());
    tile.set(0, Double.NaN);
    tile.set(1, 1.0);
    tile.set(2, 7.0);
    tile.setOrigin(2, 1);
    assertThat(TracePrinter.render(tile.done()))
        .isEqualTo("[NaN, 1.0, ?, 0.0] min 0.0 max 1.0 nan 1");
  }
}
