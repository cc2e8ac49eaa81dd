package dev.kiln.ops.nn;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Mode;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a model is made of and what a forward pass costs, layer by layer.
 *
 * <p>It is found by running the model once, in evaluation and without gradients; modes, statistics
 * and the random state are as before afterwards. A model in a context on {@code Devices.shapes()}
 * can be of any size: nothing is computed there.
 *
 * <p>Only work of {@link Counted} modules is known. Backward passes cost about twice the work of
 * forward passes.
 *
 * @param model its type
 * @param rows a row for each module that computes or holds something, in the order of the model
 */
public record Summary(String model, List<Row> rows) {
  /**
   * A module.
   *
   * @param name its full name; empty for the model itself
   * @param type what it is
   * @param calls how often it ran
   * @param inputs shapes of what went in first; empty if it did not run
   * @param outputs shapes of what came out first
   * @param trainable numbers that are trained, without those of children and those that a module
   *     before it holds
   * @param frozen likewise, of those that are not trained
   * @param activations numbers that came out, in all calls, unless a child gave them or they are a
   *     view of what went in
   * @param activationBytes their bytes
   * @param work in all calls, without that of children
   * @param receptiveField places of the model's input that a result depends on, along each axis of
   *     space; empty where results have no places, or no layer has windows
   */
  public record Row(
      String name,
      String type,
      int calls,
      List<List<Long>> inputs,
      List<List<Long>> outputs,
      long trainable,
      long frozen,
      long activations,
      long activationBytes,
      Work work,
      List<Long> receptiveField) {}

  public Summary {
    rows = List.copyOf(rows);
  }

  /** Of a model of one input, whose dtype is that of the parameters. */
  public static Summary of(Layer model, long... inputShape) {
    return of(model, dtype(model), inputShape);
  }

  /**
   * Of a model of one input.
   *
   * @param dtype of the input, for example i64 for tokens; it is all 0
   */
  public static Summary of(Layer model, DType dtype, long... inputShape) {
    Context context = model.context();
    return of(model, () -> model.apply(context.zeros(dtype, inputShape)));
  }

  /**
   * Of any module.
   *
   * @param forward a forward pass, on inputs of its own
   */
  public static Summary of(Module model, Runnable forward) {
    Context context = model.context();
    Map<Module, Boolean> modes = new IdentityHashMap<>();
    model.visit("", (prefix, module) -> modes.put(module, module.isTraining()));
    long seed = context.random().seed();
    long offset = context.random().offset();
    var watch = new SummaryWatch();
    List<Mode> open = new ArrayList<>();
    try (Mode _ = context.noGrad();
        Scope _ = context.scope()) {
      model.evaluate();
      model.visit("", (prefix, module) -> open.add(module.listen(watch::applied)));
      open.add(context.listen(watch));
      forward.run();
      return new Summary(model.toString(), watch.rows(model));
    } finally {
      open.forEach(Mode::close);
      modes.forEach(Module::setTraining);
      context.random().restore(seed, offset);
    }
  }

  /** Floating-point operations of a forward pass. */
  public static long flops(Layer model, long... inputShape) {
    return of(model, inputShape).work().flops();
  }

  private static DType dtype(Module model) {
    return model.parameters().values().stream().map(Tensor::dtype).findFirst().orElse(DType.FP32);
  }

  /** The work of all rows. */
  public Work work() {
    return rows.stream().map(Row::work).reduce(Work.NONE, Work::plus);
  }

  /** Numbers that are trained. */
  public long trainable() {
    return rows.stream().mapToLong(Row::trainable).sum();
  }

  /** Parameters that are not trained. */
  public long frozen() {
    return rows.stream().mapToLong(Row::frozen).sum();
  }

  /** All parameters. */
  public long parameters() {
    return trainable() + frozen();
  }

  /** Numbers that came out of layers. */
  public long activations() {
    return rows.stream().mapToLong(Row::activations).sum();
  }

  /** Their bytes. */
  public long activationBytes() {
    return rows.stream().mapToLong(Row::activationBytes).sum();
  }

  /** The row of a module. */
  public Row row(String name) {
    return rows.stream()
        .filter(row -> row.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new KilnException("summary: no row '" + name + "'"));
  }

  /** A table of all rows with totals below, for people. */
  public String table() {
    return SummaryTable.of(this);
  }

  @Override
  public String toString() {
    return table();
  }
}
