package dev.kiln.kernels.optimizer;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.List;

/** The launches of {@link Muon} for parameters of one shape and the same dtypes. */
final class MuonBatch implements AutoCloseable {
  private static final String FILE = "muon.py";

  /** What keeps the division by the norm from 0. */
  private static final double EPS = 1e-7;

  private static final int MOST_SUMS = 1024;

  private final Muon.Options options;
  private final ParameterTable table;
  private final DType dtype;
  private final NewtonSchulz newtonSchulz;
  private final GroupLaunch momentum;
  private final GroupLaunch update;
  private final KernelCall norm;
  private final KernelCall scale;
  private final NdArray sums;
  private final NdArray factors;
  private final int sumsAtATime;

  /**
   * @param table with the addresses of the state, not built yet
   */
  MuonBatch(Device device, List<Parameter> members, ParameterTable table, Muon.Options options) {
    this.options = options;
    this.table = table;
    Parameter sample = members.getFirst();
    DType compute = sample.compute();
    dtype = compute == DType.FP64 ? DType.FP64 : options.products();
    long rows = sample.weights().dim(0);
    long columns = sample.weights().size() / rows;
    newtonSchulz = new NewtonSchulz(device, dtype, members.size(), rows, columns);
    double updateScale = Math.sqrt(Math.max(1, (double) rows / columns));
    for (int i = 0; i < members.size(); i++) {
      table.address(i, ParameterTable.STATE_B, newtonSchulz.input(i));
      table.address(i, ParameterTable.STATE_C, newtonSchulz.output(i));
      table.factor(i, ParameterTable.UPDATE_SCALE, updateScale);
    }
    table.build(device);
    momentum = new GroupLaunch(new KernelCall(FILE, "muon_momentum_kernel", device), table);
    update = new GroupLaunch(new KernelCall(FILE, "muon_update_kernel", device), table);
    norm = new KernelCall(FILE, "muon_norm_kernel", device);
    scale = new KernelCall(FILE, "muon_scale_kernel", device);
    sums = NdArray.zeros(device, compute, table.programs());
    factors = NdArray.zeros(device, compute, members.size());
    sumsAtATime = BlockSizes.around(table.programs() / members.size(), 16, MOST_SUMS);
  }

  void update(double lr, GradientScaling scaling) {
    DType compute = momentum.compute();
    momentum
        .start(scaling)
        .number(options.momentum())
        .number(1 - options.momentum())
        .array(sums)
        .dtypes()
        .constant(dtype)
        .constant(options.nesterov())
        .run();
    table.startWithoutMap(norm).array(sums).array(factors).number(compute, EPS);
    norm.constant(compute).constant(table.block()).constant(sumsAtATime).over(table.members());
    table.start(scale).array(factors).constant(compute).constant(table.block());
    scale.constant(table.alignment()).constant(dtype).over(table.programs());
    newtonSchulz.run();
    update
        .startWithFlag(scaling)
        .number(lr * NewtonSchulz.SCALE)
        .number(lr * options.weightDecay())
        .dtypes()
        .constant(dtype)
        .run();
  }

  @Override
  public void close() {
    table.close();
    newtonSchulz.close();
    sums.close();
    factors.close();
  }
}
