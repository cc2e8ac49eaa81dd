package dev.kiln.runtime;

import dev.kiln.compiler.python.PyCallable;
import dev.kiln.compiler.python.PyDict;
import dev.kiln.compiler.python.PythonError;
import dev.kiln.compiler.python.TritonConfig;
import java.util.List;
import java.util.Map;

/** Calls the host functions of a kernel file that decorators name, with a launch's arguments. */
final class HostFunctions {
  private final Kernel kernel;
  private final ArgumentBinder binder;

  HostFunctions(Kernel kernel, ArgumentBinder binder) {
    this.kernel = kernel;
    this.binder = binder;
  }

  /** Which of the arguments. */
  enum Which {
    ALL,
    /** Those that no {@code tl.constexpr} declares. */
    RUN_TIME,
    CONSTANTS
  }

  /**
   * The arguments that have a value; arrays and descriptors as objects.
   *
   * @param live whether functions can change arrays by them
   */
  PyDict arguments(Which which, boolean live) {
    var arguments = new PyDict();
    List<KernelParameter> parameters = kernel.parameters();
    for (int i = 0; i < parameters.size(); i++) {
      boolean wanted =
          switch (which) {
            case ALL -> true;
            case RUN_TIME -> !parameters.get(i).isConstant();
            case CONSTANTS -> parameters.get(i).isConstant();
          };
      if (wanted && binder.isSet(i)) {
        Object value =
            switch (binder.memory(i)) {
              case NdArray array -> new ArrayObject(array, live);
              case TensorDescriptor descriptor -> new DescriptorObject(descriptor, live);
              case null, default -> binder.value(i);
            };
        arguments.put(parameters.get(i).name(), value);
      }
    }
    return arguments;
  }

  /**
   * Calls one.
   *
   * @param what for the message: "the pre_hook of Config({'B': 16})"
   * @throws LaunchException if it fails
   */
  Object call(String what, PyCallable function, List<Object> args, Map<String, Object> kwargs) {
    try {
      return function.call(args, kwargs);
    } catch (PythonError e) {
      throw new LaunchException(kernel.name(), "%s failed: %s".formatted(what, e.getMessage()), e);
    }
  }

  /**
   * Runs a configuration's hook before a launch. Blocks that it gives descriptors are set.
   *
   * @param live whether it may change arrays
   */
  void runHook(TritonConfig config, boolean live) {
    PyDict arguments = arguments(Which.ALL, live);
    call("the pre_hook of " + config, config.preHook().orElseThrow(), List.of(arguments), Map.of());
    for (int i = 0; i < kernel.parameters().size(); i++) {
      Object seen = arguments.get(kernel.parameters().get(i).name()).orElse(null);
      if (seen instanceof DescriptorObject object
          && !object.descriptor().equals(binder.memory(i))) {
        binder.setComposite(i, CompositeArgument.of(object.descriptor()));
      }
    }
  }
}
