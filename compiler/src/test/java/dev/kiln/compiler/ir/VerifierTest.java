package dev.kiln.compiler.ir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.diagnostics.Location;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What text cannot express; the rest is in the files of {@link InvalidFileTest}. */
class VerifierTest {
  private static final Location HERE = Location.UNKNOWN;

  private static TileFunction function(List<TileFunction.Param> params, Value... blockParams) {
    return new TileFunction(
        HERE, "f", params, new Block(List.of(blockParams), List.of(new ControlOp.Return(HERE))));
  }

  private static TileFunction.Param param(Value value, DType dtype) {
    return new TileFunction.Param("x", value, dtype, 1, false);
  }

  private static String problems(TileFunction function) {
    return Verifier.problems(function).toString();
  }

  @Test
  void acceptsUnsignedParametersOfSignlessValues() {
    Value value = new Value(Type.scalar(DType.U32), "x");
    assertThatCode(() -> Verifier.verify(function(List.of(param(value, DType.U32)), value)))
        .doesNotThrowAnyException();
  }

  @Test
  void parametersAreTheBlockParameters() {
    Value value = new Value(Type.scalar(DType.I32), "x");
    Value other = new Value(Type.scalar(DType.I32), "x");
    assertThat(problems(function(List.of(param(value, DType.I32)), other)))
        .contains("the body's block parameters are not the function's parameters");
  }

  @Test
  void parametersHaveTheTypeOfTheirDtype() {
    Value value = new Value(Type.scalar(DType.I32), "x");
    assertThat(problems(function(List.of(param(value, DType.FP32)), value)))
        .contains("parameter 'x' of fp32 has a value of type i32");
  }

  @Test
  void valuesAreDefinedOnce() {
    Value value = new Value(Type.scalar(DType.I32), "x");
    var constant = new ElementwiseOp.Constant(HERE, value, 1L);
    var body = new Block(List.of(), List.of(constant, constant, new ControlOp.Return(HERE)));
    assertThat(problems(new TileFunction(HERE, "f", List.of(), body)))
        .contains("%x is defined twice");
  }

  @Test
  void constantsAreLongsOrDoubles() {
    Value value = new Value(Type.scalar(DType.I32), "x");
    var constant = new ElementwiseOp.Constant(HERE, value, 1);
    var body = new Block(List.of(), List.of(constant, new ControlOp.Return(HERE)));
    assertThat(problems(new TileFunction(HERE, "f", List.of(), body)))
        .contains("the number 1 is not one that i32 holds exactly");
  }

  @Test
  void elementsAreNoTiles() {
    Type inner = Type.tile(Type.scalar(DType.I32), Shape.of(2));
    Value value = new Value(new Type.Tile(inner, Shape.of(2)), "x");
    var constant = new ElementwiseOp.Constant(HERE, value, 1L);
    var body = new Block(List.of(), List.of(constant, new ControlOp.Return(HERE)));
    assertThat(problems(new TileFunction(HERE, "f", List.of(), body)))
        .contains("a tile holds scalars or pointers");
  }

  @Test
  void theExceptionNamesFunctionOperationAndPlace() {
    TileFunction function =
        Parser.parseFunction("func @f(%x: i32) {\n  %y = add %x, %x : i64\n  return\n}");
    assertThatThrownBy(() -> Verifier.verify(function))
        .isInstanceOf(VerificationException.class)
        .hasMessage(
            "tile IR of 'f' is not valid\n"
                + "  <tir>:2:3: `%y = add %x, %x : i64`: operands and result have one number type,"
                + " not i32, i32 and i64");
  }
}
