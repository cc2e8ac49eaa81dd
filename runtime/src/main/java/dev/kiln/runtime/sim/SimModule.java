package dev.kiln.runtime.sim;

import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.sim.exec.Code;
import dev.kiln.runtime.sim.memory.AddressSpace;
import dev.kiln.runtime.sim.memory.Region;
import dev.kiln.runtime.sim.memory.SimMemory;
import dev.kiln.runtime.sim.monitor.Sanitizer;
import dev.kiln.runtime.sim.ptx.Variable;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A module on a simulated device: its variables have memory, its entries can be launched.
 * Thread-safe.
 */
public final class SimModule implements AutoCloseable {
  private static final Pattern TARGET = Pattern.compile("sm_(\\d{1,4})[a-z]?");

  private final SimDevice device;
  private final PtxModule module;
  private final AddressSpace space;
  private final Map<Variable, Region> variables = new LinkedHashMap<>();
  private final Map<String, PtxKernel> kernels = new HashMap<>();
  private volatile boolean closed;

  SimModule(SimDevice device, PtxModule module, SimMemory memory) {
    this.device = device;
    this.module = module;
    this.space = memory.space();
    try {
      module.variables().forEach(variable -> variables.put(variable, allocate(variable, memory)));
      variables.forEach(this::fill);
    } catch (KilnException e) {
      close();
      throw e;
    }
  }

  private static Region allocate(Variable variable, SimMemory memory) {
    return memory.variable(
        variable.name(), variable.space(), variable.size(), variable.alignment());
  }

  private void fill(Variable variable, Region region) {
    byte[] bytes = module.initialBytes(variable, this::address);
    MemorySegment.copy(
        MemorySegment.ofArray(bytes), 0, region.bytes(), 0, Math.min(region.size(), bytes.length));
  }

  private long address(Variable variable) {
    return variables.get(variable).start();
  }

  /** The text and what is known about it. */
  public PtxModule module() {
    return module;
  }

  /**
   * An entry.
   *
   * @throws KilnException if there is none of that name
   * @throws dev.kiln.runtime.sim.ptx.PtxException if it uses what the simulator does not know
   */
  public synchronized PtxKernel kernel(String entry) {
    requireOpen();
    PtxKernel known = kernels.get(entry);
    if (known != null) {
      return known;
    }
    if (!module.entries().contains(entry)) {
      throw new KilnException(
          "there is no entry '%s' in %s; there are %s"
              .formatted(entry, module.file().name(), String.join(", ", module.entries())));
    }
    SimOptions options = device.options();
    boolean guarded = options.sanitizers().contains(Sanitizer.MEMORY);
    Code code = new Code(module.program(entry, this::address, options.stackBytes(), guarded));
    PtxKernel kernel = new PtxKernel(device, this, code, capability());
    kernels.put(entry, kernel);
    return kernel;
  }

  /** The number in {@code .target sm_80}; the device's where there is none. */
  private int capability() {
    for (String target : module.file().targets()) {
      Matcher matcher = TARGET.matcher(target);
      if (matcher.matches()) {
        return Integer.parseInt(matcher.group(1));
      }
    }
    Matcher own = TARGET.matcher(device.target().label());
    return own.matches() ? Integer.parseInt(own.group(1)) : 0;
  }

  /**
   * The memory of a global variable, as the driver's cuModuleGetGlobal gives it; closing it does
   * nothing. Constant variables can be read and written by the host too, but have no address that a
   * kernel could use as a pointer to global memory.
   *
   * @throws KilnException if there is none of that name
   */
  public Buffer variable(String name) {
    requireOpen();
    return variables.entrySet().stream()
        .filter(entry -> entry.getKey().name().equals(name))
        .findFirst()
        .map(
            entry ->
                new SimBuffer(device, space, entry.getValue()).slice(0, entry.getValue().size()))
        .orElseThrow(
            () ->
                new KilnException(
                    "there is no variable '%s' in %s".formatted(name, module.file().name())));
  }

  void requireOpen() {
    if (closed) {
      throw new KilnException("the module " + module.file().name() + " is closed");
    }
    device.requireOpen();
  }

  /** Gives the memory of the variables back. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      device.synchronize();
      variables.forEach((variable, region) -> space.free(region, "the module, which was closed"));
    }
  }
}
