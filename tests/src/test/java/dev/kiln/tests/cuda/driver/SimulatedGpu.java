package dev.kiln.tests.cuda.driver;

import dev.kiln.compiler.Target;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimOptions;
import dev.kiln.runtime.sim.roofline.GpuModel;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** A GPU: a simulated device, the numbers that it tells, and its primary context. */
@SuppressWarnings("restricted")
final class SimulatedGpu {
  /** Addresses of different GPUs differ, as under unified addressing. */
  private static final long ADDRESSES = 1L << 40;

  private final int ordinal;
  private final Target target;
  private final GpuModel model;
  private final long bytes;
  private final SimDevice device;
  private final List<MemoryPool> pools = new ArrayList<>();
  private final MemoryPool defaultPool;
  private DriverContext context;
  private int holders;

  SimulatedGpu(int ordinal, Target target, long bytes) {
    this.ordinal = ordinal;
    this.target = target;
    this.model = GpuModel.find(modelName(target)).orElseThrow();
    this.bytes = bytes;
    this.device = new SimDevice(SimOptions.standard().withTarget(target).withMemory(bytes));
    this.defaultPool = new MemoryPool(null, this);
    if (ordinal > 0) {
      skipAddresses();
    }
  }

  /** Foreign memory takes addresses alone, and addresses are never used again. */
  private void skipAddresses() {
    device.wrap(MemorySegment.ofAddress(Long.SIZE).reinterpret(ordinal * ADDRESSES)).close();
  }

  private static String modelName(Target target) {
    return switch (target) {
      case SM_80 -> "a100";
      case SM_89, SM_120 -> "rtx4090";
      case SM_90A -> "h100";
      case SM_100 -> "b200";
      case CPU -> throw new IllegalArgumentException("no GPU: " + target);
    };
  }

  int ordinal() {
    return ordinal;
  }

  /** Compute capability by ten: 80 for 8.0. */
  int capability() {
    return switch (target) {
      case SM_80 -> 80;
      case SM_89 -> 89;
      case SM_90A -> 90;
      case SM_100 -> 100;
      case SM_120 -> 120;
      case CPU -> throw new IllegalStateException("no GPU");
    };
  }

  String name() {
    return "Simulated " + model.title();
  }

  GpuModel model() {
    return model;
  }

  long bytes() {
    return bytes;
  }

  SimDevice device() {
    return device;
  }

  /** All that have not been destroyed. */
  List<MemoryPool> pools() {
    return pools;
  }

  /** Bytes that nobody has, pools included. */
  long freeBytes() {
    return bytes - device.memoryUse().current() - kept();
  }

  /** Bytes that pools keep for themselves. */
  long kept() {
    return pools.stream().mapToLong(MemoryPool::kept).sum();
  }

  MemoryPool defaultPool() {
    return defaultPool;
  }

  /** The primary context; {@code null} while nobody holds it. */
  DriverContext context() {
    return context;
  }

  DriverContext retain() {
    if (holders++ == 0) {
      context = new DriverContext(this);
    }
    return context;
  }

  int holders() {
    return holders;
  }

  /** Whether that was the last holder. */
  boolean release() {
    return --holders == 0;
  }

  void endContext() {
    context = null;
  }

  /** {@code 00000000:03:00.0}. */
  String pciBusId() {
    return "0000:%02X:00.0".formatted(ordinal + 1);
  }
}
