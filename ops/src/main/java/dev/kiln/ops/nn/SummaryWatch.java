package dev.kiln.ops.nn;

import dev.kiln.ops.tensor.OperationListener;
import dev.kiln.ops.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Sees a forward pass and notes what each module did. */
final class SummaryWatch implements OperationListener {
  private final Map<Module, Seen> modules = new IdentityHashMap<>();
  private final Set<Tensor> outputs = Collections.newSetFromMap(new IdentityHashMap<>());
  private final ReceptiveFields fields = new ReceptiveFields();
  private int inputRank;

  /** What one module did. */
  private static final class Seen {
    int calls;
    List<List<Long>> inputs = List.of();
    List<List<Long>> outputs = List.of();
    long activations;
    long bytes;
    Work work = Work.NONE;
    List<Long> field = List.of();
  }

  @Override
  public void forward(String operation, List<Tensor> inputs, Tensor result) {
    fields.passed(inputs, result);
  }

  void applied(Module module, List<Tensor> inputs, List<Tensor> results) {
    Seen seen = modules.computeIfAbsent(module, ignored -> new Seen());
    if (modules.size() == 1 && !inputs.isEmpty() && inputs.getFirst() != null) {
      inputRank = inputs.getFirst().rank();
    }
    if (module instanceof Windowed windowed) {
      fields.widened(inputs.getFirst(), results.getFirst(), windowed.windows());
    }
    if (seen.calls++ == 0) {
      seen.inputs = shapes(inputs);
      seen.outputs = shapes(results);
      seen.field = field(results);
    }
    if (module instanceof Counted counted) {
      seen.work = seen.work.plus(counted.work(inputs, results));
    }
    for (Tensor result : results) {
      if (result != null && outputs.add(result) && !isView(result, inputs)) {
        seen.activations += result.size();
        seen.bytes += result.size() * result.dtype().bytes();
      }
    }
  }

  private static boolean isView(Tensor result, List<Tensor> inputs) {
    return inputs.stream()
        .filter(Objects::nonNull)
        .anyMatch(input -> input.array().buffer() == result.array().buffer());
  }

  private List<Long> field(List<Tensor> results) {
    Tensor first = results.isEmpty() ? null : results.getFirst();
    boolean hasPlaces = first != null && first.rank() >= 3 && first.rank() == inputRank;
    return hasPlaces ? fields.of(first) : List.of();
  }

  private static List<List<Long>> shapes(List<Tensor> tensors) {
    return tensors.stream()
        .filter(Objects::nonNull)
        .map(tensor -> Arrays.stream(tensor.shape()).boxed().toList())
        .toList();
  }

  /** Modules that computed or hold something. */
  List<Summary.Row> rows(Module model) {
    List<Summary.Row> rows = new ArrayList<>();
    Set<Tensor> counted = Collections.newSetFromMap(new IdentityHashMap<>());
    model.visit(
        "",
        (prefix, module) -> {
          String name = prefix.isEmpty() ? "" : prefix.substring(0, prefix.length() - 1);
          Summary.Row row = row(name, module, counted);
          boolean isPart = module.children().isEmpty() || row.activations() > 0;
          if (isPart || row.trainable() + row.frozen() + row.work().flops() > 0) {
            rows.add(row);
          }
        });
    return rows;
  }

  private Summary.Row row(String name, Module module, Set<Tensor> counted) {
    long trainable = 0;
    long frozen = 0;
    for (Tensor parameter : module.ownParameters()) {
      if (counted.add(parameter)) {
        trainable += parameter.requiresGrad() ? parameter.size() : 0;
        frozen += parameter.requiresGrad() ? 0 : parameter.size();
      }
    }
    Seen seen = modules.getOrDefault(module, new Seen());
    return new Summary.Row(
        name,
        module.toString(),
        seen.calls,
        seen.inputs,
        seen.outputs,
        trainable,
        frozen,
        seen.activations,
        seen.bytes,
        seen.work,
        seen.field);
  }
}
