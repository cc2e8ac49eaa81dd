package dev.kiln.tests.benchmarks;

import dev.kiln.compiler.jvm.JitDirectives;
import java.util.List;
import java.util.stream.Stream;

/**
 * The flags of the JVMs that are measured: those of the launcher {@code kiln}, and no cache, so
 * that what compiles is measured and compiled by the classes at hand.
 */
final class JvmFlags {
  static final List<String> WITHOUT_THRESHOLD =
      List.of(
          "--add-modules",
          "jdk.incubator.vector",
          "--enable-native-access=ALL-UNNAMED",
          "-Dkiln.cache=off",
          "-XX:+UseSerialGC");

  /** As the launcher runs what trains. */
  static final List<String> LAUNCHER =
      List.of(
          "--add-modules",
          "jdk.incubator.vector",
          "--enable-native-access=ALL-UNNAMED",
          "-Dkiln.cache=off",
          "-XX:+UseSerialGC",
          "-XX:CompileCommand=quiet",
          "-XX:CompileCommand=CompileThresholdScaling,dev.kiln.generated.*::*,0.001",
          "-XX:Tier4BackEdgeThreshold=300000",
          "-XX:-UseTypeProfile");

  /** What the launcher adds so that a process starts fast, and a cache. */
  static final List<String> START =
      Stream.concat(
              JitDirectives.FLAGS.stream(),
              Stream.of("--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED", "-Dkiln.cache=on"))
          .toList();

  /** The same beside libtorch, whose memory scopes let go of, not the garbage collector. */
  static final List<String> WITH_LIBTORCH =
      Stream.concat(
              LAUNCHER.stream(),
              Stream.of(
                  "-Dorg.bytedeco.javacpp.nopointergc=true",
                  "-Dorg.bytedeco.javacpp.maxphysicalbytes=0"))
          .toList();

  private JvmFlags() {}
}
