package dev.kiln.tests.gpu;

import dev.kiln.compiler.Target;
import dev.kiln.tests.rules.KernelCase;
import java.util.List;

/**
 * Prints the figures of the tuned cases, which comments in kernel files hold.
 *
 * <p>Arguments: targets, separated by commas; then words that names of cases must contain, if any.
 */
final class TunedFigures {
  private static final List<String> MEASURES =
      List.of(
          "registers",
          "spills",
          "warnings",
          "shared_bytes",
          "bank_conflicts",
          "sectors",
          "ideal",
          "instructions",
          "barriers",
          "others_per_mma");

  private TunedFigures() {}

  public static void main(String[] arguments) {
    for (String label : arguments[0].split(",")) {
      Target target = Target.parse(label).orElseThrow();
      for (KernelCase kernelCase : TunedCases.all()) {
        if (wanted(kernelCase, arguments)) {
          print(kernelCase, target);
        }
      }
    }
  }

  private static boolean wanted(KernelCase kernelCase, String[] arguments) {
    for (int i = 1; i < arguments.length; i++) {
      if (kernelCase.name().contains(arguments[i])) {
        return true;
      }
    }
    return arguments.length < 2;
  }

  private static void print(KernelCase kernelCase, Target target) {
    System.out.printf("%s [%s]%n", target, kernelCase.name());
    try {
      for (LaunchFigures launch : CountedRun.of(kernelCase, target)) {
        var line = new StringBuilder("  ").append(launch.kernel().abi().entry()).append(':');
        for (String measure : MEASURES) {
          line.append(' ').append(measure).append('=').append(value(launch, measure));
        }
        System.out.println(line);
      }
    } catch (RuntimeException | AssertionError e) {
      System.out.println("  " + e.toString().lines().findFirst().orElse(""));
    }
  }

  private static String value(LaunchFigures launch, String measure) {
    try {
      return "%.4g".formatted(launch.value(measure)).replaceFirst("\\.0+$", "");
    } catch (AssertionError | RuntimeException e) {
      return "-";
    }
  }
}
