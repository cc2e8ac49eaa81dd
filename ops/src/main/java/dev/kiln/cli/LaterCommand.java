package dev.kiln.cli;

import dev.kiln.runtime.KilnException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Commands of the contract that do not work yet. They say so, and exit with 1. */
abstract class LaterCommand implements Callable<Integer> {
  @Parameters(hidden = true)
  private List<String> arguments;

  private final String what;

  LaterCommand(String what) {
    this.what = what;
  }

  @Override
  public Integer call() {
    throw new KilnException("not supported yet: " + what);
  }

  /** {@code kiln profile}. */
  @Command(
      name = "profile",
      description = "Times fused operations against reference implementations. (not supported yet)",
      mixinStandardHelpOptions = true)
  static final class Profile extends LaterCommand {
    Profile() {
      super("profiling");
    }
  }
}
