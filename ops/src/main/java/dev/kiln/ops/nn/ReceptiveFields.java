package dev.kiln.ops.nn;

import dev.kiln.ops.tensor.Tensor;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * How many places of a model's input the tensors behind it depend on: {@code RF' = RF + (k - 1)}
 * times the product of the strides before. Where branches meet, the widest counts.
 */
final class ReceptiveFields {
  private final Map<Tensor, List<Field>> fields = new IdentityHashMap<>();

  /**
   * Along one axis of space.
   *
   * @param width places of the input
   * @param step places of the input between neighbours
   */
  private record Field(double width, double step) {
    static final Field POINT = new Field(1, 1);

    Field widened(Windowed.Reach window) {
      return new Field(width + window.reach() * step, step * window.stride());
    }

    Field joined(Field other) {
      return new Field(Math.max(width, other.width), Math.max(step, other.step));
    }
  }

  /** An operation without windows. */
  void passed(List<Tensor> inputs, Tensor result) {
    List<Field> joined = List.of();
    for (Tensor input : inputs) {
      List<Field> other = fields.getOrDefault(input, List.of());
      joined = joined.size() == other.size() ? joined(joined, other) : longer(joined, other);
    }
    if (!joined.isEmpty()) {
      fields.put(result, joined);
    }
  }

  private static List<Field> longer(List<Field> a, List<Field> b) {
    return a.size() >= b.size() ? a : b;
  }

  private static List<Field> joined(List<Field> a, List<Field> b) {
    List<Field> both = new ArrayList<>();
    for (int i = 0; i < a.size(); i++) {
      both.add(a.get(i).joined(b.get(i)));
    }
    return both;
  }

  /** A layer with windows. */
  void widened(Tensor input, Tensor result, List<Windowed.Reach> windows) {
    List<Field> before = fields.getOrDefault(input, List.of());
    List<Field> after = new ArrayList<>();
    for (int i = 0; i < windows.size(); i++) {
      Field field = i < before.size() ? before.get(i) : Field.POINT;
      after.add(field.widened(windows.get(i)));
    }
    fields.put(result, after);
  }

  /** Along each axis of space; empty if no windows came before. */
  List<Long> of(Tensor tensor) {
    return fields.getOrDefault(tensor, List.of()).stream()
        .map(field -> (long) Math.ceil(field.width()))
        .toList();
  }
}
