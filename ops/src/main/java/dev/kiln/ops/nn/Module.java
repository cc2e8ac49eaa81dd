package dev.kiln.ops.nn;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Listeners;
import dev.kiln.ops.tensor.Mode;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * A part of a model: parameters that are trained, buffers that are not, and children, each by a
 * name. Names of nested ones are joined by dots, as {@code h.0.attn.c_attn.weight}.
 *
 * <p>A module owns its parameters and buffers; closing it frees them and those of its children.
 */
public abstract class Module implements AutoCloseable {
  private final Context context;
  private final Map<String, Tensor> parameters = new LinkedHashMap<>();
  private final Map<String, Tensor> buffers = new LinkedHashMap<>();
  private final Map<String, Module> children = new LinkedHashMap<>();
  private String name = "";
  private boolean isTraining = true;
  private final Listeners<Listener> listeners = new Listeners<>();

  /** Sees what goes through a module. */
  @FunctionalInterface
  public interface Listener {
    /** After a forward pass; inputs may be null where something was left out. */
    void applied(Module module, List<Tensor> inputs, List<Tensor> outputs);
  }

  protected Module(Context context) {
    this.context = context;
  }

  public final Context context() {
    return context;
  }

  /**
   * Adds a parameter. It is freed with the module.
   *
   * @param initial its values; taken over
   */
  protected final Tensor parameter(String name, Tensor initial) {
    requireFree(name);
    initial.persist().requireGrad().named(name);
    parameters.put(name, initial);
    return initial;
  }

  /** Adds numbers that belong to the state of the module but are not trained; taken over. */
  protected final Tensor buffer(String name, Tensor initial) {
    requireFree(name);
    buffers.put(name, initial.persist().named(name));
    return initial;
  }

  /** Adds a child. */
  protected final <M extends Module> M child(String name, M module) {
    requireFree(name);
    children.put(name, module);
    ((Module) module).name = name;
    module.train(isTraining);
    return module;
  }

  private void requireFree(String name) {
    if (name.isEmpty() || name.contains(".")) {
      throw new KilnException("a name must not be empty nor hold a dot: '" + name + "'");
    }
    if (parameters.containsKey(name) || buffers.containsKey(name) || children.containsKey(name)) {
      throw new KilnException("there are two of the name '" + name + "' in " + this);
    }
  }

  /** The parameters of this module and its children by their full names, in a fixed order. */
  public final Map<String, Tensor> parameters() {
    var all = new LinkedHashMap<String, Tensor>();
    visit("", (prefix, module) -> collect(prefix, module.parameters, all));
    return all;
  }

  /** The buffers of this module and its children by their full names, in a fixed order. */
  public final Map<String, Tensor> buffers() {
    var all = new LinkedHashMap<String, Tensor>();
    visit("", (prefix, module) -> collect(prefix, module.buffers, all));
    return all;
  }

  /** All that a checkpoint keeps of a model: parameters, then buffers. */
  public final Map<String, Tensor> state() {
    var all = parameters();
    all.putAll(buffers());
    return all;
  }

  private static void collect(String prefix, Map<String, Tensor> own, Map<String, Tensor> all) {
    own.forEach((name, tensor) -> all.put(prefix + name, tensor));
  }

  /** Sees a module and where it stands. */
  @FunctionalInterface
  public interface Visitor {
    /**
     * @param prefix empty, or the full name of the module and a dot
     */
    void visit(String prefix, Module module);
  }

  /** Visits this module and all below it, from the outside in. */
  public final void visit(String prefix, Visitor visitor) {
    visitor.visit(prefix, this);
    children.forEach((name, child) -> child.visit(prefix + name + ".", visitor));
  }

  /** The name that the module around knows this by; empty if there is none. */
  final String name() {
    return name;
  }

  /** Parameters of this module alone. */
  final Collection<Tensor> ownParameters() {
    return parameters.values();
  }

  /** The children in the order in which they were added. */
  public final Map<String, Module> children() {
    return java.util.Collections.unmodifiableMap(children);
  }

  /** Whether the module trains: dropout drops, norms of batches measure them. */
  public final boolean isTraining() {
    return isTraining;
  }

  /** Switches this module and all below it to training, or to evaluation. */
  public Module train(boolean training) {
    visit("", (prefix, module) -> module.isTraining = training);
    return this;
  }

  /** Of this module alone. */
  void setTraining(boolean training) {
    isTraining = training;
  }

  /** {@code train(false)}. */
  public final Module evaluate() {
    return train(false);
  }

  /** Stops the gradients of all parameters: they cost nothing any more and do not change. */
  public final Module freeze() {
    parameters().values().forEach(parameter -> parameter.requireGrad(false));
    return this;
  }

  /** Undoes {@link #freeze}. */
  public final Module unfreeze() {
    parameters().values().forEach(parameter -> parameter.requireGrad(true));
    return this;
  }

  /** Forgets the gradients of all parameters. */
  public final void zeroGrad() {
    parameters().values().forEach(Tensor::zeroGrad);
  }

  /** Number of trained numbers, frozen ones included. */
  public final long parameterCount() {
    return parameters().values().stream().mapToLong(Tensor::size).sum();
  }

  /**
   * Overwrites parameters and buffers by name.
   *
   * @throws KilnException if a name is missing or unknown, or a shape differs; nothing is changed
   *     then
   */
  public final void load(Map<String, Tensor> state) {
    Map<String, Tensor> own = state();
    List<String> missing = own.keySet().stream().filter(n -> !state.containsKey(n)).toList();
    List<String> unknown = state.keySet().stream().filter(n -> !own.containsKey(n)).toList();
    if (!missing.isEmpty() || !unknown.isEmpty()) {
      throw new KilnException(
          "load: the names do not fit the model: missing %s, unknown %s"
              .formatted(missing, unknown));
    }
    copy(state, own);
  }

  /**
   * Overwrites those parameters and buffers that a state has, such as all but a new head; the
   * others stay as they are.
   *
   * @return the names of those that stayed
   * @throws KilnException if a name of the state is unknown, or a shape differs; nothing is changed
   *     then
   */
  public final List<String> loadPart(Map<String, Tensor> state) {
    Map<String, Tensor> own = state();
    List<String> unknown = state.keySet().stream().filter(n -> !own.containsKey(n)).toList();
    if (!unknown.isEmpty()) {
      throw new KilnException("loadPart: the model has no %s".formatted(unknown));
    }
    copy(state, own);
    return own.keySet().stream().filter(n -> !state.containsKey(n)).toList();
  }

  private void copy(Map<String, Tensor> state, Map<String, Tensor> own) {
    state.forEach(
        (name, tensor) -> {
          if (!Arrays.equals(tensor.shape(), own.get(name).shape())) {
            throw new KilnException(
                "load: %s must have the shape %s, but is %s"
                    .formatted(name, Arrays.toString(own.get(name).shape()), tensor));
          }
        });
    try (var _ = context.noGrad()) {
      state.forEach((name, tensor) -> own.get(name).copyFrom(tensor));
    }
  }

  /**
   * Converts all parameters and buffers in place. Parameters take the dtype; buffers, which hold
   * statistics, stay as wide as kernels compute: fp64 beside fp64, else fp32. Those of integers
   * stay what they are. Gradients are forgotten.
   *
   * @param dtype fp64, fp32, fp16 or bf16
   */
  public final Module to(DType dtype) {
    parameters().values().forEach(parameter -> parameter.convertInPlace(dtype));
    DType statistics = dtype == DType.FP64 ? DType.FP64 : DType.FP32;
    buffers().values().stream()
        .filter(buffer -> buffer.dtype().isFloat())
        .forEach(buffer -> buffer.convertInPlace(statistics));
    return this;
  }

  /** Shows inputs and outputs of this module to a listener until the result is closed. */
  public final Mode listen(Listener listener) {
    return listeners.add(listener);
  }

  /**
   * Tells listeners of a forward pass. Layers do it by themselves; other modules call it when one
   * is done, so that summaries see them.
   */
  protected final void applied(List<Tensor> inputs, List<Tensor> outputs) {
    for (Listener listener : listeners.now()) {
      listener.applied(this, inputs, outputs);
    }
  }

  /** Runs a forward pass in a frame: its intermediate tensors go when it ends. */
  protected final Tensor frame(Supplier<Tensor> body) {
    return context.frame(body);
  }

  @Override
  public void close() {
    children.values().forEach(Module::close);
    parameters.values().forEach(Tensor::close);
    buffers.values().forEach(Tensor::close);
  }

  @Override
  public String toString() {
    return getClass().getSimpleName();
  }
}
