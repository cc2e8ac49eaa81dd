package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.CompileOptions;
import dev.kiln.compiler.Specialization;
import dev.kiln.compiler.Target;
import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.frontend.FrontContext;
import dev.kiln.compiler.frontend.FrontValue;
import dev.kiln.compiler.frontend.FrontValue.Constexpr;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.frontend.TensorType;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.IrBuilder;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A front end without an interpreter: operations are called with values made here. */
final class TestContext implements FrontContext {
  private final IrBuilder builder = new IrBuilder();
  private final List<String> warnings = new ArrayList<>();

  static Tensor tensor(DType dtype, int... shape) {
    TensorType type = TensorType.of(dtype, Shape.of(shape));
    return new Tensor(new Value(type.irType()), type);
  }

  static Tensor pointer(DType pointee, int... shape) {
    TensorType type = new TensorType(new TensorType.PointerTo(pointee, false), Shape.of(shape));
    return new Tensor(new Value(type.irType()), type);
  }

  static Constexpr constant(Object value) {
    return new Constexpr(value);
  }

  List<String> warnings() {
    return warnings;
  }

  /** The operations that an action appends. */
  List<Op> ops(Runnable action) {
    return builder.collect(action);
  }

  @Override
  public IrBuilder builder() {
    return builder;
  }

  @Override
  public Target target() {
    return Target.CPU;
  }

  @Override
  public Specialization specialization() {
    return new Specialization(List.of(), CompileOptions.DEFAULT);
  }

  @Override
  public Location location() {
    return Location.UNKNOWN;
  }

  @Override
  public FrontValue call(
      FrontValue function, List<FrontValue> args, Map<String, FrontValue> kwargs) {
    return ((FrontValue.Callable) function).call(this, args, kwargs);
  }

  @Override
  public FrontValue callPrelude(
      String name, List<FrontValue> args, Map<String, FrontValue> kwargs) {
    throw new AssertionError("prelude function " + name + " was called");
  }

  @Override
  public void warn(String message) {
    warnings.add(message);
  }

  @Override
  public void print(String text) {
    throw new AssertionError("printed " + text);
  }

  @Override
  public CompilationException error(String message) {
    return CompilationException.at(Location.UNKNOWN, message);
  }

  @Override
  public CompilationException error(String message, String hint) {
    return CompilationException.at(Location.UNKNOWN, message, hint);
  }
}
