package dev.kiln.kernels.optimizer;

import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import java.util.ArrayList;
import java.util.List;

/**
 * Moves many arrays towards others, {@code w += rate (x - w)}: averages of weights, soft updates of
 * target networks. One launch for each group of dtypes. Not thread-safe.
 */
public final class Averaging implements AutoCloseable {
  private static final String NAME = "Averaging";

  private final List<ParameterTable> tables = new ArrayList<>();
  private final List<KernelCall> calls = new ArrayList<>();

  /**
   * @param parameters the averages as weights, and what goes into them in the place of gradients;
   *     without copies for a model
   */
  public Averaging(Device device, List<Parameter> parameters) {
    Parameter.check(NAME, device, parameters);
    for (List<Integer> group : ParameterTable.groups(parameters)) {
      List<Parameter> members = group.stream().map(parameters::get).toList();
      tables.add(new ParameterTable(members, ParameterTable.block(device, members)).build(device));
      calls.add(new KernelCall("optimizer.py", "average_kernel", device));
    }
  }

  /**
   * Moves the averages.
   *
   * @param rate 0 to 1; at 1 they become what they move to, bit by bit if dtypes are the same
   * @throws dev.kiln.runtime.KilnException if the rate is outside its range
   */
  public void run(double rate) {
    if (!(rate >= 0 && rate <= 1)) {
      throw Check.fault(NAME, "rate", "must be from 0 to 1, but is " + rate);
    }
    for (int i = 0; i < tables.size(); i++) {
      ParameterTable table = tables.get(i);
      Parameter sample = table.sample();
      table
          .start(calls.get(i))
          .number(sample.compute(), rate)
          .constant(sample.weights().dtype())
          .constant(sample.grads().dtype())
          .constant(sample.compute())
          .constant(table.block())
          .constant(table.alignment())
          .over(table.programs());
    }
  }

  /** Frees the tables. */
  @Override
  public void close() {
    tables.forEach(ParameterTable::close);
  }
}
