package dev.kiln.kernels.optimizer;

import dev.kiln.runtime.Device;
import java.util.ArrayList;
import java.util.List;

/** An optimizer that updates each weight by itself: one launch for each group of dtypes. */
public abstract sealed class ElementwiseOptimizer extends Optimizer
    permits Sgd, Adagrad, RmsProp, Adam, EightBitAdam, Lion, Rprop {
  private final String file;
  private final String kernel;
  private final Launches launches;

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
    this.file = file;
    this.kernel = kernel;
    launches = launches(all());
  }

  @Override
  final Launches launches(List<Integer> indices) {
    List<GroupLaunch> made = new ArrayList<>();
    for (List<Integer> group : groups(indices)) {
      ParameterTable table = table(group, block(ParameterTable.block(device(), members(group))));
      made.add(new GroupLaunch(call(file, kernel), table.build(device())));
    }
    return new GroupLaunches(made);
  }

  /** Elements of a program, where blocks of that size would do for other rules. */
  int block(int usual) {
    return usual;
  }

  @Override
  final void update(double lr, long step, GradientScaling scaling) {
    launches.update(lr, step, scaling);
  }

  /** A launch for each group of dtypes. */
  private final class GroupLaunches implements Launches {
    private final List<GroupLaunch> launches;

    GroupLaunches(List<GroupLaunch> launches) {
      this.launches = launches;
    }

    @Override
    public void update(double lr, long step, GradientScaling scaling) {
      for (int i = 0; i < launches.size(); i++) {
        GroupLaunch launch = launches.get(i);
        launch.start(scaling);
        numbers(launch, lr, step);
        launch.dtypes();
        constants(launch);
        launch.run();
      }
    }

    @Override
    public void close() {
      launches.forEach(GroupLaunch::close);
    }
  }

  /** Passes the rule's numbers, computed in double precision. */
  abstract void numbers(GroupLaunch launch, double lr, long step);

  /** Passes the rule's compile-time constants. */
  void constants(GroupLaunch launch) {}

  @Override
  public void close() {
    launches.close();
    super.close();
  }
}
