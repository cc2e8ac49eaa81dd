package dev.kiln.ops.profile;

import dev.kiln.compiler.ir.DType;
import java.util.List;

/**
 * A call of an operation: with sizes, in a dtype.
 *
 * @param dtype of its floats; indices and statistics have their own
 */
public record OperationCase(ProfiledOperation operation, Sizes sizes, DType dtype) {
  /** The size of a name. */
  public int size(String name) {
    return sizes.of(name);
  }

  /** The cases of an operation: each shape in each dtype that it takes. */
  public static List<OperationCase> grid(
      ProfiledOperation operation, List<Sizes> shapes, List<DType> dtypes) {
    return shapes.stream()
        .flatMap(
            sizes ->
                dtypes.stream()
                    .filter(operation.dtypes()::contains)
                    .map(dtype -> new OperationCase(operation, sizes, dtype)))
        .toList();
  }

  /** {@code softmax 1024x4096 fp32}. */
  @Override
  public String toString() {
    return "%s %s %s".formatted(operation.name(), sizes, dtype.shortName());
  }
}
