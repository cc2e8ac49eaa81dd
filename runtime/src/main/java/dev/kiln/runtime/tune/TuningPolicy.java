package dev.kiln.runtime.tune;

import dev.kiln.compiler.python.TritonConfig;
import java.util.List;
import java.util.function.Supplier;

/** Chooses a configuration of a kernel decorated with {@code triton.autotune}. */
public sealed interface TuningPolicy {
  /** The first configuration that the kernel declares, whatever the arguments are. */
  TuningPolicy FIRST = new First();

  /**
   * The configuration that was found to be the fastest for the arguments and is kept on disk; the
   * first where none is. Launches of one kernel may then differ in their block sizes from machine
   * to machine, and so in the last bits of their results.
   */
  TuningPolicy FROM_DISK = new FromDisk(TuningRecords.shared());

  /**
   * Chooses.
   *
   * @param configs at least one
   * @param key what to choose for; only policies that {@link #dependsOnArguments} ask for it
   */
  TritonConfig choose(List<TritonConfig> configs, Supplier<TuningKey> key);

  /** Whether the choice may be another when arguments change. */
  boolean dependsOnArguments();

  /** See {@link #FIRST}. */
  record First() implements TuningPolicy {
    @Override
    public TritonConfig choose(List<TritonConfig> configs, Supplier<TuningKey> key) {
      return configs.getFirst();
    }

    @Override
    public boolean dependsOnArguments() {
      return false;
    }
  }

  /** See {@link #FROM_DISK}. */
  record FromDisk(TuningRecords records) implements TuningPolicy {
    @Override
    public TritonConfig choose(List<TritonConfig> configs, Supplier<TuningKey> key) {
      return configs.size() == 1
          ? configs.getFirst()
          : records.find(key.get(), configs).orElse(configs.getFirst());
    }

    @Override
    public boolean dependsOnArguments() {
      return true;
    }
  }
}
