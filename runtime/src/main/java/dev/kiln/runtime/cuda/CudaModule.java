package dev.kiln.runtime.cuda;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;

import dev.kiln.runtime.KilnException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Code on a device: PTX, which the driver compiles, or a binary for its architecture, from any
 * compiler. Its functions and variables live as long as it does.
 */
public final class CudaModule implements AutoCloseable {
  private static final int LOG_BYTES = 16 << 10;
  private static final Pattern VERSION = Pattern.compile("(?m)^\\s*\\.version\\s+(\\d+\\.\\d+)");
  private static final Pattern TARGET = Pattern.compile("(?m)^\\s*\\.target\\s+(\\w+)");

  private final CudaDevice device;
  private final String name;
  private final MemorySegment handle;
  private final String log;
  private final Map<String, CudaFunction> functions = new HashMap<>();
  private boolean closed;

  private CudaModule(CudaDevice device, String name, MemorySegment handle, String log) {
    this.device = device;
    this.name = name;
    this.handle = handle;
    this.log = log;
    device.memory().ledger().modules(1);
    device.owned().add(this);
  }

  /**
   * Loads PTX.
   *
   * @param name what messages call it
   * @throws KilnException if the driver's compiler refuses it, with its log
   */
  static CudaModule load(CudaDevice device, String name, String ptx) {
    try (Arena arena = Arena.ofConfined()) {
      return load(device, name, arena.allocateFrom(ptx), ptx);
    }
  }

  /** Loads a binary, a fat binary, or PTX as bytes. */
  static CudaModule load(CudaDevice device, String name, byte[] image) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment copy = arena.allocate(image.length + 1L, Long.BYTES);
      MemorySegment.copy(MemorySegment.ofArray(image), 0, copy, 0, image.length);
      return load(device, name, copy, new String(image, StandardCharsets.ISO_8859_1));
    }
  }

  private static CudaModule load(CudaDevice device, String name, MemorySegment image, String text) {
    device.enter();
    try (Arena arena = Arena.ofConfined()) {
      JitOptions options = new JitOptions(arena, LOG_BYTES);
      MemorySegment out = arena.allocate(C_POINTER);
      int status =
          cuModuleLoadDataEx(out, image, options.count(), options.keys(), options.values());
      if (status != CudaStatus.SUCCESS) {
        throw device
            .faults()
            .failure(
                status, "cuModuleLoadDataEx", more(device, name, status, text, options.errors()));
      }
      return new CudaModule(device, name, CallMemory.handle(out), options.information());
    }
  }

  private static String more(
      CudaDevice device, String name, int status, String text, String errors) {
    StringBuilder more = new StringBuilder(". Loading '" + name + "' on '" + device.name() + "'");
    if (status == CUDA_ERROR_UNSUPPORTED_PTX_VERSION()) {
      more.append(
          ", whose driver is of CUDA %s: the code is PTX %s"
              .formatted(device.driver().versionText(), found(VERSION, text)));
    } else if (status == CUDA_ERROR_NO_BINARY_FOR_GPU() || status == CUDA_ERROR_INVALID_PTX()) {
      more.append(
          ", %s: the code is for %s".formatted(device.properties().summary(), found(TARGET, text)));
    }
    if (!errors.isBlank()) {
      more.append(":\n").append(errors.strip().indent(2).stripTrailing());
    }
    return more.toString();
  }

  private static String found(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    return matcher.find() ? matcher.group(1) : "unknown";
  }

  /**
   * A function by its name in PTX; C++ names are mangled unless they are {@code extern "C"}. The
   * same object each time.
   *
   * @throws KilnException if there is none
   */
  public synchronized CudaFunction function(String functionName) {
    requireOpen();
    CudaFunction known = functions.get(functionName);
    if (known == null) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment out = arena.allocate(C_POINTER);
        int status = cuModuleGetFunction(out, handle, arena.allocateFrom(functionName));
        if (status == CUDA_ERROR_NOT_FOUND()) {
          throw missing("function", functionName, status, "cuModuleGetFunction");
        }
        device.check(status, "cuModuleGetFunction");
        known = new CudaFunction(this, functionName, CallMemory.handle(out));
      }
      functions.put(functionName, known);
    }
    return known;
  }

  /**
   * A variable of the module, {@code __device__} or {@code __constant__} in CUDA C++. Closing the
   * buffer does nothing; it ends with the module.
   *
   * @throws KilnException if there is none of that name
   */
  public CudaBuffer variable(String variable) {
    requireOpen();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(2 * C_LONG_LONG.byteSize(), C_LONG_LONG.byteSize());
      MemorySegment size = out.asSlice(C_LONG_LONG.byteSize());
      int status = cuModuleGetGlobal_v2(out, size, handle, arena.allocateFrom(variable));
      if (status == CUDA_ERROR_NOT_FOUND()) {
        throw missing("variable", variable, status, "cuModuleGetGlobal");
      }
      device.check(status, "cuModuleGetGlobal");
      return new CudaBuffer(
          device, CallMemory.number(out), CallMemory.number(size), null, null, null, _ -> {});
    }
  }

  private CudaException missing(String what, String wanted, int status, String call) {
    return CudaException.of(
        call,
        CudaStatus.of(status),
        ": '%s' has no %s '%s' (names of C++ are mangled unless they are extern \"C\")"
            .formatted(name, what, wanted));
  }

  /** What the driver's compiler said; may be empty. */
  public String log() {
    return log;
  }

  public String name() {
    return name;
  }

  public CudaDevice device() {
    return device;
  }

  synchronized void requireOpen() {
    if (closed) {
      throw new KilnException("the module '" + name + "' is closed");
    }
    device.enter();
  }

  /** Waits for the device, and removes the code. */
  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    device.owned().remove(this);
    device.memory().ledger().modules(-1);
    new ReleaseSteps(device)
        .step(device::awaitStreams)
        .step(() -> device.check(cuModuleUnload(handle), "cuModuleUnload"))
        .end();
  }
}
