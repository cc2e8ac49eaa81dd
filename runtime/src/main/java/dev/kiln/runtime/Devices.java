package dev.kiln.runtime;

import dev.kiln.compiler.eval.Launch;
import dev.kiln.runtime.cpu.CpuDevice;
import dev.kiln.runtime.cuda.CudaDevice;
import dev.kiln.runtime.cuda.OpenDevices;
import dev.kiln.runtime.eval.EvalDevice;
import dev.kiln.runtime.memory.Slab;
import dev.kiln.runtime.shape.ShapeDevice;
import dev.kiln.runtime.sim.SimDevice;
import java.util.List;

/**
 * The devices of this process. They are made when first asked for and live as long as the process.
 */
public final class Devices {
  private Devices() {}

  private static final class Cpu {
    static final Device DEVICE = CpuDevice.ofMachine();
  }

  private static final class Eval {
    static final Device DEVICE = new EvalDevice();
  }

  private static final class Sim {
    static final Device DEVICE = new SimDevice();
  }

  /** The CPU: all cores, the widest vectors. */
  public static Device cpu() {
    return Cpu.DEVICE;
  }

  /** The evaluator. */
  public static Device eval() {
    return Eval.DEVICE;
  }

  /** A simulated GPU of the standard options. */
  public static Device sim() {
    return Sim.DEVICE;
  }

  /**
   * The first GPU, as {@code CUDA_VISIBLE_DEVICES} numbers them.
   *
   * @throws KilnException if there is no driver or no GPU; the message says what to do
   */
  public static CudaDevice cuda() {
    return cuda(0);
  }

  /**
   * A GPU by its number. If the device was closed, it is opened anew.
   *
   * @throws KilnException if there is no driver or no such GPU; the message says what to do
   */
  public static CudaDevice cuda(int ordinal) {
    return OpenDevices.shared(ordinal);
  }

  /**
   * A new device whose launches stop at addresses out of range and at uses of undefined values,
   * with kernel, source line and program. It runs in the evaluator.
   */
  public static Device sanitizing() {
    return new EvalDevice(Slab.ofDefaultSize(), Launch::sanitized);
  }

  /**
   * A new device that keeps and computes no numbers, for building and counting models of any size.
   */
  public static Device shapes() {
    return new ShapeDevice();
  }

  /** The names that {@link #byName} knows; further GPUs are {@code cuda:1}, {@code cuda:2}. */
  public static List<String> names() {
    return List.of("cpu", "eval", "sim", "cuda");
  }

  /**
   * A device by its name.
   *
   * @throws KilnException if there is no such device, or this machine lacks what it needs
   */
  public static Device byName(String name) {
    return switch (name) {
      case "cpu" -> cpu();
      case "eval" -> eval();
      case "sim" -> sim();
      case "cuda" -> cuda();
      default -> {
        if (name.matches("cuda:\\d{1,4}")) {
          yield cuda(Integer.parseInt(name.substring("cuda:".length())));
        }
        throw new KilnException(
            "there is no device '" + name + "'; there are " + String.join(", ", names()));
      }
    };
  }
}
