package dev.kiln.compiler.ir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.diagnostics.Source;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class TextualFormTest {
  private static String everyOp() throws IOException {
    try (var in = TextualFormTest.class.getResourceAsStream("/tir/print/every_op.tir")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static TileFunction withBody(String ops) {
    return Parser.parseFunction("func @f() {\n" + ops + "\nreturn\n}");
  }

  private static Number constant(TileFunction function) {
    return ((ElementwiseOp.Constant) function.body().ops().getFirst()).value();
  }

  @Test
  void everyOperationIsValidAndPrintsAsItWasRead() throws IOException {
    String text = everyOp();
    List<TileFunction> functions = Parser.parse(new Source("every_op.tir", text));
    functions.forEach(Verifier::verify);
    String printed = functions.stream().map(Printer::print).collect(Collectors.joining("\n"));
    assertThat(printed).isEqualTo(text.substring(text.indexOf("func")));
  }

  @Test
  void everyMnemonicOccursInTheTest() throws IOException {
    String text = everyOp();
    for (BinaryKind kind : BinaryKind.values()) {
      TileFunction parsed =
          Parser.parseFunction(
              "func @f(%x: i32) { %y = " + kind.mnemonic() + " %x, %x : i32 return }");
      assertThat(parsed.body().ops().getFirst()).isInstanceOf(ElementwiseOp.Binary.class);
    }
    for (Class<?> family : Op.class.getPermittedSubclasses()) {
      for (Class<?> op : family.getPermittedSubclasses()) {
        assertThat(text).contains(mnemonicOf(op));
      }
    }
  }

  private static String mnemonicOf(Class<?> op) {
    return switch (op.getSimpleName()) {
      case "Unary" -> "exp";
      case "Binary" -> "add";
      case "Compare" -> "cmp";
      case "Cast" -> "fptrunc";
      case "AddPtr" -> "addptr";
      default -> op.getSimpleName().replaceAll("([a-z])([A-Z])", "$1_$2").toLowerCase();
    };
  }

  @Test
  void locationsRoundTripWithFilesAndCallers() {
    String text =
        """
        func @f(%x: i32) loc("add.py":3:1) {
          %y = add %x, %x : i32 loc(4:7)
          %c = constant true : i1 loc(4:1)
          %z = if %c : i32 loc("lib.py":9:2 from 5:3 from 1:1) {
            yield %y loc(7:7)
          } else {
            yield %x loc(8:8)
          }
          return loc(6:1)
        }
        """;
    TileFunction function = Parser.parseFunction(text);
    assertThat(Printer.print(function, true)).isEqualTo(text);
    Location inlined = function.body().ops().get(2).loc();
    assertThat(inlined).hasToString("lib.py:9:2");
    assertThat(inlined.callSite().orElseThrow()).hasToString("add.py:5:3");
  }

  @Test
  void withoutLocAnOperationIsWhereItStandsInTheText() {
    TileFunction function = Parser.parseFunction("func @f() {\n  barrier\n  return\n}");
    assertThat(function.body().ops().getFirst().loc()).hasToString("<tir>:2:3");
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"FP8E5", "FP16", "BF16", "FP32", "FP64"})
  void floatsRoundTripToTheLastBit(DType dtype) {
    double[] numbers = {
      0.0, -0.0, 1, -1.5, 0.25, 57344, 0x1p-16, Double.POSITIVE_INFINITY, Double.NaN
    };
    for (double number : numbers) {
      String text = Printer.literal(Type.scalar(dtype), number);
      assertThat(constant(withBody("%x = constant " + text + " : " + dtype))).isEqualTo(number);
    }
  }

  @ParameterizedTest
  @CsvSource({"0.1,0.1", "1e10,1.0E10", "3.4028235E38,3.4028235E38", "0.10000000149,0.1"})
  void fp32PrintsTheShortestDecimal(String written, String printed) {
    assertThat(Printer.print(withBody("%x = constant " + written + " : fp32")))
        .contains("constant " + printed + " : fp32");
  }

  @Test
  void hintsNameValuesAndAreMadeUnique() {
    Value first = new Value(Type.scalar(DType.I32), "x");
    Value second = new Value(Type.scalar(DType.I32), "x");
    Value third = new Value(Type.scalar(DType.I32), "1 + x");
    Value unnamed = new Value(Type.scalar(DType.I32));
    List<Op> ops = new java.util.ArrayList<>();
    for (Value value : List.of(first, second, third, unnamed)) {
      ops.add(new ElementwiseOp.Constant(Location.UNKNOWN, value, 1L));
    }
    ops.add(new ControlOp.Return(Location.UNKNOWN));
    var function = new TileFunction(Location.UNKNOWN, "f", List.of(), new Block(List.of(), ops));
    assertThat(Printer.print(function)).contains("%x =", "%x_1 =", "%_1___x =", "%0 =");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "%x = add %y, %y : i32     | 2:10: error: %y is not defined before its use",
        "%x = constant 1.5 : i32   | 2:15: error: '1.5' is not a number of i32",
        "%x = frobnicate : i32     | 2:6: error: 'frobnicate' is not an operation",
        "%x = constant 1 : i33     | 'i33' is not a dtype",
        "%x = constant 1           | 2:1: error: there are 1 results, but 0 types",
        "%x, %x = constant 1 : i32, i32 | error: %x is defined twice",
        "barrier [fence]           | 2:9: error: expected an operation, found '['",
        "%x = make_range [begin = 1] : tile<2xi32> | attribute 'start' is missing before this",
        "%x = make_range [start = 1, begin = 1] : tile<2xi32> | 'begin' is not known here",
        "%x = make_range [start = y] : tile<2xi32> | attribute 'start' is an integer",
        "%x = constant 1 : tile<axi32> | expected a shape and an element such as tile<128x64xfp32>",
        "print [prefix = \"a        | the text in quotes does not end on this line",
        "if %x { yield }           | 2:4: error: %x is not defined before its use",
      })
  void faultsInTheTextAreNamedWithLineAndColumn(String line, String message) {
    assertThatThrownBy(() -> withBody(line)).hasMessageContaining(message);
  }
}
