package dev.kiln.compiler.frontend;

import dev.kiln.compiler.ArgumentSpec;
import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.frontend.FrontValue.TupleValue;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.TileFunction.Param;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.python.PySymbol;
import dev.kiln.compiler.syntax.Expr;
import dev.kiln.compiler.syntax.Parameter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The parameters of a kernel as its specialisation has them: run-time values and constants. */
final class KernelArguments {
  private final Interpreter interpreter;
  private final ModuleScope module;
  private final List<Param> params = new ArrayList<>();

  KernelArguments(Interpreter interpreter, ModuleScope module) {
    this.interpreter = interpreter;
    this.module = module;
  }

  /** The run-time parameters so far, in order. */
  List<Param> params() {
    return params;
  }

  /** Gives a parameter its value in the present scope. */
  void bind(Parameter parameter, ArgumentSpec spec) {
    Optional<Expr> annotation = parameter.annotation();
    boolean constant = annotation.filter(type -> Annotations.isConstexpr(module, type)).isPresent();
    if (constant && !isConstant(spec)) {
      throw interpreter.errorAt(
          parameter.loc(),
          "parameter " + parameter.name() + " is declared tl.constexpr, but has no constant value",
          "give its value in the signature, for instance " + parameter.name() + "=128");
    }
    Location loc = interpreter.frame().locate(parameter.loc());
    FrontValue value = value(parameter.name(), spec, annotation);
    if (constant) {
      interpreter.scope().declareConstant(parameter.name(), value, loc);
    } else {
      interpreter.scope().assign(parameter.name(), value, loc);
    }
  }

  private static boolean isConstant(ArgumentSpec spec) {
    return switch (spec) {
      case ArgumentSpec.Constant constant -> true;
      case ArgumentSpec.Tuple tuple ->
          tuple.elements().stream().allMatch(KernelArguments::isConstant);
      case ArgumentSpec.Pointer pointer -> false;
      case ArgumentSpec.Scalar scalar -> false;
      case ArgumentSpec.Descriptor descriptor -> false;
    };
  }

  private FrontValue value(String name, ArgumentSpec spec, Optional<Expr> annotation) {
    return switch (spec) {
      case ArgumentSpec.Constant constant -> constant(constant.value());
      case ArgumentSpec.Pointer pointer ->
          pointer(
              name,
              pointer.pointee(),
              pointer.isConst()
                  || annotation.filter(type -> Annotations.isConst(module, type)).isPresent(),
              pointer.divisibility());
      case ArgumentSpec.Scalar scalar ->
          annotated(scalar(name, scalar.dtype(), scalar.divisibility()), annotation);
      case ArgumentSpec.Tuple tuple -> tuple(name, tuple);
      case ArgumentSpec.Descriptor descriptor -> descriptor(name, descriptor);
    };
  }

  /** A constant; the symbol of a function of the kernel's file is that function. */
  private FrontValue constant(Object value) {
    return value instanceof PySymbol symbol
        ? module.anyGlobal(interpreter, symbol.path()).orElseGet(() -> Constants.wrap(symbol))
        : Constants.wrap(value);
  }

  private Tensor pointer(String name, DType pointee, boolean isConst, int divisibility) {
    var value = new Value(Type.pointer(pointee), name);
    params.add(new Param(name, value, pointee, divisibility, isConst));
    return new Tensor(
        value, new TensorType(new TensorType.PointerTo(pointee, isConst), Shape.of()));
  }

  private Tensor scalar(String name, DType dtype, int divisibility) {
    var value = new Value(Type.scalar(dtype), name);
    params.add(new Param(name, value, dtype, divisibility, false));
    return new Tensor(value, TensorType.scalar(dtype));
  }

  /** A number as the type that its parameter's annotation names. */
  private Tensor annotated(Tensor scalar, Optional<Expr> annotation) {
    return annotation
        .flatMap(type -> Annotations.dtype(module, type))
        .map(dtype -> Conversions.castTo(interpreter, scalar, dtype))
        .orElse(scalar);
  }

  private TupleValue tuple(String name, ArgumentSpec.Tuple tuple) {
    var items = new ArrayList<FrontValue>();
    for (int i = 0; i < tuple.elements().size(); i++) {
      items.add(value(name + "." + i, tuple.elements().get(i), Optional.empty()));
    }
    return new TupleValue(items, tuple.fieldNames());
  }

  private FrontValue descriptor(String name, ArgumentSpec.Descriptor descriptor) {
    int rank = descriptor.blockShape().size();
    var leaves = new ArrayList<Tensor>();
    // A descriptor's base is aligned to 16 bytes by its contract.
    leaves.add(pointer(name + ".base", descriptor.dtype(), false, 16));
    for (int i = 0; i < rank; i++) {
      leaves.add(scalar(name + ".shape." + i, DType.I32, 1));
    }
    for (int i = 0; i < rank; i++) {
      leaves.add(scalar(name + ".stride." + i, DType.I64, 1));
    }
    return Descriptors.fromHost(interpreter, descriptor, leaves);
  }
}
