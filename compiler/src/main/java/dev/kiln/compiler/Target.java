package dev.kiln.compiler;

import java.util.Arrays;
import java.util.Optional;

/** What code is made for. */
public enum Target {
  CPU("cpu"),
  SM_80("sm_80"),
  SM_89("sm_89"),
  SM_90A("sm_90a"),
  SM_100("sm_100"),
  SM_120("sm_120");

  private final String label;

  Target(String label) {
    this.label = label;
  }

  public String label() {
    return label;
  }

  public boolean isGpu() {
    return this != CPU;
  }

  public static Optional<Target> parse(String label) {
    return Arrays.stream(values()).filter(target -> target.label.equals(label)).findFirst();
  }

  @Override
  public String toString() {
    return label;
  }
}
