package dev.kiln.runtime.tune;

import dev.kiln.compiler.python.TritonConfig;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.sim.roofline.GpuModel;
import java.util.Optional;

/**
 * Chooses a configuration of a kernel decorated with {@code triton.autotune}, or that was given
 * configurations in Java.
 *
 * <p>A launch takes the first unless it is told otherwise: a choice by time may be another on
 * another day, with other block sizes and so with other last bits of the results.
 */
public sealed interface TuningPolicy {
  /** The first configuration that the kernel declares, whatever the arguments are. */
  TuningPolicy FIRST = new First();

  /**
   * The configuration that was found to be the fastest for the arguments and is kept on disk; the
   * first where none is. Nothing is tried. Launches of one kernel may then differ in their block
   * sizes from machine to machine, and so in the last bits of their results.
   */
  TuningPolicy FROM_DISK = new FromDisk(TuningRecords.shared());

  /**
   * The fastest configuration for the arguments, by {@link dev.kiln.runtime.profile.DoBench}. Those
   * of which no time is known are measured before the launch, and what was measured is kept.
   */
  TuningPolicy MEASURE = new Measure(TuningRecords.shared(), new BenchTimer());

  /**
   * The configuration that takes the least time by the simulator's estimate for a GPU, on whatever
   * device the launch is: the same in every process.
   */
  static TuningPolicy estimate(GpuModel gpu) {
    return new Estimate(TuningRecords.shared(), gpu);
  }

  /**
   * What {@code KILN_AUTOTUNE} asks for, or the system property {@code kiln.autotune} before it.
   */
  static TuningPolicy ofProcess() {
    return TuningModes.ofProcess();
  }

  /**
   * The policy of a name: {@code first}, {@code disk}, {@code measure}, {@code estimate:GPU}.
   *
   * @throws KilnException if there is none
   */
  static TuningPolicy parse(String mode) {
    return TuningModes.parse(mode);
  }

  /**
   * Chooses.
   *
   * @throws dev.kiln.runtime.LaunchException if none of the configurations works
   */
  TuningChoice choose(TuningRequest request);

  /** Whether the choice may be another when arguments change. */
  boolean dependsOnArguments();

  /** See {@link #FIRST}. */
  record First() implements TuningPolicy {
    @Override
    public TuningChoice choose(TuningRequest request) {
      return TuningChoice.of(request.configurations().getFirst());
    }

    @Override
    public boolean dependsOnArguments() {
      return false;
    }
  }

  /** Always the same one, which need not be one of the kernel's. */
  record Fixed(TritonConfig config) implements TuningPolicy {
    @Override
    public TuningChoice choose(TuningRequest request) {
      return TuningChoice.of(config);
    }

    @Override
    public boolean dependsOnArguments() {
      return false;
    }
  }

  /** See {@link #FROM_DISK}. */
  record FromDisk(TuningRecords records) implements TuningPolicy {
    @Override
    public TuningChoice choose(TuningRequest request) {
      return Tuner.known(request, request.key(), records, new BenchTimer(), Optional.empty(), true);
    }

    @Override
    public boolean dependsOnArguments() {
      return true;
    }
  }

  /** See {@link #MEASURE}. */
  record Measure(TuningRecords records, TrialTimer timer) implements TuningPolicy {
    @Override
    public TuningChoice choose(TuningRequest request) {
      return new Tuner(request, request.key(), records, timer, request::trials).choose();
    }

    @Override
    public boolean dependsOnArguments() {
      return true;
    }
  }

  /** See {@link #estimate}. */
  record Estimate(TuningRecords records, GpuModel gpu) implements TuningPolicy {
    @Override
    public TuningChoice choose(TuningRequest request) {
      var estimate = new SimEstimate(gpu);
      TuningKey key = request.key().on("estimate " + gpu.name() + " " + gpu.target());
      return new Tuner(request, key, records, estimate, () -> estimate.trials(request)).choose();
    }

    @Override
    public boolean dependsOnArguments() {
      return true;
    }
  }
}
