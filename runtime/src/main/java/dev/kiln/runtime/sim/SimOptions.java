package dev.kiln.runtime.sim;

import dev.kiln.compiler.Target;
import dev.kiln.runtime.sim.exec.ExecutorOptions;
import dev.kiln.runtime.sim.exec.TensorMode;
import dev.kiln.runtime.sim.memory.DeviceHeap;
import dev.kiln.runtime.sim.monitor.LaunchObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * How a simulated device behaves.
 *
 * @param target what it says it is. A module made for another target runs as well, with that one's
 *     limits.
 * @param memoryBytes the most that buffers and variables may take
 * @param heapBytes the most that kernels may take by {@code malloc}
 * @param stackBytes local memory of a thread for recursive functions
 * @param tracksWrites whether memory knows which of its bytes have been written; the sanitizer
 *     {@code init} needs it
 * @param tensorMode how matrix instructions add up
 * @param output where {@code vprintf} writes
 * @param executor threads, order and limits of launches
 * @param observers sanitizers and counters
 */
public record SimOptions(
    Target target,
    long memoryBytes,
    long heapBytes,
    long stackBytes,
    boolean tracksWrites,
    TensorMode tensorMode,
    Consumer<String> output,
    ExecutorOptions executor,
    List<LaunchObserver> observers) {
  private static final long DEFAULT_STACK = 16 << 10;

  public SimOptions {
    observers = List.copyOf(observers);
  }

  /** An sm_80 with as much memory as the machine gives, all cores, nothing watched. */
  public static SimOptions standard() {
    return new SimOptions(
        Target.SM_80,
        Long.MAX_VALUE,
        DeviceHeap.DEFAULT_LIMIT,
        DEFAULT_STACK,
        false,
        TensorMode.ROUNDED,
        System.out::print,
        ExecutorOptions.standard(),
        List.of());
  }

  public SimOptions withTarget(Target newTarget) {
    return new SimOptions(
        newTarget,
        memoryBytes,
        heapBytes,
        stackBytes,
        tracksWrites,
        tensorMode,
        output,
        executor,
        observers);
  }

  public SimOptions withMemory(long bytes) {
    return new SimOptions(
        target,
        bytes,
        heapBytes,
        stackBytes,
        tracksWrites,
        tensorMode,
        output,
        executor,
        observers);
  }

  public SimOptions withStack(long bytes) {
    return new SimOptions(
        target,
        memoryBytes,
        heapBytes,
        bytes,
        tracksWrites,
        tensorMode,
        output,
        executor,
        observers);
  }

  public SimOptions withTrackedWrites() {
    return new SimOptions(
        target, memoryBytes, heapBytes, stackBytes, true, tensorMode, output, executor, observers);
  }

  public SimOptions withTensorMode(TensorMode mode) {
    return new SimOptions(
        target,
        memoryBytes,
        heapBytes,
        stackBytes,
        tracksWrites,
        mode,
        output,
        executor,
        observers);
  }

  public SimOptions withOutput(Consumer<String> newOutput) {
    return new SimOptions(
        target,
        memoryBytes,
        heapBytes,
        stackBytes,
        tracksWrites,
        tensorMode,
        newOutput,
        executor,
        observers);
  }

  public SimOptions withExecutor(ExecutorOptions options) {
    return new SimOptions(
        target,
        memoryBytes,
        heapBytes,
        stackBytes,
        tracksWrites,
        tensorMode,
        output,
        options,
        observers);
  }

  /** Adds an observer to those there are. */
  public SimOptions watchedBy(LaunchObserver observer) {
    List<LaunchObserver> all = new ArrayList<>(observers);
    all.add(observer);
    return new SimOptions(
        target,
        memoryBytes,
        heapBytes,
        stackBytes,
        tracksWrites,
        tensorMode,
        output,
        executor,
        all);
  }
}
