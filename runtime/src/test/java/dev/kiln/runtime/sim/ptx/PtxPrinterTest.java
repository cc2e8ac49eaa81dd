package dev.kiln.runtime.sim.ptx;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PtxPrinterTest {
  @Test
  void aPrintedTreeParsesToTheSameTree() {
    var tree = PtxParser.parse("assorted.ptx", PtxTexts.resource("assorted.ptx"));
    String printed = PtxPrinter.print(tree);
    var again = PtxParser.parse("assorted.ptx", printed);
    assertThat(PtxTexts.withoutPositions(again)).isEqualTo(PtxTexts.withoutPositions(tree));
    assertThat(PtxPrinter.print(again)).isEqualTo(printed);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ret;",
        "@!%p1 bra.uni $L__BB0_1;",
        "ld.global.v4.u32 {%r1, _, %r2, %r3}, [%rd1+-16];",
        "mov.f32 %f1, 0f3F800000;",
        "mov.f64 %fd1, 0d8000000000000000;",
        "mov.b64 %rd1, -9223372036854775808;",
        "setp.lt.and.s32 %p1|%p2, %r1, %r2, !%p3;",
        "call.uni (retval0), f, (param0, 3), prototype;",
        "call f;",
        "cp.async.bulk.tensor.2d.shared::cluster.global [%r1], [%rd1, {%r2, %r3}], [%r4];",
        "mov.u64 %rd1, table+8;",
        "vadd.u32.u32.u32 %r1, %r2.b0, %r3.h1;",
        "L: .branchtargets A, B;",
        "L: .calltargets f, g;",
        "L: .callprototype (.param .b32 _) _ (.param .align 16 .b8 _[16]);",
        ".reg .v4 .f32 %v<4>;",
        ".reg .pred p;",
        ".shared .align 16 .v2 .b32 s[3][4];",
        ".param .b64 retval0;",
        ".loc 1 20 3",
        ".pragma \"nounroll\";",
        "L:",
      })
  void aStatementInPlainStyleIsPrintedAsItWasWritten(String statement) {
    assertThat(PtxPrinter.print(PtxTexts.body(statement).getFirst())).isEqualTo(statement);
  }
}
