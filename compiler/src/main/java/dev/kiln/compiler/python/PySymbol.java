package dev.kiln.compiler.python;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Something of a module that has no value here, known by its full name: {@code torch.float16},
 * {@code triton.language.load}. It can be passed around, compared with {@code ==}, and asked for
 * attributes; what needs to know more is an error.
 */
public record PySymbol(String path) implements PyObject, PyCallable {
  /** The value of a name in a module, as far as it is known at compile time, else its symbol. */
  static Object resolve(String path) {
    return HostLibrary.find(path)
        .or(() -> path.startsWith("triton.") ? Optional.empty() : MachineFlag.find(path))
        .orElseGet(() -> new PySymbol(path));
  }

  @Override
  public String typeName() {
    return "symbol";
  }

  @Override
  public Optional<Object> attribute(String name) {
    return Optional.of(
        name.equals("__name__")
            ? path.substring(path.lastIndexOf('.') + 1)
            : resolve(path + "." + name));
  }

  @Override
  public boolean truth() {
    throw unknown();
  }

  @Override
  public Object call(List<Object> args, Map<String, Object> kwargs) {
    throw unknown();
  }

  @Override
  public Optional<Object> index(Object key) {
    throw unknown();
  }

  private PythonError unknown() {
    return PythonError.unsupported("'" + path + "' has no value at compile time");
  }

  @Override
  public String toString() {
    return path;
  }
}
