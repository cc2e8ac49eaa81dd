package dev.kiln.cli.train;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kiln train}: chooses a workload. */
@Command(
    name = "train",
    description = "Trains a model. `kiln train WORKLOAD --help` tells the options of a workload.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "WORKLOAD",
    subcommands = {
      MnistCommand.class,
      GptCommand.class,
      ClassifyCommand.class,
      RegressCommand.class
    })
public final class TrainCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Parameters(arity = "0..1", hidden = true)
  private String workload;

  @Override
  public void run() {
    String names = String.join(", ", spec.subcommands().keySet());
    throw new CommandLine.ParameterException(
        spec.commandLine(),
        workload == null
            ? "a WORKLOAD is missing; there are " + names
            : "there is no workload '" + workload + "'; there are " + names);
  }
}
