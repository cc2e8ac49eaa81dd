package dev.kiln.kernels.optimizer;

import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Updates a list of parameters, all of those with the same dtypes in one launch. Unscaling,
 * clipping, skipped steps, weight decay and the model's copies of the weights are part of it: see
 * {@link GradientScaling} and {@link Parameter}.
 *
 * <p>The parameters' arrays must live as long as the optimizer. It owns its state, which {@link
 * #state} gives to checkpoints. A step allocates no device memory and does not wait for the device.
 * Not thread-safe.
 */
public abstract sealed class Optimizer implements AutoCloseable permits ElementwiseOptimizer, Muon {
  private final String name;
  private final Device device;
  private final List<Parameter> parameters;
  private final List<State> states;
  private final List<List<NdArray>> arrays = new ArrayList<>();

  /**
   * @param name of the operation, in messages
   */
  Optimizer(String name, Device device, List<Parameter> parameters, List<State> states) {
    Parameter.check(name, device, parameters);
    this.name = name;
    this.device = device;
    this.parameters = List.copyOf(parameters);
    this.states = List.copyOf(states);
    for (Parameter parameter : parameters) {
      arrays.add(states.stream().map(state -> state.allocate(device, parameter)).toList());
    }
  }

  /** The parameters in the order in which they were given. */
  public final List<Parameter> parameters() {
    return parameters;
  }

  /** What the optimizer keeps for each parameter, for example {@code mean}. */
  public final List<String> stateNames() {
    return states.stream().map(State::name).toList();
  }

  /**
   * What is kept of a parameter, to be read or, between steps, written.
   *
   * @param state one of {@link #stateNames}
   * @throws dev.kiln.runtime.KilnException if there is no such state
   */
  public final NdArray state(int parameter, String state) {
    int index = stateNames().indexOf(state);
    if (index < 0) {
      throw Check.fault(name, "state", "must be one of " + stateNames() + ", but is " + state);
    }
    return arrays.get(parameter).get(index);
  }

  /** A step with the gradients as they are. */
  public final void step(double lr, long step) {
    step(lr, step, GradientScaling.NONE);
  }

  /**
   * A step: updates weights, models and state in place.
   *
   * @param lr learning rate
   * @param step number of this step, from 1; steps that are skipped do not count
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public final void step(double lr, long step, GradientScaling scaling) {
    check(lr, step);
    update(lr, step, scaling);
  }

  private void check(double lr, long step) {
    if (step < 1) {
      throw Check.fault(name, "step", "must be at least 1, but is " + step);
    }
    if (!Double.isFinite(lr)) {
      throw Check.fault(name, "lr", "must be finite, but is " + lr);
    }
  }

  abstract void update(double lr, long step, GradientScaling scaling);

  /** The launches that update some of the parameters. */
  interface Launches extends AutoCloseable {
    void update(double lr, long step, GradientScaling scaling);

    @Override
    void close();
  }

  abstract Launches launches(List<Integer> indices);

  /**
   * Steps of some of the parameters only: where others have no gradient, or are further on. They
   * use the state of the optimizer, and are freed apart from it.
   */
  public final class Selection implements AutoCloseable {
    private final Launches launches;

    private Selection(Launches launches) {
      this.launches = launches;
    }

    /** As {@link Optimizer#step(double, long, GradientScaling)}. */
    public void step(double lr, long step, GradientScaling scaling) {
      check(lr, step);
      launches.update(lr, step, scaling);
    }

    @Override
    public void close() {
      launches.close();
    }
  }

  /**
   * Some of the parameters.
   *
   * @param indices in the list of {@link #parameters}
   */
  public final Selection select(List<Integer> indices) {
    return new Selection(launches(List.copyOf(indices)));
  }

  /** Indices by dtypes, among some parameters: each list is for one launch. */
  final List<List<Integer>> groups(List<Integer> indices) {
    return ParameterTable.groups(members(indices)).stream()
        .map(group -> group.stream().map(indices::get).toList())
        .toList();
  }

  final List<Integer> all() {
    return IntStream.range(0, parameters.size()).boxed().toList();
  }

  final Device device() {
    return device;
  }

  /** A table of some of the parameters, with the addresses of their state. */
  final ParameterTable table(List<Integer> indices, int block) {
    var table = new ParameterTable(indices.stream().map(parameters::get).toList(), block);
    for (int i = 0; i < indices.size(); i++) {
      for (int s = 0; s < states.size(); s++) {
        table.address(i, states.get(s).column(), arrays.get(indices.get(i)).get(s));
      }
    }
    return table;
  }

  final List<Parameter> members(List<Integer> indices) {
    return indices.stream().map(parameters::get).toList();
  }

  final KernelCall call(String file, String kernel) {
    return new KernelCall(file, kernel, device);
  }

  /** Frees state and tables; the parameters stay. */
  @Override
  public void close() {
    arrays.forEach(list -> list.forEach(NdArray::close));
  }
}
