package dev.kiln.tests.benchmarks;

import java.util.List;

/** The flags of the JVMs that are measured: those of the launcher {@code kiln}. */
final class JvmFlags {
  static final List<String> WITHOUT_THRESHOLD =
      List.of(
          "--add-modules",
          "jdk.incubator.vector",
          "--enable-native-access=ALL-UNNAMED",
          "-XX:+UseSerialGC");

  static final List<String> LAUNCHER =
      List.of(
          "--add-modules",
          "jdk.incubator.vector",
          "--enable-native-access=ALL-UNNAMED",
          "-XX:+UseSerialGC",
          "-XX:CompileCommand=quiet",
          "-XX:CompileCommand=CompileThresholdScaling,dev.kiln.generated.*::*,0.001");

  private JvmFlags() {}
}
