package dev.kiln.cli;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.eval.Launch;
import dev.kiln.compiler.eval.Launch.Trace;
import dev.kiln.compiler.eval.ProgramId;
import dev.kiln.compiler.eval.TracePrinter;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.eval.EvalDevice;
import dev.kiln.runtime.memory.Slab;
import java.io.PrintStream;

/** The device of one {@code kiln run}. */
final class RunDevice {
  private RunDevice() {}

  /**
   * Opens a device other than the simulator.
   *
   * @param target for which the evaluator takes kernels
   * @param sanitize whether launches stop at faults; they then run in the evaluator
   * @param trace which values to print, or {@code null}
   */
  static Device open(String name, Target target, boolean sanitize, Trace trace) {
    if (!name.equals("cpu") && !name.equals("eval")) {
      if (sanitize) {
        throw new UsageException(
            "--sanitize needs --device sim, which runs the same PTX, or cpu or eval");
      }
      return Devices.byName(name);
    }
    if (name.equals("cpu") && !sanitize) {
      return Devices.cpu();
    }
    if (trace != null && sanitize) {
      throw new UsageException("--trace and --sanitize exclude each other");
    }
    return new EvalDevice(
        Slab.ofDefaultSize(),
        launch -> {
          Launch configured = sanitize ? launch.sanitized() : launch;
          return trace == null ? configured : configured.traced(trace);
        },
        target);
  }

  static Trace trace(int line, ProgramId program, PrintStream out) {
    return new Trace(line, program, new TracePrinter(out));
  }
}
