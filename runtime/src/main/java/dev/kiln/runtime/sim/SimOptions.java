package dev.kiln.runtime.sim;

import dev.kiln.compiler.Target;
import dev.kiln.runtime.DeviceTimer;
import dev.kiln.runtime.sim.exec.ExecutorOptions;
import dev.kiln.runtime.sim.exec.TensorMode;
import dev.kiln.runtime.sim.memory.DeviceHeap;
import dev.kiln.runtime.sim.monitor.LaunchObserver;
import dev.kiln.runtime.sim.monitor.Sanitizer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** How a simulated device behaves. Immutable: each method {@code with...} makes a changed copy. */
public final class SimOptions implements Cloneable {
  private static final long DEFAULT_STACK = 16 << 10;

  private Target target = Target.SM_80;
  private long memoryBytes = Long.MAX_VALUE;
  private long heapBytes = DeviceHeap.DEFAULT_LIMIT;
  private long stackBytes = DEFAULT_STACK;
  private boolean tracksWrites;
  private TensorMode tensorMode = TensorMode.ROUNDED;
  private Consumer<String> output = System.out::print;
  private ExecutorOptions executor = ExecutorOptions.standard();
  private Set<Sanitizer> sanitizers = Set.of();
  private List<LaunchObserver> observers = List.of();
  private Optional<Supplier<DeviceTimer>> timer = Optional.empty();

  private SimOptions() {}

  /** An sm_80 with as much memory as the machine gives, all cores, nothing watched. */
  public static SimOptions standard() {
    return new SimOptions();
  }

  /** What it says it is. A module made for another target runs as well, with that one's limits. */
  public Target target() {
    return target;
  }

  public SimOptions withTarget(Target newTarget) {
    return with(changed -> changed.target = newTarget);
  }

  /** The most that buffers and variables may take. */
  public long memoryBytes() {
    return memoryBytes;
  }

  public SimOptions withMemory(long bytes) {
    return with(changed -> changed.memoryBytes = bytes);
  }

  /** The most that kernels may take by {@code malloc}. */
  public long heapBytes() {
    return heapBytes;
  }

  public SimOptions withHeap(long bytes) {
    return with(changed -> changed.heapBytes = bytes);
  }

  /** Local memory of a thread for recursive functions. */
  public long stackBytes() {
    return stackBytes;
  }

  public SimOptions withStack(long bytes) {
    return with(changed -> changed.stackBytes = bytes);
  }

  /**
   * Whether memory knows which of its bytes have been written; the sanitizer {@code init} needs it.
   */
  public boolean tracksWrites() {
    return tracksWrites || sanitizers.contains(Sanitizer.INIT);
  }

  public SimOptions withTrackedWrites() {
    return with(changed -> changed.tracksWrites = true);
  }

  /** How matrix instructions add up. */
  public TensorMode tensorMode() {
    return tensorMode;
  }

  public SimOptions withTensorMode(TensorMode mode) {
    return with(changed -> changed.tensorMode = mode);
  }

  /** Where {@code vprintf} writes. */
  public Consumer<String> output() {
    return output;
  }

  public SimOptions withOutput(Consumer<String> newOutput) {
    return with(changed -> changed.output = newOutput);
  }

  /**
   * Threads, order and limits of launches; one host thread for the sanitizer {@code race}, which
   * compares accesses of all blocks.
   */
  public ExecutorOptions executor() {
    return sanitizers.contains(Sanitizer.RACE) ? executor.withThreads(1) : executor;
  }

  public SimOptions withExecutor(ExecutorOptions options) {
    return with(changed -> changed.executor = options);
  }

  /** What launches are watched for; none by default. */
  public Set<Sanitizer> sanitizers() {
    return sanitizers;
  }

  /** Watches for these; what they find is in {@link SimReport#findings}. */
  public SimOptions withSanitizers(Set<Sanitizer> wanted) {
    Set<Sanitizer> copy = EnumSet.noneOf(Sanitizer.class);
    copy.addAll(wanted);
    return with(changed -> changed.sanitizers = Collections.unmodifiableSet(copy));
  }

  /** Sanitizers of the caller, counters, traces. */
  public List<LaunchObserver> observers() {
    return observers;
  }

  /** Adds an observer to those there are. */
  public SimOptions watchedBy(LaunchObserver observer) {
    List<LaunchObserver> all = new ArrayList<>(observers);
    all.add(observer);
    return with(changed -> changed.observers = List.copyOf(all));
  }

  /** What times the device's work; the host's clock if empty. */
  public Optional<Supplier<DeviceTimer>> timer() {
    return timer;
  }

  /** Times by something else than the host's clock, such as an estimate for a GPU. */
  public SimOptions withTimer(Supplier<DeviceTimer> newTimer) {
    return with(changed -> changed.timer = Optional.of(newTimer));
  }

  private SimOptions with(Consumer<SimOptions> change) {
    try {
      SimOptions copy = (SimOptions) clone();
      change.accept(copy);
      return copy;
    } catch (CloneNotSupportedException e) {
      throw new AssertionError(e);
    }
  }
}
