package dev.kiln.references.torch;

import java.util.stream.Stream;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.ListType;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorType;
import org.bytedeco.pytorch.Type;

/** Operators of libtorch by name, with all their arguments, through its dispatcher. */
public final class Aten {
  private Aten() {}

  /** An operator with its arguments, ready to be called any number of times. */
  public static final class Call {
    private final OperatorHandle operator;
    private final IValue[] arguments;

    private Call(OperatorHandle operator, IValue[] arguments) {
      this.operator = operator;
      this.arguments = arguments;
    }

    /** Its results. */
    public Tensor[] all() {
      var stack = new IValueVector(arguments);
      operator.callBoxed(stack);
      Tensor[] results = new Tensor[Math.toIntExact(stack.size())];
      for (int i = 0; i < results.length; i++) {
        // The stack's own goes with it.
        results[i] = new Tensor(stack.get(i).toTensor());
      }
      return results;
    }

    /** Its only result, or the first. */
    public Tensor first() {
      return all()[0];
    }
  }

  /**
   * Prepares a call.
   *
   * @param operator its name without {@code aten::}, with its overload after a dot if it has one
   * @param arguments all in the order of its schema: {@code Tensor}, {@code Tensor[]}, {@code
   *     long[]}, {@code boolean[]}, {@code Double}, {@code Integer}, {@code Boolean}, {@code
   *     String}, or null for none
   */
  public static Call prepare(String operator, Object... arguments) {
    int dot = operator.indexOf('.');
    String name = dot < 0 ? operator : operator.substring(0, dot);
    String overload = dot < 0 ? "" : operator.substring(dot + 1);
    IValue[] values = Stream.of(arguments).map(Aten::value).toArray(IValue[]::new);
    return new Call(Dispatcher.singleton().findSchemaOrThrow("aten::" + name, overload), values);
  }

  /** Calls an operator once; the arguments are those of {@link #prepare}. */
  public static Tensor[] all(String operator, Object... arguments) {
    return prepare(operator, arguments).all();
  }

  /** Calls an operator that has one result, or takes its first. */
  public static Tensor call(String operator, Object... arguments) {
    return prepare(operator, arguments).first();
  }

  private static IValue value(Object argument) {
    return switch (argument) {
      case null -> new IValue();
      case Tensor tensor -> new IValue(tensor);
      case Double number -> new IValue(number.doubleValue());
      case Integer number -> new IValue(number.longValue());
      case Boolean flag -> new IValue(flag.booleanValue());
      case String text -> new IValue(text);
      case long[] numbers -> integers(numbers);
      case boolean[] flags -> booleans(flags);
      case Tensor[] tensors -> tensors(tensors);
      default -> throw new IllegalArgumentException(argument.getClass().toString());
    };
  }

  private static IValue integers(long[] numbers) {
    var list = new GenericList(ListType.ofInts().containedType(0));
    for (long number : numbers) {
      list.push_back(new IValue(number));
    }
    return new IValue(list);
  }

  private static IValue booleans(boolean[] flags) {
    var list = new GenericList(ListType.ofBools().containedType(0));
    for (boolean flag : flags) {
      list.push_back(new IValue(flag));
    }
    return new IValue(list);
  }

  private static IValue tensors(Tensor[] tensors) {
    var list = new GenericList(new Type.TypePtr(TensorType.get()));
    for (Tensor tensor : tensors) {
      list.push_back(new IValue(tensor));
    }
    return new IValue(list);
  }
}
