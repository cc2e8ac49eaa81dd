package dev.kiln.cli;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.runtime.KilnException;
import picocli.CommandLine;

/**
 * Turns exceptions into messages and exit codes: no stack trace reaches a user for a mistake of
 * theirs.
 */
final class FaultReport implements CommandLine.IExecutionExceptionHandler {
  @Override
  public int handleExecutionException(
      Exception fault, CommandLine line, CommandLine.ParseResult parsed) {
    switch (fault) {
      case CompilationException e -> line.getErr().println(e.getMessage());
      case UsageException e -> {
        line.getErr().println("kiln: " + e.getMessage());
        line.getErr().flush();
        return CommandLine.ExitCode.USAGE;
      }
      case KilnException e -> line.getErr().println("kiln: " + e.getMessage());
      default -> {
        line.getErr().println("kiln: internal error, please report it: " + fault);
        for (StackTraceElement frame : fault.getStackTrace()) {
          line.getErr().println("    at " + frame);
        }
      }
    }
    line.getErr().flush();
    return CommandLine.ExitCode.SOFTWARE;
  }
}
