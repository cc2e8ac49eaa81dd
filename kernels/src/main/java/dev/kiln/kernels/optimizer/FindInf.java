package dev.kiln.kernels.optimizer;

import dev.kiln.kernels.launch.Check;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.List;

/** Looks for infinities and NaN in gradients, before a step. Not thread-safe. */
public final class FindInf implements AutoCloseable {
  private static final String NAME = "FindInf";

  private final GradientLaunches launches;

  public FindInf(Device device, List<Parameter> parameters) {
    launches = new GradientLaunches(NAME, "find_inf_kernel", device, parameters);
  }

  /**
   * Sets {@code foundInf} to 1 if a gradient is not finite, and leaves it alone otherwise, so that
   * several lists can be looked through.
   *
   * @param foundInf one fp32 number
   * @throws dev.kiln.runtime.KilnException if it is not
   */
  public void run(NdArray foundInf) {
    Check.single(NAME, "foundInf", foundInf);
    Check.fp32(NAME, "foundInf", foundInf);
    for (int i = 0; i < launches.count(); i++) {
      launches.start(i).array(foundInf);
      launches.run(i);
    }
  }

  /** Frees the tables. */
  @Override
  public void close() {
    launches.close();
  }
}
