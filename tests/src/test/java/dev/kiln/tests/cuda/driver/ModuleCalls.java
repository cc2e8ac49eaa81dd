package dev.kiln.tests.cuda.driver;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;
import static dev.kiln.tests.cuda.driver.DeviceCalls.require;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.DeviceMemoryException;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.sim.PtxKernel;
import dev.kiln.runtime.sim.PtxModule;
import dev.kiln.runtime.sim.ptx.PtxDiagnostic;
import dev.kiln.runtime.sim.ptx.PtxException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Modules: PTX is parsed and checked as the driver's compiler does. */
final class ModuleCalls {
  private static final Pattern TARGET = Pattern.compile("sm_(\\d+)([a-z]?)");
  private static final int ELF = 0x464c457f;
  private static final int FAT_BINARY = 0xba55ed50;

  private final SimulatedDriver driver;

  ModuleCalls(SimulatedDriver driver) {
    this.driver = driver;
  }

  void addTo(FunctionTable table) {
    table.inContext("cuModuleLoadDataEx", this::load);
    table.inContext(
        "cuModuleUnload",
        (c, v) -> {
          LoadedModule module = driver.handles().remove(v.at(0), LoadedModule.class);
          module
              .functions()
              .values()
              .forEach(f -> driver.handles().remove(f, LoadedFunction.class));
          module.variables().values().forEach(driver.memory()::forget);
          module.module().close();
        });
    table.inContext("cuModuleGetFunction", this::function);
    table.inContext("cuModuleGetGlobal_v2", this::variable);
  }

  private void load(DriverContext context, CallValues values) {
    driver.requireNoCapture(context, "cuModuleLoadDataEx");
    values.requirePointer(0);
    JitLog log = new JitLog(values);
    PtxModule module;
    try {
      module = parse(context, image(values.at(1)));
    } catch (PtxException e) {
      log.error(e.getMessage());
      throw new DriverError(CUDA_ERROR_INVALID_PTX(), e.getMessage());
    } catch (DriverError e) {
      log.error(e.getMessage());
      throw e;
    }
    try {
      LoadedModule loaded = new LoadedModule(context, context.gpu().device().load(module));
      values.put(0, driver.handles().add(loaded));
    } catch (DeviceMemoryException e) {
      throw new DriverError(CUDA_ERROR_OUT_OF_MEMORY(), e.getMessage());
    }
    log.finish();
  }

  private static String image(long address) {
    MemorySegment start = CallValues.memory(address, Integer.BYTES);
    int magic = start.get(java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED, 0);
    if (magic == ELF || magic == FAT_BINARY || start.get(JAVA_BYTE, 0) == 0) {
      throw new DriverError(CUDA_ERROR_INVALID_IMAGE(), "the stand-in loads PTX only");
    }
    return CallValues.text(address);
  }

  private PtxModule parse(DriverContext context, String text) {
    PtxModule module = PtxModule.parse("module.ptx", text);
    List<PtxDiagnostic> unsupported = module.unsupported();
    if (!unsupported.isEmpty()) {
      throw new DriverError(CUDA_ERROR_INVALID_PTX(), unsupported.toString());
    }
    String version = module.file().version();
    if (Math.round(10 * Double.parseDouble(version)) > driver.settings().ptxVersion()) {
      throw new DriverError(
          CUDA_ERROR_UNSUPPORTED_PTX_VERSION(), "Unsupported .version " + version);
    }
    for (String target : module.file().targets()) {
      Matcher matcher = TARGET.matcher(target);
      if (matcher.matches() && !runs(context.gpu(), matcher)) {
        throw new DriverError(
            CUDA_ERROR_NO_BINARY_FOR_GPU(), "PTX for " + target + " on " + context.gpu().name());
      }
    }
    return module;
  }

  /** Later GPUs run PTX of earlier ones, but for that which is bound to one by a letter. */
  private static boolean runs(SimulatedGpu gpu, Matcher target) {
    int number = Integer.parseInt(target.group(1));
    return target.group(2).isEmpty() ? number <= gpu.capability() : number == gpu.capability();
  }

  private void function(DriverContext context, CallValues values) {
    LoadedModule module = driver.handles().get(values.at(1), LoadedModule.class);
    String name = values.text(2);
    values.requirePointer(0);
    Long known = module.functions().get(name);
    if (known == null) {
      if (!module.module().module().entries().contains(name)) {
        throw new DriverError(CUDA_ERROR_NOT_FOUND(), "no function " + name);
      }
      PtxKernel kernel = module.module().kernel(name);
      known = driver.handles().add(new LoadedFunction(module, kernel));
      module.functions().put(name, known);
    }
    values.put(0, known);
  }

  private void variable(DriverContext context, CallValues values) {
    LoadedModule module = driver.handles().get(values.at(2), LoadedModule.class);
    String name = values.text(3);
    require(values.at(0) != 0 || values.at(1) != 0, "nowhere to write to");
    Allocation found = module.variables().computeIfAbsent(name, n -> add(context, module, n));
    if (values.at(0) != 0) {
      values.put(0, found.address());
    }
    if (values.at(1) != 0) {
      values.put(1, found.bytes());
    }
  }

  private Allocation add(DriverContext context, LoadedModule module, String name) {
    try {
      Buffer buffer = module.module().variable(name);
      return driver.memory().add(context, Allocation.Kind.VARIABLE, buffer, buffer.size());
    } catch (KilnException e) {
      throw new DriverError(CUDA_ERROR_NOT_FOUND(), e.getMessage());
    }
  }
}
