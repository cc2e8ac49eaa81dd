package dev.kiln.cli;

import java.nio.file.Path;

/** {@code FILE:KERNEL} of the command line. */
record KernelReference(Path file, String kernel) {
  static KernelReference parse(String text) {
    int colon = text.lastIndexOf(':');
    if (colon <= 0 || colon == text.length() - 1) {
      throw new UsageException("'" + text + "' is not of the form FILE:KERNEL");
    }
    return new KernelReference(Path.of(text.substring(0, colon)), text.substring(colon + 1));
  }
}
