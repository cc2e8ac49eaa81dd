package dev.kiln.compiler.eval;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class PrintTest {
  private static String printed(Grid grid, String ops) {
    var bytes = new ByteArrayOutputStream();
    var out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    var launch = Launch.of(grid, new SegmentMemory(), List.of()).printingTo(out);
    Evaluator.run(EvaluatorTest.kernel("func @k() {" + ops + " return }"), launch);
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void printsALineForEachElementOfEachProgram() {
    assertThat(
            printed(
                Grid.of(2),
                """
                %pid = program_id [axis = 0] : i32
                %r = make_range [start = 0] : tile<2xi32>
                %p = splat %pid : tile<2xi32>
                %s = sub %r, %p : tile<2xi32>
                %t = reshape %s : tile<1x2xi32>
                print %t [prefix = "x", signed = (true)]
                """))
        .isEqualTo(
            """
            pid (0, 0, 0) idx (0, 0) x: 0
            pid (0, 0, 0) idx (0, 1) x: 1
            pid (1, 0, 0) idx (0, 0) x: -1
            pid (1, 0, 0) idx (0, 1) x: 0
            """);
  }

  @Test
  void severalOperandsAreNumbered() {
    assertThat(
            printed(
                Grid.of(1),
                """
                %a = constant -1 : i32
                %b = constant 2.5 : fp16
                print %a, %a, %b [prefix = " v: ", signed = (true, false, true)]
                """))
        .isEqualTo(
            """
            pid (0, 0, 0) idx () v: (operand 0) -1
            pid (0, 0, 0) idx () v: (operand 1) 4294967295
            pid (0, 0, 0) idx () v: (operand 2) 2.500000
            """);
  }

  @Test
  void hexAndNoOperands() {
    assertThat(
            printed(
                Grid.of(1),
                """
                %a = constant -1 : i16
                %p = constant 4096 : *fp32
                print %a, %p [prefix = "", hex, signed = (true, false)]
                print [prefix = "here", signed = ()]
                """))
        .isEqualTo(
            """
            pid (0, 0, 0) idx () (operand 0) 0xffff
            pid (0, 0, 0) idx () (operand 1) 0x0000000000001000
            pid (0, 0, 0) here
            """);
  }

  @Test
  void floatsArePrintedAsCDoes() {
    assertThat(PrintFormat.number(0.1f)).isEqualTo("0.100000");
    assertThat(PrintFormat.number(-0.0)).isEqualTo("-0.000000");
    assertThat(PrintFormat.number(1e20)).isEqualTo("100000000000000000000.000000");
    assertThat(PrintFormat.number(2.5e-7)).isEqualTo("0.000000");
    assertThat(PrintFormat.number(Double.NaN)).isEqualTo("nan");
    assertThat(PrintFormat.number(Double.NEGATIVE_INFINITY)).isEqualTo("-inf");
  }
}
