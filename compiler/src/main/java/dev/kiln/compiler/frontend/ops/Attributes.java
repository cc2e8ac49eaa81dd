package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.frontend.FrontContext;
import dev.kiln.compiler.frontend.FrontValue;
import dev.kiln.compiler.frontend.FrontValue.Constexpr;
import dev.kiln.compiler.frontend.FrontValue.Namespace;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.frontend.FrontValue.TupleValue;
import dev.kiln.compiler.frontend.RangeValue;
import dev.kiln.compiler.frontend.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code value.name}. */
public final class Attributes {
  private static final List<String> OF_TENSORS =
      List.of("dtype", "type", "shape", "numel", "T", "logical_and", "logical_or");
  private static final List<String> OF_DESCRIPTORS =
      List.of("shape", "strides", "block_shape", "dtype", "block_type", "type");

  private Attributes() {}

  /** See {@link dev.kiln.compiler.frontend.Builtins#attribute}. */
  public static Optional<FrontValue> find(FrontContext ctx, FrontValue value, String name) {
    return switch (value) {
      case Tensor tensor -> Optional.of(ofTensor(ctx, tensor, name));
      case Constexpr constant -> ofConstant(ctx, constant, name);
      case TupleValue tuple -> Optional.of(ofTuple(ctx, tuple, name));
      case BlockPointer pointer -> Optional.of(ofBlockPointer(ctx, pointer, name));
      case Descriptor descriptor -> Optional.of(ofDescriptor(ctx, descriptor, name));
      case Namespace namespace -> ofNamespace(ctx, namespace, name);
      case Builtin builtin -> Optional.of(ofBuiltin(ctx, builtin, name));
      case RangeValue range -> throw unknown(ctx, range, name, List.of());
      default -> Optional.empty();
    };
  }

  private static RuntimeException unknown(
      FrontContext ctx, FrontValue value, String name, List<String> known) {
    String message = "%s has no attribute '%s'".formatted(Typing.describe(value), name);
    return Names.suggestion(name, known)
        .map(hint -> (RuntimeException) ctx.error(message, hint))
        .orElseGet(() -> ctx.error(message));
  }

  private static FrontValue ofTensor(FrontContext ctx, Tensor tensor, String name) {
    TensorType type = tensor.type();
    switch (name) {
      case "dtype":
        return Types.constant(type.element());
      case "type":
        return Types.constant(type);
      case "shape":
        return Sequences.ofIntegers(type.shape().toArray());
      case "numel":
        return new Constexpr((long) type.shape().size());
      case "T":
        return ShapeOperations.transpose(ctx, tensor);
      case "logical_and", "logical_or":
        return logical(tensor, name);
      default:
        return OperationTable.instance()
            .method(name)
            .<FrontValue>map(method -> new Builtin.Bound(method, tensor))
            .orElseThrow(() -> unknown(ctx, tensor, name, namesOfTensors()));
    }
  }

  private static List<String> namesOfTensors() {
    List<String> names = new ArrayList<>(OF_TENSORS);
    names.addAll(OperationTable.instance().methodNames());
    return names;
  }

  private static FrontValue logical(Tensor tensor, String name) {
    Signature signature = Signature.parse(name + "(self, other)");
    Builtin.Handler handler =
        args ->
            Arithmetic.logical(
                args.context(),
                name.equals("logical_and"),
                Typing.toBoolean(args.context(), args.value("self")),
                Typing.toBoolean(args.context(), args.value("other")));
    Builtin method =
        new Builtin(
            "triton.language.tensor." + name,
            Category.MATH,
            signature,
            "",
            "",
            true,
            new Builtin.Action.Native(handler));
    return new Builtin.Bound(method, tensor);
  }

  /** Constants have the attributes of their value; numbers those of scalars too. */
  private static Optional<FrontValue> ofConstant(
      FrontContext ctx, Constexpr constant, String name) {
    if (name.equals("value")) {
      return Optional.of(constant);
    }
    if (Types.element(constant.value()).isPresent()) {
      return Optional.of(TypeAttributes.find(ctx, constant, name));
    }
    if (PythonValues.isNumber(constant.value())) {
      // An argument that is specialised to 1 is a constant where the author saw a scalar.
      boolean known =
          OF_TENSORS.contains(name) || OperationTable.instance().method(name).isPresent();
      if (known && !name.equals("T")) {
        return name.equals("to")
            ? Optional.of(castOf(constant))
            : Optional.of(ofTensor(ctx, Typing.toTensor(ctx, constant), name));
      }
      throw unknown(ctx, constant, name, namesOfTensors());
    }
    return Sequences.items(constant).map(items -> ofTuple(ctx, tuple(constant, items), name));
  }

  private static FrontValue castOf(Constexpr constant) {
    return new Builtin.Bound(
        OperationTable.instance().find("triton.language.cast").orElseThrow(), constant);
  }

  private static TupleValue tuple(Constexpr constant, List<FrontValue> items) {
    return constant.value() instanceof dev.kiln.compiler.python.PyTuple named
        ? new TupleValue(items, named.fieldNames())
        : new TupleValue(items);
  }

  private static FrontValue ofTuple(FrontContext ctx, TupleValue tuple, String name) {
    List<String> names = tuple.names().orElse(List.of());
    int index = names.indexOf(name);
    if (index >= 0) {
      return tuple.items().get(index);
    }
    if (name.equals("type")) {
      return new TupleValue(
          tuple.items().stream().map(item -> find(ctx, item, "type").orElseThrow()).toList());
    }
    throw unknown(ctx, tuple, name, names);
  }

  private static FrontValue ofBlockPointer(FrontContext ctx, BlockPointer pointer, String name) {
    return switch (name) {
      case "dtype", "type" -> Types.constant(pointer.view().base().type().element());
      case "shape" -> Sequences.ofIntegers(pointer.view().block().toArray());
      case "advance", "store" ->
          new Builtin.Bound(
              OperationTable.instance().find("triton.language." + name).orElseThrow(), pointer);
      default ->
          throw unknown(ctx, pointer, name, List.of("dtype", "type", "shape", "advance", "store"));
    };
  }

  private static FrontValue ofDescriptor(FrontContext ctx, Descriptor descriptor, String name) {
    return switch (name) {
      case "shape" -> new TupleValue(List.copyOf(descriptor.shape()));
      case "strides" -> new TupleValue(List.copyOf(descriptor.strides()));
      case "block_shape" -> Sequences.ofIntegers(descriptor.block().toArray());
      case "dtype" ->
          Types.constant(
              descriptor.base().type().element() instanceof TensorType.PointerTo p
                  ? new TensorType.Number(p.pointee())
                  : descriptor.base().type().element());
      case "block_type", "type" -> Types.constant(descriptor.blockType());
      default ->
          OperationTable.instance()
              .find(DescriptorOperations.METHODS + "." + name)
              .<FrontValue>map(method -> new Builtin.Bound(method, descriptor))
              .orElseThrow(() -> unknown(ctx, descriptor, name, namesOfDescriptors()));
    };
  }

  private static List<String> namesOfDescriptors() {
    List<String> names = new ArrayList<>(OF_DESCRIPTORS);
    names.addAll(OperationTable.instance().namesIn(DescriptorOperations.METHODS));
    return names;
  }

  private static Optional<FrontValue> ofNamespace(
      FrontContext ctx, Namespace namespace, String name) {
    Optional<FrontValue> found = Namespaces.resolve(namespace.path() + "." + name);
    if (found.isEmpty() && Namespaces.isModule(namespace.path())) {
      throw unknown(ctx, namespace, name, Namespaces.names(namespace.path()));
    }
    return found;
  }

  /** {@code tl.PropagateNan.ALL} is reached as a module; functions have their name only. */
  private static FrontValue ofBuiltin(FrontContext ctx, Builtin builtin, String name) {
    if (name.equals("__name__")) {
      return new Constexpr(builtin.shortName());
    }
    throw unknown(ctx, builtin, name, List.of());
  }
}
