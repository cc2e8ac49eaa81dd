package dev.kiln.runtime;

import dev.kiln.compiler.python.PyList;
import dev.kiln.compiler.python.PyObject;
import dev.kiln.compiler.python.PythonError;
import dev.kiln.compiler.python.PythonOperators;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A tensor descriptor as host functions of a kernel file see it: hooks set its block. */
final class DescriptorObject implements PyObject {
  private final boolean isLive;
  private TensorDescriptor descriptor;

  DescriptorObject(TensorDescriptor descriptor, boolean isLive) {
    this.descriptor = descriptor;
    this.isLive = isLive;
  }

  /** With the block that was set last. */
  TensorDescriptor descriptor() {
    return descriptor;
  }

  @Override
  public String typeName() {
    return "TensorDescriptor";
  }

  @Override
  public Optional<Object> attribute(String name) {
    var base = new ArrayObject(descriptor.base(), isLive);
    return switch (name) {
      case "base" -> Optional.of(base);
      case "shape", "dtype" -> base.attribute(name);
      case "block_shape" ->
          Optional.of(
              new PyList(
                  descriptor.blockShape().stream().<Object>map(Integer::longValue).toList()));
      default -> Optional.empty();
    };
  }

  @Override
  public boolean setAttribute(String name, Object value) {
    if (!name.equals("block_shape")) {
      return false;
    }
    List<Integer> block = new ArrayList<>();
    for (Object extent : PythonOperators.iterate(value)) {
      if (!(extent instanceof Long number) || number != (int) (long) number) {
        throw PythonError.type("an extent of a block must be an int, not " + extent);
      }
      block.add((int) (long) number);
    }
    try {
      descriptor = new TensorDescriptor(descriptor.base(), block, descriptor.padWithNan());
    } catch (KilnException e) {
      throw PythonError.value(e.getMessage());
    }
    return true;
  }
}
