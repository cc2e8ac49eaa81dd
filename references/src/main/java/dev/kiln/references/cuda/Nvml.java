package dev.kiln.references.cuda;

import static org.bytedeco.cuda.global.nvml.*;

import dev.kiln.references.NativePreset;
import dev.kiln.runtime.KilnException;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToIntFunction;
import org.bytedeco.cuda.global.nvml;
import org.bytedeco.cuda.nvml.nvmlDevice_st;
import org.bytedeco.cuda.nvml.nvmlMemory_t;
import org.bytedeco.javacpp.PointerPointer;

/** The state of GPUs as NVIDIA's management library tells it: why a measurement came out slow. */
public final class Nvml implements AutoCloseable {
  private static final NativePreset PRESET =
      new NativePreset("NVML", nvml.class, Toolkit.DRIVER_ADVICE);
  private static final LibraryCalls CALLS = new LibraryCalls("NVML", nvml::nvmlErrorString);

  /** A reason for clocks below the highest. */
  public enum Throttling {
    IDLE(nvmlClocksEventReasonGpuIdle),
    SET_BY_USER(nvmlClocksEventReasonApplicationsClocksSetting),
    POWER_CAP(nvmlClocksEventReasonSwPowerCap),
    SLOWED_BY_HARDWARE(nvmlClocksThrottleReasonHwSlowdown),
    SYNCHRONISED(nvmlClocksEventReasonSyncBoost),
    HOT(nvmlClocksEventReasonSwThermalSlowdown),
    TOO_HOT(nvmlClocksThrottleReasonHwThermalSlowdown),
    POWER_BRAKE(nvmlClocksThrottleReasonHwPowerBrakeSlowdown),
    DISPLAY(nvmlClocksEventReasonDisplayClockSetting);

    private final long bit;

    Throttling(long bit) {
      this.bit = bit;
    }

    /** The reasons of a set of bits; bits that are not known are left out. */
    static Set<Throttling> of(long bits) {
      Set<Throttling> reasons = EnumSet.noneOf(Throttling.class);
      for (Throttling reason : values()) {
        if ((bits & reason.bit) != 0) {
          reasons.add(reason);
        }
      }
      return reasons;
    }
  }

  /**
   * A GPU at one moment.
   *
   * @param coreMegahertz clock of the multiprocessors
   * @param memoryMegahertz clock of the memory
   * @param mostCoreMegahertz the highest that it can have
   * @param celsius temperature of the chip
   * @param watts that it draws
   * @param usedBytes memory in use by all processes
   * @param totalBytes memory that it has
   * @param throttling why clocks are low, if they are
   */
  public record State(
      int coreMegahertz,
      int memoryMegahertz,
      int mostCoreMegahertz,
      int celsius,
      double watts,
      long usedBytes,
      long totalBytes,
      Set<Throttling> throttling) {
    public State {
      throttling = Set.copyOf(throttling);
    }
  }

  private Nvml() {}

  /** Why it cannot be used on this machine. */
  public static Optional<String> unavailable() {
    return PRESET.problem();
  }

  /**
   * Starts to use the library.
   *
   * @throws KilnException if it is missing or does not work; says what to do
   */
  public static Nvml open() {
    unavailable()
        .ifPresent(
            problem -> {
              throw new KilnException(problem);
            });
    CALLS.check(nvmlInit_v2(), "nvmlInit");
    return new Nvml();
  }

  /**
   * The state of a GPU now.
   *
   * @param pciBusId {@code 0000:65:00.0}, as {@code CudaProperties} has it: ordinals differ under
   *     {@code CUDA_VISIBLE_DEVICES}
   */
  @SuppressWarnings("deprecation") // what succeeds nvmlDeviceGetTemperature needs a newer driver
  public State state(String pciBusId) {
    nvmlDevice_st device = device(pciBusId);
    try (var memory = new nvmlMemory_t()) {
      CALLS.check(nvmlDeviceGetMemoryInfo(device, memory), "nvmlDeviceGetMemoryInfo");
      long[] reasons = new long[1];
      CALLS.check(
          nvmlDeviceGetCurrentClocksEventReasons(device, reasons),
          "nvmlDeviceGetCurrentClocksEventReasons");
      return new State(
          read("clock", out -> nvmlDeviceGetClockInfo(device, NVML_CLOCK_SM, out)),
          read("memory clock", out -> nvmlDeviceGetClockInfo(device, NVML_CLOCK_MEM, out)),
          read("highest clock", out -> nvmlDeviceGetMaxClockInfo(device, NVML_CLOCK_SM, out)),
          read("temperature", out -> nvmlDeviceGetTemperature(device, NVML_TEMPERATURE_GPU, out)),
          read("power", out -> nvmlDeviceGetPowerUsage(device, out)) / 1e3,
          memory.used(),
          memory.total(),
          Throttling.of(reasons[0]));
    }
  }

  private static nvmlDevice_st device(String pciBusId) {
    try (var out = new PointerPointer<nvmlDevice_st>(1)) {
      CALLS.check(
          nvmlDeviceGetHandleByPciBusId_v2(pciBusId, out),
          "nvmlDeviceGetHandleByPciBusId for " + pciBusId);
      return out.get(nvmlDevice_st.class, 0);
    }
  }

  private static int read(String what, ToIntFunction<int[]> call) {
    int[] out = new int[1];
    CALLS.check(call.applyAsInt(out), "reading the " + what);
    return out[0];
  }

  @Override
  public void close() {
    nvmlShutdown();
  }
}
