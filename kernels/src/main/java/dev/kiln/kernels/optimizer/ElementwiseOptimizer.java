package dev.kiln.kernels.optimizer;

import dev.kiln.runtime.Device;
import java.util.ArrayList;
import java.util.List;

/** An optimizer that updates each weight by itself: one launch for each group of dtypes. */
public abstract sealed class ElementwiseOptimizer extends Optimizer
    permits Sgd, Adagrad, RmsProp, Adam, EightBitAdam, Lion, Rprop {
  private final List<GroupLaunch> launches = new ArrayList<>();

  /**
   * @param kernel of {@code file}, with the parameters that {@link GroupLaunch} tells
   */
  ElementwiseOptimizer(
      String name,
      String file,
      String kernel,
      Device device,
      List<Parameter> parameters,
      List<State> states) {
    super(name, device, parameters, states);
    for (List<Integer> group : ParameterTable.groups(parameters)) {
      ParameterTable table = table(group, block(ParameterTable.block(device, members(group))));
      launches.add(new GroupLaunch(call(file, kernel), table.build(device)));
    }
  }

  /** Elements of a program, where blocks of that size would do for other rules. */
  int block(int usual) {
    return usual;
  }

  @Override
  final void update(double lr, long step, GradientScaling scaling) {
    for (int i = 0; i < launches.size(); i++) {
      GroupLaunch launch = launches.get(i);
      launch.start(scaling);
      numbers(launch, lr, step);
      launch.dtypes();
      constants(launch);
      launch.run();
    }
  }

  /** Passes the rule's numbers, computed in double precision. */
  abstract void numbers(GroupLaunch launch, double lr, long step);

  /** Passes the rule's compile-time constants. */
  void constants(GroupLaunch launch) {}

  @Override
  public void close() {
    launches.forEach(GroupLaunch::close);
    super.close();
  }
}
