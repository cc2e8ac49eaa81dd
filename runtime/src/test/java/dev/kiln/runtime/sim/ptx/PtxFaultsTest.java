package dev.kiln.runtime.sim.ptx;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PtxFaultsTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      quoteCharacter = '`',
      value = {
        "add.s32 %r1, %r2 %r3;#5:18: expected ';' after the operands of 'add.s32', not '%r3'",
        "add.s32 %r1, %r2, ;#5:19: expected an operand of 'add.s32', not ';'",
        "ld.global.u32 %r1, [%rd1;#5:25: expected ']', not ';'",
        "mov.b64 {%r1, %r2, %rd1;#5:24: expected '}', not ';'",
        "@ %p1;#5:6: expected an opcode, not ';'",
        "@!3 ret;#5:3: expected a name, not '3'",
        "mov.b32 %r1, -%r2;#5:14: '-' does not apply to '%r2'",
        "mov.b32 %r1, .x;#5:14: '.x' cannot stand here",
        "mov.b32 %r1, (1, 2);#5:14: only calls take lists in parentheses",
        "mov.b32 %r1, a[1];#5:14: 'a' is not an array known here",
        "mov.b32 %r1, %tid.x.y;#5:14: '%tid.x.y' has more than one component",
        "mov.b32 %r1, 12ab;#5:14: '12ab' is not a number",
        "mov.b32 %r1, 089;#5:14: '089' is not a number",
        "mov.b32 %r1, 0f3F80;#5:14: '0f3F80' is not a number",
        "mov.b32 %r1, generic(x);#5:14: such an address belongs into an initialiser",
        "ld.u32 %r1, [1.5];#5:13: a floating-point number is no address",
        ".reg .b32 %r<2000000000>;#5:14: a number of registers lies between 0 and 1000000",
        ".reg .b32 %r<-1>;#5:14: a number of registers lies between 0 and 1000000",
        ".reg .b33 %r;#5:6: '.b33' is not a type",
        ".reg %r;#5:1: a declaration has to name a type, such as '.b32'",
        ".shared .align 3 .b8 x[4];#5:16: an alignment has to be a power of two",
        ".shared .b8 x[-1];#5:15: an array cannot be so long",
        ".shared .b8 x[1<<40][1<<40];#5:13: this variable is larger than any memory",
        ".shared .b8 x<4>;#5:13: only registers are declared in numbers",
        "L.x: ret;#5:1: 'L.x' is not a name",
        "L: .branchtargets ;#5:19: expected a name, not ';'",
        ".loc 1 2;#5:9: expected a whole number, not ';'",
        ".entry j() {};#5:1: '.entry' does not begin a statement",
        "5;#5:1: '5' does not begin a statement",
        "add \\ %r1;#5:5: '\\' has no meaning in PTX",
        "add \u00e4;#5:5: the character U+00E4 has no place in PTX",
        ".pragma \"open;#5:9: a text in quotes does not end on its line",
      })
  void aFaultyStatementIsToldInWordsOfPtx(String statement, String fault) {
    String text = PtxTexts.HEADER + ".entry k() {\n" + statement + "\nret;\n}\n";
    assertThat(PtxTexts.faults(text)).first().isEqualTo(fault);
  }

  @Test
  void oneCallTellsTheFaultsOfAllStatements() {
    String text =
        PtxTexts.HEADER
            + """
            .global .u32 x = ;
            .reg .b32 %r;
            .entry a(.param .u64 p .param .u32 q)
            {
              mov.b32 %r1, ;
              add.s32 %r1, %r2, %r3
              @%p1 bra L;
              { sub.s32 %r1 %r2; }
              ret;
            }
            .visible .entry b() { ret }
            .entry c()
            """;
    assertThat(PtxTexts.faults(text))
        .containsExactly(
            "4:18: expected a value, not ';'",
            "5:1: registers can be declared in functions only",
            "6:24: expected ')', not '.param'",
            "8:16: expected an operand of 'mov.b32', not ';'",
            "9:24: expected ';' after the operands of 'add.s32'",
            "11:17: expected ';' after the operands of 'sub.s32', not '%r2'",
            "14:27: expected ';' after 'ret', not '}'",
            "16:1: 'c' has no body: the text ends here");
  }

  @Test
  void aModuleNamesItsVersionAndTarget() {
    assertThat(PtxTexts.faults("\n.entry k() { ret; }"))
        .containsExactly("2:1: the module has no '.version'", "2:1: the module has no '.target'");
    assertThat(PtxTexts.faults("")).hasSize(2);
  }

  @Test
  void aTruncatedTextIsReportedAtItsEnd() {
    String text = PtxTexts.resource("assorted.ptx");
    int end = text.indexOf("ret;");
    assertThat(PtxTexts.faults(text.substring(0, end)))
        .singleElement()
        .asString()
        .startsWith("129:2: the text ends within 'everything': '{' of line 52 is not closed");
    assertThat(PtxTexts.faults(PtxTexts.HEADER + ".entry k() { add.s32 %r1"))
        .first()
        .isEqualTo("4:25: expected ';' after the operands of 'add.s32', but the text ends here");
    assertThat(PtxTexts.faults(PtxTexts.HEADER + "/* no end"))
        .contains("4:1: a comment does not end");
    assertThat(PtxTexts.faults(PtxTexts.HEADER + ".section .debug_str { .b8 1"))
        .containsExactly("4:28: expected '}', but the text ends here");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {"{# } ", "(#)", "[#]", "{a,#}"})
  void deepNestingIsAFaultAndNoOverflow(String open, String close) {
    for (String opening : new String[] {open, "mov.b32 %r1, " + open}) {
      String text =
          PtxTexts.HEADER
              + ".entry k() {\n"
              + opening.repeat(10_000)
              + "1"
              + close.repeat(10_000)
              + ";\n}\n";
      assertThat(PtxTexts.faults(text)).isNotEmpty();
    }
    String nested =
        PtxTexts.HEADER
            + ".entry k() { mov.b32 %r1, "
            + open.repeat(10_000)
            + "1"
            + close.repeat(10_000);
    assertThat(PtxTexts.faults(nested))
        .singleElement()
        .asString()
        .contains("brackets are nested more than 200 deep");
  }

  @Test
  void nestingThatPeopleWriteIsRead() {
    String body = "{".repeat(150) + "mov.b32 %r1, " + "(".repeat(40) + "1" + ")".repeat(40) + ";";
    assertThat(PtxTexts.body(body + "}".repeat(150))).hasSize(1);
  }

  @Test
  void longOperandsCostNoStack() {
    String sum = "1" + "+1".repeat(50_000);
    var folded = PtxTexts.instruction("mov.b32 %r1, " + sum + ";").operands().get(1);
    assertThat(((Operand.IntegerLiteral) folded).value()).isEqualTo(50_001);
    String signs = "- ".repeat(50_000) + "1";
    assertThat(PtxTexts.instruction("mov.b32 %r1, " + signs + ";").operands()).hasSize(2);
    String choices = "0 ? 1 : ".repeat(50_000) + "7";
    folded = PtxTexts.instruction("mov.b32 %r1, " + choices + ";").operands().get(1);
    assertThat(((Operand.IntegerLiteral) folded).value()).isEqualTo(7);
  }

  @Test
  void ofVeryManyFaultsTheFirstAreTold() {
    String text = PtxTexts.HEADER + ".entry k() {\n" + "add.s32 a b;\n".repeat(10_000) + "}\n";
    assertThat(PtxTexts.faults(text))
        .hasSize(101)
        .last()
        .asString()
        .isEqualTo("105:11: here and further on is more that is wrong");
  }

  @Test
  void noiseIsAFault() {
    var random = new Random(1);
    for (int i = 0; i < 50; i++) {
      var bytes = new byte[2000];
      random.nextBytes(bytes);
      assertThat(PtxTexts.faults(new String(bytes, StandardCharsets.ISO_8859_1))).isNotEmpty();
    }
  }
}
