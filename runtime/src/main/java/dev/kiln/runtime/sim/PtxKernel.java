package dev.kiln.runtime.sim;

import dev.kiln.runtime.LaunchException;
import dev.kiln.runtime.sim.exec.Code;
import dev.kiln.runtime.sim.exec.LaunchShape;
import dev.kiln.runtime.sim.program.Program;
import dev.kiln.runtime.sim.program.Program.Parameter;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** An entry of a module on a simulated device. May be launched any number of times. */
public final class PtxKernel {
  private final SimDevice device;
  private final SimModule module;
  private final Code code;
  private final int capability;

  PtxKernel(SimDevice device, SimModule module, Code code, int capability) {
    this.device = device;
    this.module = module;
    this.code = code;
    this.capability = capability;
  }

  public String name() {
    return program().name();
  }

  /** What it takes. */
  public List<Parameter> parameters() {
    return program().parameters();
  }

  /** The steps that run. */
  public Program program() {
    return code.program();
  }

  /**
   * Runs a launch to its end.
   *
   * @param arguments one for each parameter: a {@link dev.kiln.runtime.Buffer} or {@link
   *     dev.kiln.runtime.NdArray} for its address, an integer, a {@code Float} for .f32, a {@code
   *     Double} for .f64, a {@code Boolean}; a {@link TensorMap}, {@link MemorySegment} or {@code
   *     byte[]} of just the size of a parameter passed by value
   * @throws LaunchException if the shape or an argument is not possible
   * @throws SimFault if the launch stopped
   */
  public SimReport launch(SimLaunch launch, Object... arguments) {
    return run(launch, ParameterBlock.of(device, program(), arguments));
  }

  /**
   * Runs a launch to its end.
   *
   * @param parameters the bytes of the parameters, each where {@link Parameter#offset} says
   * @throws LaunchException if the shape or the number of bytes is not possible
   * @throws SimFault if the launch stopped
   */
  public SimReport launchRaw(SimLaunch launch, MemorySegment parameters) {
    if (parameters.byteSize() != program().parameterBytes()) {
      throw new LaunchException(
          name(),
          "takes %,d bytes of parameters, not %,d"
              .formatted(program().parameterBytes(), parameters.byteSize()));
    }
    return run(launch, parameters);
  }

  private SimReport run(SimLaunch launch, MemorySegment parameters) {
    module.requireOpen();
    LaunchShape shape = new LaunchRules(program(), capability).check(launch);
    return device.run(code, shape, parameters);
  }
}
